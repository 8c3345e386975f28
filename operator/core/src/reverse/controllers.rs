//! What controls pods → services, schedules and tasks.

use k8s_openapi::api::apps::v1::{
    DaemonSet, DaemonSetSpec, Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment,
};
use k8s_openapi::api::batch::v1::{CronJob, CronJobSpec, Job, JobSpec};
use k8s_openapi::api::core::v1::{Pod, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::around::Around;
use super::pod::{Task, task};
use super::{Members, Profile, Report, cron, document, some, traffic};
use crate::findings::{Findings, Path};
use crate::wire::{Content, Document, LeftOut};

/// The documents of one object; none where it only stands around others
pub(super) fn documents(object: &Value, around: &Around, profile: Profile) -> Vec<Document> {
    let kind = object["kind"].as_str().unwrap_or_default();
    let turn = Turn { object, around, profile };
    match kind {
        "Deployment" => turn.read(Turn::deployment),
        "DaemonSet" => turn.read(Turn::daemon_set),
        "CronJob" => turn.read(Turn::cron_job),
        "Job" => turn.read(Turn::job),
        "Pod" => turn.read(Turn::pod),
        "StatefulSet" | "ReplicaSet" | "ReplicationController" => {
            let message = format!(
                "ECS has nothing like a {kind}: its tasks have no names, no order and no volumes of their own; make it a Deployment, or keep it"
            );
            turn.refused("LossController", message)
        }
        "Ingress" | "HTTPRoute" => {
            let message = format!(
                "a {kind} is rules of a load balancer, which is outside ECS; make them there, with a target group for each backend named in loadBalancers"
            );
            turn.refused("LossLoadBalancer", message)
        }
        "NetworkPolicy" => {
            turn.refused("LossNetworkPolicy", "what it allows is said by security groups on ECS".to_owned())
        }
        "PodDisruptionBudget" => {
            turn.refused("LossDisruptionBudget", "minimumHealthyPercent says how many tasks may be away".to_owned())
        }
        _ => Vec::new(),
    }
}

/// One object that is being turned
struct Turn<'a> {
    object: &'a Value,
    around: &'a Around,
    profile: Profile,
}

