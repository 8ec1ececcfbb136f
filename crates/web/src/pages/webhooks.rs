//! `GET /admin/webhooks`: the programs of others that are told when something happens.

pub(crate) mod change;
pub(crate) mod form;
pub(crate) mod make;
pub(crate) mod resend;
pub(crate) mod show;

use super::admin::{self, Names};
use super::framed::{Frame, Section};
use super::once;
use super::visit::Visit;
use super::words::Lang;
use crate::answer::state;
use crate::app::App;
use crate::parse::NoParams;
use crate::problem::Problem;
use crate::webhooks::receiver::Receiver;
use axum::extract::State;
use axum::response::Response;
use desk::{Stopped, Webhook};
use engine::show::time;
use form::Given;
use jiff::Timestamp;
use maud::{Markup, html};
use store::{DeliveryState, WebhookPlace};

/// Deliveries that are counted.
const COUNTED: usize = 1_000;

/// The page.
pub(crate) struct Webhooks {
    pub(crate) frame: Frame,
    pub(crate) webhooks: Vec<OneWebhook>,
    /// The procedures, by key and name.
    pub(crate) procedures: Names,
    pub(crate) given: Given,
    pub(crate) wrong: Option<String>,
}

/// A webhook.
#[derive(Clone)]
pub(crate) struct OneWebhook {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The host alone: the rest of the address may open the receiver.
    pub(crate) receiver: String,
    pub(crate) person: String,
    /// The name of its state, and whether it works.
    pub(crate) state: &'static str,
    /// What came of the last attempt, and when; whether it was accepted.
    pub(crate) last: Option<(String, String, bool)>,
    pub(crate) pending: u64,
    pub(crate) dead: u64,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    _: NoParams,
) -> Result<Response, Problem> {
    Ok(visit.page(&Webhooks::of(&app, &visit)?.html()))
}

impl OneWebhook {
    fn of(
        app: &App,
        lang: Lang,
        webhook: &Webhook,
        place: Option<&WebhookPlace>,
    ) -> Result<Self, Problem> {
        let desk = app.desk();
        let people = desk.people();
        let person = people.person(&webhook.person);
        let count = |state| desk.store().count_webhook_deliveries(&webhook.id, state, COUNTED);
        let last = place.and_then(|place| {
            let said = outcome(lang, place.status, place.error.as_deref());
            Some((moment(app, place.answered_at?), said, place.error.is_none()))
        });
        Ok(Self {
            id: webhook.id.to_string(),
            name: webhook.name.clone(),
            receiver: Receiver::of(webhook.url()).map(|one| one.host).unwrap_or_default(),
            person: person.map_or_else(|| webhook.person.to_string(), |person| person.name.clone()),
            state: state(desk.webhook_stopped(webhook)),
            last,
            pending: count(DeliveryState::Pending)?,
            dead: count(DeliveryState::Dead)?,
        })
    }

    /// The state as a mark.
    pub(super) fn mark(&self, lang: Lang) -> Markup {
        let works = self.state == state(None);
        let paused = self.state == state(Some(Stopped::Paused));
        html! {
            span.tag.accent[works].s2[paused].s3[!works && !paused] { (lang.say(&format!("hooks.state.{}", self.state))) }
        }
    }

    /// The last answer.
    pub(super) fn last(&self, lang: Lang) -> Markup {
        html! {
            @match &self.last {
                Some((at, said, fine)) => { span.quiet { (at) } " " @if *fine { (said) } @else { span.tag.s3 { (said) } } },
                None => span.quiet { (lang.say("hooks.never")) },
            }
        }
    }
}

impl Webhooks {
    fn of(app: &App, visit: &Visit) -> Result<Self, Problem> {
        let (desk, lang) = (app.desk(), visit.lang);
        let places = desk.webhook_places()?;
        let one = |webhook: &Webhook| OneWebhook::of(app, lang, webhook, places.get(&*webhook.id));
        Ok(Self {
            webhooks: desk.webhooks().iter().map(one).collect::<Result<_, _>>()?,
            frame: visit.frame(app, Section::Admin, lang.say("hooks.title"))?,
            procedures: procedures(app, lang),
            given: Given::default(),
            wrong: None,
        })
    }

    pub(crate) fn html(&self) -> Markup {
        let (frame, lang) = (&self.frame, self.frame.lang);
        let content = html! {
            div.bar { h1 { (lang.say("hooks.title")) " " span.count { (self.webhooks.len()) } } }
            p.quiet { (lang.say("hooks.about")) }
            @if self.webhooks.is_empty() { div.card { p.empty { (lang.say("hooks.none")) } } } @else {
                div.cases-frame { table.cases.things {
                    thead { tr {
                        @for head in ["views.name", "hooks.receiver", "admin.keys.person", "hooks.state", "hooks.last", "hooks.pending", "hooks.dead"] {
                            th scope="col" { (lang.say(head)) }
                        }
                    } }
                    tbody { @for one in &self.webhooks {
                        tr data-row {
                            td { a href=(href(&one.id)) { b { (one.name) } } }
                            td { (one.receiver) }
                            td { (one.person) }
                            td { (one.mark(lang)) }
                            td { (one.last(lang)) }
                            td { (one.pending) }
                            td { @if one.dead > 0 { a.tag.s3 href={ (href(&one.id)) "#dead" } { (one.dead) } } @else { (one.dead) } }
                        }
                    } }
                } }
            }
            section.card aria-labelledby="new-webhook" {
                header { h2 #new-webhook { (lang.say("hooks.new")) } }
                div.body { (form::draw(frame, "/admin/webhooks", &self.given, &self.procedures, self.wrong.as_deref(), "hooks.make")) }
            }
        };
        admin::page(frame, "/admin/webhooks", &content)
    }
}

/// The address of a webhook's page.
pub(super) fn href(id: &str) -> String {
    format!("/admin/webhooks/{}", crate::answer::encoded(id))
}

/// A secret that is shown this once.
fn secret(lang: Lang, name: &str, secret: &str) -> Markup {
    once::notice(lang, &lang.fill("hooks.made", &[("name", name)]), secret)
}

/// The procedures in force.
fn procedures(app: &App, lang: Lang) -> Names {
    let library = app.desk().library();
    library.all().map(|rules| (rules.key.clone(), lang.word(&rules.label).to_owned())).collect()
}

/// An instant by the clock on the wall of this house: that of its first calendar.
fn moment(app: &App, at: Timestamp) -> String {
    app.desk().calendar_of_the_house().map_or_else(
        || at.to_string(),
        |calendar| {
            let minute = jiff::TimestampRound::new()
                .smallest(jiff::Unit::Minute)
                .mode(jiff::RoundMode::Trunc);
            time(&calendar, at.round(minute).unwrap_or(at))
        },
    )
}

/// What came of an attempt, in words.
fn outcome(lang: Lang, status: Option<u16>, error: Option<&str>) -> String {
    match (status, error) {
        (Some(status), _) => format!("HTTP {status}"),
        (None, Some(error)) => lang.say(&format!("hooks.error.{error}")).to_owned(),
        (None, None) => String::new(),
    }
}
