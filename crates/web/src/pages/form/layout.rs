//! What stands in a form, in which order, and what is folded: what the step itself means first, the case's data at the end.

use super::build::Maker;
use super::{Form, Item};
use crate::schema::{self, Member};
use desk::Seen;
use engine::case::{Case, Facts};
use engine::decide::{Offer, proposed};
use engine::people::Who;
use engine::procedure::{
    Action, Condition, Field, FieldKind, FormField, Means, Need, Procedure, Verb,
};
use engine::value::Value;
use std::collections::BTreeSet;

/// Optional fields beyond this number are folded.
const SHOWN: usize = 4;

/// Inputs that nobody types: what they say is known, or asked for elsewhere.
const HIDDEN: &[&str] = &["hash", "change", "mentions"];
/// Inputs that are seldom given.
const SELDOM: &[&str] = &["reason", "override_guards", "role", "co_owners"];
/// Inputs in which one says in words what there is to say.
const WORDS: &[&str] = &["text", "note", "content", "opinion", "outcome"];

/// The form of an action on a case.
pub(crate) fn action_form(
    maker: &Maker<'_>,
    seen: &Seen,
    action: &Action,
    offer: &Offer,
    who: &Who,
) -> Form {
    let (lang, rules) = (maker.lang, maker.rules);
    // What only adds to the record is not overtaken by anybody; fields that it sets could be.
    let seen_matters = !action.only_adds() || !offer.fields.is_empty();
    let mut form = Form {
        label: lang.word(&action.label).to_owned(),
        seen: seen_matters.then_some(seen.case.version),
        offset: Some(maker.calendar.ahead_of_utc()),
        ..Form::default()
    };
    let step = Step { rules, case: &seen.case, facts: Facts::new(rules, &seen.case, who), action };
    let (mut main, mut fields, mut folded) = (Vec::new(), Vec::new(), Vec::new());
    for field in in_order(rules, |key| offer.fields.iter().any(|one| **one == *key)) {
        let required =
            offer.missing.iter().any(|one| one.field == field.key) || step.requires(field);
        let value = seen.masked(&field.key).or_else(|| step.proposes(maker, field));
        let mut item = maker.item("f.", field, required, value.as_ref());
        if let Some((condition, hint)) = &field.hint
            && step.facts.holds(condition)
        {
            let both = [Some(lang.word(hint).to_owned()), item.hint];
            item.hint = Some(both.into_iter().flatten().collect::<Vec<_>>().join(" "));
        }
        if required || step.is_about(field) { fields.push(item) } else { folded.push(item) }
    }
    let members = schema::inputs(rules, &seen.case, action);
    let speaks = says_it_in_words(action, &members);
    let (mut reasons, mut seldom) = (Vec::new(), Vec::new());
    for member in members.iter().filter(|member| !HIDDEN.contains(&member.name.as_str())) {
        let items = maker.inputs(seen, action, &member.name, &member.schema, member.required);
        match member.name.as_str() {
            "reason" if member.required => reasons.extend(items),
            "reason" if speaks => {}
            // Whoever refuses gives his reason, and that is his opinion.
            "opinion" if action.reason && action.has(Verb::Reject) => {}
            name if SELDOM.contains(&name) && !member.required => seldom.extend(items),
            _ => main.extend(items),
        }
    }
    // Where correcting fields is all that is meant, they are what the step is about.
    let means_fields = action.has(Verb::Edit) || action.has(Verb::Adjust);
    if means_fields && main.is_empty() && fields.is_empty() {
        std::mem::swap(&mut fields, &mut folded);
    }
    form.items = main.into_iter().chain(fields).chain(reasons).collect();
    seldom.extend(folded);
    if seldom.len() <= SHOWN {
        form.items.extend(seldom)
    } else {
        form.more = seldom
    }
    form
}

/// Whether an action has a text of its own, so that a reason beside it would be said twice. Passing over guards needs one all the same.
fn says_it_in_words(action: &Action, members: &[Member]) -> bool {
    action.override_by.is_empty()
        && members.iter().any(|member| WORDS.contains(&member.name.as_str()))
}

/// An action on a case as it stands.
struct Step<'a> {
    rules: &'a Procedure,
    case: &'a Case,
    facts: Facts<'a>,
    action: &'a Action,
}

