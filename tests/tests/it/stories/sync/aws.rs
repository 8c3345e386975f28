//! AWS, as an emulator of its own for each story, behind a proxy that counts every call and breaks the one that it is told to.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use ecs_aws::{AccessKey, Settings};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

/// Which emulator: they disagree (the design page of the test bed lists how)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Moto,
    Ministack,
}

/// One call that reached the proxy
#[derive(Clone, Debug)]
pub(super) struct Called {
    pub(super) operation: String,
    pub(super) body: Value,
}

/// What becomes of a writing call
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It reaches nobody
    Lost,
    /// It is carried out, and nobody learns of it
    Unanswered,
}

/// What the proxy knows
#[derive(Default)]
struct Seen {
    calls: Vec<Called>,
    writes: usize,
    fate: Option<(usize, Fate)>,
    died: bool,
}

/// An emulator and the proxy before it
pub(super) struct Emulator {
    pub(super) kind: Kind,
    /// Where the sync speaks to
    pub(super) endpoint: String,
    seen: Arc<Mutex<Seen>>,
    _process: Child,
}

impl Emulator {
    /// Starts one
    pub(super) async fn start(kind: Kind) -> Self {
        let port = free_port().await;
        let (program, arguments) = match kind {
            Kind::Moto => {
                ("moto_server", vec!["-H".to_owned(), "127.0.0.1".to_owned(), "-p".to_owned(), port.to_string()])
            }
            Kind::Ministack => ("ministack", Vec::new()),
        };
        let mut command = Command::new(programs().join(program));
        command.args(arguments).env("BIND_HOST", "127.0.0.1").env("GATEWAY_PORT", port.to_string());
        command.env_remove("AWS_CA_BUNDLE").stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let process = command.spawn().unwrap();
        let upstream = format!("127.0.0.1:{port}");
        let up = async {
            while TcpStream::connect(&upstream).await.is_err() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), up).await.unwrap_or_else(|_| panic!("{program} does not listen"));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Seen::default()));
        let shared = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(forward(stream, upstream.clone(), Arc::clone(&shared)));
            }
        });
        Self { kind, endpoint, seen, _process: process }
    }

    /// The settings of who speaks to it
    pub(super) fn settings(&self) -> Settings {
        let key = AccessKey { id: "AKID".to_owned(), secret: "canary-of-the-key".to_owned() };
        Settings {
            region: Some("eu-west-1".to_owned()),
            endpoint: Some(self.endpoint.clone()),
            key: Some(key),
            ..Settings::default()
        }
    }

    /// Makes the ECS cluster `shop`, which is no call of the sync: nobody checks who signs it here
    pub(super) async fn make_cluster(&self) {
        let address = self.endpoint.strip_prefix("http://").unwrap();
        let body = r#"{"clusterName":"shop"}"#;
        let head = format!(
            "POST / HTTP/1.1\r\nhost: {address}\r\nx-amz-target: AmazonEC2ContainerServiceV20141113.CreateCluster\r\n\
             content-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\nauthorization: AWS4-HMAC-SHA256 \
             Credential=AKID/20260101/eu-west-1/ecs/aws4_request, SignedHeaders=host, Signature=none\r\n\r\n",
            body.len()
        );
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all((head + body).as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.contains("clusterArn"), "{answer}");
    }

    /// The calls since this was asked last
    pub(super) fn calls(&self) -> Vec<Called> {
        std::mem::take(&mut self.seen.lock().unwrap().calls)
    }

    /// Lets the `nth` writing call from now on, counted from 0, suffer its fate; all after it are lost, as if the process died
    pub(super) fn breaks(&self, nth: usize, fate: Fate) {
        let mut seen = self.seen.lock().unwrap();
        (seen.writes, seen.fate, seen.died) = (0, Some((nth, fate)), false);
    }

    /// Lets everything pass again; whether a call suffered its fate
    pub(super) fn heals(&self) -> bool {
        let mut seen = self.seen.lock().unwrap();
        seen.fate = None;
        std::mem::take(&mut seen.died)
    }
}

