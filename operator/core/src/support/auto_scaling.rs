//! What becomes of every input path of Application Auto Scaling: `autoScaling` of an EcsService.
//!
//! Columns: path, value, class, rule, handling, what becomes of it. Paths and values are those of botocore 1.44.5.

use super::row::*;

const NAMESPACES: &str = "\
    ecs|elasticmapreduce|ec2|appstream|dynamodb|rds|sagemaker|custom-resource|comprehend|lambda|cassandra|kafka|\
    elasticache|neptune|workspaces";
const DIMENSIONS: &str = "\
    ecs:service:DesiredCount|ec2:spot-fleet-request:TargetCapacity|elasticmapreduce:instancegroup:InstanceCount|\
    appstream:fleet:DesiredCapacity|dynamodb:table:ReadCapacityUnits|dynamodb:table:WriteCapacityUnits|\
    dynamodb:index:ReadCapacityUnits|dynamodb:index:WriteCapacityUnits|rds:cluster:ReadReplicaCount|\
    sagemaker:variant:DesiredInstanceCount|custom-resource:ResourceType:Property|\
    comprehend:document-classifier-endpoint:DesiredInferenceUnits|\
    comprehend:entity-recognizer-endpoint:DesiredInferenceUnits|lambda:function:ProvisionedConcurrency|\
    cassandra:table:ReadCapacityUnits|cassandra:table:WriteCapacityUnits|kafka:broker-storage:VolumeSize|\
    elasticache:cache-cluster:Nodes|elasticache:replication-group:NodeGroups|elasticache:replication-group:Replicas|\
    neptune:cluster:ReadReplicaCount|sagemaker:variant:DesiredProvisionedConcurrency|\
    sagemaker:inference-component:DesiredCopyCount|workspaces:workspacespool:DesiredUserSessions";
const POLICY_TYPE: &str = "StepScaling|TargetTrackingScaling|PredictiveScaling";
const ADJUSTMENT_TYPES: &str = "ChangeInCapacity|PercentChangeInCapacity|ExactCapacity";
const PREDEFINED_METRICS: &str = "\
    DynamoDBReadCapacityUtilization|DynamoDBWriteCapacityUtilization|ALBRequestCountPerTarget|\
    RDSReaderAverageCPUUtilization|RDSReaderAverageDatabaseConnections|EC2SpotFleetRequestAverageCPUUtilization|\
    EC2SpotFleetRequestAverageNetworkIn|EC2SpotFleetRequestAverageNetworkOut|SageMakerVariantInvocationsPerInstance|\
    ECSServiceAverageCPUUtilization|ECSServiceAverageMemoryUtilization|AppStreamAverageCapacityUtilization|\
    ComprehendInferenceUtilization|LambdaProvisionedConcurrencyUtilization|CassandraReadCapacityUtilization|\
    CassandraWriteCapacityUtilization|KafkaBrokerStorageUtilization|ElastiCacheEngineCPUUtilization|\
    ElastiCacheDatabaseMemoryUsagePercentage|ElastiCachePrimaryEngineCPUUtilization|\
    ElastiCacheReplicaEngineCPUUtilization|ElastiCacheDatabaseMemoryUsageCountedForEvictPercentage|\
    NeptuneReaderAverageCPUUtilization|SageMakerVariantProvisionedConcurrencyUtilization|\
    ElastiCacheDatabaseCapacityUsageCountedForEvictPercentage|SageMakerInferenceComponentInvocationsPerCopy|\
    WorkSpacesAverageUserSessionsCapacityUtilization|\
    SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution|\
    SageMakerVariantConcurrentRequestsPerModelHighResolution|ECSServiceAverageCPUUtilizationHighResolution|\
    ECSServiceAverageMemoryUtilizationHighResolution";
const ACTION_NAME: &str = r"(?!((^[ ]+.*)|(.*([\u0000-\u001f]|[\u007f-\u009f]|[:/|])+.*)|(.*[ ]+$))).+";

