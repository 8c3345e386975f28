//! Shapes that task definitions, services and RunTask share.
//!
//! Shapes only: what a value means is judged in `ecs-core`. Texts are condensed from the service models of
//! botocore 1.44.5 (Apache-2.0).

use std::collections::BTreeMap;

use super::shape::ecs_shape;

ecs_shape! {
    /// The details of a capacity provider strategy
    pub struct CapacityProviderStrategyItem {
        /// The short name of the capacity provider (required)
        pub capacity_provider: Option<String>,
        /// The weight value designates the relative percentage of the total number of tasks launched that should use the
        /// specified capacity provider (0 to 1000)
        pub weight: Option<i64>,
        /// The base value designates how many tasks, at a minimum, to run on the specified capacity provider for each
        /// service (0 to 100000)
        pub base: Option<i64>,
    }

    /// An object representing a constraint on task placement
    pub struct PlacementConstraint {
        /// The type of constraint (one of `distinctInstance`, `memberOf`)
        pub r#type: Option<String>,
        /// A cluster query language expression to apply to the constraint
        pub expression: Option<String>,
    }

    /// The task placement strategy for a task or service
    pub struct PlacementStrategy {
        /// The type of placement strategy (one of `random`, `spread`, `binpack`)
        pub r#type: Option<String>,
        /// The field to apply the placement strategy against
        pub field: Option<String>,
    }

    /// An object representing the networking details for a task or service
    pub struct AwsVpcConfiguration {
        /// The IDs of the subnets associated with the task or service (required)
        pub subnets: Option<Vec<String>>,
        /// The IDs of the security groups associated with the task or service
        pub security_groups: Option<Vec<String>>,
        /// Whether the task's elastic network interface receives a public IP address (one of `ENABLED`, `DISABLED`)
        pub assign_public_ip: Option<String>,
    }

    /// The network configuration for a task or service
    pub struct NetworkConfiguration {
        /// The VPC subnets and security groups that are associated with a task
        pub awsvpc_configuration: Option<AwsVpcConfiguration>,
    }

    /// The metadata that you apply to a resource to help you categorize and organize them
    pub struct Tag {
        /// One part of a key-value pair that make up a tag (1 to 128 characters)
        pub key: Option<String>,
        /// The optional part of a key-value pair that make up a tag (0 to 256 characters)
        pub value: Option<String>,
    }

    /// An object representing the secret to expose to your container
    pub struct Secret {
        /// The name of the secret (required)
        pub name: Option<String>,
        /// The secret to expose to the container (required)
        pub value_from: Option<String>,
    }

    /// The log configuration for the container
    pub struct LogConfiguration {
        /// The log driver to use for the container (required; one of `json-file`, `syslog`, `journald`, `gelf`,
        /// `fluentd`, `awslogs`, `splunk`, `awsfirelens`)
        pub log_driver: Option<String>,
        /// The configuration options to send to the log driver
        pub options: Option<BTreeMap<String, String>>,
        /// The secrets to pass to the log configuration
        pub secret_options: Option<Vec<Secret>>,
    }

    /// The tag specifications of an Amazon EBS volume
    pub struct EbsTagSpecification {
        /// The type of volume resource (required; one of `volume`)
        pub resource_type: Option<String>,
        /// The tags applied to this Amazon EBS volume (0 to 50 items)
        pub tags: Option<Vec<Tag>>,
        /// Determines whether to propagate the tags from the task definition to the Amazon EBS volume (one of
        /// `TASK_DEFINITION`, `SERVICE`, `NONE`)
        pub propagate_tags: Option<String>,
    }
}
