//! The verbs of a pipeline, as the program runs them: deploy, wait, update-service; what they do, and the code they end with.

use ecs_crds::{EcsService, TaskDefinition};
use k8s_openapi::api::apps::v1::ControllerRevision;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use serde_json::{Value, json};

use super::bed::{Ended, Story, ecs, service, story, task_definition};
use super::breaker::guarded;
use super::rollout::image;

/// Runs `kubectl ecs` and expects this exit code
async fn run(story: &Story, line: &str, code: i32) -> Ended {
    let words: Vec<&str> = line.split(' ').collect();
    let ended = ecs(story, &words, "").await;
    assert_eq!(ended.code, code, "kubectl ecs {line}: {ended:#?}");
    ended
}

/// What `-o json` prints
fn json_of(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:#?}"))
}

/// A service of two tasks of `web:1`
async fn runs(story: &Story) {
    story.apply(&task_definition("web", "nginx:1")).await;
    story.apply(&guarded(2, true)).await;
    story.steady("web", "web:1", 2).await;
}

#[test]
fn deploy_registers_another_image_and_ends_when_the_service_has_reached_a_steady_state() {
    story("deploy", async |story| {
        let _operator = story.operator().await;
        runs(story).await;
        let shown = run(story, "deploy web --image nginx:2 --dry-run", 0).await;
        assert!(shown.stdout.contains("image: nginx:2") && !shown.stdout.contains("managedFields"), "{shown:#?}");
        assert_eq!(story.names::<ControllerRevision>().await, ["web-1", "web.service-1"], "nothing was registered");

        let done = run(story, "deploy web --image nginx:2", 0).await;
        assert_eq!(done.stdout, "web: web:2 runs 2 tasks\n");
        for told in ["app: nginx:1 → nginx:2", "web:2 is registered", "PRIMARY web:2", "(service web) has started"] {
            assert!(done.stderr.contains(told), "{told}: {done:#?}");
        }
        assert_eq!(image(story, "web").await, "nginx:2");

        // Once more, it is what runs.
        let again = json_of(&run(story, "deploy web --image app=nginx:2 -o json", 0).await);
        let told = ["outcome", "wanted", "taskDefinition"].map(|key| again[key].clone());
        assert_eq!(told, ["STABLE", "web:2", "web:2"].map(Value::from));
    });
}

#[test]
fn deploy_takes_a_document_of_ecs_and_moves_the_pin_of_a_pinned_service() {
    story("deploy-file", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        story.apply(&service("web", "web:1", 1)).await;
        story.steady("web", "web:1", 1).await;
        let container = |image: &str| json!({"name": "app", "image": image, "memory": 64, "healthCheck": {"command": ["CMD", "true"]}});
        let register =
            json!({"family": "web", "containerDefinitions": [container("nginx:2")], "cpu": "256", "memory": "512"});
        let done = ecs(story, &["deploy", "web", "-f", "-", "-o", "json"], &register.to_string()).await;
        assert_eq!((done.code, &json_of(&done)["taskDefinition"]), (0, &json!("web:2")), "{done:#?}");
        assert_eq!(story.get::<EcsService>("web").await.spec.task_definition.as_deref(), Some("web:2"));

        // What Describe prints is taken too; what ECS would refuse changes nothing.
        let described =
            json!({"taskDefinition": {"family": "web", "revision": 7, "containerDefinitions": [container("nginx:3")]}});
        let done = ecs(story, &["deploy", "web", "-f", "-", "--no-wait"], &described.to_string()).await;
        assert_eq!((done.code, done.stdout.as_str()), (0, "ecsservice/web is to run web:3\n"), "{done:#?}");
        let mut wrong = register.clone();
        wrong["containerDefinitions"][0]["meemory"] = 64.into();
        let refused = ecs(story, &["deploy", "web", "-f", "-"], &wrong.to_string()).await;
        assert!(refused.code == 2 && refused.stderr.contains("UnknownField"), "{refused:#?}");
        story.steady("web", "web:3", 1).await;
        assert_eq!(story.get::<TaskDefinition>("web").await.metadata.generation, Some(3));
    });
}

#[test]
fn a_deployment_that_is_rolled_back_ends_with_three_and_one_that_takes_too_long_with_124() {
    story("deploy-fails", async |story| {
        let _operator = story.operator().await;
        runs(story).await;
        let failed = run(story, "deploy web --image kwok-crash:2 -o json", 3).await;
        let told = json_of(&failed);
        assert_eq!(
            ["outcome", "wanted", "taskDefinition"].map(|key| told[key].clone()),
            ["FAILED", "web:2", "web:1"].map(Value::from)
        );
        for event in ["deployment failed: tasks failed to start.", "rolling back to deployment ecs-svc/1."] {
            assert!(failed.stderr.contains(event), "{event}: {failed:#?}");
        }
        // It is not tried again, and who asks is told.
        run(story, "deploy web --image kwok-crash:2", 3).await;
        run(story, "wait services-stable web", 3).await;

        let slow = run(story, "deploy web --image kwok-pending:3 --timeout 3s -o json", 124).await;
        assert_eq!(json_of(&slow)["outcome"], "TIMED_OUT");
        run(story, "deploy web --image nginx:4", 0).await;
        run(story, "wait services-stable --services web", 0).await;
    });
}

#[test]
fn update_service_forces_a_deployment_scales_and_goes_back() {
    story("update-service", async |story| {
        let _operator = story.operator().await;
        runs(story).await;
        let before = story.names::<Pod>().await;
        run(story, "update-service web --force-new-deployment --wait", 0).await;
        let after: Vec<_> =
            story.list::<Pod>().await.into_iter().filter(|p| p.metadata.deletion_timestamp.is_none()).collect();
        assert!(after.iter().all(|pod| !before.contains(&pod.name_any())), "every task is a new one");
        let forced = story.steady("web", "web:1", 2).await;
        assert_eq!(forced.status.unwrap().service_revision.as_deref(), Some("web.service-2"));

        run(story, "update-service web --desired-count 3 --wait", 0).await;
        story.steady("web", "web:1", 3).await;
        run(story, "deploy web --image nginx:2", 0).await;
        run(story, "update-service web --task-definition web:1 --wait", 0).await;
        assert_eq!(image(story, "web").await, "nginx:1");
        assert_eq!(story.get::<EcsService>("web").await.spec.task_definition.as_deref(), Some("web:1"));
    });
}

#[test]
fn what_is_not_there_or_not_legal_is_refused_and_said() {
    story("pipeline-refusals", async |story| {
        let _operator = story.operator().await;
        for (line, code, told) in [
            ("deploy nowhere --image nginx:2", 2, "there is no EcsService `nowhere`"),
            ("update-service nowhere --desired-count 1", 2, "there is no EcsService `nowhere`"),
            ("wait services-stable nowhere", 2, "there is no EcsService `nowhere`"),
            ("exec nowhere -- true", 2, "no task of `nowhere` runs"),
            ("deploy web", 64, "--filename"),
            ("deploy web --image nginx:2 --timeout soon", 64, "--timeout"),
            ("update-service web", 64, "--force-new-deployment"),
            ("update-service web --task-definition web:latest", 64, "the bare family"),
        ] {
            let ended = run(story, line, code).await;
            assert!(ended.stderr.contains(told), "{line}: {ended:#?}");
        }
        runs(story).await;
        let unknown = run(story, "deploy web --image api=nginx:2", 64).await;
        assert!(unknown.stderr.contains("no container is called `api`; there are app"), "{unknown:#?}");
        assert_eq!(story.names::<ControllerRevision>().await, ["web-1", "web.service-1"]);
    });
}
