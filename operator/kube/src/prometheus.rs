//! Questions to a Prometheus server: does a query have a result now?
//!
//! *Guarantees*: every question has a deadline; nothing of an answer but that is kept.

use std::time::Duration;

use kube::{Client, Config};
use serde::Deserialize;
use serde_json::Value;

/// How long a question may take
const DEADLINE: Duration = Duration::from_secs(5);

/// Why there is no answer
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// The address is none
    #[error("alarms.prometheus.url is no address: {0}")]
    Address(#[from] http::uri::InvalidUri),
    /// The request cannot be made
    #[error("the question cannot be asked")]
    Request(#[from] http::Error),
    /// The server, or the way to it
    #[error("Prometheus did not answer")]
    Server(#[from] kube::Error),
    /// No answer within the deadline
    #[error("Prometheus did not answer within {0:?}")]
    Deadline(Duration),
    /// The answer is none
    #[error("Prometheus answered otherwise than its API says")]
    Unreadable(#[from] serde_json::Error),
}

/// A Prometheus server, or what answers as one
#[derive(Clone)]
pub struct Prometheus(Client);

/// An answer of `/api/v1/query`
#[derive(Deserialize)]
struct Answer {
    data: Data,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    result_type: String,
    result: Value,
}

impl Prometheus {
    /// The server at this address
    ///
    /// # Errors
    ///
    /// Where it is no address.
    pub fn at(url: &str) -> Result<Self, NoAnswer> {
        Ok(Self(Client::try_from(Config::new(url.parse()?))?))
    }

    /// Whether a PromQL query has a result now: a sample at least, or a number that is not 0
    ///
    /// # Errors
    ///
    /// Where there is no answer.
    pub async fn has_result(&self, query: &str) -> Result<bool, NoAnswer> {
        let request = http::Request::get(format!("/api/v1/query?query={}", encoded(query))).body(Vec::new())?;
        let asked = tokio::time::timeout(DEADLINE, self.0.request_text(request)).await;
        let text = asked.map_err(|_| NoAnswer::Deadline(DEADLINE))??;
        let Answer { data } = serde_json::from_str(&text)?;
        Ok(says_yes(&data))
    }
}

fn says_yes(data: &Data) -> bool {
    match (data.result_type.as_str(), data.result.as_array()) {
        ("scalar", Some(sample)) => sample.get(1).and_then(Value::as_str).is_some_and(|number| number != "0"),
        (_, Some(samples)) => !samples.is_empty(),
        _ => false,
    }
}

/// A query as a URL takes it
fn encoded(query: &str) -> String {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    query.bytes().map(|byte| if safe(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_query_is_escaped_whole() {
        assert_eq!(encoded("a{b=\"ü\"} > 1"), "a%7Bb%3D%22%C3%BC%22%7D%20%3E%201");
    }

    #[test]
    fn a_sample_or_a_number_other_than_0_is_a_yes() {
        for (kind, result, expected) in [
            ("vector", json!([]), false),
            ("vector", json!([{"metric": {}, "value": [1, "0"]}]), true),
            ("scalar", json!([1, "0"]), false),
            ("scalar", json!([1, "2"]), true),
            ("vector", json!(null), false),
        ] {
            let data = Data { result_type: kind.to_owned(), result: result.clone() };
            assert_eq!(says_yes(&data), expected, "{kind} {result}");
        }
    }
}