impl Turn<'_> {
    fn name(&self) -> &str {
        self.object["metadata"]["name"].as_str().unwrap_or("unnamed")
    }

    fn namespace(&self) -> Option<&str> {
        self.object["metadata"]["namespace"].as_str()
    }

    fn refused(&self, code: &str, message: String) -> Vec<Document> {
        let mut findings = Findings::default();
        Report { findings: &mut findings, profile: self.profile }.refused(true, &Path::root(), code, &message);
        vec![Document { findings, ..self.unread() }]
    }

    /// Reads the object as its kind; what cannot be read is refused
    fn read<K: DeserializeOwned>(&self, turn: fn(&Self, K) -> Vec<Document>) -> Vec<Document> {
        match K::deserialize(self.object) {
            Ok(object) => turn(self, object),
            Err(error) => self.refused("LossController", format!("it cannot be read: {error}")),
        }
    }

    /// The task definition of a pod template, still to be told more
    fn task(&self, template: &PodTemplateSpec, service: bool, path: &Path, findings: &mut Findings) -> Task {
        let mut report = Report { findings, profile: self.profile };
        task(self.name(), template, service, (self.around, self.namespace()), path, &mut report)
    }

    fn task_definition(&self, task: Task, findings: Findings) -> Document {
        document((self.namespace(), self.name()), task.members, findings, Content::TaskDefinition)
    }

    /// A service, and the task definition that it runs
    fn service(
        &self,
        mut task: Task,
        of_task: Findings,
        mut service: Members,
        mut findings: Findings,
        daemon: bool,
    ) -> Vec<Document> {
        let path = Path::root();
        let mut report = Report { findings: &mut findings, profile: self.profile };
        service.put("serviceName", self.name());
        service.put("taskDefinition", self.name());
        service.put("launchType", if self.profile == Profile::Fargate { "FARGATE" } else { "EC2" });
        service.put("placementConstraints", task.placement.distinct.clone());
        service.put("placementStrategy", if daemon { Vec::new() } else { task.placement.strategy.clone() });
        let services = self.around.services(self.namespace(), &task.labels);
        service.put(
            "serviceConnectConfiguration",
            traffic::service_connect(&services, &mut task.members, &path, &mut report),
        );
        if let Some(scaler) = self.around.scaler(self.namespace(), self.name()).filter(|_| !daemon) {
            service.put("autoScaling", traffic::auto_scaling(scaler, &path, &mut report));
        }
        let service = document((self.namespace(), self.name()), service, findings, Content::EcsService);
        vec![self.task_definition(task, of_task), service]
    }

    fn deployment(&self, object: Deployment) -> Vec<Document> {
        let Some(spec) = object.spec else { return self.refused("LossController", "it has no spec".to_owned()) };
        let DeploymentSpec {
            min_ready_seconds,
            paused,
            progress_deadline_seconds,
            replicas,
            revision_history_limit: _,
            selector: _,
            strategy,
            template,
        } = spec;
        let (mut of_task, mut findings) = (Findings::default(), Findings::default());
        let path = Path::root().key("spec");
        let task = self.task(&template, true, &path.key("template"), &mut of_task);
        let mut report = Report { findings: &mut findings, profile: self.profile };
        report.lost_each(
            &path,
            "LossDeployment",
            &[("minReadySeconds", min_ready_seconds.is_some_and(|s| s > 0)), ("paused", paused == Some(true))],
        );
        let desired = replicas.unwrap_or(1);
        let mut service = Members::default();
        service.put("desiredCount", desired);
        let mut configuration = bounds(strategy.as_ref(), desired);
        if progress_deadline_seconds.is_some_and(|s| s != 600) {
            configuration.put("deploymentCircuitBreaker", json!({"enable": true, "rollback": false}));
            let message = "ECS counts failed tasks and not seconds; the deployment circuit breaker stands for it";
            report.near(true, &path.key("progressDeadlineSeconds"), "LossDeployment", message);
        }
        service.put("deploymentConfiguration", configuration);
        self.service(task, of_task, service, findings, false)
    }

    fn daemon_set(&self, object: DaemonSet) -> Vec<Document> {
        let Some(spec) = object.spec else { return self.refused("LossController", "it has no spec".to_owned()) };
        let DaemonSetSpec { min_ready_seconds, revision_history_limit: _, selector: _, template, update_strategy } =
            spec;
        let (mut of_task, mut findings) = (Findings::default(), Findings::default());
        let path = Path::root().key("spec");
        let task = self.task(&template, true, &path.key("template"), &mut of_task);
        let mut report = Report { findings: &mut findings, profile: self.profile };
        report.only_on_instances(true, &path, "daemons");
        let rolling = update_strategy.and_then(|s| s.rolling_update);
        let surge = rolling.as_ref().and_then(|r| r.max_surge.clone());
        report.lost_each(
            &path,
            "LossDeployment",
            &[
                ("minReadySeconds", min_ready_seconds.is_some_and(|s| s > 0)),
                (
                    "updateStrategy",
                    surge.is_some_and(|s| !matches!(s, IntOrString::Int(0)) && s != IntOrString::String("0%".into())),
                ),
            ],
        );
        let mut service = Members::default();
        service.put("schedulingStrategy", "DAEMON");
        if let Some(IntOrString::String(percent)) = rolling.and_then(|r| r.max_unavailable)
            && let Some(percent) = percentage(&percent)
        {
            service.put(
                "deploymentConfiguration",
                json!({"minimumHealthyPercent": (100 - percent).max(0), "maximumPercent": 100}),
            );
        }
        self.service(task, of_task, service, findings, true)
    }

    fn cron_job(&self, object: CronJob) -> Vec<Document> {
        let CronJobSpec {
            concurrency_policy,
            failed_jobs_history_limit: _,
            job_template,
            schedule,
            starting_deadline_seconds,
            successful_jobs_history_limit: _,
            suspend,
            time_zone,
        } = object.spec;
        let (mut of_task, mut findings) = (Findings::default(), Findings::default());
        let path = Path::root().key("spec");
        let job = job_template.spec.unwrap_or_default();
        let at = path.key("jobTemplate").key("spec");
        let task = self.task(&job.template, false, &at.key("template"), &mut of_task);
        let mut report = Report { findings: &mut findings, profile: self.profile };
        let count = count(&job, &at, &mut report);
        let other = concurrency_policy.as_deref().is_some_and(|p| p != "Allow");
        report.lost(
            other,
            &path.key("concurrencyPolicy"),
            "LossConcurrencyPolicy",
            "EventBridge starts a task whether or not the last one runs",
        );
        let Some(cron::Expressions { timezone, expressions }) = cron::expressions(&schedule) else {
            let message = "EventBridge has no expression for this schedule; write one, of whole minutes";
            report.refused(true, &path.key("schedule"), "LossSchedule", message);
            let refused = Document { findings, ..self.unread() };
            return vec![self.task_definition(task, of_task), refused];
        };
        let zone = timezone.or(time_zone);
        let unknown = zone.is_none() && expressions.iter().any(|e| e.starts_with("cron"));
        let message = "without a time zone a CronJob runs by its controller's; UTC is taken";
        report.lost(unknown, &path.key("timeZone"), "TimeZoneAssumed", message);
        let mut run = Members::default();
        run.put("taskDefinition", self.name());
        run.put("count", count);
        run.put("launchType", if self.profile == Profile::Fargate { "FARGATE" } else { "EC2" });
        let mut common = Members::default();
        common.put("scheduleExpressionTimezone", zone.map(Value::from).unwrap_or_default());
        common.put("state", if suspend == Some(true) { json!("DISABLED") } else { Value::Null });
        if let Some(seconds) = starting_deadline_seconds {
            common.put("retryPolicy", json!({"maximumEventAgeInSeconds": seconds.clamp(60, 86_400)}));
        }
        common.put("task", run);
        let mut documents = vec![self.task_definition(task, of_task)];
        for (index, expression) in expressions.into_iter().enumerate() {
            let name = if index == 0 { self.name().to_owned() } else { format!("{}-weekdays", self.name()) };
            let mut spec = Members(common.0.clone());
            spec.put("name", name.as_str());
            spec.put("scheduleExpression", expression);
            let findings = if index == 0 { std::mem::take(&mut findings) } else { Findings::default() };
            documents.push(document((self.namespace(), &name), spec, findings, Content::ScheduledTask));
        }
        documents
    }

    /// A document of this object without content
    fn unread(&self) -> Document {
        Document {
            name: Some(self.name().to_owned()),
            namespace: self.namespace().map(str::to_owned),
            annotations: Default::default(),
            is_object: false,
            content: Content::Refused,
            findings: Findings::default(),
            left_out: LeftOut::default(),
        }
    }

    /// A Job's task definition; it is run by RunTask
    fn job(&self, object: Job) -> Vec<Document> {
        let spec = object.spec.unwrap_or_default();
        let mut findings = Findings::default();
        let path = Path::root().key("spec");
        let task = self.task(&spec.template, false, &path.key("template"), &mut findings);
        let mut report = Report { findings: &mut findings, profile: self.profile };
        let count = count(&spec, &path, &mut report);
        report.near(true, &path, "RunByHand", &format!("a Job is one call of RunTask, with a count of {count}"));
        vec![self.task_definition(task, findings)]
    }

    /// A pod's task definition; it is run by RunTask
    fn pod(&self, object: Pod) -> Vec<Document> {
        let mut findings = Findings::default();
        let labels = object.metadata.labels;
        let template =
            PodTemplateSpec { metadata: Some(ObjectMeta { labels, ..ObjectMeta::default() }), spec: object.spec };
        let task = self.task(&template, false, &Path::root(), &mut findings);
        Report { findings: &mut findings, profile: self.profile }.near(
            true,
            &Path::root(),
            "RunByHand",
            "a pod is one call of RunTask",
        );
        vec![self.task_definition(task, findings)]
    }
}

