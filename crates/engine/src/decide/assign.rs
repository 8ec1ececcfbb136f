//! Dispatch: decision tables, least loaded, experienced first where asked, nobody absent, nobody complained about.

use super::Work;
use super::desk::accused;
use super::offer::enterable;
use crate::case::{Case, Facts, Task};
use crate::command::Extra;
use crate::event::{Event, SetCause, Topic};
use crate::key::Key;
use crate::people::{Directory, Person, Who};
use crate::procedure::{
    Action, Actor, Condition, FieldKind, Means, Moment, Operand, Procedure, Relation, Row, Table,
};
use crate::refusal::{Problem, Refusal};
use crate::value::{Private, Value};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Where a dispatch goes that names nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ByRule {
    /// The table decides by what is still to be entered.
    Open,
    /// To somebody of a role.
    To {
        /// The role; its queue while nobody is chosen.
        role: Key,
        /// Who would be chosen now.
        person: Option<Key>,
    },
}

/// Where a dispatch by an action goes that names nobody; none where somebody has to be named.
pub fn by_rule(
    procedure: &Procedure,
    case: &Case,
    directory: &Directory,
    now: Timestamp,
    action: &Action,
) -> Option<ByRule> {
    let table = procedure.table(action.dispatches_by()?)?;
    let entered = enterable(procedure, case, action);
    if decide_about(procedure, table).iter().any(|field| entered.contains(field)) {
        return Some(ByRule::Open);
    }
    let (_, row) = matching(procedure, case, table)?;
    let sought = Sought::of(row)?;
    let person = sought.chosen(procedure, case, directory, now);
    Some(ByRule::To { role: sought.role.clone(), person })
}

/// The row of a table that matches a case, with its place.
fn matching<'t>(procedure: &Procedure, case: &Case, table: &'t Table) -> Option<(usize, &'t Row)> {
    let facts = Facts::new(procedure, case, &Who::System);
    table.rows.iter().enumerate().find(|(_, row)| facts.holds(&row.when))
}

/// The fields by which it is decided to whom a table dispatches.
fn decide_about(procedure: &Procedure, table: &Table) -> BTreeSet<Key> {
    let meant = [Means::Department, Means::Accused].map(|means| procedure.field_meaning(means));
    let meant = meant.into_iter().flatten().map(|field| field.key.clone());
    rest_on(procedure, tested(table).into_iter().chain(meant).collect())
}

/// Fields, and those from which tables derive them.
pub(super) fn rest_on(procedure: &Procedure, mut fields: BTreeSet<Key>) -> BTreeSet<Key> {
    let mut left: Vec<Key> = fields.iter().cloned().collect();
    while let Some(key) = left.pop() {
        let derive = procedure.field(&key).and_then(|field| field.derive.as_ref());
        let further = derive.and_then(|table| procedure.table(table)).map(tested);
        for field in further.into_iter().flatten() {
            if fields.insert(field.clone()) {
                left.push(field);
            }
        }
    }
    fields
}

/// Whom a dispatch looks for.
struct Sought<'a> {
    role: &'a Key,
    senior: bool,
    department: Option<&'a Key>,
}

impl<'a> Sought<'a> {
    /// Whom a row names; none where it names no role.
    fn of(row: &'a Row) -> Option<Self> {
        let role = row.role.as_ref()?;
        Some(Self { role, senior: row.senior, department: row.department.as_ref() })
    }

    /// The least loaded present holder of the role; experienced people first when asked. Ties go to the earlier in the
    /// directory among those whom this desk has not dispatched to most recently, which is a round robin.
    fn chosen(
        &self,
        procedure: &Procedure,
        case: &Case,
        directory: &Directory,
        now: Timestamp,
    ) -> Option<Key> {
        let role = procedure.role(self.role)?;
        let excluded = accused(procedure, case);
        let department = self.department.or(case.department.as_ref());
        let free = |person: &&Person| {
            person.holds(role, department) && person.present(now) && !excluded.contains(&person.id)
        };
        let rank =
            |person: &&Person| (self.senior && !person.senior, directory.load_of(&person.id));
        directory.people.iter().filter(free).min_by_key(rank).map(|person| person.id.clone())
    }
}

