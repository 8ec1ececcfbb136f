//! The installation as a whole.

pub(crate) mod change;
pub(crate) mod show;

use crate::answer::SpokenLanguage;
use crate::problem::Problem;
use desk::{Desk, Language};
use serde::Serialize;
use utoipa::ToSchema;

/// What is said of the installation.
#[derive(Serialize, ToSchema)]
#[schema(as = Installation, example = json!({ "organisation": "宏远家电", "language": "zh", "demo": false }))]
pub(crate) struct InstallationAnswer {
    /// What the organisation is called; absent before it was set up.
    organisation: Option<String>,
    /// The language of whoever has not chosen one; absent: the browser is asked.
    #[schema(value_type = Option<SpokenLanguage>)]
    language: Option<Language>,
    /// It is a demonstration, where anybody may sign in as anybody.
    demo: bool,
}

impl InstallationAnswer {
    fn of(desk: &Desk) -> Result<Self, Problem> {
        Ok(Self {
            organisation: desk.organisation()?,
            language: desk.language(),
            demo: desk.is_demo()?,
        })
    }
}
