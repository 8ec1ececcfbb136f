//! Roles that a procedure relies on and nobody present holds: work would arrive where nobody is.

use crate::desk::Desk;
use engine::key::Key;
use engine::procedure::{Actor, Label, Procedure};
use std::collections::{BTreeMap, BTreeSet};

/// A role that nobody present holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vacancy {
    /// The procedure that needs it.
    pub procedure: Key,
    /// The role.
    pub role: Key,
    /// Its name.
    pub label: Label,
    /// What needs it: `stages.…`, `clocks.…`, `chains.…`, `tables.…`, `tasks.…`.
    pub needed_by: Vec<String>,
    /// Somebody holds it, but is absent now.
    pub absent: bool,
}

impl Desk {
    /// The vacant roles of every published procedure.
    pub fn vacancies(&self) -> Vec<Vacancy> {
        let (library, people, now) = (self.library(), self.people(), self.now());
        let mut vacancies = Vec::new();
        for procedure in library.all() {
            for (role, needed_by) in needed(procedure) {
                let mut holders = people.people.iter().filter(|person| person.has(&role));
                if holders.clone().any(|person| person.present(now)) {
                    continue;
                }
                let label = procedure.role(&role).map(|role| role.label.clone());
                vacancies.push(Vacancy {
                    procedure: procedure.key.clone(),
                    label: label.unwrap_or_default(),
                    needed_by: needed_by.into_iter().collect(),
                    absent: holders.next().is_some(),
                    role,
                });
            }
        }
        vacancies
    }
}

/// The roles that a procedure gives work to, and where.
fn needed(procedure: &Procedure) -> BTreeMap<Key, BTreeSet<String>> {
    let mut needed: BTreeMap<Key, BTreeSet<String>> = BTreeMap::new();
    let mut by = |role: &Key, item: String| {
        needed.entry(role.clone()).or_default().insert(item);
    };
    for stage in &procedure.stages {
        actor(&stage.owner, &mut |role| by(role, format!("stages.{}", stage.key)));
    }
    for clock in &procedure.clocks {
        let told = clock.remind.iter().chain(&clock.breach).flat_map(|step| &step.to);
        for one in told.chain([&clock.owner]) {
            actor(one, &mut |role| by(role, format!("clocks.{}", clock.key)));
        }
    }
    for chain in &procedure.chains {
        chain.steps.iter().for_each(|step| by(&step.role, format!("chains.{}", chain.key)));
    }
    for table in &procedure.tables {
        let roles = table.rows.iter().filter_map(|row| row.role.as_ref());
        roles.for_each(|role| by(role, format!("tables.{}", table.key)));
    }
    for task in &procedure.tasks {
        actor(&task.owner, &mut |role| by(role, format!("tasks.{}", task.key)));
    }
    if let Some(extension) = &procedure.extension {
        by(&extension.approver, "extension".to_owned());
    }
    if let Some(change) = &procedure.change {
        by(&change.approver, "change".to_owned());
    }
    needed
}

fn actor(actor: &Actor, found: &mut dyn FnMut(&Key)) {
    if let Actor::Role(role) = actor {
        found(role);
    }
}
