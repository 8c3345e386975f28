//! The API types of ecs-operator.dev and their generated CustomResourceDefinitions.
