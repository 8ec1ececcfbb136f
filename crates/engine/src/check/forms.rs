//! Forms and hand-over: whatever must be filled in can be filled in by somebody.

use super::findings::Findings;
use super::space::effects;
use crate::key::Key;
use crate::procedure::{
    Action, Actor, Effect, Field, FieldKind, Need, Procedure, Relation, TransferRule, Verb,
};
use std::collections::BTreeSet;

pub(super) fn look(procedure: &Procedure, all: &[&Procedure], findings: &mut Findings) {
    let enterable = enterable(procedure);
    let fillable = |field: &Field| {
        matches!(field.kind, FieldKind::Auto(_))
            || field.default.is_some()
            || field.derive.is_some()
            || enterable.contains(&field.key)
            || effects(procedure)
                .any(|effect| matches!(effect, Effect::Set(key, _) if *key == field.key))
    };
    let mut told = BTreeSet::new();
    for form in &procedure.forms {
        for entry in form.fields.iter().filter(|entry| entry.need != Need::Optional) {
            let Some(field) = procedure.field(&entry.field) else { continue };
            let item = format!("forms.{}.{}", form.key, entry.field);
            if !fillable(field) {
                let detail = format!("`{}` must be filled in, but nobody can enter it", field.key);
                findings.find("never_entered", &entry.origin, item, detail);
            } else if !has_choice(procedure, field) && told.insert(&field.key) {
                let detail = "people are offered no value of its axis";
                let item = format!("fields.{}", field.key);
                findings.find("nothing_to_choose", &field.origin, item, detail);
            }
        }
    }
    for rule in &procedure.links.transfers {
        transfer(rule, all, findings);
    }
}

/// Fields that some person, or the customer, can enter with some action.
fn enterable(procedure: &Procedure) -> BTreeSet<Key> {
    let mut fields = BTreeSet::new();
    for action in procedure.actions.iter().filter(|action| is_done_by_people(action)) {
        fields.extend(entered_with(procedure, action));
    }
    if let Some(change) = &procedure.change {
        fields.extend(change.sets.iter().cloned());
    }
    fields
}

fn is_done_by_people(action: &Action) -> bool {
    action.by.iter().any(|actor| *actor != Actor::Relation(Relation::System))
}

/// Fields that an action asks or takes.
pub(super) fn entered_with(procedure: &Procedure, action: &Action) -> BTreeSet<Key> {
    let mut fields: BTreeSet<Key> = action.input.iter().map(|input| input.field.clone()).collect();
    for form in &procedure.forms {
        if action.has(Verb::Edit) || action.forms.contains(&form.key) {
            fields.extend(form.fields.iter().map(|entry| entry.field.clone()));
        }
    }
    if let (true, Some(survey)) = (action.has(Verb::Rate), &procedure.survey) {
        fields.insert(survey.rating.clone());
        fields.extend(survey.dimensions.iter().cloned());
    }
    if action.has(Verb::Adjust) && action.input.is_empty() {
        let adjustable = |field: &&Field| field.guarded || field.derive.is_some();
        fields.extend(procedure.fields.iter().filter(adjustable).map(|field| field.key.clone()));
    }
    fields
}

fn has_choice(procedure: &Procedure, field: &Field) -> bool {
    match &field.kind {
        FieldKind::One(axis) | FieldKind::Many(axis) => procedure
            .axis(axis)
            .is_none_or(|axis| axis.values.iter().any(|value| !value.system && !value.disabled)),
        FieldKind::Department | FieldKind::Departments => !procedure.departments.is_empty(),
        _ => true,
    }
}

/// Hand-over leads to a procedure that is there, and gives it fields that it takes at registration.
fn transfer(rule: &TransferRule, all: &[&Procedure], findings: &mut Findings) {
    let item = format!("links.transfers.{}", rule.key);
    let Some(other) = all.iter().find(|other| other.key == rule.to) else {
        let detail = format!("`{}` is not among the procedures that stand beside it", rule.to);
        return findings.find("unknown_procedure", &rule.origin, item, detail);
    };
    let taken =
        other.register_action().map(|action| entered_with(other, action)).unwrap_or_default();
    let given =
        rule.copy.iter().map(|(theirs, _)| theirs).chain(rule.set.iter().map(|(key, _)| key));
    for theirs in given {
        let why = match other.field(theirs) {
            None => "has no such field",
            Some(_) if !taken.contains(theirs) => "does not take it at registration",
            Some(_) => continue,
        };
        let detail = format!("`{}` {why}: `{theirs}`", other.key);
        findings.find("transfer_refused", &rule.origin, item.clone(), detail);
    }
    for (theirs, written) in &rule.set {
        let known = other.axis_of(theirs).is_none_or(|axis| {
            axis.values.iter().filter(|value| !value.system && !value.disabled).any(|value| {
                value.key == written.as_str()
                    || value.label.zh == *written
                    || value.label.en.eq_ignore_ascii_case(written)
                    || value.also.contains(written)
            })
        });
        if !known {
            let detail = format!("`{written}` cannot be chosen for `{theirs}` of `{}`", other.key);
            findings.find("transfer_refused", &rule.origin, item.clone(), detail);
        }
    }
}
