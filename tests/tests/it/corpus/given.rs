//! What a person gives for a template whose values it does not tell: the findings say by which name, the path what it is.
//!
//! *Not here*: judgement; a template that still lacks something afterwards is refused like any other.

use std::collections::BTreeMap;

use ecs_core::render::{Options, render};
use ecs_core::wire::{Parameters, read_with};

/// How often what is given makes other findings ask
const ROUNDS: usize = 40;

/// Values for the ends of paths
const VALUES: &[(&str, &str)] = &[
    ("image", "example.com/image:1"),
    ("targetGroupArn", "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/given/0123456789abcdef"),
    ("registryArn", "arn:aws:servicediscovery:us-east-1:111122223333:service/srv-given"),
    ("valueFrom", "arn:aws:secretsmanager:us-east-1:111122223333:secret:given-AbCdEf"),
    ("subnets", "subnet-0123456789abcdef0"),
    ("securityGroups", "sg-0123456789abcdef0"),
    ("taskRoleArn", "arn:aws:iam::111122223333:role/given"),
    ("executionRoleArn", "arn:aws:iam::111122223333:role/given"),
    ("roleArn", "arn:aws:iam::111122223333:role/given"),
    ("fileSystemId", "fs-0123456789abcdef0"),
    ("accessPointId", "fsap-0123456789abcdef0"),
    ("containerPort", "8080"),
    ("hostPort", "8080"),
    ("desiredCount", "1"),
    ("cpu", "256"),
    ("memory", "512"),
    ("scheduleExpression", "rate(1 hour)"),
];

/// An image as the CDK names it
const ASSET: &str = "111122223333.dkr.ecr.us-east-1.amazonaws.com/given@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Follows the advice of every finding about an unknown value, until none gives any
pub(super) fn asked_for(text: &str, options: &Options) -> Parameters {
    let mut given = BTreeMap::new();
    for _ in 0..ROUNDS {
        let parameters = parameters(&given);
        let Ok(documents) = read_with(text, &parameters) else { return parameters };
        let before = given.len();
        for located in render(documents, options).findings {
            let finding = located.finding;
            let asked = finding.message.split_once("give --parameter ").and_then(|(_, rest)| rest.split_once("=…"));
            if let Some((key, _)) =
                asked.map(|(key, rest)| (key.trim_start_matches('\''), rest)).filter(|_| finding.code == "UnknownValue")
            {
                given.entry(key.to_owned()).or_insert_with(|| value(&finding.path, key).to_owned());
            }
        }
        if given.len() == before {
            return parameters;
        }
    }
    panic!("a template asks for ever more: {:?}", given.keys())
}

fn parameters(given: &BTreeMap<String, String>) -> Parameters {
    Parameters::parse(given.iter().map(|(key, value)| format!("{key}={value}"))).unwrap()
}

/// What a person would write there
fn value(path: &str, key: &str) -> &'static str {
    match key {
        "AWS::Region" => "us-east-1",
        "AWS::AccountId" => "111122223333",
        _ if key.contains("LaunchType") => "FARGATE",
        _ if key.contains("NetworkMode") => "awsvpc",
        // What the CDK splits
        _ if key.contains("S3VersionKey") => "given||given",
        _ if key.starts_with("AssetParameters") && key.contains("ImageName") => ASSET,
        _ if key.ends_with("Name") => "given",
        _ => {
            let part = path.rsplit('/').find(|part| part.parse::<usize>().is_err()).unwrap_or_default();
            VALUES.iter().find(|(end, _)| *end == part).map_or("given", |(_, value)| value)
        }
    }
}
