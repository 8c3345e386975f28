//! The one place that speaks to AWS: `ports::Ecs` over the official SDK, in plain JSON.
//!
//! ```text
//! Ask ─► observe: lists, batched Describes ─► EcsSide          send: a token, a count, again where that is safe
//! EcsStep ─► execute: look again, then the calls of ecs-core     └─► operations ─► exchange ─► the SDK's client
//! ```
//!
//! *Guarantees*: what could not be read is unknown, never absent, one item at a time; nothing that AWS says in words is passed
//! on, for it quotes what was sent; each binding has credentials of its own.
//!
//! *Not here*: what is compared, planned and allowed (`ecs-core`, `sync`).

mod connect;
mod exchange;
mod execute;
mod failure;
mod families;
mod memory;
mod observe;
mod operations;
mod pace;
mod scaling;
mod schedules;
mod send;
mod services;

pub use connect::{AccessKey, ConnectError, Role, Settings};
pub use observe::{Aws, Scope};
pub use pace::Pace;
pub use send::Jitter;
