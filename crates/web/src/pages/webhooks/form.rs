//! The form of a webhook: what it is called, where it is reached, and what it is told of.

use crate::pages::admin::{Names, csrf, wrong};
use crate::pages::framed::Frame;
use crate::problem::{Kind, Problem};
use desk::{Webhook, WebhookParts};
use engine::event::KINDS;
use maud::{Markup, html};

/// What was sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given {
    /// The version that was seen, for one that is there.
    pub(super) seen: u64,
    pub(super) name: String,
    pub(super) url: String,
    pub(super) events: Vec<String>,
    pub(super) procedures: Vec<String>,
    pub(super) deed: String,
}

impl Given {
    /// A box that is ticked is a field of its own.
    pub(super) fn read(fields: Vec<(String, String)>) -> Result<Self, Problem> {
        let mut given = Self::default();
        let bad = || Problem::new(Kind::InvalidBody);
        for (name, value) in fields {
            match (name.as_str(), name.split_once('.')) {
                ("name", _) => given.name = value,
                ("url", _) => given.url = value,
                ("deed", _) => given.deed = value,
                ("seen", _) => given.seen = value.parse().map_err(|_| bad())?,
                (_, Some(("event", kind))) => given.events.push(kind.to_owned()),
                (_, Some(("procedure", key))) => given.procedures.push(key.to_owned()),
                _ => return Err(bad()),
            }
        }
        Ok(given)
    }

    /// As a webhook is.
    pub(super) fn of(webhook: &Webhook) -> Self {
        Self {
            seen: webhook.version,
            name: webhook.name.clone(),
            url: webhook.url().to_owned(),
            events: webhook.events.iter().cloned().collect(),
            procedures: webhook.procedures.iter().map(ToString::to_string).collect(),
            deed: String::new(),
        }
    }

    pub(super) fn parts(&self) -> WebhookParts {
        WebhookParts {
            name: Some(self.name.clone()),
            url: Some(self.url.clone()),
            events: Some(self.events.clone()),
            procedures: Some(self.procedures.clone()),
            paused: None,
        }
    }
}

/// The form; `button` names what it does.
pub(super) fn draw(
    frame: &Frame,
    action: &str,
    given: &Given,
    procedures: &Names,
    why: Option<&str>,
    button: &str,
) -> Markup {
    let lang = frame.lang;
    let ticked = |among: &[String], one: &str| among.iter().any(|ticked| ticked == one);
    html! {
        form.fields method="post" action=(action) {
            (csrf(frame))
            @if given.seen > 0 { input type="hidden" name="seen" value=(given.seen); }
            @if why.is_some() { div.field.wide { (wrong(why)) } }
            div.field { label for="hook-name" { (lang.say("views.name")) } input #hook-name name="name" value=(given.name) required maxlength="60" autocomplete="off"; }
            div.field {
                label for="hook-url" { (lang.say("hooks.url")) }
                input #hook-url type="url" name="url" value=(given.url) required maxlength="2000" placeholder="https://" autocomplete="off" spellcheck="false" aria-describedby="hook-url-hint";
                p.hint #hook-url-hint { (lang.say("hooks.url.hint")) }
            }
            div.field.wide { fieldset {
                legend { (lang.say("hooks.procedures")) }
                div.choices { @for (key, name) in procedures {
                    label.choice { input type="checkbox" name={ "procedure." (key) } checked[ticked(&given.procedures, key)]; span { (name) } }
                } }
            } }
            div.field.wide { details id={ "events-of-" (given.seen) } open[!given.events.is_empty()] {
                summary { (lang.say("hooks.events")) }
                fieldset {
                    legend { (lang.say("hooks.events.hint")) }
                    div.choices { @for kind in KINDS {
                        label.choice { input type="checkbox" name={ "event." (kind) } checked[ticked(&given.events, kind)]; span { (lang.say(&format!("hooks.kind.{kind}"))) } }
                    } }
                }
            } }
            div.actions.wide { button.main name="deed" value="save" { (lang.say(button)) } }
        }
    }
}
