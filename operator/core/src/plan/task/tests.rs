//! An EcsTask from its creation to its end, look by look.

use ecs_crds::{TaskDefinition, TaskDefinitionSpec};
use k8s_openapi::api::apps::v1::ControllerRevision;
use serde_json::{Value, json};

use super::*;
use crate::report::{Outcome, task as report};
use crate::revision::TaskContent;

/// A cluster with one EcsTask and the family `web`, and a clock
struct Cluster {
    task: EcsTask,
    definition: TaskDefinition,
    stored: Vec<ControllerRevision>,
    jobs: Vec<Job>,
    pods: Vec<Pod>,
    now: i64,
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + seconds).unwrap()
}

impl Cluster {
    fn new(spec: &Value) -> Self {
        let content = json!({"containerDefinitions": [
            {"name": "app", "image": "web:1", "memory": 64, "environment": [{"name": "A", "value": "1"}]},
        ]});
        let content: TaskDefinitionSpec = serde_json::from_value(content).unwrap();
        let metadata = json!({"name": "web", "namespace": "n", "uid": "d"});
        let definition = json!({"metadata": metadata, "spec": content});
        let revision = |number| TaskRevision {
            family: "web".to_owned(),
            number,
            content: TaskContent { spec: content.clone(), accept: [].into() },
        };
        let task = json!({"metadata": {"name": "run", "namespace": "n", "uid": "t"}, "spec": spec});
        Self {
            task: serde_json::from_value(task).unwrap(),
            definition: serde_json::from_value(definition).unwrap(),
            stored: [1, 2].map(|number| revision(number).encode("n")).into(),
            jobs: Vec::new(),
            pods: Vec::new(),
            now: 0,
        }
    }

    fn status(&self) -> EcsTaskStatus {
        self.task.status.clone().unwrap_or_default()
    }

    /// `Ready`'s reason and message
    fn ready(&self) -> String {
        let conditions = self.status().conditions;
        let ready = conditions.iter().find(|c| c.type_ == "Ready").unwrap();
        format!("{} {}: {}", ready.status, ready.reason, ready.message)
    }

    /// One look: plans, carries out as an API server would, and writes the status; what was done
    fn look(&mut self) -> Vec<String> {
        self.now += 1;
        let family = FamilyView {
            namespace: "n",
            family: "web",
            definitions: vec![&self.definition],
            stored: self.stored.iter().collect(),
            referenced: [].into(),
        };
        let view = TaskView {
            task: &self.task,
            family: Some(family),
            jobs: self.jobs.iter().collect(),
            pods: self.pods.iter().collect(),
            service_accounts: Vec::new(),
            companions: Vec::new(),
        };
        let planned = task(&view, &Context::default(), at(self.now));
        let status = report::task(&view, &planned, &Outcome::Done, at(self.now)).status;
        let mut done = Vec::new();
        let Plan { applies, prune, replace, for_administrator: _ } = planned.plan;
        for step in applies.into_iter().chain(prune).chain(replace) {
            done.push(match step {
                Step::Create(child) => {
                    let mut job: Job = serde_json::from_value(child.manifest).unwrap();
                    job.metadata.uid = Some("j".to_owned());
                    self.jobs.push(job);
                    format!("create {} {}", child.kind.kind(), child.name)
                }
                Step::Suspend(job) => {
                    self.jobs[0].spec.as_mut().unwrap().suspend = Some(true);
                    format!("suspend {}", job.name)
                }
                Step::Delete(object) => {
                    self.jobs.retain(|_| object.kind != ChildKind::Job);
                    format!("delete {} {}", object.kind.kind(), object.name)
                }
                Step::Replace(pod) => format!("stop {}", pod.name),
                other => panic!("{other:?}"),
            });
        }
        self.task.status = Some(status);
        done
    }

    /// A pod of the Job, as the kubelet reports it
    fn pod(&mut self, name: &str, status: Value) {
        self.pods.retain(|pod| pod.metadata.name.as_deref() != Some(name));
        let template = serde_json::to_value(&self.jobs[0].spec.as_ref().unwrap().template).unwrap();
        let mut pod = json!({"metadata": template["metadata"], "spec": template["spec"], "status": status});
        pod["metadata"]["name"] = name.into();
        pod["metadata"]["ownerReferences"] =
            json!([{"apiVersion": "batch/v1", "kind": "Job", "name": "run", "uid": "j"}]);
        pod["spec"]["nodeName"] = "node-1".into();
        self.pods.push(serde_json::from_value(pod).unwrap());
    }

