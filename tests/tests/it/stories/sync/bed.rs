//! What every story of the sync stands on: an EcsCluster, the sync in this process, sweeps one at a time, and a console user.

use std::collections::BTreeMap;
use std::sync::Arc;

use ecs_aws::{Aws, Pace, Scope};
use ecs_core::sync::calls::{Api, Call};
use ecs_crds::EcsCluster;
use ecs_operator::sync::remotes::AwsRemotes;
use ecs_operator::sync::{SyncOptions, run_sync};
use ecs_operator::{Clock, RunError};
use jiff::{SignedDuration, Timestamp};
use kube::Client;
use kube::api::{Api as KubeApi, DeleteParams, Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::aws::Emulator;
use crate::stories::bed::Story;

/// The two sides and what keeps them the same
pub(super) struct Bed<'a> {
    pub(super) story: &'a Story,
    pub(super) emulator: &'a Emulator,
    pub(super) clock: Clock,
    /// Somebody with the console
    pub(super) console: Aws,
    ticks: std::cell::Cell<usize>,
}

/// A sync that runs
pub(super) struct Syncing {
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), RunError>>,
}

impl<'a> Bed<'a> {
    /// An ECS cluster `shop` with nothing in it, and a binding of it with these members of `spec.sync`
    pub(super) async fn new(story: &'a Story, emulator: &'a Emulator, sync: &Value) -> Self {
        let scope = Scope { cluster: "shop".to_owned(), schedule_group: None };
        let pace = Arc::new(Pace::unlimited());
        let console = Aws::new(&emulator.settings(), scope, pace, Arc::new(|| 0.5)).await.unwrap();
        let clock = Clock::standing_at(Timestamp::from_second(Timestamp::now().as_second()).unwrap());
        let bed = Self { story, emulator, clock, console, ticks: std::cell::Cell::default() };
        emulator.make_cluster().await;
        bed.bind(sync).await;
        bed
    }

    fn clusters(&self) -> KubeApi<EcsCluster> {
        KubeApi::all(self.story.client.clone())
    }

    /// Binds the namespace
    pub(super) async fn bind(&self, sync: &Value) {
        let mut sync = sync.clone();
        // Only what a story asks for is a sweep
        sync["period"] = "10m".into();
        let spec = json!({"region": "eu-west-1", "cluster": "shop", "namespace": self.story.namespace, "sync": sync});
        let wish = json!({"apiVersion": "ecs-operator.dev/v1alpha1", "kind": "EcsCluster",
            "metadata": {"name": self.story.namespace}, "spec": spec});
        let wish: EcsCluster = serde_json::from_value(wish).unwrap();
        self.clusters().create(&PostParams::default(), &wish).await.unwrap();
    }

    /// The EcsCluster
    pub(super) async fn binding(&self) -> EcsCluster {
        self.clusters().get(&self.story.namespace).await.unwrap()
    }

    /// Changes the EcsCluster
    pub(super) async fn rebind(&self, patch: &Value) {
        let params = PatchParams::default();
        self.clusters().patch(&self.story.namespace, &params, &Patch::Merge(patch)).await.unwrap();
    }

    /// Deletes the EcsCluster
    pub(super) async fn end(&self) {
        self.clusters().delete(&self.story.namespace, &DeleteParams::default()).await.unwrap();
    }

    /// Starts the sync
    pub(super) async fn sync(&self) -> Syncing {
        let user = format!("sync-of-{}", self.story.namespace);
        self.sync_by(self.story.cluster.client(Some(&user)).await)
    }

    /// Starts the sync with this client
    pub(super) fn sync_by(&self, client: Client) -> Syncing {
        let options = SyncOptions {
            namespace: Some(self.story.namespace.clone()),
            instance: None,
            clock: self.clock.clone(),
            leadership: ecs_operator::Leadership::always(),
        };
        let (stop, stopped) = oneshot::channel();
        let remotes = AwsRemotes::new(self.emulator.settings());
        let task = tokio::spawn(run_sync(client, remotes, options, async {
            let _ = stopped.await;
        }));
        Syncing { stop, task }
    }

