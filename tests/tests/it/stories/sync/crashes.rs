//! The sync dies at every single write of an import, an export and a merge, on either side, before it is carried out and after:
//! whoever comes next reaches the same end.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use ecs_crds::{EcsService, ScheduledTask, TaskDefinition};
use futures::future::BoxFuture;
use http::{Method, Request, Response};
use kube::ResourceExt as _;
use kube::client::ClientBuilder;
use serde_json::{Value, json};
use tower::{BoxError, Layer, Service};

use super::aws::{Emulator, Fate, Kind, writes};
use super::bed::{Bed, definition};
use crate::stories::bed::{Story, story};

/// The family of every story
const FAMILY: &str = "family";
/// How often a story sweeps: each time a minute later
const SWEEPS: usize = 8;

/// How the process dies
#[derive(Clone, Copy, Debug)]
struct Death {
    side: Side,
    /// At which write of that side, from 0
    at: usize,
    fate: Fate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Ecs,
    Kubernetes,
}

/// Breaks one write to the API server, and all after it
#[derive(Clone, Default)]
struct Breaker(Arc<Mutex<Breaking>>);

#[derive(Default)]
struct Breaking {
    writes: usize,
    at: Option<(usize, Fate)>,
    died: bool,
}

#[derive(Clone)]
struct Broken<S> {
    breaker: Breaker,
    inner: S,
}

impl<S> Layer<S> for Breaker {
    type Service = Broken<S>;

    fn layer(&self, inner: S) -> Broken<S> {
        Broken { breaker: self.clone(), inner }
    }
}

impl<S, B, A> Service<Request<B>> for Broken<S>
where
    S: Service<Request<B>, Response = Response<A>, Error = BoxError>,
    S::Future: Send + 'static,
    A: 'static,
{
    type Response = Response<A>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<A>, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // What is said in events is told, not kept
        let counts = *request.method() != Method::GET && !request.uri().path().contains("/events");
        let fate = if counts { self.breaker.verdict() } else { None };
        let gone = || -> BoxError { "the process is dead".into() };
        if fate == Some(Fate::Lost) {
            return Box::pin(async move { Err(gone()) });
        }
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await;
            if fate == Some(Fate::Unanswered) { Err(gone()) } else { answer }
        })
    }
}

impl Breaker {
    fn breaks(&self, at: usize, fate: Fate) {
        self.0.lock().unwrap().at = Some((at, fate));
    }

    /// Lets everything pass again; whether a write was broken
    fn heals(&self) -> bool {
        let mut breaking = self.0.lock().unwrap();
        let died = std::mem::take(&mut breaking.died);
        if died {
            breaking.at = None;
        }
        died
    }

    fn count(&self) -> usize {
        self.0.lock().unwrap().writes
    }

    fn verdict(&self) -> Option<Fate> {
        let mut breaking = self.0.lock().unwrap();
        let this = breaking.writes;
        breaking.writes += 1;
        if breaking.died {
            return Some(Fate::Lost);
        }
        let (at, fate) = breaking.at?;
        (this == at).then(|| {
            breaking.died = true;
            fate
        })
    }
}

/// What counts at the end
#[derive(Debug, PartialEq)]
struct End {
    here: BTreeMap<String, Value>,
    there: BTreeMap<String, Value>,
    /// The revisions of the family on ECS: none is registered twice
    revisions: usize,
}

/// The ends of a story's objects
async fn end(bed: &Bed<'_>) -> End {
    let story = bed.story;
    let mut here = BTreeMap::new();
    for service in story.list::<EcsService>().await {
        here.insert(format!("service {}", service.name_any()), serde_json::to_value(&service.spec).unwrap());
    }
    for definition in story.list::<TaskDefinition>().await {
        here.insert(format!("family {}", definition.name_any()), serde_json::to_value(&definition.spec).unwrap());
    }
    for schedule in story.list::<ScheduledTask>().await {
        here.insert(format!("schedule {}", schedule.name_any()), serde_json::to_value(&schedule.spec).unwrap());
    }
    let mut there = BTreeMap::new();
    for name in ["web", "api"] {
        let described = bed.described(name).await;
        if described.is_null() {
            continue;
        }
        let kept = ["status", "desiredCount", "propagateTags"].map(|key| (key.to_owned(), described[key].clone()));
        let named = described["taskDefinition"].as_str().unwrap_or_default().rsplit(':').next().unwrap().to_owned();
        there.insert(name.to_owned(), json!([kept, named]));
    }
    let revisions = bed.call("ListTaskDefinitions", json!({"familyPrefix": FAMILY})).await["taskDefinitionArns"]
        .as_array()
        .unwrap()
        .len();
    End { here, there, revisions }
}

