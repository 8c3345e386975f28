//! What the API server was asked, by its audit log.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};

use k8s_openapi::api::core::v1::ConfigMap;
use serde_json::Value;

use super::story::Story;

/// One answered request
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// `get`, `list`, `watch`, `patch`, …
    pub(crate) verb: String,
    /// `deployments`, or `ecsservices/status`
    pub(crate) resource: String,
    /// The name of the object
    pub(crate) name: String,
    /// The answer
    pub(crate) code: u64,
    /// When it came, in RFC 3339
    pub(crate) at: String,
}

/// A place in the audit log
#[derive(Clone, Copy)]
pub(crate) struct Mark(u64);

impl Story {
    /// The end of the audit log now: every request that was answered before stands before it
    pub(crate) async fn audit_mark(&self) -> Mark {
        let start = std::fs::metadata(self.cluster.audit_log()).unwrap().len();
        let mut sent = 0;
        // A line may come a little after the answer. So requests of our own are sent until an earlier one is written.
        loop {
            self.api::<ConfigMap>().get_opt(&format!("mark-{start}-{sent}")).await.unwrap();
            let written = self.audit_text(Mark(start));
            if sent > 1 && written.contains(&format!("mark-{start}-{}\"", sent - 2)) {
                return Mark(start + written.len() as u64);
            }
            sent += 1;
        }
    }

    /// What a user asked for in this namespace since then, apart from watches
    pub(crate) async fn requests(&self, user: &str, since: Mark) -> Vec<Request> {
        self.audit_mark().await;
        let text = self.audit_text(since);
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines
            .filter(|line| line["impersonatedUser"]["username"] == user && line["verb"] != "watch")
            .map(|line| request(&line))
            .collect()
    }

    fn audit_text(&self, since: Mark) -> String {
        let mut file = File::open(self.cluster.audit_log()).unwrap();
        file.seek(SeekFrom::Start(since.0)).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

fn request(line: &Value) -> Request {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let object = &line["objectRef"];
    let resource = match object["subresource"].as_str() {
        Some(sub) => format!("{}/{sub}", text(&object["resource"])),
        None => text(&object["resource"]),
    };
    Request {
        verb: text(&line["verb"]),
        resource,
        name: text(&object["name"]),
        code: line["responseStatus"]["code"].as_u64().unwrap_or_default(),
        at: text(&line["stageTimestamp"]),
    }
}
