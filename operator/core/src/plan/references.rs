//! What a service or a schedule refers to: the task definition that it is to run, or why it must wait.

use ecs_crds::status::Reason;

use crate::findings::Findings;
use crate::plan::family::FamilyView;
use crate::report::block_reason;
use crate::revision::TaskRevision;
use crate::values::revision_ref::RevisionRef;

/// Why nothing new can run yet
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awaiting {
    /// The reason for the Ready condition
    pub reason: Reason,
    /// What is awaited, in words
    pub message: String,
}

/// Why a document with these findings is refused; none where it is not
pub(crate) fn blocked(findings: &Findings) -> Option<Awaiting> {
    let worst = findings.worst().filter(|_| findings.blocked())?;
    Some(Awaiting { reason: block_reason(&worst.code), message: format!("{}: {}", worst.path, worst.message) })
}

/// The revision of the task definition that the reference stands for now
///
/// `running` is what runs already (`family:revision`): that goes on even where it can no longer be used anew.
pub(crate) fn resolve(
    family: Option<&FamilyView<'_>>,
    wanted: &RevisionRef,
    running: Option<&str>,
) -> Result<TaskRevision, Awaiting> {
    let await_ = |reason, message| Err(Awaiting { reason, message });
    let Some(there) = family else {
        let message = format!("awaiting the TaskDefinition of family `{}`", wanted.family);
        return await_(Reason::TaskDefinitionNotFound, message);
    };
    let family = &wanted.family;
    let stored = match wanted.revision {
        Some(number) => there.stored.iter().find(|s| s.revision == number),
        None => there.stored.iter().max_by_key(|s| s.revision),
    };
    let revision = stored.and_then(|s| TaskRevision::decode(s));
    match (revision, there.holder(), wanted.revision) {
        (Some(revision), Some(_), _) => Ok(revision),
        // Deregistered: what already runs it goes on, nothing starts with it anew.
        (Some(revision), None, _) if running == Some(revision.id().as_str()) => Ok(revision),
        (Some(revision), None, Some(_)) => await_(
            Reason::RevisionInactive,
            format!(
                "the revision `{}` is INACTIVE: its TaskDefinition is gone, so nothing can start with it",
                revision.id()
            ),
        ),
        (None, Some(_), Some(number)) => {
            await_(Reason::RevisionNotFound, format!("the family `{family}` has no revision {number}; awaiting it"))
        }
        (None, Some(_), None) => Err(not_ready(family)),
        (_, None, _) => {
            await_(Reason::TaskDefinitionNotFound, format!("awaiting the TaskDefinition of family `{family}`"))
        }
    }
}

/// The TaskDefinition is there, but its document is refused
pub(crate) fn not_ready(task_definition: &str) -> Awaiting {
    let message = format!("the TaskDefinition `{task_definition}` is not accepted; its findings say why");
    Awaiting { reason: Reason::TaskDefinitionNotReady, message }
}
