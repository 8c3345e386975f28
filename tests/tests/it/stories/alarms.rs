//! Alarms of deployments, asked of a real Prometheus that scrapes what a story says.
//!
//! The program `prometheus` is taken from PATH (Debian's package of that name carries it); without it these stories are not
//! told, and say so.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use ecs_core::config::{self, OperatorConfig};
use ecs_crds::EcsService;
use ecs_operator::Options;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::bed::{Story, condition, operator_options, reason, service, story, task_definition};

/// Something that counts errors, and the Prometheus that watches it
struct Watched {
    errors: Arc<AtomicU32>,
    url: String,
    _prometheus: Child,
}

/// The program, where there is one
fn program() -> Option<PathBuf> {
    let found = std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join("prometheus"))
        .find(|path| path.is_file());
    if found.is_none() {
        println!("not told: there is no program `prometheus` in PATH (Debian's package of that name carries it)");
    }
    found
}

/// Answers each scrape with how many errors there are
fn metrics(errors: Arc<AtomicU32>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let body = format!("web_errors {}\n", errors.load(Ordering::SeqCst));
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nConnection: close";
            let _ = write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        }
    });
    port
}

/// Starts Prometheus on loopback, and awaits that it answers
async fn prometheus(story: &Story, program: PathBuf, errors: u32) -> Watched {
    let errors = Arc::new(AtomicU32::new(errors));
    let folder = std::env::temp_dir().join(format!("{}-prometheus", story.namespace));
    std::fs::create_dir_all(&folder).unwrap();
    let config = json!({
        "global": {"scrape_interval": "200ms", "scrape_timeout": "200ms"},
        "scrape_configs": [{"job_name": "web", "static_configs": [{"targets": [format!("127.0.0.1:{}", metrics(Arc::clone(&errors)))]}]}],
    });
    let file = folder.join("prometheus.yml");
    std::fs::write(&file, config.to_string()).unwrap();
    // A port that was free a moment ago
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = Command::new(program);
    command.arg(format!("--config.file={}", file.display())).arg(format!("--storage.tsdb.path={}", folder.display()));
    command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let ready = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if line.contains("ready to receive web requests") {
                return;
            }
        }
        panic!("prometheus ended");
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), ready).await.unwrap();
    // It goes on writing, and somebody has to read
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    let url = format!("http://127.0.0.1:{port}");
    let server = ecs_kube::Prometheus::at(&url).unwrap();
    // Before its first scrape no alarm is in ALARM
    while !server.has_result("web_errors").await.unwrap() {}
    Watched { errors, url, _prometheus: child }
}

/// An operator that asks it every second
fn asking(story: &Story, watched: &Watched, bake_seconds: u32) -> Options {
    let alarms = config::Alarms {
        prometheus: Some(config::Prometheus { url: watched.url.clone() }),
        queries: [("web-errors".to_owned(), "web_errors > 0".to_owned())].into(),
        period_seconds: 1,
        bake_seconds,
    };
    Options { config: OperatorConfig { alarms, ..OperatorConfig::default() }, ..operator_options(story) }
}

fn alarmed(tasks: i64) -> Value {
    let mut document = service("web", "web", tasks);
    document["spec"]["deploymentConfiguration"] =
        json!({"alarms": {"alarmNames": ["web-errors"], "enable": true, "rollback": true}});
    document
}

/// Runs `web:1` without alarms, then begins to deploy `web:2` with them
async fn deploying(story: &Story) {
    story.apply(&task_definition("web", "nginx:1")).await;
    story.apply(&service("web", "web", 2)).await;
    story.steady("web", "web:1", 2).await;
    story.apply(&alarmed(2)).await;
    story.apply(&task_definition("web", "nginx:2")).await;
}

#[test]
fn an_alarm_that_goes_off_while_a_deployment_bakes_rolls_it_back() {
    let Some(program) = program() else { return };
    story("alarm", async |story| {
        let watched = prometheus(story, program, 0).await;
        let _operator = story.operator_with(asking(story, &watched, 3600)).await;
        deploying(story).await;
        let bakes = |s: &EcsService| {
            let status = s.status.clone().unwrap_or_default();
            let watched = status.rollout.as_ref().is_some_and(|book| book.watched_alarms == ["web-errors"]);
            watched && status.deployments.first().is_some_and(|d| d.task_definition == "web:2" && d.running_count == 2)
        };
        let baking = story.wait("web", "bakes with an alarm that is watched", bakes).await.status.unwrap();
        assert_eq!(baking.deployments[0].rollout_state, "IN_PROGRESS", "all tasks are there, and it is not complete");

        watched.errors.store(7, Ordering::SeqCst);
        let back = |s: &EcsService| {
            let status = s.status.clone().unwrap_or_default();
            reason(&status.conditions, "Ready") == "RolledBack" && condition(&status.conditions, "Stalled") == "True"
        };
        let status = story.wait("web", "is rolled back", back).await.status.unwrap();
        assert_eq!(status.task_definition.as_deref(), Some("web:1"));
        let events: Vec<_> = status.events.iter().map(|event| event.message.as_str()).collect();
        assert!(events.iter().any(|e| e.ends_with("deployment failed: alarm web-errors is in ALARM.")), "{events:#?}");
    });
}

#[test]
fn an_alarm_that_was_in_alarm_before_says_nothing_of_the_deployment() {
    let Some(program) = program() else { return };
    story("alarm-before", async |story| {
        let watched = prometheus(story, program, 7).await;
        let _operator = story.operator_with(asking(story, &watched, 2)).await;
        deploying(story).await;
        let ignored = |s: &EcsService| {
            let book = s.status.clone().unwrap_or_default().rollout.unwrap_or_default();
            book.ignored_alarms == ["web-errors"] || book.completed.is_some_and(|c| c.revision == 2)
        };
        story.wait("web", "leaves the alarm out", ignored).await;
        let status = story.steady("web", "web:2", 2).await.status.unwrap();
        assert_eq!(status.deployments[0].rollout_state, "COMPLETED");
    });
}

#[test]
fn a_prometheus_that_does_not_answer_stops_no_deployment() {
    story("alarm-silent", async |story| {
        // Nobody listens there.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut options = operator_options(story);
        options.config.alarms = config::Alarms {
            prometheus: Some(config::Prometheus { url: format!("http://127.0.0.1:{port}") }),
            queries: [("web-errors".to_owned(), "web_errors > 0".to_owned())].into(),
            period_seconds: 1,
            bake_seconds: 2,
        };
        let _operator = story.operator_with(options).await;
        deploying(story).await;
        story.steady("web", "web:2", 2).await;
    });
}
