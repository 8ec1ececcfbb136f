//! What may be done with the case now, and the form of it.

use super::Look;
use crate::answer::encoded;
use crate::pages::case::{Doing, Other, Returned};
use crate::pages::form::{Form, Maker, Template, Typed, action_form};
use crate::pages::row::case_href;
use crate::problem::Problem;
use desk::{Saved, Shelf};
use engine::decide::Offer;
use engine::procedure::{Action, Verb};
use uuid::Uuid;

impl Look<'_> {
    /// The form that is shown: of what came back, else of what was asked for, else of what the procedure asks for next.
    pub(super) fn doing(
        &self,
        offered: &[Offer],
        asked: &str,
        template: &str,
        returned: Option<&Returned>,
    ) -> Result<Option<Doing>, Problem> {
        let rules = &self.seen.procedure;
        let by_key = offered.iter().find(|offer| *offer.action == *asked);
        let offer =
            by_key.or_else(|| offered.iter().find(|offer| offer.next).filter(|_| asked.is_empty()));
        let Some((offer, action)) =
            offer.and_then(|offer| Some((offer, rules.action(&offer.action)?)))
        else {
            return Ok(None);
        };
        let name = draft_name(&self.seen.case.number, &action.key);
        let kept = match returned {
            Some(_) => None,
            None => self.desk.draft(self.visit.caller(), &name)?,
        };
        let kept: Option<Typed> =
            kept.and_then(|kept| serde_json::from_value(kept).ok()).map(Typed);
        let typed = returned.map(|returned| &returned.typed).or(kept.as_ref());
        let (desk, lang, people) = (self.desk, self.lang, self.people);
        let maker = Maker { desk, lang, rules, calendar: &self.seen.calendar, people, typed };
        let mut form = Form {
            action: format!(
                "{}/actions/{}",
                case_href(&self.seen.case.number),
                encoded(&action.key)
            ),
            draft: Some(name),
            restored: kept.is_some(),
            once: Uuid::new_v4().to_string(),
            ..action_form(&maker, self.seen, action, offer, &self.visit.caller().who())
        };
        if form.says() {
            form.templates = self.templates(&action.key);
            let chosen = self.desk.saved_one(self.visit.caller(), Shelf::Templates, template).ok();
            if let Some(text) = chosen.as_ref().and_then(Saved::text) {
                form.put_in(self.filled(text));
            }
        }
        if let Some(returned) = returned {
            form.refuse(&returned.wrong);
        }
        Ok(Some(Doing { title: lang.word(&action.label).to_owned(), next: offer.next, form }))
    }

    /// The texts that can be put into the form of an action.
    fn templates(&self, action: &str) -> Vec<Template> {
        let href = case_href(&self.seen.case.number);
        let all = self.desk.saved(self.visit.caller(), Shelf::Templates);
        all.iter()
            .filter_map(|saved| {
                let query = format!("do={}&template={}", encoded(action), encoded(&saved.id));
                Some(Template {
                    name: saved.name.clone(),
                    href: format!("{href}?{query}#now-do"),
                    text: self.filled(saved.text()?),
                })
            })
            .collect()
    }

    fn filled(&self, text: &str) -> String {
        self.desk.filled_in(self.visit.caller(), self.seen, text, self.lang.english)
    }

    /// What else may be done, in the procedure's order.
    pub(super) fn others(&self, offered: &[Offer], now: Option<&Doing>) -> Vec<Other> {
        let rules = &self.seen.procedure;
        let href = case_href(&self.seen.case.number);
        let actions = offered.iter().filter_map(|offer| rules.action(&offer.action));
        let shown = |action: &&Action| {
            now.is_none_or(|now| {
                !now.form.action.ends_with(&format!("/actions/{}", encoded(&action.key)))
            })
        };
        let mut keys: Vec<(&'static str, Verb)> = vec![("r", Verb::Contact), ("x", Verb::Comment)];
        actions
            .filter(shown)
            .map(|action| {
                let place = keys.iter().position(|(_, verb)| action.has(*verb));
                Other {
                    label: self.lang.word(&action.label).to_owned(),
                    href: format!("{href}?do={}#now-do", encoded(&action.key)),
                    key: place.map(|place| keys.remove(place).0),
                }
            })
            .collect()
    }

    /// What was typed, by the names of its controls.
    pub(super) fn spoken(&self, typed: &Typed) -> Vec<(String, String)> {
        let rules = &self.seen.procedure;
        let named = typed.0.iter().filter(|(_, text)| !text.trim().is_empty());
        named
            .filter_map(|(name, text)| {
                if let Some(key) = name.strip_prefix("f.") {
                    return Some((
                        self.lang.word(&rules.field(key)?.label).to_owned(),
                        text.clone(),
                    ));
                }
                let input = name.strip_prefix("i.")?;
                Some((desk::words::input(input, self.lang.english), text.clone()))
            })
            .collect()
    }
}

/// The name of the draft of an action's form.
pub(crate) fn draft_name(number: &str, action: &str) -> String {
    format!("case {number} {action}")
}
