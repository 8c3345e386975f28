//! Placement from ECS's words to the pod: the specification's vectors, the findings, and the properties of the query language.
