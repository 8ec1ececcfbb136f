//! People made up for a check: two for every role, so that nobody must decide on his own work, and an administrator.

use crate::case::{Case, Holder, holder};
use crate::decide::{approvers, people_for, recipients};
use crate::key::Key;
use crate::people::{Directory, Person, Who};
use crate::procedure::{Action, Actor, Procedure, Relation, Role, Verb};
use jiff::Timestamp;

/// Somebody without any role.
pub(super) const ADMINISTRATOR: &str = "administrator";

/// Two people for every role of these procedures, and for every department where the role asks for it.
pub(super) fn directory(procedures: &[&Procedure]) -> Directory {
    let mut people: Vec<Person> = Vec::new();
    let mut add = |role: &Role, department: Option<&Key>| {
        for number in 1..=2 {
            let place = department.filter(|_| role.of_department);
            let id = match place {
                Some(place) => format!("{}.{place}.{number}", role.key),
                None => format!("{}.{number}", role.key),
            };
            if !people.iter().any(|person| person.id == *id) {
                people.push(Person {
                    name: id.clone(),
                    id: id.into(),
                    roles: vec![role.key.clone()],
                    department: department.cloned(),
                    senior: number == 2,
                    absent: Vec::new(),
                    substitute: None,
                });
            }
        }
    };
    for procedure in procedures {
        for role in &procedure.roles {
            if role.of_department {
                procedure.departments.iter().for_each(|place| add(role, Some(&place.key)));
            } else {
                add(role, role.department.as_ref());
            }
        }
    }
    people.push(Person {
        id: ADMINISTRATOR.into(),
        name: ADMINISTRATOR.to_owned(),
        roles: Vec::new(),
        department: None,
        senior: false,
        absent: Vec::new(),
        substitute: None,
    });
    Directory { people: people.into(), load: Default::default() }
}

/// The same people, all of them away.
pub(super) fn vacated(present: &Directory) -> Directory {
    let mut people = present.people.to_vec();
    for person in &mut people {
        person.absent = vec![(Timestamp::MIN, Timestamp::MAX)];
    }
    Directory { people: people.into(), load: Default::default() }
}

/// A procedure with the people who work by it.
#[derive(Clone, Copy)]
pub(super) struct Desk<'a> {
    pub(super) procedure: &'a Procedure,
    pub(super) directory: &'a Directory,
}

impl Desk<'_> {
    /// Those who hold a role for a case.
    pub(super) fn of_role(&self, role: &str, case: &Case, at: Timestamp) -> Vec<Key> {
        let Some(role) = self.procedure.role(role) else { return Vec::new() };
        let people = people_for(role, case, self.directory, at);
        people.into_iter().map(|person| person.id.clone()).collect()
    }

    fn assignee(&self, case: &Case, at: Timestamp) -> Vec<Key> {
        match (&case.assignee, &case.role) {
            (Some(person), _) => vec![person.clone()],
            (None, Some(role)) => self.of_role(role, case, at),
            (None, None) => Vec::new(),
        }
    }

    fn approvers(&self, case: &Case, at: Timestamp) -> Vec<Key> {
        approvers(self.procedure, case, self.directory, at)
            .map(|(_, people)| people.iter().map(|person| person.id.clone()).collect())
            .unwrap_or_default()
    }

    /// Who holds a case.
    pub(super) fn holders(&self, case: &Case, at: Timestamp) -> Vec<Key> {
        match holder(self.procedure, case) {
            Holder::Person(person) => {
                self.directory.person(&person).map(|known| known.id.clone()).into_iter().collect()
            }
            Holder::Role(role) => self.of_role(&role, case, at),
            Holder::Nobody => Vec::new(),
        }
    }

    fn task_owners(
        &self,
        case: &Case,
        task: Option<u32>,
        kind: Option<&Key>,
        at: Timestamp,
    ) -> Vec<Key> {
        let meant = |one: &&crate::case::Task| match task {
            Some(id) => one.id == id,
            None => one.done.is_none() && kind.is_none_or(|kind| one.kind == *kind),
        };
        let mut people = Vec::new();
        for one in case.tasks.iter().filter(meant) {
            match (&one.owner, &one.role) {
                (Some(owner), _) => people.push(owner.clone()),
                (None, Some(role)) => people.extend(self.of_role(role, case, at)),
                (None, None) => {}
            }
        }
        people
    }

    fn task_heads(&self, case: &Case, task: Option<u32>, at: Timestamp) -> Vec<Key> {
        let to = [Actor::Relation(Relation::TaskHead)];
        recipients(self.procedure, case, self.directory, at, &to, task).0
    }

    /// People whom a message to these actors reaches.
    pub(super) fn told(
        &self,
        to: &[Actor],
        case: &Case,
        task: Option<u32>,
        at: Timestamp,
    ) -> Vec<Key> {
        let mut people = Vec::new();
        for actor in to {
            people.extend(match actor {
                Actor::Role(role) => self.of_role(role, case, at),
                Actor::Relation(Relation::Assignee) => self.assignee(case, at),
                Actor::Relation(Relation::Holder) => self.holders(case, at),
                Actor::Relation(Relation::Approver) => self.approvers(case, at),
                Actor::Relation(Relation::CoOwner) => case.co_owners.clone(),
                Actor::Relation(Relation::Registrar) => case.registrar.iter().cloned().collect(),
                Actor::Relation(Relation::TaskOwner) if task.is_some() => {
                    self.task_owners(case, task, None, at)
                }
                Actor::Relation(Relation::TaskHead) if task.is_some() => {
                    self.task_heads(case, task, at)
                }
                Actor::Relation(_) => Vec::new(),
            });
        }
        people
    }

    /// One author for each way in which somebody may do an action, as far as roles and relations decide it.
    pub(super) fn authors(&self, action: &Action, case: &Case, at: Timestamp) -> Vec<Who> {
        let mut authors: Vec<Who> = Vec::new();
        let mut add = |who: Who| {
            if !authors.contains(&who) {
                authors.push(who);
            }
        };
        if action.has(Verb::Approve) || action.has(Verb::Reject) {
            self.approvers(case, at).into_iter().for_each(|person| add(Who::Person(person)));
            return authors;
        }
        for actor in &action.by {
            let people = match actor {
                Actor::Role(role) => self.of_role(role, case, at),
                Actor::Relation(Relation::Assignee) => self.assignee(case, at),
                Actor::Relation(Relation::Holder) => self.holders(case, at),
                Actor::Relation(Relation::Approver) => self.approvers(case, at),
                Actor::Relation(Relation::CoOwner) => case.co_owners.clone(),
                Actor::Relation(Relation::Registrar) => case.registrar.iter().cloned().collect(),
                Actor::Relation(Relation::TaskOwner) => {
                    self.task_owners(case, None, action.task.as_ref(), at)
                }
                Actor::Relation(Relation::Anyone) => vec![ADMINISTRATOR.into()],
                Actor::Relation(Relation::Customer) => {
                    add(Who::Customer);
                    Vec::new()
                }
                Actor::Relation(Relation::TaskHead | Relation::System) => Vec::new(),
            };
            // Whoever decides on a request must not be the one who asked: the second of a role steps in.
            let decides = action.has(Verb::ExtendDecide) || action.has(Verb::ChangeDecide);
            let most = if decides { 2 } else { 1 };
            people.into_iter().take(most).for_each(|person| add(Who::Person(person)));
        }
        authors
    }
}
