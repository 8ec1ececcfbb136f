//! The form of a registration, with what stands beside it.

use super::customer::{CUSTOMER, proposed, whole};
use super::look::{Foreseen, Known, foresee, known};
use super::{Wanted, Way, ways};
use crate::answer::encoded;
use crate::app::App;
use crate::pages::form::{DRAFT, Form, Maker, Typed, Wrong, registration_form};
use crate::pages::framed::{Frame, Section};
use crate::pages::visit::{Asked, Visit};
use crate::parse;
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use uuid::Uuid;

/// What one says on the telephone, in order.
const PROMPTS: &[&str] = &[
    "new.prompt.greet",
    "new.prompt.identity",
    "new.prompt.listen",
    "new.prompt.restate",
    "new.prompt.promise",
];

/// The page.
pub(crate) struct New {
    pub(crate) frame: Frame,
    pub(crate) procedure: String,
    pub(crate) key: String,
    pub(crate) ways: Vec<Way>,
    pub(crate) form: Form,
    pub(crate) foreseen: Foreseen,
    pub(crate) known: Known,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    parse::Named(key): parse::Named<String>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let page = New::of(&app, &visit, &key, &wanted, None)?;
    Ok(visit.page(&page.html()))
}

/// The draft of what was sent: a customer who was recognised meanwhile does not make it another one.
pub(super) fn draft_of(procedure: &str, typed: &Typed) -> String {
    let bare = draft_name(procedure, None);
    let said = typed.one(DRAFT).filter(|said| {
        said.strip_prefix(&bare).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    });
    said.map_or_else(|| draft_name(procedure, typed.one(CUSTOMER)), str::to_owned)
}

/// The name of the draft of a registration; one for a known customer is a draft of its own.
pub(crate) fn draft_name(procedure: &str, customer: Option<&str>) -> String {
    match customer.filter(|customer| !customer.is_empty()) {
        Some(customer) => format!("new {procedure} {customer}"),
        None => format!("new {procedure}"),
    }
}

impl New {
    /// The page, with what came back, else with the draft, else with what is known of the customer.
    pub(crate) fn of(
        app: &App,
        visit: &Visit,
        key: &str,
        wanted: &Wanted,
        returned: Option<(Typed, Wrong)>,
    ) -> Result<Self, Problem> {
        let (desk, lang) = (app.desk(), visit.lang);
        let ways = ways(app, lang, &visit.signed.person);
        let missing = || Problem::new(Kind::NotFound);
        let (rules, calendar) = desk.library().in_force(key).ok_or_else(missing)?;
        if !ways.iter().any(|way| way.key == *key) {
            return Err(missing());
        }
        let action = rules.register_action().ok_or_else(missing)?;
        let draft = match &returned {
            Some((typed, _)) => draft_of(key, typed),
            None => draft_name(key, Some(&wanted.customer)),
        };
        // For whom it was begun is part of the address.
        let begun_for = draft.strip_prefix(&draft_name(key, None)).unwrap_or_default().trim();
        let begun_for = Wanted { customer: begun_for.to_owned() };
        let kept = match &returned {
            Some(_) => None,
            None => desk.draft(visit.caller(), &draft)?,
        };
        let kept: Option<Typed> =
            kept.and_then(|kept| serde_json::from_value(kept).ok()).map(Typed);
        let restored = kept.is_some();
        let mut typed = returned.as_ref().map(|(typed, _)| typed.clone()).or(kept);
        let sent = typed.as_ref().and_then(|typed| typed.one(CUSTOMER));
        let customer = sent.filter(|sent| !sent.is_empty()).unwrap_or(&begun_for.customer);
        let customer = customer.to_owned();
        if typed.is_none() && !customer.is_empty() {
            typed = Some(proposed(desk, &rules, &customer)?);
        }
        let people = desk.directory();
        let maker = Maker {
            desk,
            lang,
            rules: &rules,
            calendar: &calendar,
            people: &people,
            typed: typed.as_ref(),
        };
        let mut form = Form {
            action: format!("/new/{}", encoded(key)),
            anew: format!("/new/{}{}", encoded(key), begun_for.query()),
            // Whoever is recognised while it is filled in is written into the form.
            kept: vec![(CUSTOMER.to_owned(), customer), (DRAFT.to_owned(), draft.clone())],
            draft: Some(draft),
            restored,
            once: Uuid::new_v4().to_string(),
            ..registration_form(&maker, action)
        };
        if let Some((_, wrong)) = &returned {
            form.refuse(wrong);
        }
        let typed = whole(desk, &rules, &typed.unwrap_or_default())?;
        let procedure = lang.word(&rules.label).to_owned();
        Ok(Self {
            frame: visit.frame(
                app,
                Section::New,
                lang.fill("new.heading", &[("procedure", &procedure)]),
            )?,
            foreseen: foresee(app, visit, &rules, &typed)?,
            known: known(app, visit, &rules, &typed)?,
            procedure,
            key: key.to_owned(),
            ways,
            form,
        })
    }

    pub(crate) fn html(&self) -> Markup {
        let lang = self.frame.lang;
        let look = format!("/new/{}/look", encoded(&self.key));
        let content = html! {
            div.bar {
                h1 { (lang.fill("new.heading", &[("procedure", &self.procedure)])) }
                span.quiet { (lang.say("new.keys")) }
            }
            @if self.ways.len() > 1 {
                nav.tabs aria-label=(lang.say("new.which")) {
                    @for way in &self.ways {
                        a href={ "/new/" (encoded(&way.key)) } aria-current=[(way.key == self.key).then_some("page")] { (way.name) }
                    }
                }
            }
            div.new {
                section.card aria-label=(lang.say("new.title")) { div.body #new-form { (self.form.html(lang, &self.frame.csrf, "new-form", Some(&look))) } }
                aside.beside-form {
                    (self.known.html(lang))
                    (self.foreseen.html(lang))
                    section.card.prompts aria-labelledby="prompts-title" {
                        header { h2 #prompts-title { (lang.say("new.prompts")) } }
                        div.body { @for (place, prompt) in PROMPTS.iter().enumerate() { label { input type="checkbox" id={ "prompt-" (place) }; (lang.say(prompt)) } } }
                    }
                }
            }
        };
        self.frame.page(&content)
    }
}
