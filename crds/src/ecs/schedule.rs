//! What an EventBridge Scheduler schedule or an EventBridge rule holds beside its ECS target.
//!
//! Shapes only: what a value means is judged in `ecs-core`. Texts are condensed from the service models of
//! botocore 1.44.5 (Apache-2.0).

use std::collections::BTreeMap;

use super::shape::ecs_shape;

ecs_shape! {
    /// An object that contains information about an Amazon SQS queue that EventBridge Scheduler uses as a dead-letter
    /// queue for your schedule
    pub struct DeadLetterConfig {
        /// The Amazon Resource Name (ARN) of the SQS queue specified as the destination for the dead-letter queue (1 to
        /// 1600 characters)
        pub arn: Option<String>,
    }

    /// A RetryPolicy object that includes information about the retry policy settings, including the maximum age of
    /// an event, and the maximum number of times EventBridge Scheduler will try to deliver the event to a target
    pub struct RetryPolicy {
        /// The maximum amount of time, in seconds, to continue to make retry attempts (60 to 86400)
        pub maximum_event_age_in_seconds: Option<i64>,
        /// The maximum number of retry attempts to make before the request fails (0 to 185)
        pub maximum_retry_attempts: Option<i64>,
    }

    /// Allows you to configure a time window during which EventBridge Scheduler invokes the schedule
    pub struct FlexibleTimeWindow {
        /// Determines whether the schedule is invoked within a flexible time window (required; one of `OFF`, `FLEXIBLE`)
        pub mode: Option<String>,
        /// The maximum time window during which a schedule can be invoked (1 to 1440)
        pub maximum_window_in_minutes: Option<i64>,
    }

    /// Contains the parameters needed for you to provide custom input to a target based on one or more pieces of data
    /// extracted from the event
    pub struct InputTransformer {
        /// Map of JSON paths to be extracted from the event (at most 100)
        pub input_paths_map: Option<BTreeMap<String, String>>,
        /// Input template where you specify placeholders that will be filled with the values of the keys from
        /// InputPathsMap to customize the data sent to the target (required; 1 to 8192 characters)
        pub input_template: Option<String>,
    }
}
