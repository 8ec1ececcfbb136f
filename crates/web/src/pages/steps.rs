//! The steps of setting up that stand on pages of the administration: people, then procedures. They are shown until the first case is
//! registered; from then on these pages are what they always are.

use super::icon::icon;
use super::words::Lang;
use crate::app::App;
use crate::problem::Problem;
use maud::{Markup, html};

/// A step after the first one, which has a page of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    People,
    Procedures,
}

/// The step, while the installation is being set up: nothing has happened in it yet.
pub(crate) fn step(app: &App, step: Step) -> Result<Option<Step>, Problem> {
    Ok((app.desk().store().last_event()? == 0).then_some(step))
}

impl Step {
    /// Where one is, and what there is to do.
    pub(crate) fn head(self, lang: Lang) -> Markup {
        let (title, about) = match self {
            Step::People => ("steps.people", "steps.people.what"),
            Step::Procedures => ("steps.procedures", "steps.procedures.what"),
        };
        html! {
            div.notice #step {
                (icon("admin"))
                div { p { b { (lang.say(title)) } } p { (lang.say(about)) } }
            }
        }
    }

    /// The ways on and back.
    pub(crate) fn ways(self, lang: Lang) -> Markup {
        html! {
            div.actions {
                @match self {
                    Step::People => a.button.main href="/admin/procedures" { (lang.say("steps.procedures.go")) },
                    Step::Procedures => {
                        a.button.main href="/" { (lang.say("admin.done")) }
                        a.button href="/admin/people" { (lang.say("steps.people.back")) }
                    },
                }
            }
        }
    }
}
