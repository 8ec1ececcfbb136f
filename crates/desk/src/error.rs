//! What can go wrong at the desk.

use crate::words::violation;
use engine::check::Violation;
use engine::procedure::Finding;
use engine::refusal::Refusal;
use store::StoreError;

/// Every failure of the desk. None carries personal data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeskError {
    /// The core does not accept the command; nothing has changed.
    #[error("refused: {}", .0.code())]
    Refused(Refusal),
    /// There is no such thing, or the caller may not see it.
    #[error("{what} not found")]
    NotFound {
        /// What was looked for.
        what: &'static str,
    },
    /// Somebody was faster: the case is at another version than the caller saw.
    #[error("the case is at version {found}")]
    Stale {
        /// The version it is at now.
        found: u64,
    },
    /// A procedure file has findings.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Procedure(Vec<Finding>),
    /// A procedure would break the promise.
    #[error("the procedure is refused: {}", .0.iter().map(|one| violation(one, true)).collect::<Vec<_>>().join("; "))]
    Unsound(Vec<Violation>),
    /// An uploaded file has no content.
    #[error("the file is empty")]
    EmptyFile,
    /// The caller's rights do not reach that far.
    #[error("not permitted")]
    Forbidden,
    /// A password that is not taken.
    #[error("the password is not taken: {why}")]
    WeakPassword {
        /// `short`, `long` or `guessed`.
        why: &'static str,
    },
    /// A user name that is not taken.
    #[error("the user name is not taken")]
    BadName,
    /// A user name that somebody else has.
    #[error("the user name belongs to somebody already")]
    NameTaken,
    /// More rows than a file takes.
    #[error("more than {most} rows")]
    TooMany {
        /// As many as it takes.
        most: usize,
    },
    /// As many webhooks as there may be.
    #[error("there are {most} webhooks already")]
    TooManyWebhooks {
        /// As many as there may be.
        most: usize,
    },
    /// A customer has cases in hand.
    #[error("{count} cases of the customer are open")]
    OpenCases {
        /// How many.
        count: usize,
    },
    /// What was entered does not fit.
    #[error("{0}")]
    Invalid(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Refusal> for DeskError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// A change of settings that failed: when the setting was not at the version that the caller has seen, that is told with the one found.
pub(crate) fn stale(error: StoreError) -> DeskError {
    match error {
        StoreError::SettingConflict { found, .. } => DeskError::Stale { found },
        error => error.into(),
    }
}
