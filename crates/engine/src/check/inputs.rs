//! With which input an action is tried: right values for what it needs, and the values that conditions tell apart.

use super::moves::{Kit, OTHER};
use super::people::ADMINISTRATOR;
use super::samples::sample;
use super::wish::wish;
use crate::case::Case;
use crate::clocks::ClockState;
use crate::command::{Entered, Extra, NewTask};
use crate::decide::{allowed, is_fixed};
use crate::key::Key;
use crate::procedure::{Action, Effect, Fact, Field, FieldKind, Procedure, Verb};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// One thing that may be tried: the input of an action and what is special about it.
pub(super) struct Variant {
    pub(super) name: String,
    pub(super) fields: Entered,
    pub(super) extra: Extra,
}

impl<'p> Kit<'p> {
    /// The inputs with which an action is tried. `fill`: fields that it was found to need.
    pub(super) fn variants(
        &self,
        case: &Case,
        action: &Action,
        fill: &BTreeSet<Key>,
        now: Timestamp,
    ) -> Vec<Variant> {
        let mut base = self.filled(Some(case), action, fill, now);
        base.extend(wish(self.desk.procedure, &self.tested, Some(case), action));
        let mut variants = Vec::new();
        for (name, extra) in self.extras(case, action, now) {
            variants.push(Variant { name, fields: base.clone(), extra });
        }
        let Some(extra) = variants.first().map(|first| first.extra.clone()) else {
            return variants;
        };
        for (field, choice) in self.choices(Some(case), action, fill) {
            let shown = choice.as_str().map_or_else(|| choice.to_string(), str::to_owned);
            let name = format!("{}={shown}", field.key);
            let mut fields = base.clone();
            if fields.insert(field.key.clone(), choice.clone()).as_ref() != Some(&choice) {
                variants.push(Variant { name, fields, extra: extra.clone() });
            }
        }
        variants
    }

    /// The inputs with which a case is registered: one, each value that matters, and each pair of them.
    pub(super) fn openings(
        &self,
        action: &Action,
        fill: &BTreeSet<Key>,
        now: Timestamp,
    ) -> Vec<Variant> {
        let mut base = self.filled(None, action, fill, now);
        base.extend(wish(self.desk.procedure, &self.tested, None, action));
        let choices = self.choices(None, action, fill);
        let named = |field: &Field, choice: &Json| {
            let shown = choice.as_str().map_or_else(|| choice.to_string(), str::to_owned);
            format!("{}={shown}", field.key)
        };
        let variant = |set: &[(&Field, &Json)]| {
            let mut fields = base.clone();
            fields.extend(set.iter().map(|(field, choice)| (field.key.clone(), (*choice).clone())));
            let name: Vec<String> =
                set.iter().map(|(field, choice)| named(field, choice)).collect();
            Variant { name: name.join(" "), fields, extra: Extra::default() }
        };
        let mut variants = vec![variant(&[])];
        variants.extend(choices.iter().map(|(field, choice)| variant(&[(*field, choice)])));
        for (number, (one, first)) in choices.iter().enumerate() {
            let others = choices.iter().skip(number + 1).filter(|(other, _)| other.key != one.key);
            variants
                .extend(others.map(|(other, second)| variant(&[(*one, first), (*other, second)])));
        }
        variants
    }

    /// The fields that an action needs, with right values.
    fn filled(
        &self,
        case: Option<&Case>,
        action: &Action,
        fill: &BTreeSet<Key>,
        now: Timestamp,
    ) -> Entered {
        let procedure = self.desk.procedure;
        let mut fields = Entered::new();
        for field in fill.iter().filter_map(|key| procedure.field(key)) {
            let empty = case
                .and_then(|case| case.value(&field.key))
                .is_none_or(crate::value::Value::is_empty);
            let again = action.has(Verb::Rate) && is_rated(procedure, &field.key);
            if let Some(value) = sample(procedure, field, case, now).filter(|_| empty || again) {
                fields.insert(field.key.clone(), value);
            }
        }
        fields
    }

