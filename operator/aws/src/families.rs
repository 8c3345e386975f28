//! Families of task definitions: the newest revision of each that the cluster or the namespace names, and older ones that
//! services and schedules run.
//!
//! Families belong to an account, not to a cluster; those that nothing here or there names are no business of a binding.

use std::collections::{BTreeMap, BTreeSet};

use ecs_core::sync::numbers;
use ecs_core::sync::read;
use ecs_core::sync::side::{Id, Kind, Remote, Seen};
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};

use crate::failure::{Class, Failure};
use crate::observe::{Aws, Sweep, WIDTH};
use crate::services::last;

/// The newest number of each family that has an ACTIVE revision
type Newest = BTreeMap<String, i64>;

impl Sweep<'_> {
    /// Reads every family that is named; with `own` they are objects themselves
    pub(crate) async fn families(&mut self, own: bool) {
        let named = self.named();
        let mut families: BTreeSet<String> = named.keys().cloned().collect();
        if own {
            families.extend(self.asked(Kind::TaskDefinition).map(str::to_owned));
            let newest = self.aws.newest(&families).await;
            self.newest(&families, newest).await;
        }
        self.older(named).await;
    }

    /// The revisions that services and schedules name, by family
    fn named(&self) -> BTreeMap<String, BTreeSet<i64>> {
        let mut named: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
        for (id, seen) in &self.side.seen {
            let Seen::There(remote) = seen else { continue };
            if let Some(reference) = numbers::reference(id.kind, &remote.document) {
                named.entry(reference.family).or_default().extend(reference.revision);
            }
        }
        named
    }

    async fn newest(&mut self, families: &BTreeSet<String>, newest: Result<Newest, Failure>) {
        let newest = match newest {
            Ok(newest) => newest,
            Err(failure) => {
                self.cannot_read("task definitions", Kind::TaskDefinition, &failure, |_| true);
                return;
            }
        };
        let aws = self.aws;
        let numbered: Vec<(String, Option<i64>)> =
            families.iter().map(|family| (family.clone(), newest.get(family).copied())).collect();
        let read = stream::iter(numbered).map(|(family, newest)| async move {
            let seen = match newest {
                Some(number) => aws.revision(&family, number, true).await,
                None => aws.no_revision(&family).await,
            };
            (family, seen)
        });
        let found: Vec<_> = read.buffer_unordered(WIDTH).collect().await;
        for (family, seen) in found {
            if let Seen::There(remote) = &seen
                && let Some(number) = remote.revision
            {
                self.revision(&family, number, remote.document.clone());
            }
            self.saw(Id::new(Kind::TaskDefinition, family), seen);
        }
    }

    /// Revisions that run beside the newest and are not known here yet
    async fn older(&mut self, named: BTreeMap<String, BTreeSet<i64>>) {
        let known = |family: &str, number: &i64| {
            self.ask.known.get(family).is_some_and(|known| known.contains(number))
                || self.side.revisions.get(family).is_some_and(|read| read.contains_key(number))
        };
        let wanted: Vec<(String, i64)> = named
            .into_iter()
            .flat_map(|(family, numbers)| numbers.into_iter().map(move |number| (family.clone(), number)))
            .filter(|(family, number)| !known(family, number))
            .collect();
        let aws = self.aws;
        let read = stream::iter(wanted).map(|(family, number)| async move {
            let seen = aws.revision(&family, number, false).await;
            (family, number, seen)
        });
        let found: Vec<_> = read.buffer_unordered(WIDTH).collect().await;
        for (family, number, seen) in found {
            match seen {
                Seen::There(remote) => self.revision(&family, number, remote.document),
                Seen::Unknown(why) => drop(self.side.unreadable.insert(format!("{family}:{number}"), why)),
                Seen::Missing | Seen::Draining => {}
            }
        }
    }

    fn revision(&mut self, family: &str, number: i64, document: Value) {
        self.side.revisions.entry(family.to_owned()).or_default().insert(number, document);
    }
}

