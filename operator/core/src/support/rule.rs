//! What becomes of every input path of EventBridge PutRule and PutTargets.
//!
//! A target of a rule says what the target of a schedule says: where CreateSchedule has the path too, or a ScheduledTask the
//! member, only the value is told here, because EventBridge's bounds differ, and the words are those of that row.
//!
//! Columns: path, value, class, rule, handling, what becomes of it. Paths and values are those of botocore 1.44.5.

use std::sync::LazyLock;

use super::create_schedule::CREATE_SCHEDULE;
use super::own;
use super::row::*;
use super::vocabulary::lower_camel;

const BUS: &str = r"(arn:aws[\w-]*:events:[a-z]+-[a-z]+-[\w-]+:[0-9]{12}:event-bus\/)?[/\.\-_A-Za-z0-9]+";
const SECRET_ARN: &str = r"(^arn:aws([a-z]|\-)*:secretsmanager:[a-z0-9-.]+:.*)|(\$(\.[\w_-]+(\[(\d+|\*)\])*)*)";
const RUN_COMMAND_KEY: &str = r"^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$";
const PIPELINE_NAME: &str = r"^[a-zA-Z0-9](-*[a-zA-Z0-9])*$";
const NOT_BLANK: &str = r"^(?!\s*$).+";
const HEADER: &str = r"^[ \t]*[\x20-\x7E]+([ \t]+[\x20-\x7E]+)*[ \t]*$";
const QUERY: &str = r"[^\x00-\x09\x0B\x0C\x0E-\x1F\x7F]+";

rows! { PUT_RULE = PutRule;
    at "" {
        "Name",               text().required().range(1, 64).pattern(RULE_NAME), Exact,       "R-NAME",  Translated,                               "Names the CronJob; default: the object's name";
        "ScheduleExpression", text().at_most(256),                               Exact,       "§12A.3",  Translated,                               "When the task runs, as a CronJob's schedule in UTC";
        "EventPattern",       text().at_most(4096),                              Unsupported, "§12A.2",  reported("EventPatternUnsupported", Block), "the rule also listens to events, and no event reaches the cluster; keep it with EventBridge, or give only its schedule";
        "State",              text().one_of("ENABLED|DISABLED|ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"), Exact, "§12A.2", Translated,        "DISABLED suspends the CronJob; a rule knows a third state, which is ENABLED here";
        "Description",        text().at_most(512),                               Advisory,    "§12A.2",  Translated,                               "Kept as an annotation";
        "RoleArn",            text().range(1, 1600),                             Advisory,    "§12A.2",  Translated,                               "The role of targets that bring none; kept for EventBridge";
        "Tags[]",             structures(),                                      Advisory,    "§12A.2",  reported("RuleTagsNotKept", Info),        "tags of the rule itself have no place here; those of its tasks are kept";
        "EventBusName",       text().range(1, 1600).pattern(BUS),                Advisory,    "§12A.2",  Translated,                               "Only the default bus has schedules; any other is refused";
    }
    at "Tags[]." {
        "Key",   text().required().range(1, 128), Advisory, "§12A.2", WithParent, "The tag's key";
        "Value", text().required().range(0, 256), Advisory, "§12A.2", WithParent, "The tag's value";
    }
}