rows! { REGISTER_SCALABLE_TARGET = RegisterScalableTarget;
    at "" {
        "ServiceNamespace",  text().required().one_of(NAMESPACES),        Exact,    "§12B", WithParent, "Always ecs here";
        "ResourceId",        text().required().range(1, 1600).pattern(PLAIN_TEXT), Exact,    "§12B", WithParent, "Derived: the service itself";
        "ScalableDimension", text().required().one_of(DIMENSIONS),        Exact,    "§12B", WithParent, "Always ecs:service:DesiredCount here";
        "MinCapacity",       integer(),                                   Exact,    "§12B", WithParent, "The least number of tasks";
        "MaxCapacity",       integer(),                                   Exact,    "§12B", WithParent, "The largest number of tasks";
        "RoleARN",           text().range(1, 1600).pattern(PLAIN_TEXT),   Advisory, "§12B", WithParent, "No role is needed to scale here";
        "SuspendedState",    structure(),                                 Exact,    "§12B", WithParent, "Which kinds of scaling rest";
        "Tags{}",            map().range(0, 256),                         Advisory, "§12B", WithParent, "Tags of the scalable target";
    }
    at "SuspendedState." {
        "DynamicScalingInSuspended",  flag(), Exact, "§12B", WithParent, "Whether scaling in rests";
        "DynamicScalingOutSuspended", flag(), Exact, "§12B", WithParent, "Whether scaling out rests";
        "ScheduledScalingSuspended",  flag(), Exact, "§12B", WithParent, "Whether scheduled actions rest";
    }
}

