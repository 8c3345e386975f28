//! What others ask this process over HTTP: whether it lives, whether it is ready, its figures.
//!
//! *Not here*: the figures (`metrics`). Nothing here changes anything, and nothing is told of a single value of a document.

use std::future::Future;
use std::net::SocketAddr;

use anyhow::Context as _;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use ecs_kube::Leadership;
use tokio::net::TcpListener;

use crate::Metrics;

/// What OpenMetrics is called
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone)]
struct Asked {
    metrics: Metrics,
    leadership: Leadership,
}

/// Listens until `stop` resolves: `/healthz`, `/readyz`, `/metrics`
///
/// # Errors
///
/// Where the address cannot be listened on; later ones end the answering alone.
pub(crate) async fn listen(
    address: SocketAddr,
    metrics: Metrics,
    leadership: Leadership,
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<impl Future<Output = ()>> {
    let listener = TcpListener::bind(address).await.with_context(|| format!("--listen {address}"))?;
    // Port 0 takes any that is free
    tracing::info!(address = %listener.local_addr()?, "answers /healthz, /readyz and /metrics");
    let router = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(figures))
        .with_state(Asked { metrics, leadership });
    Ok(async move {
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stop).await {
            tracing::error!(%error, "nobody is answered any more");
        }
    })
}

/// A replica that stands by is ready too: its caches are warm
async fn ready(State(asked): State<Asked>) -> impl IntoResponse {
    if asked.metrics.ready() {
        (StatusCode::OK, "ok\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not every kind is listed yet\n")
    }
}

async fn figures(State(Asked { metrics, leadership }): State<Asked>) -> impl IntoResponse {
    let text = metrics.text(&leadership).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok::<_, StatusCode>(([(header::CONTENT_TYPE, OPEN_METRICS)], text))
}
