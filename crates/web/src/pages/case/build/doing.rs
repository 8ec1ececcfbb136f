//! What may be done with the case now, and the form of it.

use super::Look;
use crate::answer::encoded;
use crate::pages::case::{Doing, Other, Returned};
use crate::pages::draft::begun;
use crate::pages::form::{Form, Maker, Template, Typed, action_form};
use crate::pages::row::case_href;
use crate::problem::Problem;
use desk::{Saved, Shelf};
use engine::case::{Holder, holder};
use engine::decide::Offer;
use engine::procedure::{Action, FieldKind, Verb};
use uuid::Uuid;

/// Keys that do something on every case.
const KEYS: [(&str, Verb); 2] = [("r", Verb::Contact), ("x", Verb::Comment)];

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
            anew: self.anew(&action.key),
            files_at: self.takes_files(offered),
            once: Uuid::new_v4().to_string(),
            ..action_form(&maker, self.seen, action, offer, &self.visit.caller().who())
        };
        // What was refused for another reason has not been told what happened meanwhile.
        let untold = returned.filter(|returned| returned.stale.is_none());
        form.seen = begun(form.seen, kept.as_ref().or(untold.map(|returned| &returned.typed)));
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
        Ok(Some(Doing {
            title: lang.word(&action.label).to_owned(),
            next: offer.next,
            mine: self.is_mine(),
            barred: offer.barred.iter().map(|say| lang.word(say).to_owned()).collect(),
            decides: self.decided(action),
            form,
        }))
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

    /// Whether the case waits for whoever looks.
    fn is_mine(&self) -> bool {
        let (rules, case, person) =
            (&self.seen.procedure, &self.seen.case, &self.visit.signed.person);
        match holder(rules, case) {
            Holder::Person(key) => key == person.id,
            Holder::Role(role) => {
                rules.role(&role).is_some_and(|role| person.holds(role, case.department.as_ref()))
            }
            Holder::Nobody => true,
        }
    }

    /// What else may be done: what is at hand, and the rest in the procedure's order. What would be refused whatever is filled in is
    /// left out, unless the procedure asks for it.
    pub(super) fn others(
        &self,
        offered: &[Offer],
        now: Option<&Doing>,
    ) -> (Vec<Other>, Vec<Other>) {
        let rules = &self.seen.procedure;
        let is_shown = |action: &Action| {
            let end = format!("/actions/{}", encoded(&action.key));
            now.is_some_and(|now| now.form.action.ends_with(&end))
        };
        let open = offered.iter().filter(|offer| offer.next || offer.barred.is_empty());
        let open: Vec<(&Offer, &Action)> =
            open.filter_map(|offer| Some((offer, rules.action(&offer.action)?))).collect();
        let keyed = KEYS.map(|(key, verb)| {
            let logs = open.iter().map(|(_, action)| *action).filter(|action| action.has(verb));
            let plain = logs.filter(|action| action.only_adds() || action.does == [verb]);
            // Of several the one that says least by itself.
            let best = plain.min_by_key(|action| (!action.only_adds(), action.purpose.is_some()));
            (key, best.map(|action| &action.key))
        });
        let key_of = |action: &Action| {
            keyed.iter().find(|(_, known)| *known == Some(&action.key)).map(|(key, _)| *key)
        };
        let rest = open.into_iter().filter(|(_, action)| !is_shown(action));
        let (mut at_hand, mut further) = (Vec::new(), Vec::new());
        let mut leads_on = false;
        for (offer, action) in rest {
            let key = key_of(action);
            // The next step, what is logged every day, and one other way on.
            let other_way = action.to.is_some() && !leads_on && !offer.next;
            leads_on |= other_way;
            // What waits for a decision stands in front, whoever holds the case.
            let decides = [Verb::ChangeDecide, Verb::ExtendDecide];
            let place = match (offer.next || decides.into_iter().any(|verb| action.has(verb)), key)
            {
                (true, _) => Some(0),
                (_, Some(_)) => Some(2),
                _ => other_way.then_some(1),
            };
            let other = self.other(action, key);
            match place {
                Some(place) => at_hand.push((place, other)),
                None => further.push(other),
            }
        }
        at_hand.sort_by_key(|(place, _)| *place);
        (at_hand.into_iter().map(|(_, other)| other).collect(), further)
    }

    fn other(&self, action: &Action, key: Option<&'static str>) -> Other {
        Other { label: self.lang.word(&action.label).to_owned(), href: self.anew(&action.key), key }
    }

    /// Where the form of an action stands.
    fn anew(&self, action: &str) -> String {
        format!("{}?do={}#now-do", case_href(&self.seen.case.number), encoded(action))
    }

    /// A step that takes files, best one that only corrects or adds.
    fn takes_files(&self, offered: &[Offer]) -> Option<String> {
        let rules = &self.seen.procedure;
        let is_file = |key: &engine::key::Key| {
            rules.field(key).is_some_and(|field| matches!(field.kind, FieldKind::Files))
        };
        let open = offered.iter().filter(|offer| offer.barred.is_empty());
        let takes = open.filter(|offer| offer.fields.iter().any(is_file));
        let actions = takes.filter_map(|offer| rules.action(&offer.action));
        let best = actions.min_by_key(|action| (!action.has(Verb::Edit), action.to.is_some()))?;
        Some(self.lang.word(&best.label).to_owned())
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
