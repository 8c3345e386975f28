//! Steps for AWS as the calls that carry them out.
//!
//! *Guarantees*: a service is sent only the members that change; what AWS replaces as a whole (schedules, rules, targets) is
//! sent whole; what is taken away is cleared by the value that AWS takes for that, never by leaving it out; tags alone cost no
//! deployment and no revision.
//!
//! *Not here*: sending (`ecs-aws`). Only a deletion of the newest revision of a family is known here: older ones are history.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::plan::{EcsAct, EcsStep};
use super::side::{Id, Kind, Owner};
use crate::findings::Findings;
use crate::names;
use crate::wire::{Content, Document, LeftOut, export};

/// An API of AWS
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Api {
    /// Amazon ECS
    Ecs,
    /// EventBridge Scheduler
    Scheduler,
    /// EventBridge rules
    EventBridge,
    /// Application Auto Scaling
    AutoScaling,
}

/// One call
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The API
    pub api: Api,
    /// The operation: `CreateService`
    pub operation: String,
    /// Its input, as the AWS CLI takes it in `--cli-input-json`
    pub input: Value,
}

/// Where the calls go
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// `aws`, `aws-cn`, `aws-us-gov` …
    pub partition: String,
    /// The region
    pub region: String,
    /// The account: twelve digits
    pub account: String,
    /// The name of the ECS cluster
    pub cluster: String,
}

impl Place {
    fn arn(&self, resource: &str) -> String {
        format!("arn:{}:ecs:{}:{}:{resource}", self.partition, self.region, self.account)
    }
}

/// Members of a service that are emptied by an empty list
const CLEARED_BY_LIST: &[&str] = &[
    "capacityProviderStrategy",
    "gatewayConnectors",
    "loadBalancers",
    "placementConstraints",
    "placementStrategy",
    "serviceRegistries",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
];

/// What a member of a service is sent as where it is taken away: ECS leaves unchanged what is left out
fn cleared(member: &str) -> Option<Value> {
    if CLEARED_BY_LIST.contains(&member) {
        return Some(json!([]));
    }
    Some(match member {
        "serviceConnectConfiguration" => json!({ "enabled": false }),
        "enableExecuteCommand" | "enableECSManagedTags" => json!(false),
        "healthCheckGracePeriodSeconds" => json!(0),
        "propagateTags" => json!("NONE"),
        "platformVersion" => json!("LATEST"),
        "deploymentConfiguration" => json!({
            "maximumPercent": 200, "minimumHealthyPercent": 100, "strategy": "ROLLING",
            "deploymentCircuitBreaker": { "enable": false, "rollback": false },
            "alarms": { "alarmNames": [], "enable": false, "rollback": false },
        }),
        _ => return None,
    })
}

/// The calls that carry a step out, in their order
///
/// # Errors
///
/// What AWS has no call for, in words.
pub fn calls(step: &EcsStep, place: &Place) -> Result<Vec<Call>, String> {
    let id = &step.id;
    match &step.act {
        EcsAct::Create { document, owner } => made(id, document, owner, &step.token, place),
        EcsAct::Update { before, document, fields, owner, arn } => {
            updated(id, (before, document), fields, owner, arn.as_deref(), place)
        }
        EcsAct::Claim { document, arn, owner } => Ok(match id.kind {
            Kind::TaskDefinition | Kind::Service => vec![tag(arn, owner_tags(owner))],
            Kind::Schedule => replaced(id, document, owner, place)?,
        }),
        EcsAct::Delete { before, arn, owner: _ } => deleted(id, before, arn.as_deref(), place),
    }
}

fn call(api: Api, operation: &str, input: Value) -> Call {
    Call { api, operation: operation.to_owned(), input }
}

fn tag(arn: &str, tags: Vec<Value>) -> Call {
    call(Api::Ecs, "TagResource", json!({ "resourceArn": arn, "tags": tags }))
}

fn owner_tags(owner: &Owner) -> Vec<Value> {
    let Owner { binding, uid } = owner;
    vec![json!({ "key": names::BINDING, "value": binding }), json!({ "key": names::OBJECT_UID, "value": uid })]
}

