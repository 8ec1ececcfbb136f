//! Whether an action's keys, verbs and labels go together.

use super::whole::Whole;
use crate::key::Key;
use crate::procedure::{Action, ChainKind, Effect, FieldKind, LimitSpec, StageKind, Verb};

pub(super) fn check(whole: &Whole<'_>) {
    register(whole);
    whole.procedure.actions.iter().for_each(|one| action(whole, one));
    labels(whole);
}

fn register(whole: &Whole<'_>) {
    let openings: Vec<&Action> =
        whole.procedure.actions.iter().filter(|a| a.has(Verb::Register)).collect();
    if openings.is_empty() {
        whole.find(
            ("actions", "", &whole.procedure.origin),
            "missing_register",
            "one action that does register",
            "none",
        );
    }
    for extra in openings.iter().skip(1) {
        whole.find(
            ("actions", &*extra.key, &extra.origin),
            "second_register",
            "one action that does register",
            "another",
        );
    }
    for opening in openings {
        let at = ("actions", &*opening.key, &opening.origin);
        if !opening.from.is_empty() {
            whole.find(at, "misplaced_key", "no `from` on the action that registers", "`from`");
        }
        if opening.to.is_none() {
            whole.find(at, "missing_key", "the key `to`, as the case opens there", "nothing");
        }
    }
}

fn action(whole: &Whole<'_>, action: &Action) {
    let at = ("actions", &*action.key, &action.origin);
    let does = |verbs: &[Verb]| action.does.iter().find(|verb| verbs.contains(verb));
    if action.by.is_empty() {
        whole.find(at, "missing_actor", "at least one actor in `by`", "none");
    }
    let tied: [(&str, bool, &[Verb]); 4] = [
        ("task", action.task.is_some(), &[Verb::Task, Verb::TaskDone]),
        ("chain", action.chain.is_some(), &[Verb::Submit, Verb::Approve, Verb::Reject, Verb::File]),
        ("transfer", action.transfer.is_some(), &[Verb::Transfer]),
        ("purpose", action.purpose.is_some(), &[Verb::Contact]),
    ];
    // Settling a task without naming a kind settles any; a contact without a fixed purpose asks for it.
    for (key, there, verbs) in tied {
        match does(verbs) {
            Some(verb) if !there && key != "purpose" && *verb != Verb::TaskDone => {
                whole.find(
                    at,
                    "missing_key",
                    format!("the key `{key}`, as it does {}", verb.name()),
                    "nothing",
                );
            }
            None if there => {
                let names: Vec<&str> = verbs.iter().map(|verb| verb.name()).collect();
                whole.find(
                    at,
                    "misplaced_key",
                    format!("`{key}` only where it does {}", names.join(" ")),
                    format!("`{key}`"),
                );
            }
            _ => {}
        }
    }
    let sections: [(&str, bool, &[Verb]); 3] = [
        ("extension", whole.procedure.extension.is_some(), &[Verb::Extend, Verb::ExtendDecide]),
        (
            "change",
            whole.procedure.change.is_some(),
            &[Verb::Change, Verb::Sign, Verb::ChangeDecide],
        ),
        ("survey", whole.procedure.survey.is_some(), &[Verb::Rate]),
    ];
    for (section, there, verbs) in sections {
        if let Some(verb) = does(verbs).filter(|_| !there) {
            whole.find(
                at,
                "missing_section",
                format!("the section [{section}], as it does {}", verb.name()),
                "none",
            );
        }
    }
    if let Some(chain) = action.chain.as_ref().and_then(|chain| whole.procedure.chain(chain)) {
        for (verb, kind) in [(Verb::Approve, ChainKind::Approve), (Verb::File, ChainKind::File)] {
            if action.has(verb) && !chain.steps.iter().any(|step| step.kind == kind) {
                whole.find(
                    at,
                    "wrong_chain",
                    format!("a chain with a step of kind {}", kind.name()),
                    format!("`{}`", chain.key),
                );
            }
        }
    }
    after_filing(whole, action);
    for input in &action.input {
        let kind = whole.procedure.field(&input.field).map(|field| &field.kind);
        if matches!(kind, Some(FieldKind::Auto(_))) {
            whole.find(
                at,
                "wrong_field",
                "a field that is entered in `input`",
                format!("`{}`", input.field),
            );
        }
    }
    let presets = action.input.iter().flat_map(|input| &input.presets);
    if presets.into_iter().any(|preset| preset.limit == LimitSpec::Task) {
        whole.find(at, "bad_limit", "a limit that needs no task", "`task`");
    }
}

/// A filed case is not worked on: what names its stage adds to the record, or begins another round.
fn after_filing(whole: &Whole<'_>, action: &Action) {
    let kind = |stage: &Key| whole.procedure.stage(stage).map(|stage| stage.kind);
    if !action.from.iter().any(|stage| kind(stage) == Some(StageKind::Archived)) {
        return;
    }
    let at = ("actions", &*action.key, &action.origin);
    let fits = [Verb::Reopen, Verb::Rate, Verb::Contact, Verb::Hold, Verb::Release, Verb::Comment];
    if let Some(verb) = action.does.iter().find(|verb| !fits.contains(verb)) {
        let names: Vec<&str> = fits.iter().map(|verb| verb.name()).collect();
        let expected = format!("from a stage of kind archived only {}", names.join(", "));
        whole.find(at, "wrong_verb", expected, format!("`{}`", verb.name()));
    }
    let leads = action.to.iter().any(|to| kind(to) != Some(StageKind::Archived))
        || action.effects.iter().any(|effect| matches!(effect, Effect::Goto(_)));
    if leads && !action.has(Verb::Reopen) && !action.effects.contains(&Effect::Round) {
        whole.find(
            at,
            "missing_round",
            "the verb `reopen` or the effect \"round\" on the way out of a stage of kind archived",
            "neither",
        );
    }
}

/// Actions that may be offered side by side must not look the same.
fn labels(whole: &Whole<'_>) {
    let side_by_side = |one: &Action, other: &Action| {
        whole
            .procedure
            .stages
            .iter()
            .any(|stage| one.starts_from(stage) && other.starts_from(stage))
    };
    let mut before: Vec<&Action> = Vec::new();
    for action in &whole.procedure.actions {
        let same =
            |one: &&&Action| one.label.zh == action.label.zh || one.label.en == action.label.en;
        if let Some(twin) = before.iter().filter(same).find(|one| side_by_side(one, action)) {
            let at = ("actions", &*action.key, &action.origin);
            let found = format!("that of `{}`, line {}", twin.key, twin.origin.line);
            whole.find(
                at,
                "duplicate_label",
                "a label of its own among the actions of a stage",
                found,
            );
        }
        before.push(action);
    }
}
