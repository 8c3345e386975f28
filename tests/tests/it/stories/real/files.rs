//! What a container finds in its file system: volumes, memory, secrets.

use ecs_operator::Options;
use k8s_openapi::api::core::v1::ContainerStatus;
use serde_json::json;

use super::super::bed::{SERVE, operator_options, real_story, service, shell, task_of};

#[test]
fn containers_share_volumes_read_only_where_asked_and_have_memory_of_the_size_that_is_given() {
    real_story("files", async |story| {
        let allowed = json!({"allow": [{"namespaces": [story.namespace], "grants": {"hostPath": ["/mnt"]}}]});
        let config = serde_json::from_value(json!({"privileges": allowed})).unwrap();
        let _operator = story.operator_with(Options { config, ..operator_options(story) }).await;
        let at_node = format!("/mnt/{}", story.namespace);

        let mut writer = shell(
            "writer",
            &format!(
                "echo hello > /shared/greeting; echo of the node > /node/greeting; \
                 echo scratch $(df -k /scratch | tail -1 | awk '{{print $2}}') shm $(df -k /dev/shm | tail -1 | awk '{{print $2}}'); \
                 dd if=/dev/zero of=/scratch/big bs=1M count=20 2>/dev/null || echo full; rm /scratch/big; \
                 touch /root/x 2>/dev/null || echo no root; echo end; {SERVE}"
            ),
        );
        writer["memory"] = 64.into();
        writer["readonlyRootFilesystem"] = true.into();
        let scratch = json!([{"containerPath": "/scratch", "size": 16}]);
        writer["linuxParameters"] = json!({"tmpfs": scratch, "sharedMemorySize": 8});
        let mut reader = shell(
            "reader",
            &format!(
                "cat /shared/greeting /node/greeting; touch /shared/x 2>/dev/null || echo refused; echo end; {SERVE}"
            ),
        );
        reader["dependsOn"] = json!([{"containerName": "writer", "condition": "HEALTHY"}]);
        writer["healthCheck"] = json!({"command": ["CMD", "test", "-e", "/node/greeting"], "interval": 5});
        let mounts = |read_only: bool| {
            json!([
                {"sourceVolume": "shared", "containerPath": "/shared", "readOnly": read_only},
                {"sourceVolume": "node", "containerPath": "/node", "readOnly": read_only},
            ])
        };
        writer["mountPoints"] = mounts(false);
        reader["mountPoints"] = mounts(true);
        let mut definition = task_of("web", &[reader, writer]);
        definition["spec"]["volumes"] = json!([{"name": "shared"}, {"name": "node", "host": {"sourcePath": at_node}}]);
        story.apply(&definition).await;
        story.apply(&service("web", "web", 1)).await;
        story.steady("web", "web:1", 1).await;
        let task = story.task("web").await;
        for (container, expected) in [
            ("writer", ["scratch 16384 shm 8192", "full", "no root", "end"]),
            ("reader", ["hello", "of the node", "refused", "end"]),
        ] {
            story.says(&task, container, "end").await;
            let said: Vec<String> = story.log(&task, container).await.into_iter().map(|line| line.text).collect();
            assert_eq!(said, expected, "{container}");
        }
    });
}

#[test]
fn a_container_waits_for_its_secret_and_finds_it_as_a_variable() {
    real_story("secret", async |story| {
        let stores = json!({"secretsManager": {"kind": "ClusterSecretStore", "name": "aws"}});
        let config = serde_json::from_value(json!({"secrets": stores})).unwrap();
        let _operator = story.operator_with(Options { config, ..operator_options(story) }).await;
        let mut app = shell("app", &format!("test \"$PASSWORD\" = 'a $(b) $$' && echo as it is; {SERVE}"));
        let arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop-AbCdEf";
        app["secrets"] = json!([{"name": "PASSWORD", "valueFrom": arn}]);
        story.apply(&task_of("web", &[app])).await;
        story.apply(&service("web", "web", 1)).await;
        let task = story.task("web").await;
        let waits = |status: &ContainerStatus| {
            let waiting = status.state.as_ref().and_then(|state| state.waiting.as_ref());
            waiting.and_then(|waiting| waiting.reason.as_deref()) == Some("CreateContainerConfigError")
        };
        story.container(&task, "app", "waits for its Secret", waits).await;
        // The part of the External Secrets Operator, which is not here.
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "web-app-1"}, "stringData": {"PASSWORD": "a $(b) $$"},
        });
        story.apply(&secret).await;
        story.says(&task, "app", "as it is").await;
        story.steady("web", "web:1", 1).await;
    });
}
