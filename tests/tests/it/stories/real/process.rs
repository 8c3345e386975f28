//! What a container's process is given: its words, its variables, its user, its folder, its limits.

use ecs_crds::TaskDefinition;
use serde_json::json;

use super::super::bed::{SERVE, real_story, service, shell, task_of};

#[test]
fn a_process_has_the_words_variables_user_and_folder_that_the_task_definition_gives() {
    real_story("process", async |story| {
        let _operator = story.operator().await;
        let script = format!(
            "for word in \"$@\"; do echo \"word $word\"; done; \
             xargs -0 -n 1 echo < /proc/$$/environ | grep '^[ZXAM]_' | sort; \
             echo user $(id -u):$(id -g); pwd; echo files $(ulimit -n); \
             sh -c 'sleep 0.1 & exec sh -c \"exit 0\"'; sleep 1; \
             echo first $(grep -c 'sleep 3600' /proc/1/cmdline); \
             echo zombies $(grep -l '^State:.Z' /proc/[0-9]*/status | wc -l); echo end; {SERVE}"
        );
        let mut app = shell("app", "");
        app["command"] = json!(["sh", "-c", script, "sh", "$(X_VALUE)", "$$(X_VALUE)", "$$", "$(NOTHING)", "a  b"]);
        app["environment"] = json!([
            {"name": "Z_LAST", "value": "z"},
            {"name": "X_VALUE", "value": "expanded"},
            {"name": "A_FIRST", "value": "$(X_VALUE)"},
            {"name": "M_EMPTY", "value": ""},
        ]);
        app["user"] = "1000:2000".into();
        app["workingDirectory"] = "/tmp".into();
        app["linuxParameters"] = json!({"initProcessEnabled": true});
        app["ulimits"] = json!([{"name": "nofile", "softLimit": 123, "hardLimit": 123}]);
        story.apply(&task_of("web", &[app])).await;
        story.apply(&service("web", "web", 1)).await;
        let task = story.task("web").await;
        story.says(&task, "app", "end").await;

        let said: Vec<String> = story.log(&task, "app").await.into_iter().map(|line| line.text).collect();
        let (limits, said): (Vec<_>, Vec<_>) = said.into_iter().partition(|line| line.starts_with("files "));
        let expected = [
            "word $(X_VALUE)",
            "word $$(X_VALUE)",
            "word $$",
            "word $(NOTHING)",
            "word a  b",
            "A_FIRST=$(X_VALUE)",
            "M_EMPTY=",
            "X_VALUE=expanded",
            "Z_LAST=z",
            "user 1000:2000",
            "/tmp",
            // `initProcessEnabled`: PID 1 is the pod's, and takes care of what others leave behind.
            "first 1",
            "zombies 0",
            "end",
        ];
        assert_eq!(said, expected);
        assert_ne!(limits, ["files 123"], "Kubernetes has no ulimits, and the finding says so:");
        let status = story.get::<TaskDefinition>("web").await.status.unwrap();
        let codes: Vec<_> = status.findings.iter().map(|finding| finding.code.as_str()).collect();
        assert!(codes.contains(&"UlimitsNotApplied"), "{codes:?}");
    });
}