impl Step<'_> {
    /// Whether the action itself asks for a field now.
    fn requires(&self, field: &Field) -> bool {
        let input = self.action.input.iter().find(|input| input.field == field.key);
        match input.map(|input| &input.need) {
            Some(Need::Always) => true,
            Some(Need::When(condition)) => self.facts.holds(condition),
            _ => false,
        }
    }

    /// The time that the procedure proposes for a field that is empty.
    fn proposes(&self, maker: &Maker<'_>, field: &Field) -> Option<Value> {
        let (calendar, now) = (maker.calendar, maker.desk.now());
        let at = proposed(self.rules, calendar, self.case, now, self.action, &field.key)?;
        Some(Value::Time { at })
    }

    /// Whether a field is asked for, is read by a guard or a condition of this step, or is what this stage leaves filled in. What the
    /// registration has brought is looked up at the end.
    fn is_about(&self, field: &Field) -> bool {
        let asked = self.action.input.iter().any(|input| input.field == field.key);
        let guarded = self.action.guards.iter().any(|guard| guard.need.asks(&field.key));
        let brought = || {
            let opening = self.rules.register_action();
            let known = self.case.value(&field.key).is_some_and(|value| !value.is_empty());
            known && opening.is_some_and(|one| first_form(self.rules, one).contains(&*field.key))
        };
        let now = || self.entries().any(|entry| self.is_now(entry, field));
        asked || guarded || (field.derive.is_none() && now() && !brought())
    }

    /// What the action's forms say of the stage that the case is in.
    fn entries(&self) -> impl Iterator<Item = &FormField> {
        let forms = self.action.forms.iter().filter_map(|form| self.rules.form(form));
        forms.flat_map(|form| &form.fields).filter(|entry| entry.by == self.case.stage)
    }

    fn is_now(&self, entry: &FormField, field: &Field) -> bool {
        let needed: Option<&Condition> = match &entry.need {
            Need::When(condition) => Some(condition),
            _ => None,
        };
        let holds = needed.is_none_or(|condition| self.facts.holds(condition));
        (entry.field == field.key && holds)
            || needed.is_some_and(|condition| condition.asks(&field.key))
    }
}

/// The form of a registration.
pub(crate) fn registration_form(maker: &Maker<'_>, action: &Action) -> Form {
    let taken = schema::taken(maker.rules, action);
    // Also what begins with its default: whoever takes that out is asked for another.
    let is_required = |key: &str| taken.iter().any(|(field, must)| *must && *field.key == *key);
    let first = first_form(maker.rules, action);
    let guarded = |field: &Field| action.guards.iter().any(|guard| guard.need.asks(&field.key));
    let mut form = Form {
        label: maker.lang.word(&action.label).to_owned(),
        offset: Some(maker.calendar.ahead_of_utc()),
        ..Form::default()
    };
    for field in in_order(maker.rules, |key| taken.iter().any(|(field, _)| *field.key == *key)) {
        let default = field.default.clone().map(Value::Text);
        // Who calls is registered now: the call began now, as long as nobody says otherwise.
        let began = begins(field) && is_required(&field.key);
        let default = default.or_else(|| began.then(|| Value::Time { at: maker.desk.now() }));
        if began && !maker.typed.is_some_and(|typed| typed.has(&format!("f.{}", field.key))) {
            form.begins = Some(super::control_id(&format!("f.{}", field.key)));
        }
        let item = maker.item("f.", field, is_required(&field.key), default.as_ref());
        let first = first.contains(&*field.key) && !matches!(field.kind, FieldKind::Files);
        if is_required(&field.key) || first || guarded(field) {
            form.items.push(item)
        } else {
            form.more.push(item)
        }
    }
    // Whoever takes a call asks for the number first: it brings the customer.
    let rank = |item: &Item| {
        let field = item.name.strip_prefix("f.").and_then(|key| maker.rules.field(key));
        match field.and_then(|field| field.means) {
            Some(Means::Phone) => 0,
            Some(Means::Customer | Means::Contact) => 1,
            _ => 2,
        }
    };
    form.items.sort_by_key(rank);
    form
}

/// Whether a field holds when the customer turned to us.
fn begins(field: &Field) -> bool {
    field.means == Some(Means::ReceivedAt) && matches!(field.kind, FieldKind::Time)
}

/// Fields of the forms that registering completes.
fn first_form<'r>(rules: &'r Procedure, action: &Action) -> BTreeSet<&'r str> {
    let forms = action.forms.iter().filter_map(|form| rules.form(form));
    let before = action.to.as_ref().and_then(|to| rules.stage_index(to)).unwrap_or(0);
    forms
        .flat_map(|form| &form.fields)
        .filter(|entry| rules.stage_index(&entry.by).is_none_or(|by| by <= before))
        .map(|entry| &*entry.field)
        .collect()
}

/// Fields in the order of the forms, then the rest.
fn in_order(rules: &Procedure, wanted: impl Fn(&str) -> bool) -> Vec<&Field> {
    let on_forms = rules
        .forms
        .iter()
        .flat_map(|form| &form.fields)
        .filter_map(|entry| rules.field(&entry.field));
    let mut fields: Vec<&Field> = Vec::new();
    for field in on_forms.chain(&rules.fields) {
        let known = fields.iter().any(|known| known.key == field.key);
        if !known && wanted(&field.key) && !matches!(field.kind, FieldKind::Auto(_)) {
            fields.push(field);
        }
    }
    fields
}
