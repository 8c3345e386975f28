//! `kubectl ecs` and what containers do: commands in them, and what they print.

use super::super::bed::{SERVE, ecs, helper, real_story, service, shell, task_of};

#[test]
fn exec_runs_a_command_in_a_container_of_a_task_and_ends_as_it_ends() {
    real_story("exec", async |story| {
        let _operator = story.operator().await;
        let app = shell("app", &format!("echo begins; touch /tmp/mine; {SERVE}"));
        story.apply(&task_of("web", &[app, helper("mon", SERVE)])).await;
        story.apply(&service("web", "web", 1)).await;
        story.steady("web", "web:1", 1).await;
        let task = story.task("web").await;
        for (line, stdin, code, stdout) in [
            ("exec web -c app -- ls /tmp/mine", "", 0, "/tmp/mine\n"),
            ("exec web -c mon -- test -e /tmp/mine", "", 1, ""),
            ("exec web -c app -- sh -c exit\u{a0}7", "", 7, ""),
            ("execute-command web -i -c app -- cat", "told", 0, "told"),
            ("exec web -- true", "", 2, ""),
            ("exec web -c nobody -- true", "", 2, ""),
            ("logs web -c app", "", 0, &format!("[{task} app] begins\n")),
        ] {
            let words: Vec<String> = line.split(' ').map(|word| word.replace('\u{a0}', " ")).collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let ended = ecs(story, &words, stdin).await;
            assert_eq!((ended.code, ended.stdout.as_str()), (code, stdout), "{line}: {ended:#?}");
        }
        let several = ecs(story, &["exec", "web", "--", "true"], "").await;
        assert!(several.stderr.contains("name one with -c, of mon, app"), "{several:#?}");
    });
}
