//! Properties of the pod: whatever the document, nothing panics and every edge is kept or named.
