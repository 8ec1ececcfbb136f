//! Which problem a failure is: a refusal of the core, of the desk, or of the store.

use super::{Field, Kind, Problem};
use desk::DeskError;
use engine::refusal::{Refusal, Unmet};
use store::StoreError;

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let kind = match &refusal {
            Refusal::Unknown { .. } => Kind::UnknownReference,
            Refusal::Unavailable { .. } => Kind::ActionUnavailable,
            Refusal::Forbidden { .. } => Kind::Forbidden,
            Refusal::Own { .. } => Kind::OwnMatter,
            Refusal::Missing { .. } => Kind::MissingFields,
            Refusal::Invalid { .. } => Kind::InvalidFields,
            Refusal::Guard { .. } => Kind::ConditionUnmet,
            Refusal::Reason { .. } => Kind::ReasonNeeded,
            Refusal::Late { .. } => Kind::TooLate,
            Refusal::Nobody { .. } => Kind::NobodyPresent,
            Refusal::Unmapped { .. } => Kind::ConditionUnmet,
            Refusal::NeedCases { .. } => Kind::Unavailable,
        };
        let mut problem = Problem::new(kind);
        match &refusal {
            Refusal::Missing { fields, unmet } => {
                problem.0.fields.extend(fields.iter().map(|missing| {
                    let label = Some(missing.label.clone()).filter(|label| !label.zh.is_empty());
                    Field { name: missing.field.to_string(), label, wrong: None, unmet: None }
                }));
                problem.blame(unmet);
            }
            Refusal::Guard { unmet } => problem.blame(unmet),
            Refusal::Invalid { fields } => {
                problem.0.fields.extend(fields.iter().map(|(name, wrong)| Field {
                    name: name.to_string(),
                    label: None,
                    wrong: Some(wrong.clone()),
                    unmet: None,
                }));
            }
            Refusal::Reason { .. } => problem = problem.field("reason", None),
            _ => {}
        }
        problem.0.refusal = Some(refusal);
        problem
    }
}

impl Problem {
    /// Names the fields that conditions read, beside those that are named already.
    fn blame(&mut self, unmet: &[Unmet]) {
        for one in unmet {
            for key in &one.fields {
                if !self.0.fields.iter().any(|field| field.name == **key) {
                    let (name, unmet) = (key.to_string(), Some(one.say.clone()));
                    self.0.fields.push(Field { name, label: None, wrong: None, unmet });
                }
            }
        }
    }
}

impl From<DeskError> for Problem {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::Refused(refusal) => refusal.into(),
            DeskError::NotFound { .. } => Problem::new(Kind::NotFound),
            DeskError::Stale { found } => {
                let mut problem = Problem::new(Kind::VersionMismatch);
                problem.0.version = Some(found);
                problem
            }
            DeskError::OpenCases { .. } => Problem::new(Kind::OpenCases),
            DeskError::EmptyFile => Problem::new(Kind::EmptyFile),
            DeskError::Forbidden => Problem::new(Kind::Forbidden),
            DeskError::TooMany { most } => {
                let mut problem = Problem::new(Kind::TooManyRows);
                problem.0.limit = u64::try_from(most).ok();
                problem
            }
            DeskError::TooManyWebhooks { most } => {
                let mut problem = Problem::new(Kind::TooManyWebhooks);
                problem.0.limit = u64::try_from(most).ok();
                problem
            }
            DeskError::BadName => Problem::new(Kind::BadName),
            DeskError::NameTaken => Problem::new(Kind::NameTaken),
            DeskError::WeakPassword { .. } => Problem::new(Kind::WeakPassword),
            DeskError::Store(error) => error.into(),
            DeskError::Procedure(_) | DeskError::Unsound(_) | DeskError::Invalid(_) => {
                Problem::new(Kind::InvalidBody)
            }
            error => internal(&error),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::NotFound { .. } => Problem::new(Kind::NotFound),
            StoreError::OutOfRange { .. } => Problem::new(Kind::OutOfRange),
            StoreError::KeyReused => Problem::new(Kind::KeyReused),
            StoreError::Busy | StoreError::Conflict { .. } | StoreError::NumberTaken { .. } => {
                Problem::new(Kind::Unavailable)
            }
            StoreError::Unavailable { .. }
            | StoreError::NoEntry { .. }
            | StoreError::OutcomeUnknown
            | StoreError::File { .. } => cannot_serve(&error, Kind::Unavailable),
            StoreError::DiskFull => cannot_serve(&error, Kind::StorageFull),
            StoreError::ReadOnly => cannot_serve(&error, Kind::ReadOnly),
            StoreError::Moved => cannot_serve(&error, Kind::DatabaseMoved),
            StoreError::FilesAway { .. } => cannot_serve(&error, Kind::FilesAway),
            StoreError::Corrupt { .. } => cannot_serve(&error, Kind::Damaged),
            StoreError::FileMissing => cannot_serve(&error, Kind::FileMissing),
            _ => internal(&error),
        }
    }
}

/// Something that the administrator has to see to.
fn cannot_serve(error: &StoreError, kind: Kind) -> Problem {
    tracing::error!(error.store = %error, "the store cannot serve");
    Problem::new(kind)
}

/// Something that must not happen. The client learns nothing of it; the log does, once.
fn internal(error: &dyn std::error::Error) -> Problem {
    tracing::error!(error.message = %error, "internal failure");
    Problem::new(Kind::Internal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header;
    use engine::refusal::Problem as Wrong;

    #[test]
    fn what_the_administrator_has_to_see_to_is_told_apart() {
        let told = |error: StoreError| {
            let problem = Problem::from(error);
            let waits = problem.0.headers.iter().any(|(name, _)| *name == header::RETRY_AFTER);
            (problem.kind().slug(), problem.kind().status().as_u16(), waits)
        };
        assert_eq!(told(StoreError::DiskFull), ("storage-full", 507, true));
        assert_eq!(told(StoreError::ReadOnly), ("read-only", 503, true));
        assert_eq!(told(StoreError::Moved), ("database-moved", 503, true));
        assert_eq!(told(StoreError::FilesAway { anchor: None }), ("files-away", 503, true));
        assert_eq!(told(StoreError::OutcomeUnknown), ("unavailable", 503, true));
        assert_eq!(told(StoreError::Corrupt { what: "x".into() }), ("damaged", 500, false));
        assert_eq!(told(StoreError::FileMissing), ("file-missing", 404, false));
    }

    #[test]
    fn a_refusal_names_its_fields() {
        let refusal = Refusal::Invalid {
            fields: vec![("a".into(), Wrong::TooShort(4)), ("b".into(), Wrong::Unknown)],
        };
        let body = Problem::from(refusal).body(true);
        assert_eq!((body.status, body.kind.as_str()), (422, "/problems/invalid-fields"));
        let codes: Vec<&str> = body.fields.iter().map(|field| field.code.as_str()).collect();
        assert_eq!(codes, ["too_short", "unknown"]);
    }
}