/// The calls that would make what a document describes
fn exported(id: &Id, document: &Value) -> Result<Vec<Call>, String> {
    let unread = |_| format!("the document of {id} cannot be read");
    let value = document.clone();
    let content = match id.kind {
        Kind::TaskDefinition => serde_json::from_value(value).map(Content::TaskDefinition),
        Kind::Service => serde_json::from_value(value).map(Content::EcsService),
        Kind::Schedule => serde_json::from_value(value).map(Content::ScheduledTask),
    };
    let name = id.name.rsplit(['/', ':']).next().map(str::to_owned);
    let document = Document {
        name,
        namespace: None,
        annotations: BTreeMap::new(),
        is_object: true,
        content: content.map_err(unread)?,
        findings: Findings::default(),
        left_out: LeftOut::default(),
    };
    let (calls, _) = export(document);
    let api = |operation: &str| match operation {
        "PutRule" | "PutTargets" => Api::EventBridge,
        "CreateSchedule" => Api::Scheduler,
        "RegisterScalableTarget" | "PutScalingPolicy" | "PutScheduledAction" => Api::AutoScaling,
        _ => Api::Ecs,
    };
    Ok(calls
        .into_iter()
        .map(|made| Call { api: api(&made.operation), operation: made.operation, input: made.input })
        .collect())
}

fn made(id: &Id, document: &Value, owner: &Owner, token: &str, place: &Place) -> Result<Vec<Call>, String> {
    if id.kind == Kind::Schedule {
        let mut calls = replaced(id, document, owner, place)?;
        for made in calls.iter_mut().filter(|made| made.operation == "UpdateSchedule") {
            made.operation = "CreateSchedule".to_owned();
            made.input["ClientToken"] = token.into();
        }
        return Ok(calls);
    }
    let mut calls = exported(id, &in_place(id, document, place))?;
    for made in calls.iter_mut().filter(|made| made.api == Api::Ecs) {
        let mut tags = made.input["tags"].as_array().cloned().unwrap_or_default();
        tags.extend(owner_tags(owner));
        made.input["tags"] = tags.into();
        if id.kind == Kind::Service {
            made.input["clientToken"] = token.into();
        }
    }
    Ok(calls)
}

/// A document with the cluster, and for EventBridge the task definition, as AWS names them here
fn in_place(id: &Id, document: &Value, place: &Place) -> Value {
    let mut document = document.clone();
    match id.kind {
        Kind::TaskDefinition => {}
        Kind::Service => document["cluster"] = place.cluster.as_str().into(),
        Kind::Schedule => {
            if !document["task"].is_object() {
                document["task"] = json!({});
            }
            let task = &mut document["task"];
            task["cluster"] = place.arn(&format!("cluster/{}", place.cluster)).into();
            if let Some(named) = task["taskDefinition"].as_str().filter(|named| !named.starts_with("arn:")) {
                task["taskDefinition"] = place.arn(&format!("task-definition/{named}")).into();
            }
        }
    }
    document
}

/// A schedule or rule as a whole: AWS forgets what is left out
fn replaced(id: &Id, document: &Value, owner: &Owner, place: &Place) -> Result<Vec<Call>, String> {
    let mut document = in_place(id, document, place);
    let mut tags = document["task"]["tags"].as_array().cloned().unwrap_or_default();
    tags.extend(owner_tags(owner));
    document["task"]["tags"] = tags.into();
    let (group, name) = match id.name.split_once('/') {
        Some((group, name)) => (Some(group), name),
        None => (None, id.name.strip_prefix("rule:").unwrap_or(&id.name)),
    };
    document["name"] = name.into();
    match group {
        Some(group) => document["groupName"] = group.into(),
        None => document["source"] = "Rule".into(),
    }
    let mut calls = exported(id, &document)?;
    for made in calls.iter_mut().filter(|made| made.operation == "CreateSchedule") {
        made.operation = "UpdateSchedule".to_owned();
    }
    Ok(calls)
}

fn updated(
    id: &Id,
    (before, document): (&Value, &Value),
    fields: &BTreeSet<String>,
    owner: &Owner,
    arn: Option<&str>,
    place: &Place,
) -> Result<Vec<Call>, String> {
    if id.kind == Kind::Schedule {
        return replaced(id, document, owner, place);
    }
    let members: BTreeSet<&str> = fields.iter().filter_map(|field| field.split('/').nth(1)).collect();
    let mut calls = Vec::new();
    if id.kind == Kind::TaskDefinition {
        if members.iter().any(|member| *member != "tags") {
            return made(id, document, owner, "", place);
        }
        calls.extend(retagged(before, document, arn)?);
        return Ok(calls);
    }
    if members.contains("tags") {
        calls.extend(retagged(before, document, arn)?);
    }
    let mut wanted = exported(id, &in_place(id, document, place))?;
    let create = wanted.remove(0);
    let mut input = Map::new();
    for member in members.iter().filter(|member| !["tags", "autoScaling"].contains(member)) {
        let value = create.input.get(*member).cloned().or_else(|| cleared(member));
        let value = value.ok_or_else(|| format!("AWS has no way to take back {member} of a service; make it anew"))?;
        input.insert((*member).to_owned(), value);
    }
    if !input.is_empty() {
        input.insert("cluster".to_owned(), place.cluster.as_str().into());
        input.insert("service".to_owned(), id.name.as_str().into());
        calls.push(call(Api::Ecs, "UpdateService", input.into()));
    }
    if members.contains("autoScaling") {
        calls.extend(rescaled(id, before, wanted, fields, place));
    }
    Ok(calls)
}

