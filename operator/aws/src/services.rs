//! Services: all that the cluster lists and all that are asked for, ten to a call, each with its scaling.

use std::collections::{BTreeMap, BTreeSet};

use ecs_core::sync::calls::Api;
use ecs_core::sync::read::{self, Scaling};
use ecs_core::sync::side::{Id, Kind, Seen};
use ecs_crds::SyncResource;
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::observe::{Aws, Sweep, WIDTH};

/// How many services DescribeServices takes
const AT_ONCE: usize = 10;

/// What DescribeServices says of the names that it was given
type Described = BTreeMap<String, Result<Value, Reason>>;

/// Why a service was not described
#[derive(Clone, Debug)]
pub(crate) enum Reason {
    Missing,
    Unknown(String),
}

impl Sweep<'_> {
    /// Every service that is listed or asked for
    pub(crate) async fn services(&mut self) {
        let input = json!({ "cluster": self.aws.scope.cluster, "maxResults": 100 });
        let listed = self.aws.pages(Api::Ecs, "ListServices", input, ("serviceArns", "nextToken")).await;
        let mut names: BTreeSet<String> = self.asked(Kind::Service).map(str::to_owned).collect();
        match listed {
            Ok(arns) => names.extend(arns.iter().filter_map(Value::as_str).map(|arn| last(arn).to_owned())),
            Err(failure) => {
                self.side.unreadable.insert("the list of services".to_owned(), failure.words());
            }
        }
        let names: Vec<String> = names.into_iter().collect();
        let described = self.aws.describe(&names).await;
        let active: Vec<&str> =
            described.iter().filter(|(_, found)| found.is_ok()).map(|(name, _)| name.as_str()).collect();
        let scaling = self.scaling_of(&active).await;
        for (name, found) in &described {
            let seen = seen(found, scaling.as_ref().map(|all| all.get(name).cloned().unwrap_or_default()).as_ref());
            self.saw(Id::new(Kind::Service, name.as_str()), seen);
        }
    }

    /// Scaling by service; none where it is not asked for or could not be read
    async fn scaling_of(&mut self, names: &[&str]) -> Option<BTreeMap<String, Scaling>> {
        if !self.ask.resources.contains(&SyncResource::AutoScaling) {
            return None;
        }
        match self.aws.scaling(names).await {
            Ok(scaling) => Some(scaling),
            Err(failure) => {
                self.side.unreadable.insert("Application Auto Scaling".to_owned(), failure.words());
                None
            }
        }
    }
}

impl Aws {
    /// Describes services, ten to a call
    pub(crate) async fn describe(&self, names: &[String]) -> Described {
        let batches: Vec<Vec<String>> = names.chunks(AT_ONCE).map(<[String]>::to_vec).collect();
        let calls = stream::iter(batches).map(|names| async move {
            let input = json!({ "cluster": self.scope.cluster, "services": names, "include": ["TAGS"] });
            told(&names, self.ecs("DescribeServices", input).await)
        });
        calls
            .buffer_unordered(WIDTH)
            .fold(Described::new(), async |mut all, some| {
                all.extend(some);
                all
            })
            .await
    }

    /// One service as it is now; its scaling only where that matters
    pub(crate) async fn service(&self, name: &str, with_scaling: bool) -> Seen {
        let scaling = match with_scaling {
            true => match self.scaling(&[name]).await {
                Ok(mut scaling) => Some(scaling.remove(name).unwrap_or_default()),
                Err(failure) => return Seen::Unknown(failure.words()),
            },
            false => None,
        };
        let name = name.to_owned();
        let mut described = self.describe(std::slice::from_ref(&name)).await;
        let unspoken = || Err(Reason::Unknown("DescribeServices does not speak of it".to_owned()));
        seen(&described.remove(&name).unwrap_or_else(unspoken), scaling.as_ref())
    }
}

/// Sorts an answer by the names that were asked for: a name that it does not speak of is unknown
fn told(names: &[String], answer: Result<Value, Failure>) -> Described {
    let answer = match answer {
        Ok(answer) => answer,
        Err(failure) => {
            return names.iter().map(|name| (name.clone(), Err(Reason::Unknown(failure.words())))).collect();
        }
    };
    let unspoken = || Reason::Unknown("DescribeServices does not speak of it".to_owned());
    let mut told: Described = names.iter().map(|name| (name.clone(), Err(unspoken()))).collect();
    for failure in answer["failures"].as_array().into_iter().flatten() {
        let reason = failure["reason"].as_str().unwrap_or("no reason");
        let reason = match reason {
            "MISSING" => Reason::Missing,
            _ => Reason::Unknown(format!("DescribeServices says {reason}")),
        };
        if let Some(entry) = failure["arn"].as_str().and_then(|arn| told.get_mut(last(arn))) {
            *entry = Err(reason);
        }
    }
    for service in answer["services"].as_array().into_iter().flatten() {
        if let Some(entry) = service["serviceName"].as_str().and_then(|name| told.get_mut(name)) {
            *entry = Ok(service.clone());
        }
    }
    told
}

fn seen(found: &Result<Value, Reason>, scaling: Option<&Scaling>) -> Seen {
    match found {
        Ok(described) => read::service(described, scaling).unwrap_or_else(Seen::Unknown),
        Err(Reason::Missing) => Seen::Missing,
        Err(Reason::Unknown(why)) => Seen::Unknown(why.clone()),
    }
}

/// The last part of a name or an Amazon Resource Name
pub(crate) fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Class;

    #[test]
    fn only_an_answer_that_names_a_service_as_missing_makes_it_missing() {
        let names = ["here", "gone", "denied", "unspoken", "inactive"].map(str::to_owned);
        let answer = json!({
            "services": [{"serviceName": "here", "status": "ACTIVE", "taskDefinition": "a:1"},
                {"serviceName": "inactive", "status": "INACTIVE"}],
            "failures": [{"arn": "arn:aws:ecs:r:1:service/c/gone", "reason": "MISSING"},
                {"arn": "arn:aws:ecs:r:1:service/c/denied", "reason": "ACCESS_DENIED"}],
        });
        let words = |told: Described| -> Vec<String> {
            let word = |found: &Result<Value, Reason>| match seen(found, None) {
                Seen::There(_) => "there".to_owned(),
                Seen::Missing => "missing".to_owned(),
                Seen::Draining => "draining".to_owned(),
                Seen::Unknown(why) => why,
            };
            told.iter().map(|(name, found)| format!("{name}: {}", word(found))).collect()
        };
        assert_eq!(
            words(told(&names, Ok(answer))),
            [
                "denied: DescribeServices says ACCESS_DENIED",
                "gone: missing",
                "here: there",
                "inactive: missing",
                "unspoken: DescribeServices does not speak of it",
            ]
        );
        let class = Class::Throttled;
        let failure =
            Failure { operation: "DescribeServices".to_owned(), code: "ThrottlingException".to_owned(), class };
        assert!(words(told(&names, Err(failure))).iter().all(|word| word.ends_with("failed (ThrottlingException)")));
    }
}