rows! { TARGETS = PutTargets;
    at "" {
        "Rule",         text().required().range(1, 64).pattern(RULE_NAME), Exact,    "§12A.2", Translated, "The rule whose targets these are; the two are read together";
        "EventBusName", text().range(1, 1600).pattern(BUS),                Advisory, "§12A.2", Translated, "Only the default bus has schedules; any other is refused";
        "Targets[]",    structures().required().range(1, 100),             Exact,    "§12A.2", Translated, "A ScheduledTask for each target of ECS";
    }
    at "Targets[]." {
        "Id",                     text().required().range(1, 64).pattern(RULE_NAME), Advisory,    "§12A.2", Translated,                      "Tells the ScheduledTasks of one rule apart; export writes `ecs`";
        "RunCommandParameters",   structure(), Unsupported, "§12A.2", reported("TargetNotEcs", Block), "only ECS targets can be served here";
        "BatchParameters",        structure(), Unsupported, "§12A.2", reported("TargetNotEcs", Block), "only ECS targets can be served here";
        "HttpParameters",         structure(), Unsupported, "§12A.2", reported("TargetNotEcs", Block), "only ECS targets can be served here";
        "RedshiftDataParameters", structure(), Unsupported, "§12A.2", reported("TargetNotEcs", Block), "only ECS targets can be served here";
        "AppSyncParameters",      structure(), Unsupported, "§12A.2", reported("TargetNotEcs", Block), "only ECS targets can be served here";
    }
    at "Targets[].EcsParameters.Tags[]." {
        "Key",   text().required().range(1, 128), Equivalent, "R-TAG", Translated, "The tag's key";
        "Value", text().required().range(0, 256), Equivalent, "R-TAG", Translated, "The tag's value";
    }
    at "Targets[].KinesisParameters." {
        "PartitionKeyPath", text().required().at_most(256), Unsupported, "§12A.2", WithParent, "Not an ECS target";
    }
    at "Targets[].RunCommandParameters." {
        "RunCommandTargets[]", structures().required().range(1, 5), Unsupported, "§12A.2", WithParent, "Not an ECS target";
    }
    at "Targets[].RunCommandParameters.RunCommandTargets[]." {
        "Key",      text().required().range(1, 128).pattern(RUN_COMMAND_KEY), Unsupported, "§12A.2", WithParent, "Not an ECS target";
        "Values[]", texts().required().range(1, 50).each(1, 256),             Unsupported, "§12A.2", WithParent, "Not an ECS target";
    }
    at "Targets[].BatchParameters." {
        "JobDefinition",   text().required(), Unsupported, "§12A.2", WithParent, "Not an ECS target";
        "JobName",         text().required(), Unsupported, "§12A.2", WithParent, "Not an ECS target";
        "ArrayProperties", structure(),       Unsupported, "§12A.2", WithParent, "Not an ECS target";
        "RetryStrategy",   structure(),       Unsupported, "§12A.2", WithParent, "Not an ECS target";
    }
    at "Targets[].BatchParameters.ArrayProperties." {
        "Size", integer(), Unsupported, "§12A.2", WithParent, "Not an ECS target";
    }
    at "Targets[].BatchParameters.RetryStrategy." {
        "Attempts", integer(), Unsupported, "§12A.2", WithParent, "Not an ECS target";
    }
    at "Targets[].HttpParameters." {
        "PathParameterValues[]",   texts().pattern(NOT_BLANK),                Unsupported, "§12A.2", WithParent, "Not an ECS target";
        "HeaderParameters{}",      map().each_at_most(512).pattern(HEADER), Unsupported, "§12A.2", WithParent, "Not an ECS target";
        "QueryStringParameters{}", map().each_at_most(512).pattern(QUERY),  Unsupported, "§12A.2", WithParent, "Not an ECS target";
    }
    at "Targets[].RedshiftDataParameters." {
        "SecretManagerArn", text().range(1, 1600).pattern(SECRET_ARN), Unsupported, "§12A.2", WithParent, "Not an ECS target";
        "Database",         text().required().range(1, 64),            Unsupported, "§12A.2", WithParent, "Not an ECS target";
        "DbUser",           text().range(1, 128),                      Unsupported, "§12A.2", WithParent, "Not an ECS target";
        "Sql",              text().range(1, 100_000),                  Unsupported, "§12A.2", WithParent, "Not an ECS target";
        "StatementName",    text().range(1, 500),                      Unsupported, "§12A.2", WithParent, "Not an ECS target";
        "WithEvent",        flag(),                                    Unsupported, "§12A.2", WithParent, "Not an ECS target";
        "Sqls[]",           texts().range(0, 40).each(1, 100_000),     Unsupported, "§12A.2", WithParent, "Not an ECS target";
    }
    at "Targets[].AppSyncParameters." {
        "GraphQLOperation", text().range(1, 1_048_576), Unsupported, "§12A.2", WithParent, "Not an ECS target";
    }
}