/// Tags alone: those that are new or changed, and those that are gone
fn retagged(before: &Value, document: &Value, arn: Option<&str>) -> Result<Vec<Call>, String> {
    let arn = arn.ok_or("tags cannot be changed: the Amazon Resource Name is not known")?;
    let of = |document: &Value| -> Vec<Value> { document["tags"].as_array().cloned().unwrap_or_default() };
    let (had, wanted) = (of(before), of(document));
    let added: Vec<Value> = wanted.iter().filter(|tag| !had.contains(tag)).cloned().collect();
    let kept = |key: &Value| wanted.iter().any(|tag| tag["key"] == *key);
    let gone: Vec<&Value> = had.iter().map(|tag| &tag["key"]).filter(|key| !kept(key)).collect();
    let mut calls = Vec::new();
    if !gone.is_empty() {
        calls.push(call(Api::Ecs, "UntagResource", json!({ "resourceArn": arn, "tagKeys": gone })));
    }
    if !added.is_empty() {
        calls.push(tag(arn, added));
    }
    Ok(calls)
}

/// What of a service's scaling changes: `wanted` are the calls that would make all of it
fn rescaled(id: &Id, before: &Value, wanted: Vec<Call>, fields: &BTreeSet<String>, place: &Place) -> Vec<Call> {
    let target = json!({
        "ServiceNamespace": "ecs",
        "ResourceId": format!("service/{}/{}", place.cluster, id.name),
        "ScalableDimension": "ecs:service:DesiredCount",
    });
    if wanted.is_empty() {
        return vec![call(Api::AutoScaling, "DeregisterScalableTarget", target)];
    }
    let touched = |list: &str, name: &Value| {
        let name = name.as_str().unwrap_or_default();
        fields.contains(&format!("/autoScaling/{list}/{}", super::fields::step(name)))
            || fields.contains(&format!("/autoScaling/{list}"))
    };
    let mut calls: Vec<Call> = Vec::new();
    for (list, member, key, delete) in [
        ("policies", "policyName", "PolicyName", "DeleteScalingPolicy"),
        ("scheduledActions", "scheduledActionName", "ScheduledActionName", "DeleteScheduledAction"),
    ] {
        let had = before["autoScaling"][list].as_array().into_iter().flatten().map(|item| &item[member]);
        let stays = |name: &Value| wanted.iter().any(|made| made.input.get(key) == Some(name));
        for name in had.filter(|name| !stays(name)) {
            let mut input = target.clone();
            input[key] = name.clone();
            calls.push(call(Api::AutoScaling, delete, input));
        }
    }
    let limits = fields.iter().any(|f| f.starts_with("/autoScaling/") && f.split('/').count() == 3);
    calls.extend(wanted.into_iter().filter(|made| match made.operation.as_str() {
        "PutScalingPolicy" => touched("policies", &made.input["PolicyName"]),
        "PutScheduledAction" => touched("scheduledActions", &made.input["ScheduledActionName"]),
        _ => limits,
    }));
    calls
}

