//! The gate in front of the API server: no write passes while another replica leads, and every request is counted.
//!
//! One place for all, below every typed call, so that no writer can forget to ask. Reads and dry runs pass always.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use http::{Method, Request, Response};
use tower::{BoxError, Layer, Service};

use crate::lease::Leadership;

/// What a request was, as it ended
#[derive(Clone, Copy, Debug)]
pub struct Answered<'a> {
    /// `GET`, `PATCH`, …; `WATCH` for a watch
    pub verb: &'a str,
    /// The HTTP status; none: no answer came
    pub code: Option<u16>,
    /// How long the answer's head took
    pub took: Duration,
}

/// Told of every request that was answered or failed
pub type Listener = Arc<dyn Fn(Answered<'_>) + Send + Sync>;

/// A write was stopped because this replica does not lead
#[derive(Debug, thiserror::Error)]
#[error("not written: this replica does not lead, or its right to write has ended")]
pub struct NotLeading;

/// Lets requests through, or not
#[derive(Clone)]
pub struct Gate {
    leadership: Leadership,
    listener: Listener,
}

impl Gate {
    /// A gate that asks `leadership` before each write, and tells `listener` of each request
    #[must_use]
    pub fn new(leadership: Leadership, listener: Listener) -> Self {
        Self { leadership, listener }
    }

    /// A gate that lets everything through and tells nobody
    #[must_use]
    pub fn open() -> Self {
        Self::new(Leadership::always(), Arc::new(|_| {}))
    }
}

impl<S> Layer<S> for Gate {
    type Service = Gated<S>;

    fn layer(&self, inner: S) -> Gated<S> {
        Gated { gate: self.clone(), inner }
    }
}

/// A service behind a gate
#[derive(Clone)]
pub struct Gated<S> {
    gate: Gate,
    inner: S,
}

impl<S, B, A> Service<Request<B>> for Gated<S>
where
    S: Service<Request<B>, Response = Response<A>, Error = BoxError>,
    S::Future: Send + 'static,
    A: 'static,
{
    type Response = Response<A>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<A>, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if writes(&request) && !self.gate.leadership.holds() {
            return Box::pin(async { Err(NotLeading.into()) });
        }
        let (listener, began) = (Arc::clone(&self.gate.listener), Instant::now());
        let verb = if watches(&request) { "WATCH".to_owned() } else { request.method().to_string() };
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await;
            let code = answer.as_ref().ok().map(|a| a.status().as_u16());
            listener(Answered { verb: &verb, code, took: began.elapsed() });
            answer
        })
    }
}

fn writes<B>(request: &Request<B>) -> bool {
    !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) && !has(request, "dryRun=All")
}

fn watches<B>(request: &Request<B>) -> bool {
    has(request, "watch=true")
}

fn has<B>(request: &Request<B>, parameter: &str) -> bool {
    request.uri().query().is_some_and(|query| query.split('&').any(|p| p == parameter))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tower::{ServiceExt as _, service_fn};

    use super::*;

    #[tokio::test]
    async fn who_does_not_lead_reads_and_tries_but_writes_nothing() {
        let reached = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::new(Mutex::new(Vec::new()));
        let (seen, heard) = (Arc::clone(&reached), Arc::clone(&told));
        let server = service_fn(move |request: Request<()>| {
            seen.lock().unwrap().push(request.method().clone());
            async { Ok::<_, BoxError>(Response::new(())) }
        });
        let listener: Listener = Arc::new(move |a| heard.lock().unwrap().push((a.verb.to_owned(), a.code)));
        let gated = Gate::new(Leadership::never(), listener).layer(server);
        for (method, uri, passes) in [
            ("GET", "/api/v1/pods", true),
            ("GET", "/api/v1/pods?watch=true&resourceVersion=1", true),
            ("PATCH", "/api/v1/pods/a?fieldManager=x&dryRun=All", true),
            ("PATCH", "/api/v1/pods/a?fieldManager=x", false),
            ("POST", "/api/v1/pods", false),
            ("PUT", "/api/v1/pods/a", false),
            ("DELETE", "/api/v1/pods/a", false),
        ] {
            let request = Request::builder().method(method).uri(uri).body(()).unwrap();
            let answer = gated.clone().oneshot(request).await;
            assert_eq!(answer.is_ok(), passes, "{method} {uri}");
            assert!(answer.err().is_none_or(|e| e.is::<NotLeading>()));
        }
        assert_eq!(*reached.lock().unwrap(), [Method::GET, Method::GET, Method::PATCH]);
        let told: Vec<String> = told.lock().unwrap().iter().map(|(verb, _)| verb.clone()).collect();
        assert_eq!(told, ["GET", "WATCH", "PATCH"]);
    }
}
