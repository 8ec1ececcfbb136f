//! Who works here: the facts about people that decisions need. The caller looks them up; the core only reads them.

use crate::key::Key;
use crate::procedure::Role;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A person of the organisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// Opaque id.
    pub id: Key,
    /// Name; personal data, masked where the reader may not see it.
    pub name: String,
    /// Roles held.
    pub roles: Vec<Key>,
    /// Department.
    #[serde(default)]
    pub department: Option<Key>,
    /// 经验等级=资深.
    #[serde(default)]
    pub senior: bool,
    /// Absences, half-open intervals in UTC.
    #[serde(default)]
    pub absent: Vec<(Timestamp, Timestamp)>,
    /// Who takes over what is held when the person is absent, if he can; else the rules of dispatching choose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub substitute: Option<Key>,
}

impl Person {
    /// Whether the person holds a role.
    pub fn has(&self, role: &str) -> bool {
        self.roles.iter().any(|held| held == role)
    }

    /// Whether the person is present at an instant.
    pub fn present(&self, at: Timestamp) -> bool {
        !self.absent.iter().any(|(from, to)| *from <= at && at < *to)
    }

    /// Whether the person holds a role for a case of a department.
    pub fn holds(&self, role: &Role, department: Option<&Key>) -> bool {
        self.has(&role.key)
            && (!role.of_department
                || department.is_none()
                || self.department.as_ref() == department)
    }
}

/// The people and how much each has open: facts looked up before a decision, possibly a little stale.
/// Cheap to clone: clones share what they hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Directory {
    /// In a fixed order.
    pub people: Arc<Vec<Person>>,
    /// Open cases per person.
    pub load: Arc<BTreeMap<Key, u32>>,
}

impl Directory {
    /// The person with this id.
    pub fn person(&self, id: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.id == *id)
    }

    /// Open cases of a person.
    pub fn load_of(&self, id: &str) -> u32 {
        self.load.get(id).copied().unwrap_or(0)
    }
}

/// On whose behalf a command enters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// A person of the organisation.
    Person(Key),
    /// The program: time has passed, or a rule acts.
    System,
    /// The customer.
    Customer,
}

impl Who {
    /// The person's id.
    pub fn person(&self) -> Option<&Key> {
        match self {
            Who::Person(id) => Some(id),
            _ => None,
        }
    }
}