/// Paths of a target whose words are those of CreateSchedule, or of a ScheduledTask
const LIKE: &[(&str, Field)] = &[
    ("Targets[].Arn", text().required().range(1, 1600)),
    ("Targets[].RoleArn", text().range(1, 1600)),
    ("Targets[].Input", text().at_most(8192)),
    ("Targets[].InputPath", text().at_most(256)),
    ("Targets[].InputTransformer", structure()),
    ("Targets[].InputTransformer.InputPathsMap{}", map().at_most(100).each_at_most(256)),
    ("Targets[].InputTransformer.InputTemplate", text().required().range(1, 8192)),
    ("Targets[].KinesisParameters", structure()),
    ("Targets[].EcsParameters", structure()),
    ("Targets[].EcsParameters.TaskDefinitionArn", text().required().range(1, 1600)),
    ("Targets[].EcsParameters.TaskCount", integer().at_least(1)),
    ("Targets[].EcsParameters.LaunchType", text().one_of("EC2|FARGATE|EXTERNAL")),
    ("Targets[].EcsParameters.NetworkConfiguration", structure()),
    ("Targets[].EcsParameters.NetworkConfiguration.awsvpcConfiguration", structure()),
    ("Targets[].EcsParameters.NetworkConfiguration.awsvpcConfiguration.Subnets[]", texts().required()),
    ("Targets[].EcsParameters.NetworkConfiguration.awsvpcConfiguration.SecurityGroups[]", texts()),
    (
        "Targets[].EcsParameters.NetworkConfiguration.awsvpcConfiguration.AssignPublicIp",
        text().one_of("ENABLED|DISABLED"),
    ),
    ("Targets[].EcsParameters.PlatformVersion", text()),
    ("Targets[].EcsParameters.Group", text()),
    ("Targets[].EcsParameters.CapacityProviderStrategy[]", structures().at_most(6)),
    ("Targets[].EcsParameters.CapacityProviderStrategy[].capacityProvider", text().required().range(1, 255)),
    ("Targets[].EcsParameters.CapacityProviderStrategy[].weight", integer().range(0, 1000)),
    ("Targets[].EcsParameters.CapacityProviderStrategy[].base", integer().range(0, 100_000)),
    ("Targets[].EcsParameters.EnableECSManagedTags", flag()),
    ("Targets[].EcsParameters.EnableExecuteCommand", flag()),
    ("Targets[].EcsParameters.PlacementConstraints[]", structures().at_most(10)),
    ("Targets[].EcsParameters.PlacementConstraints[].type", text().one_of("distinctInstance|memberOf")),
    ("Targets[].EcsParameters.PlacementConstraints[].expression", text().at_most(2000)),
    ("Targets[].EcsParameters.PlacementStrategy[]", structures().at_most(5)),
    ("Targets[].EcsParameters.PlacementStrategy[].type", text().one_of("random|spread|binpack")),
    ("Targets[].EcsParameters.PlacementStrategy[].field", text().at_most(255)),
    ("Targets[].EcsParameters.PropagateTags", text().one_of("TASK_DEFINITION")),
    ("Targets[].EcsParameters.ReferenceId", text().at_most(1024)),
    ("Targets[].EcsParameters.Tags[]", structures()),
    ("Targets[].SqsParameters", structure()),
    ("Targets[].SqsParameters.MessageGroupId", text().at_most(100)),
    ("Targets[].SageMakerPipelineParameters", structure()),
    ("Targets[].SageMakerPipelineParameters.PipelineParameterList[]", structures().range(0, 200)),
    (
        "Targets[].SageMakerPipelineParameters.PipelineParameterList[].Name",
        text().required().range(1, 256).pattern(PIPELINE_NAME),
    ),
    ("Targets[].SageMakerPipelineParameters.PipelineParameterList[].Value", text().required().at_most(1024)),
    ("Targets[].DeadLetterConfig", structure()),
    ("Targets[].DeadLetterConfig.Arn", text().range(1, 1600)),
    ("Targets[].RetryPolicy", structure()),
    ("Targets[].RetryPolicy.MaximumRetryAttempts", integer().range(0, 185)),
    ("Targets[].RetryPolicy.MaximumEventAgeInSeconds", integer().range(60, 86_400)),
];

/// The rows of PutTargets
pub(super) static PUT_TARGETS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let like = LIKE.iter().filter_map(|(path, field)| Some(Row { path, field: *field, ..*counterpart(path)? }));
    let mut rows: Vec<Row> = TARGETS.iter().copied().chain(like).collect();
    rows.sort_by_key(|row| row.path);
    rows
});

/// The row that says the same of the target of a schedule
fn counterpart(path: &str) -> Option<&'static Row> {
    let member = path.strip_prefix("Targets[].")?;
    let scheduled = |row: &&Row| row.path.strip_prefix("Target.") == Some(member);
    let own = |row: &&Row| row.path == lower_camel(member);
    CREATE_SCHEDULE.iter().find(scheduled).or_else(|| own::SCHEDULE.iter().find(own))
}
