//! What can go wrong with a write, in the classes that decide what happens next. The one place that reads API errors.

use ecs_crds::status::Reason;

/// Why a write did not happen
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A stranger's object has the name
    #[error("the {kind} `{name}` exists and is not ours; delete or rename it, or give this object another name")]
    NameTaken {
        /// The kind of the child
        kind: &'static str,
        /// Its name
        name: String,
    },
    /// An object of our own predecessor is still being deleted
    #[error("the {kind} `{name}` of a deleted object of this name is still there; awaiting its deletion")]
    AwaitingDeletion {
        /// The kind of the child
        kind: &'static str,
        /// Its name
        name: String,
    },
    /// The API server refuses what we want, and will refuse it again
    #[error("the API server refuses the {kind} `{name}`: {message}")]
    Refused {
        /// The kind of the child
        kind: &'static str,
        /// Its name
        name: String,
        /// The API server's words
        message: String,
    },
    /// We looked at an older state than the server's; looking again helps
    #[error("the {kind} `{name}` has changed meanwhile")]
    Stale {
        /// The kind of the child
        kind: &'static str,
        /// Its name
        name: String,
    },
    /// The server or the way to it; trying again later helps
    #[error(transparent)]
    Transient(#[from] kube::Error),
    /// No answer within the deadline
    #[error("the API server did not answer within {0:?}")]
    Deadline(std::time::Duration),
    /// This process stood still, or the server was slow, and things may be different by now; looking again helps
    #[error("what is to be written was decided {0:?} ago; it is looked at again")]
    Old(std::time::Duration),
}

impl Fault {
    /// Classifies an API error about one child
    pub(crate) fn of(error: kube::Error, kind: &'static str, name: &str) -> Self {
        let kube::Error::Api(status) = &error else { return Self::Transient(error) };
        let name = name.to_owned();
        match status.code {
            400 | 403 | 405 | 413 | 422 => Self::Refused { kind, name, message: status.message.clone() },
            404 | 409 => Self::Stale { kind, name },
            _ => Self::Transient(error),
        }
    }

    /// The reason to show, where a user can see and mend it
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::NameTaken { .. } => Some(Reason::NameTaken),
            Self::AwaitingDeletion { .. } => Some(Reason::AwaitingDeletion),
            Self::Refused { .. } => Some(Reason::Refused),
            Self::Stale { .. } | Self::Transient(_) | Self::Deadline(_) | Self::Old(_) => None,
        }
    }
}
