//! The one place that speaks to a Kubernetes API server.
