//! Temporary.
fn main() { for c in ecs_crds::crds() { println!("---\n{}", serde_yaml_ng::to_string(&c).unwrap_or_default()); } }
