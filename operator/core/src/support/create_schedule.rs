//! What becomes of every input path of EventBridge Scheduler CreateSchedule.
//!
//! Columns: path, value, class, rule, handling, what becomes of it. Paths and values are those of botocore 1.44.5.

use super::row::*;

const KMS_KEY_ARN: &str = r"arn:aws[a-z-]*:kms:[a-z0-9\-]+:\d{12}:(key|alias)\/[0-9a-zA-Z-_]*";
const ROLE_ARN: &str = r"arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@\/-]+";
const QUEUE_ARN: &str = r"arn:aws[a-z-]*:sqs:[a-z0-9\-]+:\d{12}:[a-zA-Z0-9\-_]+";
const EVENT_SOURCE: &str = r"(?=[/\.\-_A-Za-z0-9]+)((?!aws\.).*)|(\$(\.[\w_-]+(\[(\d+|\*)\])*)*)";
const NAME_VALUE: &str = r"[A-Za-z0-9\-_]*";

rows! { CREATE_SCHEDULE = CreateSchedule;
    at "" {
        "Name",                       text().required().range(1, 64).pattern(SCHEDULE_NAME), Exact,      "R-NAME", Translated,                                    "Names the CronJob; default: the object's name";
        "GroupName",                  text().range(1, 64).pattern(SCHEDULE_NAME),  Advisory,   "§12A.1", reported("ScheduleGroupAdvisory", Info).unless("default"), "schedule groups have no counterpart; the name is kept";
        "ScheduleExpression",         text().required().range(1, 256),             Exact,      "§12A.3", Translated,                                    "When the task runs: a CronJob's schedule, or the operator's engine";
        "StartDate",                  time(),                                      Exact,      "§12A.1", Translated,                                    "The CronJob exists from then on";
        "EndDate",                    time(),                                      Exact,      "§12A.1", Translated,                                    "The CronJob exists until then";
        "Description",                text().range(0, 512),                        Advisory,   "§12A.1", Translated,                                    "Kept as an annotation";
        "ScheduleExpressionTimezone", text().range(1, 50),                         Exact,      "§12A.1", Translated,                                    "The CronJob's time zone; default: UTC";
        "State",                      text().one_of("ENABLED|DISABLED"),           Exact,      "§12A.1", Translated,                                    "DISABLED suspends the CronJob";
        "KmsKeyArn",                  text().range(1, 2048).pattern(KMS_KEY_ARN),  Advisory,   "§12A.1", reported("KmsKeyNotUsed", Info),               "schedules are stored in the cluster, under its own encryption";
        "Target",                     structure().required(),                      Exact,      "§12A.1", Translated,                                    "The task to run";
        "FlexibleTimeWindow",         structure().required(),                      Equivalent, "§12A.1", Translated,                                    "FLEXIBLE: the engine delays each run; default: OFF";
        "ClientToken",                text().range(1, 64).pattern(TOKEN),          Exact,      "§12A.1", Translated,                                    "Nothing to do: the API server makes requests idempotent";
        "ActionAfterCompletion",      text().one_of("NONE|DELETE"),                Equivalent, "§12A.1", Translated,                                    "What becomes of the schedule after its last run";
    }
    at "Target." {
        "Arn",                             text().required().range(1, 1600),            Advisory,    "§12A.1",     Translated,                              "The ECS cluster, kept as a label";
        "RoleArn",                         text().required().range(1, 1600).pattern(ROLE_ARN), Advisory,    "§12A.1",     Translated,                              "The role that EventBridge starts tasks with; kept for it";
        "DeadLetterConfig",                structure(),                                 Unsupported, "§12A.1",     reported("DeadLetterUnsupported", Warn), "a run that could not be started is reported in status and events, and not sent to a queue";
        "RetryPolicy",                     structure(),                                 Equivalent,  "§12A.1",     Translated,                              "How long a missed run may still start";
        "Input",                           text().at_least(1),                          Exact,       "R-OVERRIDE", Translated,                              "RunTask's overrides as JSON text";
        "EcsParameters",                   structure(),                                 Exact,       "§12A.2",     Translated,                              "How the task runs: `task` of a ScheduledTask";
        "EventBridgeParameters",           structure(),                                 Unsupported, "§12A.1",     reported("TargetNotEcs", Block),         "only ECS targets can be served here";
        "EventBridgePutEventsV2Parameters", structure(),                                 Unsupported, "§12A.1",     reported("TargetNotEcs", Block),         "only ECS targets can be served here";
        "EventBridgePutRawEventsParameters", structure(),                                 Unsupported, "§12A.1",     reported("TargetNotEcs", Block),         "only ECS targets can be served here";
        "KinesisParameters",               structure(),                                 Unsupported, "§12A.1",     reported("TargetNotEcs", Block),         "only ECS targets can be served here";
        "SageMakerPipelineParameters",     structure(),                                 Unsupported, "§12A.1",     reported("TargetNotEcs", Block),         "only ECS targets can be served here";
        "SqsParameters",                   structure(),                                 Unsupported, "§12A.1",     reported("TargetNotEcs", Block),         "only ECS targets can be served here";
    }
    at "Target.DeadLetterConfig." {
        "Arn", text().range(1, 1600).pattern(QUEUE_ARN), Unsupported, "§12A.1", WithParent, "The queue";
    }
    at "Target.RetryPolicy." {
        "MaximumEventAgeInSeconds", integer().range(60, 86400), Equivalent, "§12A.1", Translated, "How late a missed run may still start";
        "MaximumRetryAttempts",     integer().range(0, 185),    Equivalent, "§12A.1", Translated, "Nothing to do: Kubernetes tries to start a run until its deadline";
    }
    at "Target.EcsParameters." {
        "TaskDefinitionArn",          text().required().range(1, 1600),      Exact,       "§7",    Translated,                                    "`family` follows the newest revision, `family:n` stays with that one";
        "TaskCount",                  integer().range(1, 10),                Exact,       "R-JOB", Translated,                                    "How many tasks start: the completions of the Job";
        "LaunchType",                 text().one_of("EC2|FARGATE|EXTERNAL"), Approximate, "§7",    Translated,                                    "A label of the pods, and what launchTypeProfiles of the configuration adds";
        "NetworkConfiguration",       structure(),                           Approximate, "§7",    Translated,                                    "Pods take the network of their node";
        "PlatformVersion",            text().range(1, 64),                   Advisory,    "§7",    Translated,                                    "Fargate's platform; kept as it is";
        "Group",                      text().range(1, 255),                  Exact,       "R-TAG", Translated,                                    "A label of the pods; default: family:<family>";
        "CapacityProviderStrategy[]", structures().range(0, 6),              Approximate, "R-CPS", Translated,                                    "Prefers the nodes that stand for the providers, by weight; needs them where it is one provider";
        "EnableECSManagedTags",       flag(),                                Equivalent,  "R-TAG", Translated,                                    "Cluster and group are always labels of the pods";
        "EnableExecuteCommand",       flag(),                                Equivalent,  "§7",    reported("ExecuteCommandNotDenied", Info).unless("true"), "kubectl exec cannot be denied pod by pod; RBAC of the cluster decides";
        "PlacementConstraints[]",     structures().range(0, 10),             Exact,       "§8.1",  Translated,                                    "Node affinity; groups of tasks are pod affinity";
        "PlacementStrategy[]",        structures().range(0, 5),              Equivalent,  "§8.2",  Translated,                                    "Topology spread constraints, or a scheduler that packs";
        "PropagateTags",              text().one_of("TASK_DEFINITION"),      Equivalent,  "R-TAG", Translated,                                    "Which tags the pods carry";
        "ReferenceId",                text().range(0, 1024),                 Advisory,    "§12A",  Translated,                                    "Kept as an annotation";
        "Tags[]",                     maps().range(0, 50),                   Equivalent,  "R-TAG", Translated,                                    "Labels and annotations";
    }
    at "Target.EcsParameters.NetworkConfiguration." {
        "awsvpcConfiguration", structure(), Approximate, "§7", Translated, "Pods take the network of their node";
    }
    at "Target.EcsParameters.NetworkConfiguration.awsvpcConfiguration." {
        "Subnets[]",        texts().required().range(1, 16).each(1, 1000), Advisory,    "§7", reported("SubnetsNotApplied", Info),           "pods take the subnet of their node; place the nodes where the tasks are to run";
        "SecurityGroups[]", texts().range(1, 5).each(1, 1000),           Equivalent,  "§7", Translated,                                    "A SecurityGroupPolicy of the VPC CNI; on a cluster without, the warning `SecurityGroupsNotApplied`";
        "AssignPublicIp",   text().one_of("ENABLED|DISABLED"),           Unsupported, "§7", reported("PublicIpUnsupported", Warn).unless("DISABLED"), "pods get no public address; reach them through a Service or an Ingress";
    }
    at "Target.EcsParameters.CapacityProviderStrategy[]." {
        "capacityProvider", text().required().range(1, 255), Approximate, "R-CPS", WithParent, "The capacity provider";
        "weight",           integer().range(0, 1000),        Approximate, "R-CPS", WithParent, "Its share of the tasks";
        "base",             integer().range(0, 100000),      Approximate, "R-CPS", WithParent, "How many tasks it runs at least";
    }
    at "Target.EcsParameters.PlacementConstraints[]." {
        "type",       text().one_of("distinctInstance|memberOf"), Exact, "§8.1", WithParent, "The kind of constraint";
        "expression", text().range(0, 2000),                      Exact, "§8.1", WithParent, "The cluster query expression";
    }
    at "Target.EcsParameters.PlacementStrategy[]." {
        "type",  text().one_of("random|spread|binpack"), Equivalent, "§8.2", WithParent, "The kind of strategy";
        "field", text().range(0, 255),                   Equivalent, "§8.2", WithParent, "What it looks at";
    }
    at "Target.EventBridgeParameters." {
        "DetailType", text().required().range(1, 128),             Unsupported, "§12A.1", WithParent, "Not an ECS target";
        "Source",     text().required().range(1, 256).pattern(EVENT_SOURCE), Unsupported, "§12A.1", WithParent, "Not an ECS target";
    }
    at "Target.EventBridgePutEventsV2Parameters." {
        "DetailType", text().required().range(1, 128),             Unsupported, "§12A.1", WithParent, "Not an ECS target";
        "Source",     text().required().range(1, 256).pattern(EVENT_SOURCE), Unsupported, "§12A.1", WithParent, "Not an ECS target";
    }
    at "Target.EventBridgePutRawEventsParameters." {
        "Metadata{}", map().range(0, 100).each_at_least(1), Unsupported, "§12A.1", WithParent, "Not an ECS target";
    }
    at "Target.KinesisParameters." {
        "PartitionKey", text().required().range(1, 256), Unsupported, "§12A.1", WithParent, "Not an ECS target";
    }
    at "Target.SageMakerPipelineParameters." {
        "PipelineParameterList[]", structures().range(0, 200), Unsupported, "§12A.1", WithParent, "Not an ECS target";
    }
    at "Target.SageMakerPipelineParameters.PipelineParameterList[]." {
        "Name",  text().required().range(1, 256).pattern(NAME_VALUE), Unsupported, "§12A.1", WithParent, "Not an ECS target";
        "Value", text().required().range(1, 1024),            Unsupported, "§12A.1", WithParent, "Not an ECS target";
    }
    at "Target.SqsParameters." {
        "MessageGroupId", text().range(1, 128), Unsupported, "§12A.1", WithParent, "Not an ECS target";
    }
    at "FlexibleTimeWindow." {
        "Mode",                   text().required().one_of("OFF|FLEXIBLE"), Equivalent, "§12A.1", Translated, "FLEXIBLE: the engine delays each run by a time of its own";
        "MaximumWindowInMinutes", integer().range(1, 1440),                 Equivalent, "§12A.1", Translated, "The width of a flexible window";
    }
}
