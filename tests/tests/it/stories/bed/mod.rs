//! What every story stands on: the cluster, a namespace, an operator, documents, and ways to wait and to look.

mod audit;
mod cluster;
mod documents;
mod kubelet;
mod operator;
mod plugin;
mod pods;
pub(crate) mod process;
mod real;
mod rights;
mod story;
mod wait;

pub(crate) use audit::Request;
pub(crate) use cluster::own_cluster;
pub(crate) use documents::{ecs_task, schedule, service, task_definition};
pub(crate) use operator::operator_options;
pub(crate) use plugin::{Ended, ecs};
pub(crate) use real::{SERVE, helper, shell, task_of};
pub(crate) use story::{Object, Story, real_story, story, story_on};
pub(crate) use wait::{condition, reason};
