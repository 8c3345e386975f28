//! Schedules of EventBridge Scheduler and rules of EventBridge that run tasks on the cluster.
//!
//! A list of schedules says where each one points and when it changed, so only what is new or changed is read.

use ecs_core::names;
use ecs_core::sync::calls::Api;
use ecs_core::sync::read;
use ecs_core::sync::side::{Id, Kind, Remote, Seen};
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};

use crate::failure::{Class, Failure};
use crate::observe::{Aws, Sweep, WIDTH};

/// What begins the name of a rule where schedules have a group
const RULE: &str = "rule:";

impl Sweep<'_> {
    /// Every schedule that runs tasks on the cluster, and those that are asked for
    pub(crate) async fn schedules(&mut self) {
        let of_scheduler = |name: &str| !name.starts_with(RULE);
        let mut input = json!({});
        if let Some(group) = &self.aws.scope.schedule_group {
            input["GroupName"] = group.as_str().into();
        }
        let listed = self.aws.pages(Api::Scheduler, "ListSchedules", input, ("Schedules", "NextToken")).await;
        let listed = match listed {
            Ok(listed) => listed,
            Err(failure) => return self.cannot_read("schedules", Kind::Schedule, &failure, of_scheduler),
        };
        let ours = listed.iter().filter(|summary| self.may_be_ours(&summary["Target"]["Arn"]));
        let mut wanted: Vec<(String, Option<String>)> = ours.filter_map(summary).collect();
        let unlisted = self.asked(Kind::Schedule).filter(|name| of_scheduler(name));
        let unlisted: Vec<_> = unlisted.filter(|name| wanted.iter().all(|(listed, _)| listed != name)).collect();
        wanted.extend(unlisted.into_iter().map(|name| (name.to_owned(), None)));
        let aws = self.aws;
        let read = stream::iter(wanted).map(|(name, changed)| async move {
            let seen = aws.schedule(&name, changed.as_deref()).await;
            (name, seen)
        });
        let found: Vec<_> = read.buffer_unordered(WIDTH).collect().await;
        for (name, seen) in found {
            // Another target's schedule is no object of ours, unless one here has its name
            let asked = self.ask.names.contains(&Id::new(Kind::Schedule, name.as_str()));
            if let Some(seen) = seen.or_else(|| asked.then(elsewhere)) {
                self.saw(Id::new(Kind::Schedule, name), seen);
            }
        }
    }

    /// Every rule with a schedule that runs tasks on the cluster, and those that are asked for
    pub(crate) async fn rules(&mut self) {
        let of_rules = |name: &str| name.starts_with(RULE);
        let place = &self.place;
        let cluster =
            format!("arn:{}:ecs:{}:{}:cluster/{}", place.partition, place.region, place.account, place.cluster);
        let input = json!({ "TargetArn": cluster });
        let listed = self.aws.pages(Api::EventBridge, "ListRuleNamesByTarget", input, ("RuleNames", "NextToken")).await;
        let mut names: Vec<String> = match listed {
            Ok(listed) => listed.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Err(failure) => return self.cannot_read("rules", Kind::Schedule, &failure, of_rules),
        };
        names.extend(self.asked(Kind::Schedule).filter_map(|name| name.strip_prefix(RULE)).map(str::to_owned));
        names.sort();
        names.dedup();
        let aws = self.aws;
        let read = stream::iter(names).map(|name| async move {
            let seen = aws.rule(&name).await;
            (name, seen)
        });
        let found: Vec<_> = read.buffer_unordered(WIDTH).collect().await;
        for (name, seen) in found {
            let id = Id::new(Kind::Schedule, format!("{RULE}{name}"));
            let asked = self.ask.names.contains(&id);
            if let Some(seen) = seen.or_else(|| asked.then(elsewhere)) {
                self.saw(id, seen);
            }
        }
    }

    /// Whether a target is the cluster; a list that does not say so leaves it open
    fn may_be_ours(&self, target: &Value) -> bool {
        target.as_str().is_none_or(|arn| arn.contains(":ecs:") && names::cluster_name(arn) == self.place.cluster)
    }
}

impl Aws {
    /// One schedule by `group/name`; none where it runs no task on the cluster. `changed` is what a list says of its last change
    pub(crate) async fn schedule(&self, id: &str, changed: Option<&str>) -> Option<Seen> {
        let known = changed.and_then(|changed| self.memory.schedule(id, changed));
        let answer = match known {
            Some(answer) => answer,
            None => {
                let (group, name) = id.split_once('/').unwrap_or(("default", id));
                let input = json!({ "GroupName": group, "Name": name });
                match self.sender.send(Api::Scheduler, "GetSchedule", input).await {
                    Ok(answer) => answer,
                    Err(failure) => return Some(absent(&failure)),
                }
            }
        };
        if let Some(changed) = changed {
            self.memory.keep_schedule(id, changed.to_owned(), &answer);
        }
        there(read::schedule(&answer, &self.scope.cluster))
    }

    /// One rule; none where it runs no task on the cluster
    pub(crate) async fn rule(&self, name: &str) -> Option<Seen> {
        let head = match self.sender.send(Api::EventBridge, "DescribeRule", json!({ "Name": name })).await {
            Ok(head) => head,
            Err(failure) => return Some(absent(&failure)),
        };
        let input = json!({ "Rule": name });
        let targets = self.pages(Api::EventBridge, "ListTargetsByRule", input, ("Targets", "NextToken")).await;
        match targets {
            // PutRule without its PutTargets: whoever makes the rule makes it whole
            Ok(targets) if targets.is_empty() => Some(Seen::Missing),
            Ok(targets) => there(read::rule(&head, &targets, &self.scope.cluster)),
            Err(failure) => Some(absent(&failure)),
        }
    }
}

/// `group/name`, and when it changed
fn summary(summary: &Value) -> Option<(String, Option<String>)> {
    let group = summary["GroupName"].as_str().unwrap_or("default");
    let changed = Some(&summary["LastModificationDate"]).filter(|date| !date.is_null()).map(Value::to_string);
    Some((format!("{group}/{}", summary["Name"].as_str()?), changed))
}

fn there(read: Result<Option<(Id, Remote)>, String>) -> Option<Seen> {
    match read {
        Ok(found) => found.map(|(_, remote)| Seen::There(Box::new(remote))),
        Err(why) => Some(Seen::Unknown(why)),
    }
}

fn absent(failure: &Failure) -> Seen {
    match failure.class {
        Class::Missing => Seen::Missing,
        _ => Seen::Unknown(failure.words()),
    }
}

fn elsewhere() -> Seen {
    Seen::Unknown("one of this name runs something else than a task on this cluster".to_owned())
}