fn object(kind: &str, name: &str, spec: &Value) -> Value {
    json!({"apiVersion": "ecs-operator.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec})
}

/// Two revisions, two services that run one each, on ECS
async fn on_ecs(bed: &Bed<'_>) {
    for image in ["nginx:1", "nginx:2"] {
        bed.call("RegisterTaskDefinition", definition(FAMILY, image)).await;
    }
    for (name, revision) in [("web", 1), ("api", 2)] {
        let service = json!({"cluster": "shop", "serviceName": name, "desiredCount": 1,
            "taskDefinition": format!("{FAMILY}:{revision}")});
        bed.call("CreateService", service).await;
    }
}

/// A family and two services here
async fn here(bed: &Bed<'_>) {
    bed.story.apply(&object("TaskDefinition", FAMILY, &definition(FAMILY, "nginx:1"))).await;
    bed.story.registered(FAMILY, &format!("{FAMILY}:1")).await;
    for (name, named) in [("web", FAMILY.to_owned()), ("api", format!("{FAMILY}:1"))] {
        let spec = json!({"taskDefinition": named, "desiredCount": 1, "kubernetes": {"workload": "Hold"}});
        bed.story.apply(&object("EcsService", name, &spec)).await;
    }
}

/// Both sides in step, then edits on both
async fn edited(bed: &Bed<'_>) {
    on_ecs(bed).await;
    let sync = bed.sync().await;
    bed.settle().await;
    sync.stop().await;
    let story = bed.story;
    story.edit::<EcsService>("web", &json!({"spec": {"desiredCount": 5}})).await;
    story.edit::<EcsService>("api", &json!({"spec": {"propagateTags": "SERVICE"}})).await;
    let containers = definition(FAMILY, "nginx:3")["containerDefinitions"].clone();
    story.edit::<TaskDefinition>(FAMILY, &json!({"spec": {"containerDefinitions": containers}})).await;
    bed.call("UpdateService", json!({"cluster": "shop", "service": "api", "desiredCount": 4})).await;
}

/// Which story, and in which mode
#[derive(Clone, Copy, Debug)]
enum Told {
    Import,
    Export,
    Merge,
}

/// Tells a story to its end with one death; the end, how many writes each side had, and whether anybody died
async fn told(which: Told, story: &Story, death: Option<Death>) -> (String, [usize; 2], bool) {
    let emulator = Emulator::start(Kind::Moto).await;
    let mode = match which {
        Told::Import => "Import",
        Told::Export => "Export",
        Told::Merge => "TwoWay",
    };
    let bed = Bed::new(story, &emulator, &json!({"mode": mode})).await;
    let operator = story.operator().await;
    match which {
        Told::Import => on_ecs(&bed).await,
        Told::Export => here(&bed).await,
        Told::Merge => edited(&bed).await,
    }
    emulator.calls();
    let breaker = Breaker::default();
    match death {
        Some(Death { side: Side::Ecs, at, fate }) => emulator.breaks(at, fate),
        Some(Death { side: Side::Kubernetes, at, fate }) => breaker.breaks(at, fate),
        None => {}
    }
    let user = format!("sync-of-{}", story.namespace);
    let broken = ClientBuilder::try_from(story.cluster.config(Some(&user)).await).unwrap().with_layer(&breaker).build();
    let mut sync = bed.sync_by(broken);
    let (mut died, mut calls) = (false, BTreeMap::new());
    for _ in 0..SWEEPS {
        bed.sweep().await;
        for call in emulator.calls().into_iter().filter(|call| writes(&call.operation)) {
            *calls.entry(call.operation).or_default() += 1;
        }
        if !died && (emulator.heals() | breaker.heals()) {
            died = true;
            sync.die().await;
            sync = bed.sync().await;
        }
        bed.pass(61);
    }
    sync.stop().await;
    let there = calls.values().sum();
    let ended = end(&bed).await;
    operator.stop().await;
    bed.end().await;
    (format!("{ended:#?}"), [there, breaker.count()], died)
}

/// Every write of a story is died at, twice
fn check(which: Told, least: usize) {
    let tell = |death: Option<Death>| {
        let mut found = None;
        story("crash", async |story| found = Some(told(which, story, death).await));
        found.unwrap()
    };
    let (expected, writes, _) = tell(None);
    let mut deaths = 0;
    for (side, count) in [(Side::Ecs, writes[0]), (Side::Kubernetes, writes[1])] {
        for at in 0..count {
            for fate in [Fate::Lost, Fate::Unanswered] {
                let death = Death { side, at, fate };
                let (found, _, died) = tell(Some(death));
                assert!(died, "{which:?}: nobody died at {death:?}");
                assert_eq!(found, expected, "{which:?}: dead at {death:?}");
                deaths += 1;
            }
        }
    }
    println!("{which:?}: {deaths} of {deaths} deaths reach the same end ({writes:?} writes on ECS and here)");
    assert!(deaths >= least, "{which:?} has {deaths} deaths only");
}

#[test]
fn an_import_reaches_the_same_end_whenever_it_dies() {
    check(Told::Import, 16);
}

#[test]
fn an_export_reaches_the_same_end_whenever_it_dies() {
    check(Told::Export, 16);
}

#[test]
fn a_merge_reaches_the_same_end_whenever_it_dies() {
    check(Told::Merge, 16);
}
