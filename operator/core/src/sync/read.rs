//! What AWS answers → objects of the ECS side.
//!
//! *Guarantees*: what cannot be read is an error in words, never an empty document; what an answer does not show although it
//! may be there is marked as unread.
//!
//! *Not here*: the calls (`ecs-aws`).

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::side::{Id, Kind, Owner, Remote, Seen};
use crate::names;
use crate::support::Spec;
use crate::wire::{self, Content, Document};

/// What only DescribeServiceRevisions shows: absent elsewhere is not absent
const ELSEWHERE: &[&str] = &["gatewayConnectors", "monitoring"];

/// What Application Auto Scaling says of a service
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scaling {
    /// The scalable target, where one is registered
    pub target: Option<Value>,
    /// Its policies
    pub policies: Vec<Value>,
    /// Its scheduled actions
    pub actions: Vec<Value>,
}

/// The newest ACTIVE revision of a family: DescribeTaskDefinition's answer, with tags
///
/// # Errors
///
/// What of the answer cannot be read.
pub fn task_definition(answer: &Value) -> Result<Remote, String> {
    let described = &answer["taskDefinition"];
    let arn = described["taskDefinitionArn"].as_str().map(str::to_owned);
    let revision = described["revision"].as_i64().ok_or("the answer names no revision")?;
    let owner = owner(&answer["tags"]);
    let (_, mut document) = one(&answer.to_string())?;
    if let Value::Object(members) = &mut document {
        // Roles and modes that are none are sometimes answered as empty texts
        members.retain(|_, value| *value != "");
    }
    Ok(Remote { arn, document, owner, revision: Some(revision), ..Remote::default() })
}

/// One service of DescribeServices' answer; `scaling` is none where that could not be read
///
/// # Errors
///
/// What of the answer cannot be read.
pub fn service(described: &Value, scaling: Option<&Scaling>) -> Result<Seen, String> {
    match described["status"].as_str() {
        Some("INACTIVE") => return Ok(Seen::Missing),
        Some("DRAINING") => return Ok(Seen::Draining),
        _ => {}
    }
    let mut documents = vec![json!({ "services": [described] })];
    let parts = scaling.into_iter().flat_map(|s| s.target.iter().chain(&s.policies).chain(&s.actions));
    documents.extend(parts.cloned());
    let (_, mut document) = one(&Value::Array(documents).to_string())?;
    shorten(&mut document, "/taskDefinition");
    let mut unread: Vec<String> = Vec::new();
    unread.extend(ELSEWHERE.iter().filter(|member| document.get(**member).is_none()).map(|m| format!("/{m}")));
    if scaling.is_none() {
        unread.push("/autoScaling".to_owned());
    }
    let managed = described["resourceManagementType"].as_str().filter(|kind| *kind != "CUSTOMER");
    let remote = Remote {
        arn: described["serviceArn"].as_str().map(str::to_owned),
        document,
        unread: unread.into_iter().collect(),
        owner: owner(&described["tags"]),
        revision: None,
        made: None,
        failed_revision: failed(described),
        scaled: scaling.is_some_and(|scaling| scaling.target.is_some()),
        managed_by: managed.map(|_| "Amazon ECS".to_owned()),
    };
    Ok(Seen::There(Box::new(remote)))
}

/// The revision whose deployment ECS gave up while another one runs
fn failed(described: &Value) -> Option<i64> {
    let deployments: Vec<&Value> = described["deployments"].as_array().into_iter().flatten().collect();
    let number = |d: &Value| d["taskDefinition"].as_str()?.rsplit(':').next()?.parse::<i64>().ok();
    let primary = deployments.iter().find(|d| d["status"] == "PRIMARY").and_then(|d| number(d))?;
    let failed = deployments.iter().filter(|d| d["rolloutState"] == "FAILED").filter_map(|d| number(d));
    failed.filter(|revision| *revision != primary).max()
}

