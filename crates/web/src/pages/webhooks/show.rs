//! `GET /admin/webhooks/{id}`: a webhook, what was sent to it, and what was given up.

use super::form::{self, Given};
use super::{OneWebhook, href, moment, outcome, procedures, secret};
use crate::app::App;
use crate::pages::admin::{self, Names, csrf};
use crate::pages::framed::{Frame, Section};
use crate::pages::row::case_href;
use crate::pages::visit::Visit;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use desk::{PING, Webhook};
use maud::{Markup, html};
use store::{DeliveryState, WebhookDelivery};

/// Deliveries that are shown of each sort; the API has the rest.
const SHOWN: usize = 50;

/// The page.
pub(crate) struct WebhookPage {
    pub(crate) frame: Frame,
    pub(crate) one: OneWebhook,
    /// What was given up, newest first, and then what was sent last, whatever became of it.
    pub(crate) dead: Vec<Sent>,
    pub(crate) latest: Vec<Sent>,
    /// A secret that was just made.
    pub(crate) secret: Option<String>,
    /// Until when the secret before it signs as well.
    pub(crate) overlap: Option<String>,
    pub(crate) procedures: Names,
    pub(crate) given: Given,
    pub(crate) wrong: Option<String>,
}

/// Something that was sent.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) number: Option<String>,
    pub(crate) state: DeliveryState,
    pub(crate) at: String,
    pub(crate) attempts: u32,
    pub(crate) said: String,
    /// When it is tried next.
    pub(crate) next: Option<String>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Named(id): Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    let webhook = app.desk().webhook(&id)?;
    Ok(visit.page(&WebhookPage::of(&app, &visit, &webhook)?.html()))
}

impl WebhookPage {
    pub(super) fn of(app: &App, visit: &Visit, webhook: &Webhook) -> Result<Self, Problem> {
        let (desk, lang) = (app.desk(), visit.lang);
        let places = desk.webhook_places()?;
        let sent = |delivery: WebhookDelivery| Sent {
            id: delivery.new.id.to_string(),
            kind: match delivery.new.kind.as_str() {
                PING => lang.say("hooks.ping").to_owned(),
                kind => lang.say(&format!("hooks.kind.{kind}")).to_owned(),
            },
            number: delivery.new.number,
            state: delivery.state,
            at: moment(app, delivery.made_at),
            attempts: delivery.attempts,
            said: outcome(lang, delivery.status, delivery.error.as_deref()),
            next: Some(delivery.not_before)
                .filter(|_| delivery.state == DeliveryState::Pending)
                .map(|at| moment(app, at)),
        };
        let page = |state| -> Result<Vec<Sent>, Problem> {
            let page = desk.webhook_deliveries(&webhook.id, state, None, SHOWN)?;
            Ok(page.rows.into_iter().map(sent).collect())
        };
        Ok(Self {
            frame: visit.frame(app, Section::Admin, webhook.name.as_str())?,
            one: OneWebhook::of(app, lang, webhook, places.get(&*webhook.id))?,
            dead: page(Some(DeliveryState::Dead))?,
            latest: page(None)?,
            secret: None,
            overlap: webhook.overlap(desk.now()).map(|until| moment(app, until)),
            procedures: procedures(app, lang),
            given: Given::of(webhook),
            wrong: None,
        })
    }

    pub(crate) fn html(&self) -> Markup {
        let (frame, lang, one) = (&self.frame, self.frame.lang, &self.one);
        let content = html! {
            div.bar { h1 { (one.name) " " (one.mark(lang)) } a.button href="/admin/webhooks" { (lang.say("hooks.all")) } }
            @if let Some(made) = &self.secret { (secret(lang, &one.name, made)) }
            @if let Some(until) = &self.overlap { p.quiet { (lang.fill("hooks.overlap", &[("until", until)])) } }
            section.card aria-labelledby="standing" {
                header { h2 #standing { (lang.say("hooks.standing")) } }
                div.body {
                    p { (lang.say(&format!("hooks.means.{}", one.state))) }
                    p { (lang.say("hooks.receiver")) ": " (one.receiver) " · " (lang.say("admin.keys.person")) ": " (one.person) }
                    p { (lang.say("hooks.last")) ": " (one.last(lang)) " · " (lang.say("hooks.pending")) ": " (one.pending) " · " (lang.say("hooks.dead")) ": " (one.dead) }
                    form.actions method="post" action=(href(&one.id)) {
                        (csrf(frame))
                        input type="hidden" name="seen" value=(self.given.seen);
                        button name="deed" value="ping" { (lang.say("hooks.do.ping")) }
                        @if one.state == "active" { button name="deed" value="pause" { (lang.say("hooks.do.pause")) } }
                        @else { button.main name="deed" value="resume" { (lang.say("hooks.do.resume")) } }
                        button name="deed" value="renew" { (lang.say("hooks.do.renew")) }
                        button name="deed" value="remove" { (lang.say("hooks.do.remove")) }
                    }
                }
            }
            (self.sent("dead", lang.say("hooks.dead"), lang.say("hooks.dead.none"), &self.dead))
            (self.sent("latest", lang.say("hooks.latest"), lang.say("hooks.latest.none"), &self.latest))
            section.card aria-labelledby="change" {
                header { h2 #change { (lang.say("saved.change")) } }
                div.body { (form::draw(frame, &href(&one.id), &self.given, &self.procedures, self.wrong.as_deref(), "views.keep")) }
            }
        };
        admin::page(frame, "/admin/webhooks", &content)
    }

    fn sent(&self, id: &str, title: &str, none: &str, all: &[Sent]) -> Markup {
        let lang = self.frame.lang;
        html! {
            section.card aria-labelledby=(id) {
                header { h2 id=(id) { (title) " " span.count { (all.len()) } } }
                @if all.is_empty() { p.body.quiet { (none) } } @else {
                    div.cases-frame { table.cases.things {
                        thead { tr {
                            @for head in ["hooks.at", "hooks.event", "hooks.case", "hooks.state", "hooks.attempts", "hooks.last", "hooks.next"] {
                                th scope="col" { (lang.say(head)) }
                            }
                            th scope="col" { span.unseen { (lang.say("hooks.resend")) } }
                        } }
                        tbody { @for one in all { (self.line(one)) } }
                    } }
                }
            }
        }
    }

    fn line(&self, sent: &Sent) -> Markup {
        let lang = self.frame.lang;
        let state = format!("hooks.delivery.{}", sent.state.name());
        let action = format!("{}/deliveries/{}", href(&self.one.id), sent.id);
        html! {
            tr data-row {
                td.quiet { (sent.at) }
                td { (sent.kind) }
                td { @if let Some(number) = &sent.number { a href=(case_href(number)) { (number) } } }
                td { span.tag.s3[sent.state == DeliveryState::Dead].accent[sent.state == DeliveryState::Delivered] { (lang.say(&state)) } }
                td { (sent.attempts) }
                td { (sent.said) }
                td.quiet { @if let Some(next) = &sent.next { (next) } }
                td.c-do { form method="post" action=(action) {
                    (csrf(&self.frame))
                    button.small { (lang.say("hooks.resend")) span.unseen { " " (sent.kind) " " (sent.at) } }
                } }
            }
        }
    }
}