    /// Values of tested fields that an action may change.
    fn choices(
        &self,
        case: Option<&Case>,
        action: &Action,
        fill: &BTreeSet<Key>,
    ) -> Vec<(&'p Field, Json)> {
        let procedure = self.desk.procedure;
        let asked = |field: &&Field| {
            let listed = action.input.iter().any(|input| input.field == field.key)
                || fill.contains(&field.key)
                || (action.has(Verb::Adjust)
                    && action.input.is_empty()
                    && (field.guarded || field.derive.is_some()))
                || (action.has(Verb::Edit)
                    && procedure.forms.iter().any(|form| form.field(&field.key).is_some()));
            let rated = is_rated(procedure, &field.key);
            if action.has(Verb::Rate) { listed || rated } else { listed && !rated }
        };
        let free = |field: &&Field| {
            action.has(Verb::Adjust)
                || (field.derive.is_none()
                    && !(field.guarded
                        && case.is_some_and(|case| case.value(&field.key).is_some())))
        };
        procedure
            .fields
            .iter()
            .filter(asked)
            .filter(free)
            .flat_map(|field| {
                let mut choices: Vec<Json> = self
                    .tested
                    .choices(procedure, field)
                    .into_iter()
                    .map(|(_, choice)| choice)
                    .collect();
                let now = case.map_or(super::explore::BEGIN, |case| case.stage_since);
                let instant = matches!(field.kind, FieldKind::Time)
                    && self.tested.instants.contains(&field.key);
                if choices.is_empty() && (instant || field.derive.is_some()) {
                    choices.extend(other_than(procedure, field, case, now));
                }
                choices.into_iter().map(move |choice| (field, choice))
            })
            .collect()
    }

    /// The fields that an action lets people enter and that make a difference, each with one value of every class that
    /// conditions tell apart, but for the class of what is there already.
    pub(super) fn enterable(
        &self,
        case: Option<&Case>,
        action: &Action,
        now: Timestamp,
    ) -> Vec<(&'p Field, Vec<Json>)> {
        let procedure = self.desk.procedure;
        let allowed = allowed(procedure, case, action);
        let fields = procedure.fields.iter().filter(|field| allowed.contains(&field.key));
        fields
            .filter_map(|field| {
                let there = case.and_then(|case| case.value(&field.key));
                if is_fixed(field, there) && !action.has(Verb::Adjust) {
                    return None;
                }
                let mut choices = self.tested.others(procedure, field, there);
                if matches!(field.kind, FieldKind::Time) {
                    // One instant is as good as another, as long as it is right now.
                    choices.retain(Json::is_null);
                    let known = self.tested.instants.contains(&field.key)
                        || self.tested.fields.contains_key(&field.key);
                    choices.extend(sample(procedure, field, case, now).filter(|_| known));
                }
                (!choices.is_empty()).then_some((field, choices))
            })
            .collect()
    }

    /// The built-in input of an action's verbs.
    pub(super) fn extras(
        &self,
        case: &Case,
        action: &Action,
        now: Timestamp,
    ) -> Vec<(String, Extra)> {
        let text = || Some("说明".to_owned());
        let base = Extra {
            reason: text(),
            text: text(),
            note: text(),
            opinion: text(),
            outcome: text(),
            content: text(),
            method: text(),
            sign_method: self.desk.procedure.change.as_ref().map(|rule| {
                let first = rule.methods.first();
                first.map_or_else(|| "书面".to_owned(), |label| label.zh.clone())
            }),
            channel: text(),
            other: Some(OTHER.into()),
            ..Extra::default()
        };
        let mut extras = vec![(String::new(), base)];
        for verb in &action.does {
            let each = |vary: &dyn Fn(&Extra) -> Vec<(String, Extra)>| {
                extras
                    .iter()
                    .flat_map(|(name, extra)| {
                        vary(extra).into_iter().map(move |(what, extra)| {
                            let name = [name.as_str(), &what].join(" ").trim().to_owned();
                            (name, extra)
                        })
                    })
                    .collect::<Vec<_>>()
            };
            extras = match verb {
                Verb::Contact => each(&|extra| self.contacts(action, extra)),
                Verb::Assign => each(&|extra| self.dispatches(case, action, extra, now)),
                Verb::CoOwners => each(&|extra| {
                    let helper = vec![Key::from(ADMINISTRATOR)];
                    vec![(String::new(), Extra { co_owners: Some(helper), ..extra.clone() })]
                }),
                Verb::Task => each(&|extra| self.tasks(action, extra, now)),
                Verb::TaskDone => each(&|extra| {
                    let open = |task: &&crate::case::Task| {
                        task.done.is_none()
                            && action.task.as_ref().is_none_or(|kind| task.kind == *kind)
                    };
                    let task = case.tasks.iter().find(open).map(|task| task.id);
                    vec![(String::new(), Extra { task, ..extra.clone() })]
                }),
                Verb::ExtendDecide | Verb::ChangeDecide => each(&|extra| {
                    let say = |approve: bool| {
                        let name = if approve { "approved" } else { "refused" };
                        (name.to_owned(), Extra { approve: Some(approve), ..extra.clone() })
                    };
                    vec![say(true), say(false)]
                }),
                Verb::Extend => each(&|extra| {
                    let rule = self.desk.procedure.extension.as_ref();
                    let due = rule
                        .and_then(|rule| case.clock(&rule.clock))
                        .filter(|instance| instance.state == ClockState::Running)
                        .and_then(|instance| instance.due);
                    let new_due =
                        due.and_then(|due| due.checked_add(SignedDuration::from_mins(5)).ok());
                    vec![(String::new(), Extra { new_due, ..extra.clone() })]
                }),
                Verb::Change => each(&|extra| {
                    let later = now.checked_add(SignedDuration::from_hours(72)).ok();
                    vec![("new due".to_owned(), Extra { new_due: later, ..extra.clone() })]
                }),
                _ => extras,
            };
        }
        extras
    }