/// `deploymentConfiguration`: the percentages that give the same bounds at this count
fn bounds(strategy: Option<&DeploymentStrategy>, desired: i32) -> Members {
    let mut configuration = Members::default();
    if strategy.is_some_and(|s| s.type_.as_deref() == Some("Recreate")) {
        configuration.put("minimumHealthyPercent", 0);
        configuration.put("maximumPercent", 100);
        return configuration;
    }
    let rolling = strategy.and_then(|s| s.rolling_update.clone()).unwrap_or_default();
    let RollingUpdateDeployment { max_surge, max_unavailable } = rolling;
    let quarter = || IntOrString::String("25%".to_owned());
    let count = desired.max(1);
    let minimum = match max_unavailable.unwrap_or_else(quarter) {
        IntOrString::String(percent) => 100 - percentage(&percent).unwrap_or(25),
        IntOrString::Int(tasks) => 100 * (count - tasks.min(count)) / count,
    };
    let surge = match max_surge.unwrap_or_else(quarter) {
        IntOrString::String(percent) => (count * percentage(&percent).unwrap_or(25) + 99) / 100,
        IntOrString::Int(tasks) => tasks,
    };
    configuration.put("minimumHealthyPercent", minimum.max(0));
    configuration.put("maximumPercent", (100 * (count + surge) + count - 1) / count);
    configuration
}

