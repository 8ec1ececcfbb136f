//! What can be tried with a case in a state: every action by suitable people, with input that makes a difference.

use super::people::{ADMINISTRATOR, Desk};
use super::samples::{Tested, sample};
use super::stages::filed;
use crate::case::{Case, Facts, Life};
use crate::clocks::ClockState;
use crate::command::{Command, Entered, Extra, NewTask};
use crate::decide::{Context, Decision, Library, World, decide};
use crate::key::Key;
use crate::people::Who;
use crate::procedure::{
    Action, Condition, Effect, Fact, Field, FieldKind, Moment, MomentFilter, Operand, Procedure,
    Purpose, StageKind, Verb,
};
use crate::refusal::Refusal;
use crate::value::Value;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// Id of the case that is followed.
pub(super) const CASE: &str = "case";
/// Id of another case beside it, for relations.
pub(super) const OTHER: &str = "other";
/// Id of a case opened by hand-over.
const FRESH: &str = "fresh";

/// What stays the same during an exploration.
pub(super) struct Kit<'p> {
    pub(super) desk: Desk<'p>,
    pub(super) library: &'p Library,
    pub(super) all: Vec<&'p Procedure>,
    pub(super) tested: Tested<'p>,
    /// Purposes that something counts.
    purposes: Vec<Purpose>,
    /// Moments whose author matters to something.
    authored: BTreeSet<Moment>,
}

/// One thing that may be tried: the input of an action and what is special about it.
pub(super) struct Variant {
    pub(super) name: String,
    pub(super) fields: Entered,
    pub(super) extra: Extra,
}

impl<'p> Kit<'p> {
    pub(super) fn new(desk: Desk<'p>, library: &'p Library, all: Vec<&'p Procedure>) -> Self {
        let tested = Tested::of(desk.procedure);
        let filters: Vec<&MomentFilter> = filters(desk.procedure).collect();
        let mut purposes: BTreeSet<Purpose> =
            filters.iter().filter_map(|filter| filter.purpose).collect();
        for fact in tested.facts.keys() {
            if let Fact::Contacts(purpose) = fact {
                purposes.extend(Purpose::parse(purpose));
            }
        }
        purposes.insert(Purpose::Other);
        let authored = filters
            .iter()
            .filter(|filter| filter.by.is_some())
            .map(|filter| filter.moment)
            .collect();
        Kit { desk, library, all, tested, purposes: purposes.into_iter().collect(), authored }
    }

    /// Whether it makes a difference who does an action.
    pub(super) fn is_authored(&self, action: &Action) -> bool {
        action.has(Verb::Contact)
            || self.tested.facts.contains_key(&Fact::SelfAssigned)
            || action.emits.iter().any(|moment| self.authored.contains(moment))
            || action.does.iter().any(|verb| {
                super::moments::of_verb(*verb).iter().any(|moment| self.authored.contains(moment))
            })
    }

    /// Whether an action starts from where a case is, and its condition holds.
    pub(super) fn is_available(&self, case: &Case, action: &Action, who: &Who) -> bool {
        let procedure = self.desk.procedure;
        let does = |verbs: &[Verb]| verbs.iter().any(|verb| action.has(*verb));
        let starts = match &case.life {
            Life::Voided { .. } => false,
            Life::Merged { .. } => return does(&[Verb::Unmerge]),
            Life::Archived { .. }
                if !does(&[Verb::Reopen, Verb::Hold, Verb::Release, Verb::Comment]) =>
            {
                false
            }
            _ => procedure.stage(&case.stage).is_some_and(|stage| action.starts_from(stage)),
        };
        starts && Facts::new(procedure, case, who).holds(&action.when)
    }

    /// Who may try an action; the program only where the nightly filing does it.
    pub(super) fn authors(&self, action: &Action, case: &Case, now: Timestamp) -> Vec<Who> {
        let mut authors = self.desk.authors(action, case, now);
        if filed(self.desk.procedure, action) {
            authors.push(Who::System);
        }
        authors
    }