/// GetSchedule's answer; none where its target is no task of this cluster
///
/// # Errors
///
/// What of the answer cannot be read.
pub fn schedule(answer: &Value, cluster: &str) -> Result<Option<(Id, Remote)>, String> {
    let target = &answer["Target"];
    if target["EcsParameters"].is_null() || !is_cluster(&target["Arn"], cluster) {
        return Ok(None);
    }
    let mut answer = answer.clone();
    for date in ["StartDate", "EndDate"] {
        if let Some(at) = answer[date].as_f64().and_then(moment) {
            answer[date] = at.to_string().into();
        }
    }
    let group = answer["GroupName"].as_str().unwrap_or("default").to_owned();
    let name = answer["Name"].as_str().ok_or("the answer names no schedule")?.to_owned();
    let made = answer["CreationDate"].as_f64().and_then(moment);
    let (owner, document) = owned_schedule(&answer.to_string())?;
    let arn = answer["Arn"].as_str().map(str::to_owned);
    let id = Id::new(Kind::Schedule, format!("{group}/{name}"));
    Ok(Some((id, Remote { arn, document, owner, made, ..Remote::default() })))
}

/// A rule with what ListTargetsByRule answers: one object where one target is a task of this cluster
///
/// # Errors
///
/// What of the answer cannot be read; a rule with several tasks is not synced.
pub fn rule(rule: &Value, targets: &[Value], cluster: &str) -> Result<Option<(Id, Remote)>, String> {
    let ours = |target: &&Value| !target["EcsParameters"].is_null() && is_cluster(&target["Arn"], cluster);
    let tasks: Vec<&Value> = targets.iter().filter(ours).collect();
    if tasks.is_empty() || rule["ScheduleExpression"].is_null() {
        return Ok(None);
    }
    if targets.len() > 1 {
        return Err("the rule has several targets; only rules with one task are synced".to_owned());
    }
    let name = rule["Name"].as_str().ok_or("the answer names no rule")?.to_owned();
    let mut whole = rule.clone();
    whole["Targets"] = json!(tasks);
    let (owner, document) = owned_schedule(&whole.to_string())?;
    let arn = rule["Arn"].as_str().map(str::to_owned);
    let managed_by = rule["ManagedBy"].as_str().map(str::to_owned);
    let id = Id::new(Kind::Schedule, format!("rule:{name}"));
    Ok(Some((id, Remote { arn, document, owner, managed_by, ..Remote::default() })))
}

/// A schedule has no tags of its own: those of its tasks say whose it is
fn owned_schedule(text: &str) -> Result<(Option<Owner>, Value), String> {
    let (tags, mut document) = one(text)?;
    shorten(&mut document, "/task/taskDefinition");
    Ok((owner(&tags), document))
}

fn is_cluster(arn: &Value, cluster: &str) -> bool {
    arn.as_str().is_some_and(|arn| names::cluster_name(arn) == cluster)
}

fn moment(seconds: f64) -> Option<Timestamp> {
    // Dates of schedules are whole seconds
    #[expect(clippy::cast_possible_truncation, reason = "a date of AWS is far from the bounds of 64 bits")]
    let seconds = seconds as i64;
    Timestamp::from_second(seconds).ok()
}

/// The one document of a text: the tags of its task, and its spec as the input of a call, without what AWS only reports
fn one(text: &str) -> Result<(Value, Value), String> {
    let documents = wire::read(text).map_err(|_| "the answer is no document".to_owned())?;
    let document = documents.into_iter().next().ok_or("the answer holds no document")?;
    let Document { content, findings, .. } = document;
    let (spec, value) = match &content {
        Content::TaskDefinition(spec) => (Spec::TaskDefinition, serde_json::to_value(spec)),
        Content::EcsService(spec) => (Spec::EcsService, serde_json::to_value(spec)),
        Content::ScheduledTask(spec) => (Spec::ScheduledTask, serde_json::to_value(spec)),
        Content::EcsTask(_) => return Err("the answer holds a run, which is not synced".to_owned()),
        Content::Refused => {
            let why = findings.iter().next().map_or_else(String::new, |finding| finding.message.clone());
            return Err(why);
        }
    };
    let value = value.map_err(|_| "the answer cannot be written down".to_owned())?;
    let tags = value.pointer("/task/tags").cloned().unwrap_or_default();
    let mut plain = wire::input(spec, &value);
    if let Some(Value::Object(task)) = plain.get_mut("task") {
        strip_ours(task);
    }
    Ok((tags, plain.into()))
}

