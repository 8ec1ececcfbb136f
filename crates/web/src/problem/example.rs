//! What a problem looks like, for the document: with the facts that its text names.

use super::{Kind, Problem, ProblemBody};
use engine::refusal::Problem as Wrong;

/// The body of a problem of this kind, as a client could get it.
pub(crate) fn example(kind: Kind) -> ProblemBody {
    sample(kind).body(true)
}

/// A problem of this kind, as it could be.
pub(crate) fn sample(kind: Kind) -> Problem {
    match kind {
        Kind::TooLarge => Problem::too_large(desk::LARGEST_FILE),
        Kind::TooManyRows => desk::DeskError::TooMany { most: 20_000 }.into(),
        Kind::TooManyWebhooks => desk::DeskError::TooManyWebhooks { most: 50 }.into(),
        Kind::VersionMismatch => desk::DeskError::Stale { found: 4 }.into(),
        Kind::BadQuery => Problem::new(kind).field("page", Some(Wrong::Unknown)),
        Kind::InvalidFields => Problem::new(kind).field("name", Some(Wrong::TooLong(40))),
        kind => Problem::new(kind),
    }
}