    fn contacts(&self, action: &Action, extra: &Extra) -> Vec<(String, Extra)> {
        let purposes =
            action.purpose.map_or_else(|| self.purposes.clone(), |purpose| vec![purpose]);
        let mut contacts: Vec<(String, Extra)> = purposes
            .iter()
            .map(|purpose| {
                let purpose = purpose.name().to_owned();
                (purpose.clone(), Extra { purpose: Some(purpose), ..extra.clone() })
            })
            .collect();
        contacts.push(("not reached".to_owned(), Extra { reached: Some(false), ..extra.clone() }));
        contacts
    }

    /// By the action's table; without one to somebody of each role that tables dispatch to.
    fn dispatches(
        &self,
        case: &Case,
        action: &Action,
        extra: &Extra,
        now: Timestamp,
    ) -> Vec<(String, Extra)> {
        if action.effects.iter().any(|effect| matches!(effect, Effect::Assign(_))) {
            return vec![(String::new(), extra.clone())];
        }
        let tables = self.desk.procedure.tables.iter().flat_map(|table| &table.rows);
        let mut roles: BTreeSet<&Key> = tables.filter_map(|row| row.role.as_ref()).collect();
        if roles.is_empty() {
            roles.extend(self.desk.procedure.roles.iter().map(|role| &role.key));
        }
        let to = |role: &Key| {
            let person = self.desk.of_role(role, case, now).into_iter().next();
            (
                format!("to {role}"),
                Extra { assignee: person, role: Some(role.clone()), ..extra.clone() },
            )
        };
        roles.into_iter().map(to).collect()
    }

    fn tasks(&self, action: &Action, extra: &Extra, now: Timestamp) -> Vec<(String, Extra)> {
        // A kind without a limit of its own is limited by whoever adds the task.
        let kind = action.task.as_ref().and_then(|kind| self.desk.procedure.task(kind));
        let due = kind
            .filter(|kind| kind.limit.is_none())
            .and_then(|_| now.checked_add(SignedDuration::from_hours(4)).ok());
        let with = |department: Option<&Key>| Extra {
            tasks: vec![NewTask { due, department: department.cloned(), ..NewTask::default() }],
            ..extra.clone()
        };
        let counted = |fact: &Fact| matches!(fact, Fact::TaskDepartments(kind) if Some(kind) == action.task.as_ref());
        if !self.tested.facts.keys().any(|fact| counted(fact)) {
            return vec![(String::new(), with(None))];
        }
        let departments = self.desk.procedure.departments.iter().take(2);
        departments.map(|one| (format!("for {}", one.key), with(Some(&one.key)))).collect()
    }
}

/// A right value that differs from the one that is there.
fn other_than(
    procedure: &Procedure,
    field: &Field,
    case: Option<&Case>,
    now: Timestamp,
) -> Option<Json> {
    let there = case.and_then(|case| case.value(&field.key)).map(|value| value.text().to_owned());
    let keys: Vec<&Key> = match &field.kind {
        FieldKind::One(axis) => procedure
            .axis(axis)?
            .values
            .iter()
            .filter(|value| !value.system && !value.disabled)
            .map(|value| &value.key)
            .collect(),
        FieldKind::Department => procedure.departments.iter().map(|one| &one.key).collect(),
        _ => return sample(procedure, field, case, now),
    };
    let other = keys.into_iter().find(|key| there.as_deref() != Some(&***key))?;
    Some(Json::String(other.to_string()))
}

/// Whether a field belongs to the survey.
fn is_rated(procedure: &Procedure, field: &str) -> bool {
    procedure.survey.as_ref().is_some_and(|survey| {
        survey.rating == field || survey.dimensions.iter().any(|one| one == field)
    })
}