fn strip_ours(task: &mut Map<String, Value>) {
    let ours = |tag: &Value| tag["key"].as_str().is_some_and(names::is_ours);
    if let Some(Value::Array(tags)) = task.get_mut("tags") {
        tags.retain(|tag| !ours(tag));
    }
}

/// `family:number` in place of an ARN
fn shorten(document: &mut Value, field: &str) {
    if let Some(Value::String(named)) = document.pointer_mut(field)
        && named.starts_with("arn:")
        && let Some(short) = named.rsplit('/').next()
    {
        *named = short.to_owned();
    }
}

/// Whom tags name
fn owner(tags: &Value) -> Option<Owner> {
    let of = |key: &str| {
        let tag = tags.as_array()?.iter().find(|tag| tag["key"] == key)?;
        tag["value"].as_str().map(str::to_owned)
    };
    Some(Owner { binding: of(names::BINDING)?, uid: of(names::OBJECT_UID)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described() -> Value {
        json!({
            "serviceArn": "arn:aws:ecs:r:1:service/c/web", "serviceName": "web", "clusterArn": "arn:aws:ecs:r:1:cluster/c",
            "status": "ACTIVE", "desiredCount": 2, "runningCount": 1, "pendingCount": 0, "loadBalancers": [],
            "taskDefinition": "arn:aws:ecs:r:123456789012:task-definition/web:7",
            "tags": [{"key": "team", "value": "a"}, {"key": "ecs-operator.dev/binding", "value": "b"},
                {"key": "ecs-operator.dev/object-uid", "value": "u"}],
            "deployments": [
                {"status": "PRIMARY", "taskDefinition": "arn:x:task-definition/web:7", "rolloutState": "COMPLETED",
                 "serviceConnectConfiguration": {"enabled": true, "namespace": "n"}},
                {"status": "ACTIVE", "taskDefinition": "arn:x:task-definition/web:8", "rolloutState": "FAILED"},
            ],
        })
    }

    fn there(described: &Value, scaling: Option<&Scaling>) -> Remote {
        match service(described, scaling) {
            Ok(Seen::There(remote)) => *remote,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_service_is_read_as_the_input_that_makes_it() {
        let scaling = Scaling {
            target: Some(json!({"ServiceNamespace": "ecs", "ResourceId": "service/c/web", "ScalableDimension": "d",
                "MinCapacity": 1, "MaxCapacity": 4, "RoleARN": "arn", "CreationTime": 1.5})),
            policies: vec![json!({"ServiceNamespace": "ecs", "ResourceId": "service/c/web", "PolicyName": "cpu",
                "PolicyARN": "arn", "Alarms": [], "PolicyType": "TargetTrackingScaling"})],
            actions: vec![],
        };
        let remote = there(&described(), Some(&scaling));
        assert_eq!(remote.document["taskDefinition"], "web:7");
        assert_eq!(remote.document["tags"], json!([{"key": "team", "value": "a"}]));
        // V164
        assert_eq!(remote.document["serviceConnectConfiguration"]["namespace"], "n");
        assert_eq!(remote.document["autoScaling"]["maxCapacity"], 4);
        assert_eq!(remote.document["autoScaling"]["policies"][0]["policyName"], "cpu");
        for absent in ["serviceArn", "status", "deployments", "runningCount"] {
            assert_eq!(remote.document.get(absent), None, "{absent}");
        }
        assert_eq!(remote.owner, Some(Owner { binding: "b".to_owned(), uid: "u".to_owned() }));
        assert_eq!((remote.failed_revision, remote.scaled), (Some(8), true));
        assert!(remote.unread.contains("/monitoring") && !remote.unread.contains("/autoScaling"));
        assert!(there(&described(), None).unread.contains("/autoScaling"));
    }

    #[test]
    fn what_is_being_deleted_is_neither_there_nor_gone() {
        for (status, seen) in [("DRAINING", Seen::Draining), ("INACTIVE", Seen::Missing)] {
            let mut described = described();
            described["status"] = status.into();
            assert_eq!(service(&described, None), Ok(seen));
        }
    }

    #[test]
    fn a_revision_is_read_with_its_number_and_owner() {
        let answer = json!({"taskDefinition": {"taskDefinitionArn": "arn:x/web:7", "family": "web", "revision": 7, "status": "ACTIVE",
            "containerDefinitions": [{"name": "a", "image": "i", "cpu": 0, "environment": []}], "compatibilities": ["EC2"]},
            "tags": [{"key": "team", "value": "a"}]});
        let remote = task_definition(&answer).unwrap();
        assert_eq!((remote.revision, remote.owner.clone()), (Some(7), None));
        assert_eq!(remote.document["tags"][0]["key"], "team");
        assert_eq!(remote.document.get("compatibilities"), None);
        assert!(task_definition(&json!({"taskDefinition": {}})).is_err());
    }

    #[test]
    fn schedules_of_other_targets_and_clusters_are_not_ours() {
        let answer = |arn: &str| {
            json!({"Name": "n", "GroupName": "g", "Arn": "arn:s", "ScheduleExpression": "rate(5 minutes)", "StartDate": 1_800_000_000.0, "CreationDate": 1_700_000_000.25,
                "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": {"Arn": arn, "RoleArn": "arn:r", "EcsParameters":
                    {"TaskDefinitionArn": "arn:aws:ecs:r:123456789012:task-definition/web:7", "TaskCount": 1,
                     "Tags": [{"ecs-operator.dev/binding": "b"}, {"ecs-operator.dev/object-uid": "u"}, {"k": "v"}]}}})
        };
        let (id, remote) = schedule(&answer("arn:aws:ecs:r:1:cluster/c"), "c").unwrap().unwrap();
        assert_eq!(id, Id::new(Kind::Schedule, "g/n"));
        assert_eq!(remote.document["task"]["taskDefinition"], "web:7");
        assert_eq!(remote.document["startDate"], "2027-01-15T08:00:00Z");
        assert_eq!(remote.made, Timestamp::from_second(1_700_000_000).ok());
        assert_eq!(remote.document["task"]["tags"], json!([{"key": "k", "value": "v"}]));
        assert_eq!(remote.owner, Some(Owner { binding: "b".to_owned(), uid: "u".to_owned() }));
        assert_eq!(schedule(&answer("arn:aws:ecs:r:1:cluster/other"), "c"), Ok(None));
        assert_eq!(schedule(&json!({"Name": "n", "Target": {"Arn": "arn:aws:lambda:x"}}), "c"), Ok(None));
    }

    #[test]
    fn a_rule_with_one_task_is_an_object_and_one_with_more_is_none() {
        let head = json!({"Name": "n", "Arn": "arn:r", "ScheduleExpression": "rate(5 minutes)", "State": "ENABLED"});
        let target = json!({"Id": "1", "Arn": "arn:aws:ecs:r:1:cluster/c", "RoleArn": "arn:r",
            "EcsParameters": {"TaskDefinitionArn": "arn:aws:ecs:r:123456789012:task-definition/web", "TaskCount": 1}});
        let (id, remote) = rule(&head, std::slice::from_ref(&target), "c").unwrap().unwrap();
        assert_eq!(id, Id::new(Kind::Schedule, "rule:n"));
        assert_eq!(
            (&remote.document["source"], &remote.document["task"]["taskDefinition"]),
            (&json!("Rule"), &json!("web"))
        );
        assert!(rule(&head, &[target.clone(), target], "c").is_err());
        assert_eq!(rule(&head, &[], "c"), Ok(None));
    }
}