/// Whether an operation changes something
pub(super) fn writes(operation: &str) -> bool {
    !["Describe", "List", "Get"].iter().any(|read| operation.starts_with(read))
}

/// Where the emulators' programs are
fn programs() -> PathBuf {
    static PROGRAMS: OnceLock<PathBuf> = OnceLock::new();
    let find = || {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = std::process::Command::new(cargo);
        command.current_dir(crate::repository::root()).args(["xtask", "emulators"]).stderr(Stdio::inherit());
        let done = command.output().unwrap();
        assert!(done.status.success(), "cargo xtask emulators failed");
        PathBuf::from(String::from_utf8(done.stdout).unwrap().lines().last().unwrap())
    };
    PROGRAMS.get_or_init(find).clone()
}

async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

/// One connection with one call: read whole, counted, sent on, answered
async fn forward(mut client: TcpStream, upstream: String, seen: Arc<Mutex<Seen>>) {
    let Some((head, body)) = request(&mut client).await else { return };
    let operation = operation(&head);
    let fate = {
        let mut seen = seen.lock().unwrap();
        let call = Called { operation: operation.clone(), body: serde_json::from_slice(&body).unwrap_or_default() };
        seen.calls.push(call);
        seen.verdict(&operation)
    };
    if fate == Some(Fate::Lost) {
        return;
    }
    let mut server = TcpStream::connect(&upstream).await.unwrap();
    let (line, headers) = head.split_once("\r\n").unwrap();
    server.write_all(format!("{line}\r\nconnection: close\r\n{headers}\r\n\r\n").as_bytes()).await.unwrap();
    server.write_all(&body).await.unwrap();
    let mut answer = Vec::new();
    let _ = server.read_to_end(&mut answer).await;
    if fate == Some(Fate::Unanswered) {
        return;
    }
    let end = answer.windows(2).position(|two| two == b"\r\n").unwrap_or(0);
    let answer = [&answer[..end], b"\r\nconnection: close", &answer[end..]].concat();
    let _ = client.write_all(&answer).await;
}

impl Seen {
    fn verdict(&mut self, operation: &str) -> Option<Fate> {
        let (nth, fate) = self.fate?;
        if !writes(operation) {
            return None;
        }
        let this = self.writes;
        self.writes += 1;
        if self.died {
            return Some(Fate::Lost);
        }
        (this == nth).then(|| {
            self.died = true;
            fate
        })
    }
}

async fn request(client: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut read = Vec::new();
    let mut chunk = [0; 16_384];
    loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&read[..end]).into_owned();
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            let length: usize = length.unwrap_or(0);
            if read.len() >= end + 4 + length {
                return Some((head, read[end + 4..end + 4 + length].to_vec()));
            }
        }
        let count = client.read(&mut chunk).await.ok().filter(|count| *count > 0)?;
        read.extend_from_slice(&chunk[..count]);
    }
}

/// What a request asks for: the operation of a target, or of Scheduler's method and path
fn operation(head: &str) -> String {
    let target = head.lines().find_map(|line| line.strip_prefix("x-amz-target: "));
    if let Some(target) = target {
        return target.rsplit('.').next().unwrap_or_default().to_owned();
    }
    let line = head.lines().next().unwrap_or_default();
    let one = line.split(['?', ' ']).nth(1).is_some_and(|path| path.trim_start_matches('/').contains('/'));
    match (line.split(' ').next().unwrap_or_default(), one) {
        ("GET", false) => "ListSchedules",
        ("GET", true) => "GetSchedule",
        ("POST", _) => "CreateSchedule",
        ("PUT", _) => "UpdateSchedule",
        ("DELETE", _) => "DeleteSchedule",
        _ => "Unknown",
    }
    .to_owned()
}
