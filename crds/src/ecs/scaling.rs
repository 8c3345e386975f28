//! What Application Auto Scaling takes for an ECS service.
//!
//! Shapes only: what a value means is judged in `ecs-core`. Texts are condensed from the service models of
//! botocore 1.44.5 (Apache-2.0).

use std::collections::BTreeMap;

use super::shape::ecs_shape;

ecs_shape! {
    /// Specifies whether the scaling activities for a scalable target are in a suspended state
    pub struct SuspendedState {
        /// Whether scale in by a target tracking scaling policy or a step scaling policy is suspended
        pub dynamic_scaling_in_suspended: Option<bool>,
        /// Whether scale out by a target tracking scaling policy or a step scaling policy is suspended
        pub dynamic_scaling_out_suspended: Option<bool>,
        /// Whether scheduled scaling is suspended
        pub scheduled_scaling_suspended: Option<bool>,
    }

    /// Represents a step adjustment for a StepScalingPolicyConfiguration
    pub struct StepAdjustment {
        /// The lower bound for the difference between the alarm threshold and the CloudWatch metric
        pub metric_interval_lower_bound: Option<f64>,
        /// The upper bound for the difference between the alarm threshold and the CloudWatch metric
        pub metric_interval_upper_bound: Option<f64>,
        /// The amount by which to scale, based on the specified adjustment type (required)
        pub scaling_adjustment: Option<i64>,
    }

    /// Represents a step scaling policy configuration to use with Application Auto Scaling
    pub struct StepScalingPolicyConfiguration {
        /// Specifies how the ScalingAdjustment value in a StepAdjustment is interpreted (for example, an absolute number
        /// or a percentage) (one of `ChangeInCapacity`, `PercentChangeInCapacity`, `ExactCapacity`)
        pub adjustment_type: Option<String>,
        /// A set of adjustments that enable you to scale based on the size of the alarm breach
        pub step_adjustments: Option<Vec<StepAdjustment>>,
        /// The minimum value to scale by when the adjustment type is PercentChangeInCapacity
        pub min_adjustment_magnitude: Option<i64>,
        /// The amount of time, in seconds, to wait for a previous scaling activity to take effect
        pub cooldown: Option<i64>,
        /// The aggregation type for the CloudWatch metrics (one of `Average`, `Minimum`, `Maximum`)
        pub metric_aggregation_type: Option<String>,
    }

    /// Represents a predefined metric for a target tracking scaling policy to use with Application Auto Scaling
    pub struct PredefinedMetricSpecification {
        /// The metric type (required; one of `DynamoDBReadCapacityUtilization`, `DynamoDBWriteCapacityUtilization`,
        /// `ALBRequestCountPerTarget`, `RDSReaderAverageCPUUtilization`, `RDSReaderAverageDatabaseConnections`,
        /// `EC2SpotFleetRequestAverageCPUUtilization`, `EC2SpotFleetRequestAverageNetworkIn`,
        /// `EC2SpotFleetRequestAverageNetworkOut`, `SageMakerVariantInvocationsPerInstance`,
        /// `ECSServiceAverageCPUUtilization`, `ECSServiceAverageMemoryUtilization`,
        /// `AppStreamAverageCapacityUtilization`, `ComprehendInferenceUtilization`,
        /// `LambdaProvisionedConcurrencyUtilization`, `CassandraReadCapacityUtilization`,
        /// `CassandraWriteCapacityUtilization`, `KafkaBrokerStorageUtilization`, `ElastiCacheEngineCPUUtilization`,
        /// `ElastiCacheDatabaseMemoryUsagePercentage`, `ElastiCachePrimaryEngineCPUUtilization`,
        /// `ElastiCacheReplicaEngineCPUUtilization`, `ElastiCacheDatabaseMemoryUsageCountedForEvictPercentage`,
        /// `NeptuneReaderAverageCPUUtilization`, `SageMakerVariantProvisionedConcurrencyUtilization`,
        /// `ElastiCacheDatabaseCapacityUsageCountedForEvictPercentage`, `SageMakerInferenceComponentInvocationsPerCopy`,
        /// `WorkSpacesAverageUserSessionsCapacityUtilization`,
        /// `SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution`,
        /// `SageMakerVariantConcurrentRequestsPerModelHighResolution`, `ECSServiceAverageCPUUtilizationHighResolution`,
        /// `ECSServiceAverageMemoryUtilizationHighResolution`)
        pub predefined_metric_type: Option<String>,
        /// Identifies the resource associated with the metric type (1 to 1023 characters)
        pub resource_label: Option<String>,
    }

    /// Describes the dimension names and values associated with a metric
    pub struct MetricDimension {
        /// The name of the dimension (required)
        pub name: Option<String>,
        /// The value of the dimension (required)
        pub value: Option<String>,
    }

    /// Describes the dimension of a metric
    pub struct TargetTrackingMetricDimension {
        /// The name of the dimension (required; 1 to 255 characters)
        pub name: Option<String>,
        /// The value of the dimension (required; 1 to 1024 characters)
        pub value: Option<String>,
    }

    /// Represents a specific metric
    pub struct TargetTrackingMetric {
        /// The dimensions for the metric
        pub dimensions: Option<Vec<TargetTrackingMetricDimension>>,
        /// The name of the metric (1 to 255 characters)
        pub metric_name: Option<String>,
        /// The namespace of the metric (1 to 255 characters)
        pub namespace: Option<String>,
    }

    /// This structure defines the CloudWatch metric to return, along with the statistic and unit
    pub struct TargetTrackingMetricStat {
        /// The CloudWatch metric to return, including the metric name, namespace, and dimensions (required)
        pub metric: Option<TargetTrackingMetric>,
        /// The statistic to return (required)
        pub stat: Option<String>,
        /// The unit to use for the returned data points (1 to 1023 characters)
        pub unit: Option<String>,
    }

    /// The metric data to return
    pub struct TargetTrackingMetricDataQuery {
        /// The math expression to perform on the returned data, if this object is performing a math expression (1 to 2048
        /// characters)
        pub expression: Option<String>,
        /// A short name that identifies the object's results in the response (required; 1 to 255 characters)
        pub id: Option<String>,
        /// A human-readable label for this metric or expression
        pub label: Option<String>,
        /// Information about the metric data to return
        pub metric_stat: Option<TargetTrackingMetricStat>,
        /// Indicates whether to return the timestamps and raw data values of this metric
        pub return_data: Option<bool>,
    }

    /// Represents a CloudWatch metric of your choosing for a target tracking scaling policy to use with Application
    /// Auto Scaling
    pub struct CustomizedMetricSpecification {
        /// The name of the metric
        pub metric_name: Option<String>,
        /// The namespace of the metric
        pub namespace: Option<String>,
        /// The dimensions of the metric
        pub dimensions: Option<Vec<MetricDimension>>,
        /// The statistic of the metric (one of `Average`, `Minimum`, `Maximum`, `SampleCount`, `Sum`)
        pub statistic: Option<String>,
        /// The unit of the metric
        pub unit: Option<String>,
        /// The metrics to include in the target tracking scaling policy, as a metric data query
        pub metrics: Option<Vec<TargetTrackingMetricDataQuery>>,
    }

    /// Represents a target tracking scaling policy configuration to use with Application Auto Scaling
    pub struct TargetTrackingScalingPolicyConfiguration {
        /// The target value for the metric (required)
        pub target_value: Option<f64>,
        /// A predefined metric
        pub predefined_metric_specification: Option<PredefinedMetricSpecification>,
        /// A customized metric
        pub customized_metric_specification: Option<CustomizedMetricSpecification>,
        /// The amount of time, in seconds, to wait for a previous scale-out activity to take effect
        pub scale_out_cooldown: Option<i64>,
        /// The amount of time, in seconds, after a scale-in activity completes before another scale-in activity can start
        pub scale_in_cooldown: Option<i64>,
        /// Indicates whether scale in by the target tracking scaling policy is disabled
        pub disable_scale_in: Option<bool>,
    }

    /// Represents a metric pair for a predictive scaling policy
    pub struct PredictiveScalingPredefinedMetricPairSpecification {
        /// Indicates which metrics to use (required; 1 to 128 characters)
        pub predefined_metric_type: Option<String>,
        /// A label that uniquely identifies a specific target group from which to determine the total and average request
        /// count (1 to 1023 characters)
        pub resource_label: Option<String>,
    }

    /// Describes a scaling metric for a predictive scaling policy
    pub struct PredictiveScalingPredefinedScalingMetricSpecification {
        /// The metric type (required; 1 to 128 characters)
        pub predefined_metric_type: Option<String>,
        /// A label that uniquely identifies a specific target group from which to determine the average request count (1
        /// to 1023 characters)
        pub resource_label: Option<String>,
    }

    /// Describes a load metric for a predictive scaling policy
    pub struct PredictiveScalingPredefinedLoadMetricSpecification {
        /// The metric type (required; 1 to 128 characters)
        pub predefined_metric_type: Option<String>,
        /// A label that uniquely identifies a target group (1 to 1023 characters)
        pub resource_label: Option<String>,
    }

    /// Describes the dimension of a metric
    pub struct PredictiveScalingMetricDimension {
        /// The name of the dimension (required; 1 to 255 characters)
        pub name: Option<String>,
        /// The value of the dimension (required; 1 to 1024 characters)
        pub value: Option<String>,
    }

    /// Describes the scaling metric
    pub struct PredictiveScalingMetric {
        /// Describes the dimensions of the metric
        pub dimensions: Option<Vec<PredictiveScalingMetricDimension>>,
        /// The name of the metric (1 to 255 characters)
        pub metric_name: Option<String>,
        /// The namespace of the metric (1 to 255 characters)
        pub namespace: Option<String>,
    }

    /// This structure defines the CloudWatch metric to return, along with the statistic and unit
    pub struct PredictiveScalingMetricStat {
        /// The CloudWatch metric to return, including the metric name, namespace, and dimensions (required)
        pub metric: Option<PredictiveScalingMetric>,
        /// The statistic to return (required)
        pub stat: Option<String>,
        /// The unit to use for the returned data points (1 to 1023 characters)
        pub unit: Option<String>,
    }

    /// The metric data to return
    pub struct PredictiveScalingMetricDataQuery {
        /// A short name that identifies the object's results in the response (required; 1 to 255 characters)
        pub id: Option<String>,
        /// The math expression to perform on the returned data, if this object is performing a math expression (1 to 2048
        /// characters)
        pub expression: Option<String>,
        /// Information about the metric data to return
        pub metric_stat: Option<PredictiveScalingMetricStat>,
        /// A human-readable label for this metric or expression
        pub label: Option<String>,
        /// Indicates whether to return the timestamps and raw data values of this metric
        pub return_data: Option<bool>,
    }

    /// Represents a CloudWatch metric of your choosing for a predictive scaling policy
    pub struct PredictiveScalingCustomizedMetricSpecification {
        /// One or more metric data queries to provide data points for a metric specification (required)
        pub metric_data_queries: Option<Vec<PredictiveScalingMetricDataQuery>>,
    }

    /// This structure specifies the metrics and target utilization settings for a predictive scaling policy
    pub struct PredictiveScalingMetricSpecification {
        /// Specifies the target utilization (required)
        pub target_value: Option<f64>,
        /// The predefined metric pair specification that determines the appropriate scaling metric and load metric to use
        pub predefined_metric_pair_specification: Option<PredictiveScalingPredefinedMetricPairSpecification>,
        /// The predefined scaling metric specification
        pub predefined_scaling_metric_specification: Option<PredictiveScalingPredefinedScalingMetricSpecification>,
        /// The predefined load metric specification
        pub predefined_load_metric_specification: Option<PredictiveScalingPredefinedLoadMetricSpecification>,
        /// The customized scaling metric specification
        pub customized_scaling_metric_specification: Option<PredictiveScalingCustomizedMetricSpecification>,
        /// The customized load metric specification
        pub customized_load_metric_specification: Option<PredictiveScalingCustomizedMetricSpecification>,
        /// The customized capacity metric specification
        pub customized_capacity_metric_specification: Option<PredictiveScalingCustomizedMetricSpecification>,
    }

    /// Represents a predictive scaling policy configuration
    pub struct PredictiveScalingPolicyConfiguration {
        /// This structure includes the metrics and target utilization to use for predictive scaling (required)
        pub metric_specifications: Option<Vec<PredictiveScalingMetricSpecification>>,
        /// The predictive scaling mode (one of `ForecastOnly`, `ForecastAndScale`)
        pub mode: Option<String>,
        /// The amount of time, in seconds, that the start time can be advanced (0 to 3600)
        pub scheduling_buffer_time: Option<i64>,
        /// Defines the behavior that should be applied if the forecast capacity approaches or exceeds the maximum
        /// capacity (one of `HonorMaxCapacity`, `IncreaseMaxCapacity`)
        pub max_capacity_breach_behavior: Option<String>,
        /// The size of the capacity buffer to use when the forecast capacity is close to or exceeds the maximum capacity
        /// (0 to 100)
        pub max_capacity_buffer: Option<i64>,
    }

    /// PutScalingPolicyRequest
    pub struct ScalingPolicy {
        /// The name of the scaling policy (required; 1 to 256 characters)
        pub policy_name: Option<String>,
        /// The scaling policy type (one of `StepScaling`, `TargetTrackingScaling`, `PredictiveScaling`)
        pub policy_type: Option<String>,
        /// A step scaling policy
        pub step_scaling_policy_configuration: Option<StepScalingPolicyConfiguration>,
        /// A target tracking scaling policy
        pub target_tracking_scaling_policy_configuration: Option<TargetTrackingScalingPolicyConfiguration>,
        /// The configuration of the predictive scaling policy
        pub predictive_scaling_policy_configuration: Option<PredictiveScalingPolicyConfiguration>,
    }

    /// Represents the minimum and maximum capacity for a scheduled action
    pub struct ScalableTargetAction {
        /// The minimum capacity
        pub min_capacity: Option<i64>,
        /// The maximum capacity
        pub max_capacity: Option<i64>,
    }

    /// PutScheduledActionRequest
    pub struct ScheduledAction {
        /// The schedule for this action (1 to 1600 characters)
        pub schedule: Option<String>,
        /// Specifies the time zone used when setting a scheduled action by using an at or cron expression (1 to 1600
        /// characters)
        pub timezone: Option<String>,
        /// The name of the scheduled action (required; 1 to 256 characters)
        pub scheduled_action_name: Option<String>,
        /// The date and time for this scheduled action to start, in UTC
        pub start_time: Option<String>,
        /// The date and time for the recurring schedule to end, in UTC
        pub end_time: Option<String>,
        /// The new minimum and maximum capacity
        pub scalable_target_action: Option<ScalableTargetAction>,
    }

    /// Application Auto Scaling of one ECS service: the scalable target with its policies and scheduled actions
    pub struct AutoScaling {
        /// The namespace of the Amazon Web Services service that provides the resource (required; one of `ecs`,
        /// `elasticmapreduce`, `ec2`, `appstream`, `dynamodb`, `rds`, `sagemaker`, `custom-resource`, `comprehend`,
        /// `lambda`, `cassandra`, `kafka`, `elasticache`, `neptune`, `workspaces`)
        pub service_namespace: Option<String>,
        /// The identifier of the resource that is associated with the scalable target (required; 1 to 1600 characters)
        pub resource_id: Option<String>,
        /// The scalable dimension associated with the scalable target (required; one of `ecs:service:DesiredCount`,
        /// `ec2:spot-fleet-request:TargetCapacity`, `elasticmapreduce:instancegroup:InstanceCount`,
        /// `appstream:fleet:DesiredCapacity`, `dynamodb:table:ReadCapacityUnits`, `dynamodb:table:WriteCapacityUnits`,
        /// `dynamodb:index:ReadCapacityUnits`, `dynamodb:index:WriteCapacityUnits`, `rds:cluster:ReadReplicaCount`,
        /// `sagemaker:variant:DesiredInstanceCount`, `custom-resource:ResourceType:Property`, `comprehend:document-
        /// classifier-endpoint:DesiredInferenceUnits`, `comprehend:entity-recognizer-endpoint:DesiredInferenceUnits`,
        /// `lambda:function:ProvisionedConcurrency`, `cassandra:table:ReadCapacityUnits`,
        /// `cassandra:table:WriteCapacityUnits`, `kafka:broker-storage:VolumeSize`, `elasticache:cache-cluster:Nodes`,
        /// `elasticache:replication-group:NodeGroups`, `elasticache:replication-group:Replicas`,
        /// `neptune:cluster:ReadReplicaCount`, `sagemaker:variant:DesiredProvisionedConcurrency`, `sagemaker:inference-
        /// component:DesiredCopyCount`, `workspaces:workspacespool:DesiredUserSessions`)
        pub scalable_dimension: Option<String>,
        /// The minimum value that you plan to scale in to
        pub min_capacity: Option<i64>,
        /// The maximum value that you plan to scale out to
        pub max_capacity: Option<i64>,
        /// This parameter is required for services that do not support service-linked roles (such as Amazon EMR), and it
        /// must specify the ARN of an IAM role that allows Application Auto Scaling to modify the scalable target on your
        /// behalf (1 to 1600 characters)
        #[serde(rename = "roleARN")]
        pub role_arn: Option<String>,
        /// An embedded object that contains attributes and attribute values that are used to suspend and resume automatic
        /// scaling
        pub suspended_state: Option<SuspendedState>,
        /// Assigns one or more tags to the scalable target
        pub tags: Option<BTreeMap<String, String>>,
        /// The scaling policies, by name
        pub policies: Option<Vec<ScalingPolicy>>,
        /// The scheduled actions, by name
        pub scheduled_actions: Option<Vec<ScheduledAction>>,
    }
}
