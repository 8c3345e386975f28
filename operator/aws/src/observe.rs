//! One look at everything that belongs to a cluster.
//!
//! ```text
//! cluster ─► services, in tens ─► their scaling ─► schedules, rules ─► families that these and the objects here name
//! ```
//!
//! *Guarantees*: what an answer does not speak of stays unknown; nothing is read of a cluster that is not known to be there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use ecs_core::ports::{Ask, Ecs, EcsFault};
use ecs_core::sync::calls::{Api, Call, Place};
use ecs_core::sync::plan::EcsStep;
use ecs_core::sync::report::Cost;
use ecs_core::sync::side::{Alive, EcsSide, Id, Kind, Seen};
use ecs_crds::SyncResource;
use serde_json::{Value, json};

use crate::connect::{ConnectError, Settings};
use crate::failure::Failure;
use crate::memory::Memory;
use crate::pace::Pace;
use crate::send::{Jitter, Sender};

/// How many calls are under way at a time
pub(crate) const WIDTH: usize = 8;

/// What of an account belongs to a binding
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The name of the ECS cluster
    pub cluster: String,
    /// The group of schedules; none: all
    pub schedule_group: Option<String>,
}

/// AWS, for one binding
pub struct Aws {
    pub(crate) sender: Sender,
    pub(crate) scope: Scope,
    pub(crate) memory: Memory,
    region: String,
    place: Mutex<Option<Place>>,
}

/// A sweep under way
pub(crate) struct Sweep<'a> {
    pub(crate) aws: &'a Aws,
    pub(crate) ask: &'a Ask,
    pub(crate) place: Place,
    pub(crate) side: EcsSide,
}

impl Aws {
    /// The way to AWS with these settings. Nothing is asked yet
    ///
    /// # Errors
    ///
    /// Where the settings name no region.
    pub async fn new(settings: &Settings, scope: Scope, pace: Arc<Pace>, jitter: Jitter) -> Result<Self, ConnectError> {
        let (clients, region) = settings.clients().await?;
        let sender = Sender::new(clients, pace, jitter);
        Ok(Self { sender, scope, memory: Memory::default(), region, place: Mutex::default() })
    }

    /// Makes one call
    ///
    /// # Errors
    ///
    /// What AWS answers instead.
    pub async fn call(&self, call: &Call) -> Result<Value, EcsFault> {
        self.sender.call(call).await.map_err(Failure::fault)
    }

    pub(crate) async fn ecs(&self, operation: &str, input: Value) -> Result<Value, Failure> {
        self.sender.send(Api::Ecs, operation, input).await
    }

    /// Every page of a list: the items of its `list` member
    pub(crate) async fn pages(
        &self,
        api: Api,
        operation: &str,
        input: Value,
        (list, token): (&str, &str),
    ) -> Result<Vec<Value>, Failure> {
        let (mut items, mut input) = (Vec::new(), input);
        loop {
            let mut answer = self.sender.send(api, operation, input.clone()).await?;
            if let Value::Array(found) = answer[list].take() {
                items.extend(found);
            }
            match answer[token].as_str().filter(|next| !next.is_empty()) {
                Some(next) => input[token] = next.into(),
                None => return Ok(items),
            }
        }
    }

    /// Where the cluster is, as far as it has answered
    pub(crate) fn place(&self) -> Option<Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks for the cluster: whether it is there, and where
    pub(crate) async fn find(&self) -> Result<(Alive, Option<Place>), String> {
        let input = json!({ "clusters": [self.scope.cluster] });
        let answer = self.ecs("DescribeClusters", input).await.map_err(|failure| failure.words())?;
        let there = answer["clusters"].get(0);
        let missing = answer["failures"].get(0);
        let arn = there.map_or_else(|| missing.and_then(|m| m["arn"].as_str()), |there| there["clusterArn"].as_str());
        let place = arn.and_then(|arn| self.place_of(arn));
        let alive = match there.map(|there| there["status"].as_str()) {
            Some(Some("ACTIVE" | "PROVISIONING")) => Alive::Active,
            Some(Some("INACTIVE" | "DEPROVISIONING")) => Alive::Gone,
            Some(_) => return Err("DescribeClusters says no status that is known".to_owned()),
            None if missing.is_some_and(|missing| missing["reason"] == "MISSING") => Alive::Gone,
            None => return Err("DescribeClusters does not speak of the cluster".to_owned()),
        };
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = place.clone();
        Ok((alive, place))
    }

    /// `arn:<partition>:ecs:<region>:<account>:cluster/<name>`
    fn place_of(&self, arn: &str) -> Option<Place> {
        let mut parts = arn.split(':').skip(1);
        let (partition, _, region, account) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let region = if region.is_empty() { self.region.as_str() } else { region };
        Some(Place {
            partition: partition.to_owned(),
            region: region.to_owned(),
            account: account.to_owned(),
            cluster: self.scope.cluster.clone(),
        })
    }
}

impl Ecs for Aws {
    async fn observe(&self, ask: &Ask) -> EcsSide {
        let mut side = EcsSide::default();
        let (alive, place) = match self.find().await {
            Ok(found) => found,
            Err(why) => {
                side.unreadable.insert("the cluster".to_owned(), why);
                return side;
            }
        };
        side.cluster = alive;
        side.account = place.as_ref().map(|place| place.account.clone());
        let (Alive::Active, Some(place)) = (alive, place) else { return side };
        let mut sweep = Sweep { aws: self, ask, place, side };
        sweep.all().await;
        self.memory.sweep_ends();
        sweep.side
    }

    async fn execute(&self, step: &EcsStep) -> Result<(), EcsFault> {
        self.carry_out(step).await
    }

    fn cost(&self) -> Cost {
        self.sender.take_cost()
    }
}

impl Sweep<'_> {
    async fn all(&mut self) {
        let wants = |resource| self.ask.resources.contains(&resource);
        let (services, schedules) = (wants(SyncResource::Services), wants(SyncResource::Schedules));
        let definitions = wants(SyncResource::TaskDefinitions);
        if services {
            self.services().await;
        }
        if schedules {
            self.schedules().await;
            self.rules().await;
        }
        if definitions || services || schedules {
            self.families(definitions).await;
        }
    }

    /// The names of a kind that are asked for
    pub(crate) fn asked(&self, kind: Kind) -> impl Iterator<Item = &str> {
        self.ask.names.iter().filter(move |id| id.kind == kind).map(|id| id.name.as_str())
    }

    pub(crate) fn saw(&mut self, id: Id, seen: Seen) {
        if let Seen::Unknown(why) = &seen {
            self.side.unreadable.insert(id.to_string(), why.clone());
        }
        self.side.seen.insert(id, seen);
    }

    /// A whole API that cannot be read: everything that was asked for of its kind is unknown
    pub(crate) fn cannot_read(&mut self, what: &str, kind: Kind, failure: &Failure, of: impl Fn(&str) -> bool) {
        self.side.unreadable.insert(what.to_owned(), failure.words());
        let names: Vec<Id> = self.asked(kind).filter(|name| of(name)).map(|name| Id::new(kind, name)).collect();
        for id in names {
            self.side.seen.insert(id, Seen::Unknown(failure.words()));
        }
    }
}

/// Items by the name that a member of theirs holds
pub(crate) fn by(items: Vec<Value>, member: &str) -> BTreeMap<String, Vec<Value>> {
    let mut found: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for item in items {
        if let Some(name) = item[member].as_str().map(str::to_owned) {
            found.entry(name).or_default().push(item);
        }
    }
    found
}
