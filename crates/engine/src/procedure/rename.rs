//! Procedures under other names: the proof that no rule of the engine depends on how a procedure calls its parts.

mod parts;
mod walk;

use super::{Actor, FieldKind, Procedure, Source};
use crate::key::Key;
use std::collections::{BTreeMap, BTreeSet};

/// What is renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Named {
    /// A procedure; shared by all.
    Procedure,
    /// A role; shared by all.
    Role,
    /// A department; shared by all.
    Department,
    /// A stage.
    Stage,
    /// An action.
    Action,
    /// A clock.
    Clock,
    /// A field.
    Field,
    /// A form.
    Form,
    /// A decision table.
    Table,
    /// A kind of task.
    Task,
    /// An approval chain.
    Chain,
    /// An axis.
    Axis,
    /// An escalation.
    Escalation,
}

/// Which key became which. Names that were not renamed stay themselves; procedures are named by their old key.
#[derive(Debug, Clone, Default)]
pub struct Renaming {
    /// What, in which procedure (empty for what all share), old key.
    names: BTreeMap<(Named, Key, Key), Key>,
    /// Procedure, axis, old key.
    values: BTreeMap<(Key, Key, Key), Key>,
    /// Every new key is given once.
    old: BTreeMap<Key, Key>,
}

/// The same procedures with every key of the kinds of [`Named`], and every value of an axis, renamed: consistently
/// across them for procedures, roles and departments, and always the same way for the same seed. Labels, texts,
/// numbering patterns and the codes of values stay, and so do nodes, columns, messages, transfers and reports.
pub fn rename(procedures: &[Procedure], seed: u64) -> (Vec<Procedure>, Renaming) {
    let mut source = Names { state: seed, given: BTreeSet::new() };
    let mut renaming = Renaming::default();
    for procedure in procedures {
        renaming.collect(procedure, &mut source);
    }
    let renamed = procedures
        .iter()
        .map(|procedure| walk::renamed(&renaming, procedures, procedure))
        .collect();
    (renamed, renaming)
}

impl Renaming {
    /// The new name of something in a procedure.
    pub fn name(&self, what: Named, procedure: &str, key: &str) -> Key {
        let scope = match what {
            Named::Procedure | Named::Role | Named::Department => "",
            _ => procedure,
        };
        self.names.get(&(what, scope.into(), key.into())).cloned().unwrap_or_else(|| key.into())
    }

    /// The new name of a value of an axis.
    pub fn value(&self, procedure: &str, axis: &str, value: &str) -> Key {
        self.values
            .get(&(procedure.into(), axis.into(), value.into()))
            .cloned()
            .unwrap_or_else(|| value.into())
    }

    /// A value as it is written for a field of the old procedure: renamed where the field takes values of an axis
    /// or departments, else as it is.
    pub fn written(&self, procedure: &Procedure, field: &str, value: &str) -> String {
        match procedure.field(field).map(|field| &field.kind) {
            Some(FieldKind::One(axis) | FieldKind::Many(axis)) => {
                self.value(&procedure.key, axis, value).into()
            }
            Some(
                FieldKind::Department
                | FieldKind::Departments
                | FieldKind::Auto(Source::Department),
            ) => self.name(Named::Department, &procedure.key, value).into(),
            _ => value.to_owned(),
        }
    }

    /// A role under its new name; relations have no names of their own.
    pub fn actor(&self, actor: &Actor) -> Actor {
        match actor {
            Actor::Role(role) => Actor::Role(self.name(Named::Role, "", role)),
            Actor::Relation(relation) => Actor::Relation(*relation),
        }
    }

    /// The old name of a new key, whatever it names.
    pub fn old(&self, new: &str) -> Option<&Key> {
        self.old.get(new)
    }

    fn collect(&mut self, procedure: &Procedure, source: &mut Names) {
        let Procedure { roles, departments, stages, actions, clocks, fields, forms, .. } =
            procedure;
        let Procedure { tables, tasks, chains, axes, escalations, .. } = procedure;
        let keys: Vec<(Named, &Key)> = [(Named::Procedure, &procedure.key)]
            .into_iter()
            .chain(roles.iter().map(|one| (Named::Role, &one.key)))
            .chain(departments.iter().map(|one| (Named::Department, &one.key)))
            .chain(stages.iter().map(|one| (Named::Stage, &one.key)))
            .chain(actions.iter().map(|one| (Named::Action, &one.key)))
            .chain(clocks.iter().map(|one| (Named::Clock, &one.key)))
            .chain(fields.iter().map(|one| (Named::Field, &one.key)))
            .chain(forms.iter().map(|one| (Named::Form, &one.key)))
            .chain(tables.iter().map(|one| (Named::Table, &one.key)))
            .chain(tasks.iter().map(|one| (Named::Task, &one.key)))
            .chain(chains.iter().map(|one| (Named::Chain, &one.key)))
            .chain(axes.iter().map(|one| (Named::Axis, &one.key)))
            .chain(escalations.iter().map(|one| (Named::Escalation, &one.key)))
            .collect();
        for (what, key) in keys {
            let scope = match what {
                Named::Procedure | Named::Role | Named::Department => "".into(),
                _ => procedure.key.clone(),
            };
            let name =
                self.names.entry((what, scope, key.clone())).or_insert_with(|| source.next());
            self.old.insert(name.clone(), key.clone());
        }
        for axis in axes {
            for value in &axis.values {
                let place = (procedure.key.clone(), axis.key.clone(), value.key.clone());
                let name = self.values.entry(place).or_insert_with(|| source.next());
                self.old.insert(name.clone(), value.key.clone());
            }
        }
    }
}

/// Names without meaning, each given once: `k` and letters. No relation and no word of a file begins like them.
struct Names {
    state: u64,
    given: BTreeSet<Key>,
}

impl Names {
    fn next(&mut self) -> Key {
        loop {
            let mut rest = self.random();
            let mut name = "k".to_owned();
            for _ in 0..7 {
                name.push(
                    char::from_digit(10 + u32::try_from(rest % 26).unwrap_or_default(), 36)
                        .unwrap_or('z'),
                );
                rest /= 26;
            }
            let name = Key::from(name);
            if self.given.insert(name.clone()) {
                return name;
            }
        }
    }

    /// splitmix64.
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}