fn percentage(text: &str) -> Option<i32> {
    text.strip_suffix('%')?.parse().ok().filter(|percent| (0..=1000).contains(percent))
}

/// How many tasks a Job starts; what else it says of its pods is named
fn count(job: &JobSpec, path: &Path, report: &mut Report<'_>) -> i32 {
    let JobSpec {
        active_deadline_seconds,
        backoff_limit,
        backoff_limit_per_index,
        completion_mode: _,
        completions,
        managed_by,
        manual_selector: _,
        max_failed_indexes,
        parallelism,
        pod_failure_policy,
        pod_replacement_policy,
        selector: _,
        success_policy,
        suspend,
        template: _,
        ttl_seconds_after_finished,
    } = job;
    let (wanted, at_once) = (completions.unwrap_or(1), parallelism.unwrap_or(1));
    let message = "RunTask starts 1 to 10 tasks, all at once; others are to be started by calls of their own";
    report.lost(wanted != at_once || !(1..=10).contains(&wanted), &path.key("completions"), "LossJob", message);
    // Beside a limit for each index the server writes one of its own
    let again = backoff_limit.is_none_or(|n| n > 0) && backoff_limit_per_index.is_none();
    let message = "ECS starts a failed task of RunTask not again; let EventBridge or the caller do so";
    report.lost(again || backoff_limit_per_index.is_some_and(|n| n > 0), &path.key("backoffLimit"), "LossJob", message);
    report.lost_each(
        path,
        "LossJob",
        &[
            ("activeDeadlineSeconds", active_deadline_seconds.is_some()),
            ("managedBy", some(managed_by)),
            ("maxFailedIndexes", max_failed_indexes.is_some()),
            ("podFailurePolicy", pod_failure_policy.is_some()),
            ("podReplacementPolicy", pod_replacement_policy.as_deref().is_some_and(|p| p != "TerminatingOrFailed")),
            ("successPolicy", success_policy.is_some()),
            ("suspend", *suspend == Some(true)),
            ("ttlSecondsAfterFinished", ttl_seconds_after_finished.is_some()),
        ],
    );
    wanted.clamp(1, 10)
}