impl Aws {
    /// The newest ACTIVE number of each of these families: by the list of the account where that is shorter than a list for each
    /// family
    async fn newest(&self, families: &BTreeSet<String>) -> Result<Newest, Failure> {
        if families.len() > 1
            && let Some(newest) = self.newest_of_all(families.len()).await?
        {
            return Ok(newest.into_iter().filter(|(family, _)| families.contains(family)).collect());
        }
        let lists = stream::iter(families.clone()).map(|family| async move {
            let input = json!({ "familyPrefix": family, "status": "ACTIVE", "sort": "DESC", "maxResults": 1 });
            let answer = self.ecs("ListTaskDefinitions", input).await?;
            Ok(numbered(&answer["taskDefinitionArns"]).remove(&family).map(|number| (family, number)))
        });
        let found: Vec<Result<_, Failure>> = lists.buffer_unordered(WIDTH).collect().await;
        found.into_iter().filter_map(Result::transpose).collect()
    }

    /// The newest numbers of the whole account; none where that takes more pages than `pages`
    async fn newest_of_all(&self, pages: usize) -> Result<Option<Newest>, Failure> {
        let mut newest = Newest::new();
        let mut input = json!({ "status": "ACTIVE", "sort": "DESC", "maxResults": 100 });
        for _ in 0..pages {
            let answer = self.ecs("ListTaskDefinitions", input.clone()).await?;
            for (family, number) in numbered(&answer["taskDefinitionArns"]) {
                let known = newest.entry(family).or_insert(number);
                *known = number.max(*known);
            }
            match answer["nextToken"].as_str().filter(|next| !next.is_empty()) {
                Some(next) => input["nextToken"] = next.into(),
                None => return Ok(Some(newest)),
            }
        }
        Ok(None)
    }

    /// One revision; with `tags` it is as it is now, without as it ever was
    pub(crate) async fn revision(&self, family: &str, number: i64, tags: bool) -> Seen {
        let key = format!("{family}:{number}");
        if let Some(remote) = self.memory.revision(&key, tags) {
            return Seen::There(Box::new(remote));
        }
        match self.described(&key).await {
            Ok(remote) => {
                self.memory.keep_revision(&key, &remote);
                Seen::There(Box::new(remote))
            }
            Err((why, _)) => Seen::Unknown(why),
        }
    }

    /// The newest revision of a family as it is now, whatever was read before
    pub(crate) async fn family(&self, family: &str) -> Seen {
        match self.newest(&BTreeSet::from([family.to_owned()])).await.map(|newest| newest.get(family).copied()) {
            Err(failure) => Seen::Unknown(failure.words()),
            Ok(None) => self.no_revision(family).await,
            Ok(Some(number)) => {
                self.memory.forget(&format!("{family}:{number}"));
                self.revision(family, number, true).await
            }
        }
    }

    /// A family that no list has: whether ECS, asked for it by name, says so too
    async fn no_revision(&self, family: &str) -> Seen {
        match self.described(family).await {
            Ok(remote) => Seen::There(Box::new(remote)),
            // ECS has no error of its own for it
            Err((_, Some(code))) if code == "ClientException" => Seen::Missing,
            Err((why, _)) => Seen::Unknown(why),
        }
    }

    /// Reads a revision; else why not, and the code by which AWS refuses
    async fn described(&self, named: &str) -> Result<Remote, (String, Option<String>)> {
        let input = json!({ "taskDefinition": named, "include": ["TAGS"] });
        let answer = self.ecs("DescribeTaskDefinition", input).await.map_err(|failure| {
            let refused = matches!(failure.class, Class::Refused | Class::Missing);
            (failure.words(), refused.then(|| failure.code.clone()))
        })?;
        read::task_definition(&answer).map_err(|why| (why, None))
    }
}

/// The newest number of each family in a list of Amazon Resource Names
fn numbered(arns: &Value) -> Newest {
    let mut newest = Newest::new();
    for arn in arns.as_array().into_iter().flatten().filter_map(Value::as_str) {
        if let Some((family, number)) = last(arn).rsplit_once(':')
            && let Ok(number) = number.parse::<i64>()
        {
            let known = newest.entry(family.to_owned()).or_insert(number);
            *known = number.max(*known);
        }
    }
    newest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_of_a_list_is_the_largest_number_of_each_family() {
        let arns =
            json!(["arn:aws:ecs:r:1:task-definition/a:9", "arn:aws:ecs:r:1:task-definition/a:10", "b:2", "c", 7]);
        assert_eq!(numbered(&arns), [("a".to_owned(), 10), ("b".to_owned(), 2)].into());
    }
}