    fn runs(&mut self, name: &str) {
        let running = json!({"running": {"startedAt": at(self.now)}});
        self.pod(
            name,
            json!({"phase": "Running", "startTime": at(self.now), "containerStatuses": [container(&running)]}),
        );
    }

    fn ends(&mut self, name: &str, code: i32) {
        let ended = json!({"terminated": {"exitCode": code, "reason": "Error", "startedAt": at(1), "finishedAt": at(self.now)}});
        let phase = if code == 0 { "Succeeded" } else { "Failed" };
        self.pod(name, json!({"phase": phase, "containerStatuses": [container(&ended)]}));
    }

    /// The Job's controller has seen the end
    fn job_is(&mut self, kind: &str) {
        let status = json!({"conditions": [{"type": kind, "status": "True"}]});
        self.jobs[0].status = Some(serde_json::from_value(status).unwrap());
    }
}

fn container(state: &Value) -> Value {
    json!({"name": "app", "image": "web:1", "imageID": "x", "ready": true, "restartCount": 0, "state": state})
}

const NOTHING: [&str; 0] = [];

#[test]
fn a_task_starts_once_and_its_end_is_kept_when_all_of_it_is_gone() {
    let mut cluster = Cluster::new(&json!({"taskDefinition": "web", "kubernetes": {"timeToLiveSeconds": 7200}}));
    assert_eq!(cluster.look(), ["create Job run"]);
    assert_eq!(cluster.ready(), "False TaskInProgress: web:2 is started");
    assert_eq!(cluster.status().last_status, Some(LastStatus::Provisioning));

    // A newer revision is registered; the task keeps the one that it started with.
    cluster.runs("run-a");
    assert_eq!(cluster.look(), NOTHING);
    assert_eq!(cluster.ready(), "False TaskInProgress: web:2: of 1 tasks 1 run and 0 have stopped");
    cluster.ends("run-a", 0);
    cluster.job_is("Complete");
    assert_eq!(cluster.look(), NOTHING);
    let ended = cluster.status();
    assert_eq!((ended.last_status, ended.exit_code), (Some(LastStatus::Stopped), Some(0)));
    assert!(cluster.ready().starts_with("True TaskSucceeded"), "{}", cluster.ready());
    assert_eq!(cluster.look(), NOTHING);
    assert_eq!(cluster.status(), ended, "a status never changes by itself");

    // An hour later the Job goes, and the pod with it; nothing starts again, and nothing is forgotten.
    cluster.now += 3600;
    assert_eq!(cluster.look(), ["delete Job run"]);
    cluster.pods.clear();
    assert_eq!(cluster.look(), NOTHING);
    assert_eq!(cluster.status(), ended);
    cluster.now += 3600;
    assert_eq!(cluster.look(), ["delete EcsTask run"]);
}

#[test]
fn a_job_that_somebody_deletes_is_not_started_again() {
    let mut cluster = Cluster::new(&json!({"taskDefinition": "web:1"}));
    cluster.look();
    cluster.runs("run-a");
    cluster.look();
    cluster.jobs.clear();
    cluster.pods.clear();
    assert_eq!(cluster.look(), NOTHING);
    assert_eq!(cluster.look(), NOTHING);
    assert_eq!(cluster.ready(), "False TaskStopped: Task stopped by user");
    assert_eq!(cluster.status().task_definition.as_deref(), Some("web:1"));
}

#[test]
fn a_status_that_is_lost_is_made_anew_from_the_job() {
    let mut cluster = Cluster::new(&json!({"taskDefinition": "web"}));
    cluster.look();
    cluster.task.status = None;
    cluster.runs("run-a");
    assert_eq!(cluster.look(), NOTHING);
    assert_eq!(cluster.status().task_definition.as_deref(), Some("web:2"));
}

#[test]
fn several_tasks_know_nothing_of_each_other() {
    let mut cluster = Cluster::new(&json!({"taskDefinition": "web", "count": 3}));
    cluster.look();
    for name in ["run-0-a", "run-1-b", "run-2-c"] {
        cluster.runs(name);
    }
    cluster.ends("run-1-b", 3);
    assert_eq!(cluster.look(), NOTHING);
    assert_eq!(cluster.ready(), "False TaskInProgress: web:2: of 3 tasks 2 run and 1 have stopped");
    assert_eq!(cluster.status().last_status, Some(LastStatus::Running));
    cluster.ends("run-0-a", 0);
    cluster.ends("run-2-c", 0);
    cluster.job_is("Failed");
    cluster.look();
    let status = cluster.status();
    assert_eq!((status.last_status, status.exit_code), (Some(LastStatus::Stopped), Some(3)));
    let codes: Vec<_> = status.tasks.iter().map(|task| task.exit_code).collect();
    assert_eq!(codes, [Some(0), Some(3), Some(0)]);
    assert_eq!(
        cluster.ready(),
        "False TaskFailed: 1 of 3 tasks failed: Essential container in task exited (exit code 3)"
    );
}

