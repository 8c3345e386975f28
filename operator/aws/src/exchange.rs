//! One call through the SDK's own client in plain JSON: what goes out is put in place of what the SDK wrote, before it is
//! signed; what comes back is kept as it was received.
//!
//! So nothing is lost that the SDK's types do not know (V166), and endpoints, credentials, signatures and connections are the
//! SDK's.
//!
//! *Not here*: which operation (`operations`), what a failure means (`failure`).

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::Value;

/// What goes out, and what came back
#[derive(Clone)]
pub(crate) struct Exchange {
    /// The body; none leaves what the SDK wrote, for calls that have no body
    sent: Option<String>,
    answer: Arc<Mutex<Option<Answer>>>,
}

/// What came back
#[derive(Clone)]
pub(crate) struct Answer {
    /// The HTTP status
    pub(crate) status: u16,
    /// The error that a header names
    pub(crate) error: Option<String>,
    /// The body; null where it is empty or no JSON
    pub(crate) body: Value,
}

impl Exchange {
    /// A call with this body
    pub(crate) fn new(body: Option<&Value>) -> Self {
        Self { sent: body.map(Value::to_string), answer: Arc::default() }
    }

    /// What came back; none where no answer came
    pub(crate) fn answer(&self) -> Option<Answer> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Documents hold values of environments: they are not for logs
impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exchange")
    }
}

impl Intercept for Exchange {
    fn name(&self) -> &'static str {
        "PlainJson"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(body) = &self.sent {
            let request = context.request_mut();
            request.headers_mut().insert("content-length", body.len().to_string());
            *request.body_mut() = SdkBody::from(body.clone());
        }
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        let body = response.body().bytes().and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default();
        let error = response.headers().get("x-amzn-errortype").map(str::to_owned);
        let answer = Answer { status: response.status().as_u16(), error, body };
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
        Ok(())
    }
}
