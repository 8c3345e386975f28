//! The one place that speaks to a Kubernetes API server, and asks Prometheus about alarms.
//!
//! ```text
//! watch ─► Cache ─► (the pure middle) ─► Step ─► Kube::carry_out ─► Cache
//! ```
//!
//! *Guarantees*: a first apply never touches what exists; every other write names the UID of what it means to change; a
//! cache never answers with less than our own last write; every call has a deadline.
//!
//! *Not here*: what to write and why. That is decided in `ecs-core`, without IO.

mod age;
mod body;
mod bound;
mod cache;
mod capabilities;
mod connect;
mod events;
mod execute;
mod fault;
mod gate;
mod lease;
mod prometheus;
mod session;
mod watch;

pub use age::{OLD, look};
pub use cache::Cache;
pub use capabilities::{detect, has_sidecars};
pub use connect::{Cluster, ConnectError, connect};
pub use events::Events;
pub use execute::{Kube, Object, Scaled, Written};
pub use fault::Fault;
pub use gate::{Answered, Gate, Gated, Listener, NotLeading};
pub use lease::{Election, Leadership, stand};
pub use prometheus::{NoAnswer, Prometheus};
pub use session::{Access, Lines, Session};
pub use watch::{Touched, keep, keep_cluster, keep_kind};

pub use kube::api::DynamicObject;
pub use kube::{Api, Client, Error as ApiError};
