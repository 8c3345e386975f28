//! EcsTask spec → [`Start`]: what RunTask may say.
//!
//! *Not here*: unknown keys, value lists, lengths, and fields that only the support table reports; the overrides' effect.

use std::collections::BTreeSet;

use ecs_crds::{EcsTaskSpec, TaskKubernetes};

use crate::check::run::{Call, run};
use crate::check::{Checked, overrides};
use crate::config::Context;
use crate::findings::{Findings, Path};
use crate::model::ecs_task::Start;
use crate::model::held::Held;

/// How many tasks one call of RunTask starts at most
const MOST: (i64, &str) = (10, "RunTask");

/// Checks an EcsTask; `metadata_name` names its Job, `accept` holds the codes whose Block is accepted
#[must_use]
pub fn check(spec: &EcsTaskSpec, metadata_name: &str, accept: &BTreeSet<String>, context: &Context) -> Checked<Start> {
    let EcsTaskSpec { run: call, kubernetes } = spec;
    let (mut found, mut fatal) = (Findings::default(), Findings::default());
    let path = Path::root();
    let overrides = call.overrides.clone().unwrap_or_default();
    overrides::check(&overrides, &path.key("overrides"), &mut fatal);
    let call = Call { task: call, path: &path, most: Some(MOST), overrides: Some((overrides, path.key("overrides"))) };
    let run = run(call, context, &mut found, &mut fatal);
    // What is not about the start is read where it counts, also when nothing could start: `plan::task`
    let TaskKubernetes { workload, stop: _, time_to_live_seconds: _ } = kubernetes.clone().unwrap_or_default();
    let start = run.map(|run| Start { name: metadata_name.to_owned(), held: Held::by(workload), run });
    let mut findings = found.accepting(accept);
    findings.extend(fatal);
    Checked { model: start.filter(|_| !findings.blocked()), findings }
}