rows! { PUT_SCALING_POLICY = PutScalingPolicy;
    at "" {
        "PolicyName",                      text().required().range(1, 256).pattern(PRINTABLE), Equivalent,  "§12B",   WithParent, "Names the policy";
        "ServiceNamespace",                text().required().one_of(NAMESPACES),        Exact,       "§12B",   WithParent, "Always ecs here";
        "ResourceId",                      text().required().range(1, 1600).pattern(PLAIN_TEXT), Exact,       "§12B",   WithParent, "Derived: the service itself";
        "ScalableDimension",               text().required().one_of(DIMENSIONS),        Exact,       "§12B",   WithParent, "Always ecs:service:DesiredCount here";
        "PolicyType",                      text().one_of(POLICY_TYPE),                  Equivalent,  "§12B",   WithParent, "The kind of policy";
        "StepScalingPolicyConfiguration",  structure(),                                 Unsupported, "R-STEP", WithParent, "Steps by the size of an alarm's breach";
        "TargetTrackingScalingPolicyConfiguration", structure(),                                 Approximate, "§12B",   WithParent, "Keeps a metric at a value";
        "PredictiveScalingPolicyConfiguration", structure(),                                 Unsupported, "§12B",   WithParent, "Scales by a forecast";
    }
    at "StepScalingPolicyConfiguration." {
        "AdjustmentType",         text().one_of(ADJUSTMENT_TYPES),          Unsupported, "R-STEP", WithParent, "What an adjustment means";
        "StepAdjustments[]",      structures(),                             Unsupported, "R-STEP", WithParent, "The steps";
        "MinAdjustmentMagnitude", integer(),                                Unsupported, "R-STEP", WithParent, "The least change";
        "Cooldown",               integer(),                                Unsupported, "R-STEP", WithParent, "The wait between changes";
        "MetricAggregationType",  text().one_of("Average|Minimum|Maximum"), Unsupported, "R-STEP", WithParent, "How the metric is aggregated";
    }
    at "StepScalingPolicyConfiguration.StepAdjustments[]." {
        "MetricIntervalLowerBound", double(),             Unsupported, "R-STEP", WithParent, "Where a step begins";
        "MetricIntervalUpperBound", double(),             Unsupported, "R-STEP", WithParent, "Where a step ends";
        "ScalingAdjustment",        integer().required(), Unsupported, "R-STEP", WithParent, "How far it scales";
    }
    at "TargetTrackingScalingPolicyConfiguration." {
        "TargetValue",                   double().required(), Exact,       "§12B", WithParent, "The value";
        "PredefinedMetricSpecification", structure(),         Approximate, "§12B", WithParent, "A metric of ECS or a load balancer";
        "CustomizedMetricSpecification", structure(),         Equivalent,  "§12B", WithParent, "A metric of one's own";
        "ScaleOutCooldown",              integer(),           Approximate, "§12B", WithParent, "The wait after scaling out";
        "ScaleInCooldown",               integer(),           Approximate, "§12B", WithParent, "The wait after scaling in";
        "DisableScaleIn",                flag(),              Approximate, "§12B", WithParent, "Whether it only scales out";
    }
    at "TargetTrackingScalingPolicyConfiguration.PredefinedMetricSpecification." {
        "PredefinedMetricType", text().required().one_of(PREDEFINED_METRICS), Approximate, "§12B", WithParent, "Which metric";
        "ResourceLabel",        text().range(1, 1023),                       Equivalent,  "§12B", WithParent, "Which target group";
    }
    at "TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification." {
        "MetricName",   text(),                                      Equivalent, "§12B", WithParent, "Its name";
        "Namespace",    text(),                                      Equivalent, "§12B", WithParent, "Its CloudWatch namespace";
        "Dimensions[]", structures(),                                Equivalent, "§12B", WithParent, "Its dimensions";
        "Statistic",    text().one_of("Average|Minimum|Maximum|SampleCount|Sum"), Equivalent, "§12B", WithParent, "The statistic";
        "Unit",         text(),                                      Equivalent, "§12B", WithParent, "The unit";
        "Metrics[]",    structures(),                                Equivalent, "§12B", WithParent, "Metrics and expressions over them";
    }
    at "TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification.Dimensions[]." {
        "Name",  text().required(), Equivalent, "§12B", WithParent, "The dimension";
        "Value", text().required(), Equivalent, "§12B", WithParent, "Its value";
    }
    at "TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification.Metrics[]." {
        "Expression", text().range(1, 2048).pattern(PLAIN_TEXT),   Equivalent, "§12B", WithParent, "The expression";
        "Id",         text().required().range(1, 255).pattern(PLAIN_TEXT), Equivalent, "§12B", WithParent, "The name in expressions";
        "Label",      text().pattern(PLAIN_TEXT),                  Equivalent, "§12B", WithParent, "A label to read";
        "MetricStat", structure(),                                 Equivalent, "§12B", WithParent, "The metric and its statistic";
        "ReturnData", flag(),                                      Equivalent, "§12B", WithParent, "Whether it is the result";
    }
    at "TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification.Metrics[].MetricStat." {
        "Metric", structure().required(),                    Equivalent, "§12B", WithParent, "The metric";
        "Stat",   text().required().pattern(PLAIN_TEXT),     Equivalent, "§12B", WithParent, "The statistic";
        "Unit",   text().range(1, 1023).pattern(PLAIN_TEXT), Equivalent, "§12B", WithParent, "The unit";
    }
    at "TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification.Metrics[].MetricStat.Metric." {
        "Dimensions[]", structures(),                             Equivalent, "§12B", WithParent, "Its dimensions";
        "MetricName",   text().range(1, 255).pattern(PLAIN_TEXT), Equivalent, "§12B", WithParent, "Its name";
        "Namespace",    text().range(1, 255).pattern(PLAIN_TEXT), Equivalent, "§12B", WithParent, "Its CloudWatch namespace";
    }
    at "TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification.Metrics[].MetricStat.Metric.Dimensions[]." {
        "Name",  text().required().range(1, 255).pattern(PLAIN_TEXT), Equivalent, "§12B", WithParent, "The dimension";
        "Value", text().required().range(1, 1024).pattern(PLAIN_TEXT), Equivalent, "§12B", WithParent, "Its value";
    }
    at "PredictiveScalingPolicyConfiguration." {
        "MetricSpecifications[]",    structures().required(),                     Unsupported, "§12B", WithParent, "The metrics to forecast";
        "Mode",                      text().one_of("ForecastOnly|ForecastAndScale"), Unsupported, "§12B", WithParent, "Whether the forecast scales";
        "SchedulingBufferTime",      integer().range(0, 3600),                    Unsupported, "§12B", WithParent, "How early tasks start";
        "MaxCapacityBreachBehavior", text().one_of("HonorMaxCapacity|IncreaseMaxCapacity"), Unsupported, "§12B", WithParent, "Whether the forecast may exceed the maximum";
        "MaxCapacityBuffer",         integer().range(0, 100),                     Unsupported, "§12B", WithParent, "By how much";
    }
    at "PredictiveScalingPolicyConfiguration.MetricSpecifications[]." {
        "TargetValue",                     double().required(), Unsupported, "§12B", WithParent, "The value to keep";
        "PredefinedMetricPairSpecification", structure(),         Unsupported, "§12B", WithParent, "A pair of load and scaling metric";
        "PredefinedScalingMetricSpecification", structure(),         Unsupported, "§12B", WithParent, "A predefined scaling metric";
        "PredefinedLoadMetricSpecification", structure(),         Unsupported, "§12B", WithParent, "A predefined load metric";
        "CustomizedScalingMetricSpecification", structure(),         Unsupported, "§12B", WithParent, "A scaling metric of one's own";
        "CustomizedLoadMetricSpecification", structure(),         Unsupported, "§12B", WithParent, "A load metric of one's own";
        "CustomizedCapacityMetricSpecification", structure(),         Unsupported, "§12B", WithParent, "A capacity metric of one's own";
    }
    at "PredictiveScalingPolicyConfiguration.MetricSpecifications[].PredefinedMetricPairSpecification." {
        "PredefinedMetricType", text().required().range(1, 128), Unsupported, "§12B", WithParent, "Which metric";
        "ResourceLabel",        text().range(1, 1023),           Unsupported, "§12B", WithParent, "Which target group";
    }
    at "PredictiveScalingPolicyConfiguration.MetricSpecifications[].PredefinedScalingMetricSpecification." {
        "PredefinedMetricType", text().required().range(1, 128), Unsupported, "§12B", WithParent, "Which metric";
        "ResourceLabel",        text().range(1, 1023),           Unsupported, "§12B", WithParent, "Which target group";
    }
    at "PredictiveScalingPolicyConfiguration.MetricSpecifications[].PredefinedLoadMetricSpecification." {
        "PredefinedMetricType", text().required().range(1, 128), Unsupported, "§12B", WithParent, "Which metric";
        "ResourceLabel",        text().range(1, 1023),           Unsupported, "§12B", WithParent, "Which target group";
    }
    at "PredictiveScalingPolicyConfiguration.MetricSpecifications[].CustomizedScalingMetricSpecification." {
        "MetricDataQueries[]", structures().required(), Unsupported, "§12B", WithParent, "Metrics and expressions over them";
    }
    at "PredictiveScalingPolicyConfiguration.MetricSpecifications[].CustomizedScalingMetricSpecification.MetricDataQueries[]." {
        "Id",         text().required().range(1, 255).pattern(PLAIN_TEXT), Unsupported, "§12B", WithParent, "The name in expressions";
        "Expression", text().range(1, 2048).pattern(PLAIN_TEXT),   Unsupported, "§12B", WithParent, "The expression";
        "MetricStat", structure(),                                 Unsupported, "§12B", WithParent, "The metric and its statistic";
        "Label",      text().pattern(PLAIN_TEXT),                  Unsupported, "§12B", WithParent, "A label to read";
        "ReturnData", flag(),                                      Unsupported, "§12B", WithParent, "Whether it is the result";
    }
    at "PredictiveScalingPolicyConfiguration.MetricSpecifications[].CustomizedScalingMetricSpecification.MetricDataQueries[].MetricStat." {
        "Metric", structure().required(),                    Unsupported, "§12B", WithParent, "The metric";
        "Stat",   text().required().pattern(PLAIN_TEXT),     Unsupported, "§12B", WithParent, "The statistic";
        "Unit",   text().range(1, 1023).pattern(PLAIN_TEXT), Unsupported, "§12B", WithParent, "The unit";
    }
    at "PredictiveScalingPolicyConfiguration.MetricSpecifications[].CustomizedScalingMetricSpecification.MetricDataQueries[].MetricStat.Metric." {
        "Dimensions[]", structures(),                             Unsupported, "§12B", WithParent, "Its dimensions";
        "MetricName",   text().range(1, 255).pattern(PLAIN_TEXT), Unsupported, "§12B", WithParent, "Its name";
        "Namespace",    text().range(1, 255).pattern(PLAIN_TEXT), Unsupported, "§12B", WithParent, "Its CloudWatch namespace";
    }
    at "PredictiveScalingPolicyConfiguration.MetricSpecifications[].CustomizedScalingMetricSpecification.MetricDataQueries[].MetricStat.Metric.Dimensions[]." {
        "Name",  text().required().range(1, 255).pattern(PLAIN_TEXT), Unsupported, "§12B", WithParent, "The dimension";
        "Value", text().required().range(1, 1024).pattern(PLAIN_TEXT), Unsupported, "§12B", WithParent, "Its value";
    }
    at "PredictiveScalingPolicyConfiguration.MetricSpecifications[].CustomizedLoadMetricSpecification." {
        "MetricDataQueries[]", structures().required(), Unsupported, "§12B", WithParent, "Metrics and expressions over them";
    }
    at "PredictiveScalingPolicyConfiguration.MetricSpecifications[].CustomizedLoadMetricSpecification.MetricDataQueries[]." {
        "Id",         text().required().range(1, 255).pattern(PLAIN_TEXT), Unsupported, "§12B", WithParent, "The name in expressions";
        "Expression", text().range(1, 2048).pattern(PLAIN_TEXT),   Unsupported, "§12B", WithParent, "The expression";
        "MetricStat", structure(),                                 Unsupported, "§12B", WithParent, "The metric and its statistic";
        "Label",      text().pattern(PLAIN_TEXT),                  Unsupported, "§12B", WithParent, "A label to read";
        "ReturnData", flag(),                                      Unsupported, "§12B", WithParent, "Whether it is the result";
    }
    at "PredictiveScalingPolicyConfiguration.MetricSpecifications[].CustomizedLoadMetricSpecification.MetricDataQueries[].MetricStat." {
        "Metric", structure().required(),                    Unsupported, "§12B", WithParent, "The metric";
        "Stat",   text().required().pattern(PLAIN_TEXT),     Unsupported, "§12B", WithParent, "The statistic";
        "Unit",   text().range(1, 1023).pattern(PLAIN_TEXT), Unsupported, "§12B", WithParent, "The unit";
    }
    at "PredictiveScalingPolicyConfiguration.MetricSpecifications[].CustomizedLoadMetricSpecification.MetricDataQueries[].MetricStat.Metric." {
        "Dimensions[]", structures(),                             Unsupported, "§12B", WithParent, "Its dimensions";
        "MetricName",   text().range(1, 255).pattern(PLAIN_TEXT), Unsupported, "§12B", WithParent, "Its name";
        "Namespace",    text().range(1, 255).pattern(PLAIN_TEXT), Unsupported, "§12B", WithParent, "Its CloudWatch namespace";
    }
    at "PredictiveScalingPolicyConfiguration.MetricSpecifications[].CustomizedLoadMetricSpecification.MetricDataQueries[].MetricStat.Metric.Dimensions[]." {
        "Name",  text().required().range(1, 255).pattern(PLAIN_TEXT), Unsupported, "§12B", WithParent, "The dimension";
        "Value", text().required().range(1, 1024).pattern(PLAIN_TEXT), Unsupported, "§12B", WithParent, "Its value";
    }
    at "PredictiveScalingPolicyConfiguration.MetricSpecifications[].CustomizedCapacityMetricSpecification." {
        "MetricDataQueries[]", structures().required(), Unsupported, "§12B", WithParent, "Metrics and expressions over them";
    }
    at "PredictiveScalingPolicyConfiguration.MetricSpecifications[].CustomizedCapacityMetricSpecification.MetricDataQueries[]." {
        "Id",         text().required().range(1, 255).pattern(PLAIN_TEXT), Unsupported, "§12B", WithParent, "The name in expressions";
        "Expression", text().range(1, 2048).pattern(PLAIN_TEXT),   Unsupported, "§12B", WithParent, "The expression";
        "MetricStat", structure(),                                 Unsupported, "§12B", WithParent, "The metric and its statistic";
        "Label",      text().pattern(PLAIN_TEXT),                  Unsupported, "§12B", WithParent, "A label to read";
        "ReturnData", flag(),                                      Unsupported, "§12B", WithParent, "Whether it is the result";
    }
    at "PredictiveScalingPolicyConfiguration.MetricSpecifications[].CustomizedCapacityMetricSpecification.MetricDataQueries[].MetricStat." {
        "Metric", structure().required(),                    Unsupported, "§12B", WithParent, "The metric";
        "Stat",   text().required().pattern(PLAIN_TEXT),     Unsupported, "§12B", WithParent, "The statistic";
        "Unit",   text().range(1, 1023).pattern(PLAIN_TEXT), Unsupported, "§12B", WithParent, "The unit";
    }
    at "PredictiveScalingPolicyConfiguration.MetricSpecifications[].CustomizedCapacityMetricSpecification.MetricDataQueries[].MetricStat.Metric." {
        "Dimensions[]", structures(),                             Unsupported, "§12B", WithParent, "Its dimensions";
        "MetricName",   text().range(1, 255).pattern(PLAIN_TEXT), Unsupported, "§12B", WithParent, "Its name";
        "Namespace",    text().range(1, 255).pattern(PLAIN_TEXT), Unsupported, "§12B", WithParent, "Its CloudWatch namespace";
    }
    at "PredictiveScalingPolicyConfiguration.MetricSpecifications[].CustomizedCapacityMetricSpecification.MetricDataQueries[].MetricStat.Metric.Dimensions[]." {
        "Name",  text().required().range(1, 255).pattern(PLAIN_TEXT), Unsupported, "§12B", WithParent, "The dimension";
        "Value", text().required().range(1, 1024).pattern(PLAIN_TEXT), Unsupported, "§12B", WithParent, "Its value";
    }
}