    /// The inputs with which an action is tried. `fill`: fields that it was found to need.
    pub(super) fn variants(
        &self,
        case: &Case,
        action: &Action,
        fill: &BTreeSet<Key>,
        now: Timestamp,
    ) -> Vec<Variant> {
        let mut base = self.filled(Some(case), action, fill, now);
        base.extend(self.wish(Some(case), action));
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
        base.extend(self.wish(None, action));
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

    /// Values for the fields that an action's guards look at, where they do not hold and the action can set them.
    fn wish(&self, case: Option<&Case>, action: &Action) -> Entered {
        let procedure = self.desk.procedure;
        if action.guards.is_empty() || self.guarded(case, action, &BTreeMap::new()) {
            return Entered::new();
        }
        let mut tests = BTreeMap::new();
        action.guards.iter().for_each(|guard| super::space::collect(&guard.need, &mut tests));
        let taken = super::forms::entered_with(procedure, action);
        let settable = |field: &&Field| {
            let set = case.is_some_and(|case| case.value(&field.key).is_some());
            taken.contains(&field.key)
                && (action.has(Verb::Adjust) || !(field.derive.is_some() || (field.guarded && set)))
        };
        let fields = tests.keys().filter_map(|operand| match operand {
            Operand::Field(key) => procedure.field(key).filter(settable),
            Operand::Fact(_) => None,
        });
        let mut wishes: Vec<BTreeMap<Key, (Value, Json)>> = vec![BTreeMap::new()];
        for field in fields {
            let choices = self.tested.choices(procedure, field);
            let more: Vec<_> = wishes
                .iter()
                .flat_map(|wish| {
                    choices.iter().map(move |choice| {
                        let mut wish = wish.clone();
                        wish.insert(field.key.clone(), choice.clone());
                        wish
                    })
                })
                .take(400)
                .collect();
            wishes.extend(more);
        }
        let held = wishes.into_iter().find(|wish| self.guarded(case, action, wish));
        held.unwrap_or_default().into_iter().map(|(key, (_, json))| (key, json)).collect()
    }

    /// Whether the guards of an action hold with these values.
    fn guarded(
        &self,
        case: Option<&Case>,
        action: &Action,
        wish: &BTreeMap<Key, (Value, Json)>,
    ) -> bool {
        action.guards.iter().all(|guard| self.would_hold(case, &guard.need, wish))
    }

    fn would_hold(
        &self,
        case: Option<&Case>,
        condition: &Condition,
        wish: &BTreeMap<Key, (Value, Json)>,
    ) -> bool {
        match condition {
            Condition::Always => true,
            Condition::All(all) => all.iter().all(|one| self.would_hold(case, one, wish)),
            Condition::Any(any) => any.iter().any(|one| self.would_hold(case, one, wish)),
            Condition::Not(inner) => !self.would_hold(case, inner, wish),
            Condition::Is(Operand::Field(key), test) => {
                let known = wish.get(key).map(|(value, _)| value);
                let value = known.or_else(|| case.and_then(|case| case.value(key)));
                let field = self.desk.procedure.field(key);
                field.is_some_and(|field| super::space::passes(field, test, value))
            }
            Condition::Is(Operand::Fact(_), test) => match case {
                Some(case) => Facts::new(self.desk.procedure, case, &Who::System).holds(condition),
                None => super::space::number_passes(test, 0),
            },
        }
    }

    /// The built-in input of an action's verbs.
    fn extras(&self, case: &Case, action: &Action, now: Timestamp) -> Vec<(String, Extra)> {
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
                Verb::Task => each(&|extra| self.tasks(action, extra)),
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

    fn tasks(&self, action: &Action, extra: &Extra) -> Vec<(String, Extra)> {
        let with = |department: Option<&Key>| Extra {
            tasks: vec![NewTask { department: department.cloned(), ..NewTask::default() }],
            ..extra.clone()
        };
        let counted = |fact: &Fact| matches!(fact, Fact::TaskDepartments(kind) if Some(kind) == action.task.as_ref());
        if !self.tested.facts.keys().any(|fact| counted(fact)) {
            return vec![(String::new(), with(None))];
        }
        let departments = self.desk.procedure.departments.iter().take(2);
        departments.map(|one| (format!("for {}", one.key), with(Some(&one.key)))).collect()
    }

    /// Does an action, and fills in what it is found to need. Tells what was filled in.
    pub(super) fn attempt(
        &self,
        world: &World<'_>,
        action: &Action,
        variant: &Variant,
        who: &Who,
        now: Timestamp,
        tries: &mut usize,
    ) -> Result<(Decision, Command, BTreeSet<Key>), Refusal> {
        let mut fields = variant.fields.clone();
        let mut extra = variant.extra.clone();
        let mut filled = BTreeSet::new();
        loop {
            let command = if action.has(Verb::Register) {
                Command::Register {
                    case: CASE.into(),
                    procedure: self.desk.procedure.key.clone(),
                    fields: fields.clone(),
                    candidates: Vec::new(),
                }
            } else {
                Command::Act {
                    case: CASE.into(),
                    action: action.key.clone(),
                    fields: fields.clone(),
                    extra: Box::new(extra.clone()),
                }
            };
            let context = Context { now, who: who.clone(), ids: vec![FRESH.into()] };
            *tries += 1;
            match decide(world, &command, &context) {
                Ok(decision) => return Ok((decision, command, filled)),
                Err(Refusal::Missing { fields: missing }) if filled.len() < 60 => {
                    let before = filled.len();
                    for one in &missing {
                        let case = world.cases.get(CASE);
                        let ours = self
                            .desk
                            .procedure
                            .field(&one.field)
                            .filter(|_| !fields.contains_key(&one.field));
                        if let Some(field) = ours
                            && let Some(value) = sample(self.desk.procedure, field, case, now)
                        {
                            fields.insert(field.key.clone(), value);
                            filled.insert(field.key.clone());
                        } else if action.has(Verb::Transfer)
                            && let Some((field, value)) = self.theirs(action, &one.field, now)
                        {
                            extra.set.insert(field.clone(), value);
                            filled.insert(field);
                        }
                    }
                    if filled.len() == before {
                        return Err(Refusal::Missing { fields: missing });
                    }
                }
                Err(refusal) => return Err(refusal),
            }
        }
    }

    /// A right value for a field of the procedure that a case is handed over to.
    fn theirs(&self, action: &Action, field: &Key, now: Timestamp) -> Option<(Key, Json)> {
        let rule = self.desk.procedure.transfer(action.transfer.as_ref()?)?;
        let other = self.all.iter().find(|other| other.key == rule.to)?;
        let field = other.field(field)?;
        Some((field.key.clone(), sample(other, field, None, now)?))
    }

    /// The cases that an action is decided on.
    pub(super) fn world(&self, case: &Case, other: Option<&Case>) -> World<'p> {
        let cases = [(CASE, Some(case)), (OTHER, other)];
        let cases = cases.into_iter().filter_map(|(id, case)| Some((Key::from(id), case?.clone())));
        World {
            cases: cases.collect::<BTreeMap<_, _>>(),
            library: self.library,
            directory: self.desk.directory,
        }
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

/// Every moment filter that steers cases.
fn filters(procedure: &Procedure) -> impl Iterator<Item = &MomentFilter> {
    let clocks = procedure.clocks.iter().flat_map(|clock| {
        let rows = clock.by.iter().flat_map(|row| &row.stop);
        let steps = clock.remind.iter().chain(&clock.breach).flat_map(|step| &step.unless);
        let then = clock.then.iter().flat_map(|(_, stop)| stop);
        clock
            .start
            .iter()
            .chain(&clock.repeat)
            .chain(&clock.cancel)
            .chain(rows)
            .chain(steps)
            .chain(then)
    });
    let rules = procedure.rules.iter().map(|rule| &rule.on);
    clocks.chain(rules).chain(procedure.tasks.iter().flat_map(|task| &task.done_on))
}

/// Whether a stage is the end of the way.
pub(super) fn is_filed(procedure: &Procedure, case: &Case) -> bool {
    procedure.stage(&case.stage).is_some_and(|stage| stage.kind == StageKind::Archived)
        && matches!(case.life, Life::Archived { .. })
}
