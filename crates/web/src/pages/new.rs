//! `GET /new`, `GET /new/{procedure}`: a case is taken down while the customer is on the telephone.

mod customer;
pub(crate) mod form;
pub(crate) mod look;
pub(crate) mod save;

pub(crate) use customer::CUSTOMER;

use super::framed::{Frame, Section};
use super::visit::{Asked, Visit, see_other};
use super::words::Lang;
use crate::answer::encoded;
use crate::app::App;
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use engine::decide::Library;
use engine::people::Person;
use engine::procedure::{Actor, Procedure, Relation};
use maud::{Markup, html};
use serde::Deserialize;

/// What an address asks for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    /// The customer whose case it is.
    customer: String,
}

impl Wanted {
    /// As the end of an address.
    fn query(&self) -> String {
        match self.customer.as_str() {
            "" => String::new(),
            customer => format!("?customer={}", encoded(customer)),
        }
    }
}

/// A procedure under which somebody may register.
pub(crate) struct Way {
    pub(crate) key: String,
    pub(crate) name: String,
    /// What it is for.
    pub(crate) about: Option<String>,
}

/// The choice of a procedure.
pub(crate) struct Which {
    pub(crate) frame: Frame,
    pub(crate) ways: Vec<Way>,
    /// What is handed on to the form.
    pub(crate) query: String,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let query = wanted.query();
    let ways = ways(&app, visit.lang, &visit.signed.person);
    if let [only] = ways.as_slice() {
        return Ok(see_other(&format!("/new/{}{query}", encoded(&only.key))));
    }
    let frame = visit.frame(&app, Section::New, visit.lang.say("new.title"))?;
    Ok(visit.page(&Which { frame, ways, query }.html()))
}

/// The procedures in force whose registration is open to a person.
pub(crate) fn ways(app: &App, lang: Lang, person: &Person) -> Vec<Way> {
    let library = app.desk().library();
    let way = |rules: &Procedure| Way {
        key: rules.key.to_string(),
        name: lang.word(&rules.label).to_owned(),
        about: rules.about.as_ref().map(|about| lang.word(about).to_owned()),
    };
    open(&library, person).map(way).collect()
}

/// Whether a person may register cases under some procedure.
pub(crate) fn registers(app: &App, person: &Person) -> bool {
    open(&app.desk().library(), person).next().is_some()
}

fn open<'l>(library: &'l Library, person: &'l Person) -> impl Iterator<Item = &'l Procedure> {
    library
        .all()
        .map(|rules| &**rules)
        .filter(|rules| library.in_force(&rules.key).is_some() && may_register(rules, person))
}

fn may_register(rules: &Procedure, person: &Person) -> bool {
    let by = rules.register_action().map(|action| action.by.as_slice()).unwrap_or_default();
    by.iter().any(|actor| match actor {
        Actor::Role(role) => person.has(role),
        Actor::Relation(relation) => *relation == Relation::Anyone,
    })
}

impl Which {
    pub(crate) fn html(&self) -> Markup {
        let lang = self.frame.lang;
        let content = html! {
            div.split {
                h1 { (lang.say("new.which")) }
                @if self.ways.is_empty() {
                    div.card { div.empty { p.say { (lang.say("new.none")) } p { (lang.say("new.none.what")) } a.button href="/work" { (lang.say("work.title")) } } }
                } @else {
                    ul.card.ways {
                        @for (n, way) in (1..).zip(&self.ways) { li data-row { (self.way(n, way)) } }
                    }
                }
            }
        };
        self.frame.page(&content)
    }

    /// The first nine are chosen by a digit.
    fn way(&self, n: usize, way: &Way) -> Markup {
        let digit = Some(n).filter(|n| *n < 10);
        html! {
            a href={ "/new/" (encoded(&way.key)) (self.query) } data-open data-command=(way.name) data-key=[digit] {
                b { (way.name) }
                @if let Some(about) = &way.about { span.quiet { (about) } }
                @if let Some(digit) = digit { kbd aria-hidden="true" { (digit) } }
            }
        }
    }
}