rows! { PUT_SCHEDULED_ACTION = PutScheduledAction;
    at "" {
        "ServiceNamespace",     text().required().one_of(NAMESPACES),        Exact,      "§12B", WithParent, "Always ecs here";
        "Schedule",             text().range(1, 1600).pattern(PLAIN_TEXT),   Equivalent, "§12B", WithParent, "When it acts";
        "Timezone",             text().range(1, 1600).pattern(PLAIN_TEXT),   Equivalent, "§12B", WithParent, "The time zone of the schedule";
        "ScheduledActionName",  text().required().range(1, 256).pattern(ACTION_NAME), Equivalent, "§12B", WithParent, "Names the action";
        "ResourceId",           text().required().range(1, 1600).pattern(PLAIN_TEXT), Exact,      "§12B", WithParent, "Derived: the service itself";
        "ScalableDimension",    text().required().one_of(DIMENSIONS),        Exact,      "§12B", WithParent, "Always ecs:service:DesiredCount here";
        "StartTime",            time(),                                      Equivalent, "§12B", WithParent, "The first time it may act";
        "EndTime",              time(),                                      Equivalent, "§12B", WithParent, "The last time it may act";
        "ScalableTargetAction", structure(),                                 Equivalent, "§12B", WithParent, "What it sets";
    }
    at "ScalableTargetAction." {
        "MinCapacity", integer(), Equivalent, "§12B", WithParent, "The least number of tasks from then on";
        "MaxCapacity", integer(), Equivalent, "§12B", WithParent, "The largest number of tasks from then on";
    }
}
