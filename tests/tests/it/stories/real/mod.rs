//! Stories whose tasks are real containers, on the real node. `cargo xtask test` says when a machine cannot hold one;
//! then these stories pass without being told.

mod breaker;
mod essential;
mod files;
mod gone;
mod health;
mod job;
mod order;
mod plugin;
mod process;
mod run_task;
mod stop;
mod supervision;
mod tasks;
