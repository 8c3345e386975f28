//! kubectl ecs: render ECS documents and see what the operator would apply.

fn main() {}
