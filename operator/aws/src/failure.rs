//! What can go wrong with a call, in the classes that decide what happens next. The one place that reads AWS's error codes.
//!
//! *Guarantees*: AWS's own words are never passed on: they quote what was sent.

use aws_smithy_runtime_api::client::result::SdkError;
use ecs_core::ports::EcsFault;
use serde_json::Value;

use crate::exchange::Answer;

/// A call that brought nothing
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The call
    pub(crate) operation: String,
    /// AWS's word for it, or ours where none came
    pub(crate) code: String,
    /// What follows
    pub(crate) class: Class,
}

/// What follows from a failure
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Too many calls; it was not carried out
    Throttled,
    /// It was certainly not carried out; it may be, later
    Unsent,
    /// It may have been carried out
    Unanswered,
    /// There is none of the name
    Missing,
    /// AWS refuses it and will refuse it again
    Refused,
}

/// Codes by which AWS says that there is none
const MISSING: &[&str] = &["ResourceNotFoundException", "ServiceNotFoundException", "ObjectNotFoundException"];
/// Codes of calls that another one stands in the way of, for a while
const BUSY: &[&str] = &[
    "ConcurrentModificationException",
    "ConcurrentUpdateException",
    "UpdateInProgressException",
    "RequestTimeTooSkewed",
    "ExpiredToken",
    "ExpiredTokenException",
];
/// What ECS answers, as a ClientException, to registrations of one family at a time
const ONE_AT_A_TIME: &str = "Too many concurrent attempts";

impl Failure {
    /// What an answer says, where it is an error
    pub(crate) fn answered(operation: &str, answer: &Answer) -> Option<Self> {
        if (200..300).contains(&answer.status) {
            return None;
        }
        let said = answer.error.as_deref().or_else(|| text(&answer.body, &["__type", "code", "Code"]));
        // `com.amazonaws.ecs#ClientException`, `ResourceNotFoundException:http://…`
        let code = said.and_then(|said| said.rsplit('#').next()?.split(':').next());
        let code =
            code.filter(|code| !code.is_empty()).map_or_else(|| format!("HTTP {}", answer.status), str::to_owned);
        let class = class(&code, answer);
        Some(Self { operation: operation.to_owned(), code, class })
    }

    /// What it means that no answer came
    pub(crate) fn unanswered<E, R>(operation: &str, error: &SdkError<E, R>) -> Self {
        let (code, class) = match error {
            SdkError::ConstructionFailure(_) => ("NotSent", Class::Unsent),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => ("Timeout", Class::Unanswered),
            // A connection may break after the call was sent
            SdkError::DispatchFailure(failure) if failure.is_io() => ("NoConnection", Class::Unanswered),
            SdkError::DispatchFailure(_) => ("NoCredentials", Class::Unsent),
            SdkError::TimeoutError(_) => ("Timeout", Class::Unanswered),
            _ => ("NoAnswer", Class::Unanswered),
        };
        Self { operation: operation.to_owned(), code: code.to_owned(), class }
    }

    /// What it is to whoever planned the step
    pub(crate) fn fault(self) -> EcsFault {
        let Self { operation, code, class } = self;
        match class {
            Class::Refused | Class::Missing => EcsFault::Refused { operation, code },
            Class::Throttled | Class::Unsent | Class::Unanswered => EcsFault::Transient { operation, code },
        }
    }

    /// In words, for what could not be read
    pub(crate) fn words(&self) -> String {
        format!("{} failed ({})", self.operation, self.code)
    }
}

fn class(code: &str, answer: &Answer) -> Class {
    let message = text(&answer.body, &["message", "Message"]).unwrap_or_default();
    match code {
        _ if code.contains("Throttl") || code == "TooManyRequestsException" || code == "RequestLimitExceeded" => {
            Class::Throttled
        }
        _ if answer.status == 429 => Class::Throttled,
        _ if BUSY.contains(&code) || message.starts_with(ONE_AT_A_TIME) => Class::Unsent,
        _ if MISSING.contains(&code) => Class::Missing,
        // ECS calls its own faults ServerException and answers 500
        _ if answer.status >= 500 => Class::Unanswered,
        _ => Class::Refused,
    }
}

fn text<'a>(body: &'a Value, keys: &[&str]) -> Option<&'a str> {
    keys.iter().find_map(|key| body.get(*key)?.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answered(status: u16, header: Option<&str>, body: Value) -> Option<(String, Class)> {
        let answer = Answer { status, error: header.map(str::to_owned), body };
        Failure::answered("CreateService", &answer).map(|failure| (failure.code, failure.class))
    }

    #[test]
    fn what_aws_answers_decides_what_happens_next() {
        let error = |code: &str| json!({"__type": code, "message": "Too long a secret"});
        for (status, header, body, code, class) in [
            (400, None, error("com.amazonaws.ecs#ClientException"), "ClientException", Class::Refused),
            (400, None, error("ThrottlingException"), "ThrottlingException", Class::Throttled),
            (429, None, json!({}), "HTTP 429", Class::Throttled),
            (404, Some("ResourceNotFoundException:http://x"), json!({}), "ResourceNotFoundException", Class::Missing),
            (500, None, error("ServerException"), "ServerException", Class::Unanswered),
            (503, None, Value::Null, "HTTP 503", Class::Unanswered),
            (400, None, error("UpdateInProgressException"), "UpdateInProgressException", Class::Unsent),
            (400, None, error("AccessDeniedException"), "AccessDeniedException", Class::Refused),
            (
                400,
                None,
                json!({"__type": "ClientException", "message": "Too many concurrent attempts to create a new revision"}),
                "ClientException",
                Class::Unsent,
            ),
        ] {
            assert_eq!(answered(status, header, body), Some((code.to_owned(), class)), "{status} {code}");
        }
        assert_eq!(answered(200, None, json!({"failures": []})), None);
    }

    #[test]
    fn a_fault_holds_no_word_of_what_was_sent() {
        let answer =
            Answer { status: 400, error: None, body: json!({"__type": "X", "message": "canary-5f1c is invalid"}) };
        let failure = Failure::answered("RegisterTaskDefinition", &answer).expect("a failure");
        assert!(!format!("{failure:?} {} {}", failure.words(), failure.clone().fault()).contains("canary"));
    }
}