impl Work<'_> {
    /// Dispatches by a table; to the queue of the role when nobody is present.
    pub(crate) fn dispatch_by_table(&mut self, id: &Key, table: &Key) -> bool {
        let (procedure, _) = self.rules(id);
        let Some(table) = procedure.table(table) else { return false };
        let case = self.case(id);
        let Some((number, row)) = matching(&procedure, case, table) else { return false };
        let Some(sought) = Sought::of(row) else { return false };
        let person = sought.chosen(&procedure, case, self.directory, self.now);
        self.record(
            id,
            Event::Assigned {
                assignee: person,
                role: Some(sought.role.clone()),
                department: sought.department.cloned(),
                number: None,
                rule: Some((table.key.clone(), number)),
                note: None,
            },
        );
        self.happen(id, Moment::Dispatched);
        true
    }

    /// Whom a dispatch to a role goes to.
    fn choose(
        &self,
        id: &Key,
        procedure: &Procedure,
        role: &Key,
        senior: bool,
        department: Option<&Key>,
    ) -> Option<Key> {
        let sought = Sought { role, senior, department };
        sought.chosen(procedure, self.case(id), self.directory, self.now)
    }

    /// Dispatch by a person: to whom he names, else by the action's table.
    pub(crate) fn dispatch(
        &mut self,
        id: &Key,
        extra: &Extra,
        table: Option<&Key>,
    ) -> Result<(), Refusal> {
        let (procedure, _) = self.rules(id);
        if let Some(co_owners) = &extra.co_owners {
            self.set_co_owners(id, co_owners)?;
        }
        let note = extra.note.clone().map(Private::from);
        if let Some(person) = &extra.assignee {
            self.may_own(id, &procedure, person)?;
            let rule = table
                .and_then(|table| procedure.table(table))
                .and_then(|table| matching(&procedure, self.case(id), table))
                .map(|(_, row)| row);
            let role = extra
                .role
                .clone()
                .or_else(|| rule.and_then(|row| row.role.clone()))
                .or_else(|| self.case(id).role.clone());
            let department =
                extra.department.clone().or_else(|| rule.and_then(|row| row.department.clone()));
            self.record(
                id,
                Event::Assigned {
                    assignee: Some(person.clone()),
                    role,
                    department,
                    number: None,
                    rule: None,
                    note,
                },
            );
        } else if let Some(role) = &extra.role {
            if procedure.role(role).is_none() {
                return Err(Refusal::Unknown { what: "role".to_owned(), key: role.to_string() });
            }
            let person = self.choose(id, &procedure, role, false, extra.department.as_ref());
            let department = extra.department.clone();
            self.record(
                id,
                Event::Assigned {
                    assignee: person,
                    role: Some(role.clone()),
                    department,
                    number: None,
                    rule: None,
                    note,
                },
            );
        } else {
            let Some(table) = table else {
                return Err(Refusal::Invalid {
                    fields: vec![("assignee".into(), Problem::Unknown)],
                });
            };
            return if self.dispatch_by_table(id, table) {
                Ok(())
            } else {
                Err(self.no_rule(&procedure, table, id))
            };
        }
        self.happen(id, Moment::Dispatched);
        Ok(())
    }

    /// Why a table chose nobody: what it asks is not filled in.
    fn no_rule(&self, procedure: &Procedure, table: &Key, id: &Key) -> Refusal {
        let case = self.case(id);
        let asked = procedure.table(table).map(tested).unwrap_or_default();
        let missing = asked
            .into_iter()
            .filter(|field| case.value(field).is_none_or(Value::is_empty))
            .filter_map(|field| procedure.field(&field))
            .map(|field| crate::refusal::Missing {
                form: None,
                field: field.key.clone(),
                label: field.label.clone(),
            })
            .collect();
        Refusal::Missing { fields: missing, unmet: Vec::new() }
    }

    /// Takes from somebody who is away what he holds: the case goes to his substitute if that person may own it, else to whom a dispatch
    /// to its role would go, else it waits for the role. Clocks run on (G-12). Tasks and the part of a co-owner go the same way.
    pub(crate) fn hand_over(&mut self, id: &Key, from: &Key) {
        if !self.case(id).life.promised() {
            return;
        }
        let (procedure, _) = self.rules(id);
        let substitute = self.directory.person(from).and_then(|person| person.substitute.clone());
        let substitute = substitute.filter(|person| self.may_own(id, &procedure, person).is_ok());
        let case = self.case(id);
        let (role, department) = (case.role.clone(), case.department.clone());
        if case.assignee.as_ref() == Some(from) {
            let chosen = || self.choose(id, &procedure, role.as_ref()?, false, department.as_ref());
            let assignee = substitute.clone().or_else(chosen);
            let (number, rule, note) = (None, None, None);
            self.record(id, Event::Assigned { assignee, role, department, number, rule, note });
            let loud = self.is_loud(id);
            self.tell(id, Topic::HandedOver, &[Actor::Relation(Relation::Assignee)], None, loud);
        }
        if self.case(id).co_owners.contains(from) {
            let others = self.case(id).co_owners.iter().filter(|person| *person != from);
            let mut people: Vec<Key> = others.cloned().collect();
            if let Some(person) = substitute.as_ref().filter(|person| !people.contains(person)) {
                people.push(person.clone());
            }
            self.record(id, Event::CoOwnersSet { people });
        }
        let held = |task: &&Task| task.done.is_none() && task.owner.as_ref() == Some(from);
        let tasks: Vec<Task> = self.case(id).tasks.iter().filter(held).cloned().collect();
        for task in tasks {
            let department = task.department.as_ref();
            let chosen = || self.choose(id, &procedure, task.role.as_ref()?, false, department);
            let owner = substitute.clone().or_else(chosen);
            // Without anybody to take it, it stays his: its clock tells the head of his department.
            if owner.is_none() && task.role.is_none() {
                continue;
            }
            self.record(id, Event::TaskGiven { id: task.id, owner });
            let loud = self.is_loud(id);
            self.tell(
                id,
                Topic::Task(task.id),
                &[Actor::Relation(Relation::TaskOwner)],
                Some(task.id),
                loud,
            );
        }
    }

    fn may_own(&self, id: &Key, procedure: &Procedure, person: &Key) -> Result<(), Refusal> {
        if accused(procedure, self.case(id)).contains(person) {
            return Err(Refusal::Own { action: person.clone() });
        }
        match self.directory.person(person) {
            Some(known) if known.present(self.now) => Ok(()),
            Some(_) => Err(Refusal::Nobody { role: person.clone() }),
            None => Err(Refusal::Invalid { fields: vec![("assignee".into(), Problem::Unknown)] }),
        }
    }

    /// Sets co-owners; nobody complained about.
    pub(crate) fn set_co_owners(&mut self, id: &Key, people: &[Key]) -> Result<(), Refusal> {
        let (procedure, _) = self.rules(id);
        for person in people {
            self.may_own(id, &procedure, person)?;
        }
        self.record(id, Event::CoOwnersSet { people: people.to_vec() });
        Ok(())
    }

    /// Derives the fields that tables decide, unless overridden, as soon as everything they ask is known.
    pub(crate) fn derive(&mut self, id: &Key) {
        let (procedure, _) = self.rules(id);
        for field in &procedure.fields {
            let Some(table) = field.derive.as_ref().and_then(|table| procedure.table(table)) else {
                continue;
            };
            let case = self.case(id);
            if case.overrides.contains_key(&field.key) || !is_known(&procedure, case, table) {
                continue;
            }
            let row = matching(&procedure, case, table).map(|(_, row)| row);
            let value = row.and_then(|row| row.value.clone()).map(Value::Text);
            if value.as_ref() != case.value(&field.key) {
                let values = BTreeMap::from([(field.key.clone(), value)]);
                self.record(
                    id,
                    Event::FieldsSet { values, cause: SetCause::Derived, reason: None },
                );
            }
        }
    }

    /// A department that a person enters is the case's department.
    pub(crate) fn department_from_field(&mut self, id: &Key, changed: &[Key]) {
        let (procedure, _) = self.rules(id);
        let Some(field) =
            procedure.field_meaning(Means::Department).filter(|field| changed.contains(&field.key))
        else {
            return;
        };
        let case = self.case(id);
        let entered = case.value(&field.key).map(|value| Key::from(value.text()));
        if let Some(department) =
            entered.filter(|department| case.department.as_ref() != Some(department))
        {
            self.record(id, Event::DepartmentSet { department });
        }
    }
}

/// The fields that a table tests.
pub(crate) fn tested(table: &Table) -> BTreeSet<Key> {
    let mut fields = BTreeSet::new();
    table.rows.iter().for_each(|row| collect(&row.when, &mut fields));
    fields
}

fn collect(condition: &Condition, fields: &mut BTreeSet<Key>) {
    match condition {
        Condition::All(all) | Condition::Any(all) => {
            all.iter().for_each(|one| collect(one, fields))
        }
        Condition::Not(inner) => collect(inner, fields),
        Condition::Is(Operand::Field(field), _) => {
            fields.insert(field.clone());
        }
        _ => {}
    }
}

/// Whether everything a table asks is known; an empty yes-or-no counts as no.
fn is_known(procedure: &Procedure, case: &Case, table: &Table) -> bool {
    tested(table).iter().all(|key| {
        let optional = procedure
            .field(key)
            .is_some_and(|field| matches!(field.kind, FieldKind::Bool | FieldKind::Many(_)));
        optional || case.value(key).is_some_and(|value| !value.is_empty())
    })
}
