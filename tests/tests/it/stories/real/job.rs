//! Runs of a schedule: when the task ends, and with which exit code.

use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::ResourceExt as _;
use kube::api::PostParams;
use serde_json::json;

use super::super::bed::{SERVE, Story, helper, real_story, schedule, shell, task_of};

/// Starts a run of the schedule now, and awaits that it has `Complete` or `Failed`; its pod
async fn run(story: &Story, name: &str, ends: &str) -> String {
    // As `kubectl create job --from`, whose older versions lose the fields that they do not know.
    let template = story.get::<CronJob>("nightly").await.spec.job_template;
    let metadata = ObjectMeta { name: Some(name.to_owned()), ..template.metadata.unwrap_or_default() };
    let job = Job { metadata, spec: template.spec, ..Job::default() };
    story.api::<Job>().create(&PostParams::default(), &job).await.unwrap();
    story
        .wait(name, &format!("is {ends}"), |job: &Job| {
            let conditions = job.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
            conditions.iter().any(|condition| condition.type_ == ends && condition.status == "True")
        })
        .await;
    let of_job = |pod: &Pod| pod.labels().get("batch.kubernetes.io/job-name").is_some_and(|job| job == name);
    story.wait_any(&format!("is of {name}"), of_job).await.name_any()
}

/// Makes a schedule that is far from firing
async fn scheduled(story: &Story, containers: &[serde_json::Value]) {
    let mut definition = task_of("report", containers);
    definition["spec"]["volumes"] = json!([{"name": "runs"}]);
    story.apply(&definition).await;
    story.apply(&schedule("nightly", "report", "cron(0 0 1 1 ? *)")).await;
    story.wait("nightly", "is there", |_: &CronJob| true).await;
}

#[test]
fn a_run_ends_with_its_essential_container_and_restarts_it_after_no_exit_code_that_is_ignored() {
    real_story("run", async |story| {
        let _operator = story.operator().await;
        let mut app =
            shell("app", "mkdir /runs/first 2>/dev/null && exit 3; mkdir /runs/second 2>/dev/null && exit 0; exit 4");
        app["restartPolicy"] = json!({"enabled": true, "ignoredExitCodes": [4]});
        app["mountPoints"] = json!([{"sourceVolume": "runs", "containerPath": "/runs"}]);
        scheduled(story, &[app, helper("router", SERVE)]).await;
        let task = run(story, "now", "Failed").await;
        assert_eq!(story.exit(&task, "app").await.exit_code, 4);
        let app = story.container(&task, "app", "was started again after 3 and 0", |status| status.restart_count == 2);
        app.await;
        // The helper had its SIGTERM when the app had ended, and did not keep the run from ending.
        assert_eq!(story.exit(&task, "router").await.exit_code, 0);
    });
}