    /// Time passes
    pub(super) fn pass(&self, seconds: i64) {
        self.clock.set(self.clock.now() + SignedDuration::from_secs(seconds));
    }

    fn swept(&self) -> usize {
        let key = format!("{:?}", self.story.namespace);
        self.story
            .looks
            .counts()
            .iter()
            .filter(|(k, _)| **k == key || **k == self.story.namespace)
            .map(|(_, n)| n)
            .sum()
    }

    /// Awaits the end of one more sweep
    pub(super) async fn swept_once_more(&self) {
        self.swept_after(self.swept()).await;
    }

    /// A sweep that began after this was asked for: the first one that ends may have been under way
    pub(super) async fn sweep(&self) {
        self.sweep_once().await;
        self.sweep_once().await;
    }

    /// Asks for a sweep, and awaits the end of one: of that very one where none is under way
    pub(super) async fn sweep_once(&self) {
        let before = self.swept();
        let tick = self.ticks.get() + 1;
        self.ticks.set(tick);
        self.rebind(&json!({"metadata": {"annotations": {"stories/tick": tick.to_string()}}})).await;
        self.swept_after(before).await;
    }

    async fn swept_after(&self, before: usize) {
        let namespace = self.story.namespace.clone();
        let enough = move |counts: &BTreeMap<String, usize>| {
            counts.iter().filter(|(key, _)| key.trim_matches('"') == namespace).map(|(_, n)| n).sum::<usize>() > before
        };
        self.story.looks.until(enough).await;
    }

    /// Sweeps until a sweep has nothing to write on either side and waits for nothing
    pub(super) async fn settle(&self) {
        for _ in 0..40 {
            self.emulator.calls();
            let before = self.binding().await.metadata.resource_version;
            self.sweep().await;
            let written = self.emulator.calls().iter().any(|call| super::aws::writes(&call.operation));
            let status = self.binding().await.status.unwrap_or_default();
            let counts = status.counts.unwrap_or_default();
            let busy = status.plan.iter().any(|line| !line.starts_with("not done"));
            if !written && !busy && counts.pending == 0 && before.is_some() {
                return;
            }
            self.pass(61);
        }
        panic!("the sync does not come to rest: {:#?}", self.binding().await.status);
    }

    /// What somebody with the console does
    pub(super) async fn call(&self, operation: &str, input: Value) -> Value {
        let answer = self.console.call(&Call { api: api(operation), operation: operation.to_owned(), input }).await;
        answer.unwrap_or_else(|fault| panic!("{operation}: {fault}"))
    }

    /// One service as ECS describes it
    pub(super) async fn described(&self, name: &str) -> Value {
        let input = json!({"cluster": "shop", "services": [name], "include": ["TAGS"]});
        self.call("DescribeServices", input).await["services"][0].clone()
    }
}

impl Syncing {
    /// Stops it as SIGTERM would
    pub(super) async fn stop(self) {
        let _ = self.stop.send(());
        self.task.await.unwrap().unwrap();
    }

    /// Ends it at once
    pub(super) async fn die(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

fn api(operation: &str) -> Api {
    match operation {
        "PutRule" | "PutTargets" | "DescribeRule" | "ListTargetsByRule" => Api::EventBridge,
        "CreateSchedule" | "GetSchedule" | "UpdateSchedule" | "DeleteSchedule" => Api::Scheduler,
        name if name.contains("Scal") || name.contains("ScheduledAction") => Api::AutoScaling,
        _ => Api::Ecs,
    }
}

/// A task definition with a secret in its environment
pub(super) fn definition(family: &str, image: &str) -> Value {
    json!({"family": family, "containerDefinitions": [{"name": "app", "image": image, "memory": 64, "essential": true,
        "environment": [{"name": "PASSWORD", "value": CANARY}]}]})
}

/// What must never be said
pub(super) const CANARY: &str = "canary-5f1c-of-an-environment";