#[test]
fn whoever_asks_for_it_stops_the_task_and_gives_the_reason() {
    let stop = json!({"stop": {"reason": "too late"}});
    let stop = || Some(serde_json::from_value(stop.clone()).unwrap());
    let mut cluster = Cluster::new(&json!({"taskDefinition": "web"}));
    cluster.look();
    cluster.runs("run-a");
    cluster.look();
    cluster.task.spec.kubernetes = stop();
    assert_eq!(cluster.look(), ["suspend run"]);
    cluster.job_is("Suspended");
    cluster.pods.clear();
    assert_eq!(cluster.look(), NOTHING);
    let status = cluster.status();
    assert_eq!(
        (status.last_status, status.stop_code),
        (Some(LastStatus::Stopped), Some(ecs_crds::StopCode::UserInitiated))
    );
    assert_eq!(cluster.ready(), "False TaskStopped: too late");

    // What was stopped before it started never starts, whatever the spec says then.
    let mut cluster = Cluster::new(&json!({"taskDefinition": "web", "kubernetes": {"workload": "Hold"}}));
    assert_eq!(cluster.look(), NOTHING);
    assert!(cluster.ready().starts_with("False Held"), "{}", cluster.ready());
    cluster.task.spec.kubernetes = stop();
    assert_eq!(cluster.look(), NOTHING);
    assert_eq!(cluster.ready(), "False TaskStopped: too late");
    cluster.task.spec.kubernetes = None;
    assert_eq!(cluster.look(), NOTHING);
    assert_eq!(cluster.ready(), "False TaskStopped: too late");
}

#[test]
fn a_task_that_cannot_start_is_given_up_once_that_is_recorded() {
    let mut cluster = Cluster::new(&json!({"taskDefinition": "web"}));
    cluster.look();
    let waits = json!({"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image \"web:1\""}});
    let began = cluster.now;
    let status = json!({"phase": "Pending", "startTime": at(began), "containerStatuses": [container(&waits)]});
    cluster.pod("run-a", status);
    assert_eq!(cluster.look(), NOTHING);
    assert_eq!(cluster.status().stop_code, None);
    cluster.now += 60;
    assert_eq!(cluster.look(), NOTHING, "first it is recorded");
    let words = "CannotPullContainerError: Back-off pulling image \"web:1\"";
    assert_eq!(cluster.status().stopped_reason.as_deref(), Some(words));
    assert_eq!(cluster.look(), ["stop run-a"]);
    cluster.pods.clear();
    cluster.job_is("Failed");
    assert_eq!(cluster.look(), NOTHING);
    assert_eq!(cluster.ready(), format!("False TaskFailed: {words}"));
}

#[test]
fn overrides_that_do_not_fit_start_nothing() {
    let overrides = json!({"containerOverrides": [{"name": "nobody", "command": ["x"]}]});
    let mut cluster = Cluster::new(&json!({"taskDefinition": "web", "overrides": overrides}));
    assert_eq!(cluster.look(), NOTHING);
    assert!(cluster.ready().contains("/overrides"), "{}", cluster.ready());
    assert_eq!(cluster.status().last_status, None);

    let fitting = json!({"containerOverrides": [{"name": "app", "command": ["x"], "environment": [
        {"name": "A", "value": "2"}, {"name": "B", "value": "3"},
    ]}]});
    let mut cluster = Cluster::new(&json!({"taskDefinition": "web", "overrides": fitting}));
    assert_eq!(cluster.look(), ["create Job run"]);
    let job = serde_json::to_value(&cluster.jobs[0]).unwrap();
    let app = &job["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(app["args"], json!(["x"]));
    assert_eq!(app["env"], json!([{"name": "A", "value": "2"}, {"name": "B", "value": "3"}]));
    assert_eq!(job["spec"]["ttlSecondsAfterFinished"], Value::Null);
    assert_eq!(job["spec"]["backoffLimit"], 0);
}