fn deleted(id: &Id, before: &Value, arn: Option<&str>, place: &Place) -> Result<Vec<Call>, String> {
    Ok(match id.kind {
        Kind::TaskDefinition => {
            let arn = arn.ok_or("the revision cannot be deregistered: its Amazon Resource Name is not known")?;
            vec![call(Api::Ecs, "DeregisterTaskDefinition", json!({ "taskDefinition": arn }))]
        }
        Kind::Service => {
            let delete = json!({ "cluster": place.cluster, "service": id.name, "force": true });
            let mut calls = Vec::new();
            if !before["autoScaling"].is_null() {
                calls.extend(rescaled(id, before, Vec::new(), &BTreeSet::new(), place));
            }
            calls.push(call(Api::Ecs, "DeleteService", delete));
            calls
        }
        Kind::Schedule => match id.name.split_once('/') {
            Some((group, name)) => {
                vec![call(Api::Scheduler, "DeleteSchedule", json!({ "GroupName": group, "Name": name }))]
            }
            None => {
                let name = id.name.strip_prefix("rule:").unwrap_or(&id.name);
                vec![
                    call(Api::EventBridge, "RemoveTargets", json!({ "Rule": name, "Ids": ["ecs"] })),
                    call(Api::EventBridge, "DeleteRule", json!({ "Name": name })),
                ]
            }
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place {
            partition: "aws".to_owned(),
            region: "eu-west-1".to_owned(),
            account: "123456789012".to_owned(),
            cluster: "shop".to_owned(),
        }
    }

    fn owner() -> Owner {
        Owner { binding: "b".to_owned(), uid: "u".to_owned() }
    }

    /// The calls of a step, as `operation input`
    fn of(id: &Id, act: EcsAct) -> Vec<(String, Value)> {
        let step = EcsStep { id: id.clone(), act, token: "token".to_owned(), attempt: None };
        calls(&step, &place()).unwrap().into_iter().map(|call| (call.operation, call.input)).collect()
    }

    fn update(id: &Id, before: &Value, document: &Value, fields: &[&str]) -> Vec<(String, Value)> {
        of(
            id,
            EcsAct::Update {
                before: before.clone(),
                document: document.clone(),
                fields: fields.iter().map(|field| (*field).to_owned()).collect(),
                owner: owner(),
                arn: Some("arn:x".to_owned()),
            },
        )
    }

    fn operations(calls: &[(String, Value)]) -> Vec<&str> {
        calls.iter().map(|(operation, _)| operation.as_str()).collect()
    }

    #[test]
    fn a_service_is_made_with_its_token_tags_and_scaling() {
        let id = Id::new(Kind::Service, "web");
        let document = json!({"serviceName": "web", "taskDefinition": "web:1", "desiredCount": 2, "tags": [{"key": "a", "value": "1"}],
            "autoScaling": {"minCapacity": 1, "maxCapacity": 3, "policies": [{"policyName": "cpu"}]}});
        let calls = of(&id, EcsAct::Create { document, owner: owner() });
        assert_eq!(operations(&calls), ["CreateService", "RegisterScalableTarget", "PutScalingPolicy"]);
        let input = &calls[0].1;
        assert_eq!((&input["cluster"], &input["clientToken"]), (&json!("shop"), &json!("token")));
        assert_eq!(input["tags"].as_array().unwrap().len(), 3);
        assert_eq!(calls[1].1["ResourceId"], "service/shop/web");
    }

    #[test]
    fn a_service_is_sent_only_what_changes_and_what_is_gone_is_cleared() {
        let id = Id::new(Kind::Service, "web");
        let before = json!({"serviceName": "web", "taskDefinition": "web:1", "loadBalancers": [{}], "desiredCount": 2});
        let document = json!({"serviceName": "web", "taskDefinition": "web:2", "desiredCount": 2});
        let calls = update(&id, &before, &document, &["/taskDefinition", "/loadBalancers"]);
        assert_eq!(
            calls,
            [(
                "UpdateService".to_owned(),
                json!({"cluster": "shop", "service": "web", "taskDefinition": "web:2", "loadBalancers": []})
            )]
        );
        let step = |field: &str| EcsStep {
            id: id.clone(),
            act: EcsAct::Update {
                before: before.clone(),
                document: document.clone(),
                fields: [field.to_owned()].into(),
                owner: owner(),
                arn: None,
            },
            token: String::new(),
            attempt: None,
        };
        assert!(super::calls(&step("/networkConfiguration"), &place()).unwrap_err().contains("no way to take back"));
    }

    #[test]
    fn tags_alone_cost_no_deployment_and_no_revision() {
        let before = json!({"family": "web", "tags": [{"key": "a", "value": "1"}, {"key": "b", "value": "1"}]});
        let document = json!({"family": "web", "tags": [{"key": "a", "value": "2"}]});
        for id in [Id::new(Kind::TaskDefinition, "web"), Id::new(Kind::Service, "web")] {
            let calls = update(&id, &before, &document, &["/tags"]);
            assert_eq!(operations(&calls), ["UntagResource", "TagResource"], "{id}");
            assert_eq!(calls[0].1["tagKeys"], json!(["b"]));
            assert_eq!(calls[1].1["tags"], json!([{"key": "a", "value": "2"}]));
        }
    }

    #[test]
    fn a_task_definition_is_registered_whole() {
        let id = Id::new(Kind::TaskDefinition, "web");
        let document =
            json!({"family": "web", "containerDefinitions": [{"name": "a", "image": "i"}], "kubernetes": {}});
        let calls = update(&id, &json!({}), &document, &["/containerDefinitions/a/image"]);
        assert_eq!(operations(&calls), ["RegisterTaskDefinition"]);
        assert_eq!(calls[0].1["containerDefinitions"][0]["image"], "i");
        assert_eq!(calls[0].1["tags"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn schedules_and_rules_are_sent_whole_and_carry_the_owner_with_their_tasks() {
        let document = json!({"scheduleExpression": "rate(5 minutes)", "endDate": "2027-01-01T00:00:00Z", "roleArn": "arn:r",
            "task": {"taskDefinition": "web:3", "count": 2}});
        let id = Id::new(Kind::Schedule, "group/nightly");
        // V167
        let calls = update(&id, &json!({}), &document, &["/scheduleExpression"]);
        assert_eq!(operations(&calls), ["UpdateSchedule"]);
        let input = &calls[0].1;
        assert_eq!(
            (&input["Name"], &input["GroupName"], &input["EndDate"]),
            (&json!("nightly"), &json!("group"), &json!("2027-01-01T00:00:00Z"))
        );
        assert_eq!(input["Target"]["Arn"], "arn:aws:ecs:eu-west-1:123456789012:cluster/shop");
        let parameters = &input["Target"]["EcsParameters"];
        assert_eq!(parameters["TaskDefinitionArn"], "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:3");
        assert_eq!(parameters["Tags"][0], json!({"ecs-operator.dev/binding": "b"}));
        let made = of(&id, EcsAct::Create { document: document.clone(), owner: owner() });
        assert_eq!((made[0].0.as_str(), &made[0].1["ClientToken"]), ("CreateSchedule", &json!("token")));
        let rule = Id::new(Kind::Schedule, "rule:nightly");
        let calls = update(&rule, &json!({}), &document, &["/scheduleExpression"]);
        assert_eq!(operations(&calls), ["PutRule", "PutTargets"]);
        assert_eq!(calls[1].1["Rule"], "nightly");
    }

    #[test]
    fn scaling_is_changed_by_what_differs() {
        let id = Id::new(Kind::Service, "web");
        let scaled = |policies: Value| json!({"serviceName": "web", "autoScaling": {"minCapacity": 1, "maxCapacity": 3, "policies": policies}});
        let before = scaled(json!([{"policyName": "a"}, {"policyName": "b"}]));
        let after = scaled(json!([{"policyName": "a", "policyType": "StepScaling"}]));
        let calls = update(&id, &before, &after, &["/autoScaling/policies/a", "/autoScaling/policies/b"]);
        assert_eq!(operations(&calls), ["DeleteScalingPolicy", "PutScalingPolicy"]);
        let calls = update(&id, &before, &before, &["/autoScaling/maxCapacity"]);
        assert_eq!(operations(&calls), ["RegisterScalableTarget"]);
        let none = json!({"serviceName": "web"});
        let calls = update(&id, &before, &none, &["/autoScaling/maxCapacity", "/autoScaling/policies/a"]);
        assert_eq!(operations(&calls), ["DeregisterScalableTarget"]);
    }

    #[test]
    fn a_deletion_names_exactly_what_goes() {
        let delete =
            |id: &Id, before: Value| of(id, EcsAct::Delete { before, arn: Some("arn:x".to_owned()), owner: owner() });
        let service = Id::new(Kind::Service, "web");
        assert_eq!(operations(&delete(&service, json!({}))), ["DeleteService"]);
        assert_eq!(
            operations(&delete(&service, json!({"autoScaling": {}}))),
            ["DeregisterScalableTarget", "DeleteService"]
        );
        assert_eq!(delete(&Id::new(Kind::Schedule, "g/n"), json!({}))[0].1, json!({"GroupName": "g", "Name": "n"}));
        assert_eq!(operations(&delete(&Id::new(Kind::Schedule, "rule:n"), json!({}))), ["RemoveTargets", "DeleteRule"]);
        assert_eq!(delete(&Id::new(Kind::TaskDefinition, "web"), json!({}))[0].1["taskDefinition"], "arn:x");
    }
}
