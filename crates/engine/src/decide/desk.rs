//! Which people a role or relation means on a case, and who may approve (G-13).

use crate::case::{Case, Holder, approving_role, holder};
use crate::key::Key;
use crate::people::{Directory, Person};
use crate::procedure::{Actor, Means, Procedure, Relation, Role};
use crate::value::Value;
use jiff::Timestamp;

/// People complained about: they neither own nor approve the case (G-13).
pub fn accused(procedure: &Procedure, case: &Case) -> Vec<Key> {
    let field = procedure.field_meaning(Means::Accused);
    let value = field.and_then(|field| case.value(&field.key));
    value.map(Value::texts).unwrap_or_default().into_iter().map(Key::from).collect()
}

/// Those who hold a role for a case, present ones only.
pub fn people_for<'d>(
    role: &Role,
    case: &Case,
    directory: &'d Directory,
    at: Timestamp,
) -> Vec<&'d Person> {
    present_in(role, case.department.as_ref(), directory, at)
}

/// Those who hold a role in a department, present ones only.
fn present_in<'d>(
    role: &Role,
    department: Option<&Key>,
    directory: &'d Directory,
    at: Timestamp,
) -> Vec<&'d Person> {
    directory
        .people
        .iter()
        .filter(|person| person.holds(role, department) && person.present(at))
        .collect()
}

/// The department that answers for a task: that of its owner, else the one it was given to, else that of the case.
pub(crate) fn department_of_task(
    case: &Case,
    directory: &Directory,
    task: Option<u32>,
) -> Option<Key> {
    let task = task.and_then(|id| case.tasks.iter().find(|one| one.id == id))?;
    let owner = task.owner.as_ref().and_then(|owner| directory.person(owner));
    owner
        .and_then(|owner| owner.department.clone())
        .or_else(|| task.department.clone())
        .or_else(|| case.department.clone())
}

/// Who may decide in place of `role` for a department: its present holders except the excluded; where the rule leaves
/// nobody, those of the role that it passes to, and so on (G-13). Also says under which role they decide.
pub(crate) fn deciders<'d>(
    procedure: &Procedure,
    department: Option<&Key>,
    directory: &'d Directory,
    at: Timestamp,
    role: &Key,
    excluded: &[Key],
) -> (Key, Vec<&'d Person>) {
    let mut role = role.clone();
    for _ in 0..=procedure.roles.len() {
        let Some(known) = procedure.role(&role) else { break };
        let people: Vec<_> = present_in(known, department, directory, at)
            .into_iter()
            .filter(|person| !excluded.contains(&person.id))
            .collect();
        match (&known.passes_to, people.is_empty()) {
            (Some(next), true) => role = next.clone(),
            _ => return (role, people),
        }
    }
    (role, Vec::new())
}

/// Who may not decide on what was submitted: its author, the assignee, and people complained about.
pub(crate) fn partial(procedure: &Procedure, case: &Case, author: Option<&Key>) -> Vec<Key> {
    let mut people = accused(procedure, case);
    people.extend(author.cloned());
    people.extend(case.assignee.clone());
    people
}

/// Who may decide the current approval step, and under which role.
pub fn approvers<'d>(
    procedure: &Procedure,
    case: &Case,
    directory: &'d Directory,
    at: Timestamp,
) -> Option<(Key, Vec<&'d Person>)> {
    let role = approving_role(procedure, case)?;
    let author = case.chain.as_ref().and_then(|run| run.author.as_ref());
    let department = case.department.as_ref();
    Some(deciders(procedure, department, directory, at, &role, &partial(procedure, case, author)))
}

/// The people meant by actors, in the directory's order, and roles that nobody present holds.
pub(crate) fn recipients(
    procedure: &Procedure,
    case: &Case,
    directory: &Directory,
    at: Timestamp,
    to: &[Actor],
    task: Option<u32>,
) -> (Vec<Key>, Vec<Key>) {
    let mut told = Told { procedure, case, directory, at, wanted: Vec::new(), vacant: Vec::new() };
    to.iter().for_each(|actor| told.add(actor, task));
    let people = directory
        .people
        .iter()
        .filter(|person| told.wanted.contains(&person.id))
        .map(|person| person.id.clone())
        .collect();
    (people, told.vacant)
}

/// Gathers the people whom a message is for.
struct Told<'a> {
    procedure: &'a Procedure,
    case: &'a Case,
    directory: &'a Directory,
    at: Timestamp,
    wanted: Vec<Key>,
    vacant: Vec<Key>,
}

impl Told<'_> {
    fn add(&mut self, actor: &Actor, task: Option<u32>) {
        let case = self.case;
        match actor {
            Actor::Role(role) => self.holders_of(role, case.department.as_ref()),
            Actor::Relation(Relation::Assignee) => match (&case.assignee, &case.role) {
                (Some(person), _) => self.wanted.push(person.clone()),
                (None, Some(role)) => self.holders_of(role, case.department.as_ref()),
                (None, None) => {}
            },
            Actor::Relation(Relation::Holder) => self.holder(),
            Actor::Relation(Relation::Approver) => {
                if let Some((role, people)) =
                    approvers(self.procedure, case, self.directory, self.at)
                {
                    self.people(&role, &people);
                }
            }
            Actor::Relation(Relation::CoOwner) => {
                self.wanted.extend(case.co_owners.iter().cloned())
            }
            Actor::Relation(Relation::Registrar) => self.wanted.extend(case.registrar.clone()),
            Actor::Relation(Relation::TaskOwner) => {
                let task = task.and_then(|id| case.tasks.iter().find(|one| one.id == id));
                match task.map(|task| (&task.owner, &task.role)) {
                    Some((Some(owner), _)) => self.wanted.push(owner.clone()),
                    Some((None, Some(role))) => self.holders_of(role, case.department.as_ref()),
                    _ => {}
                }
            }
            Actor::Relation(Relation::TaskHead) => {
                let department = department_of_task(case, self.directory, task);
                for role in self.procedure.roles.iter().filter(|role| role.of_department) {
                    self.holders_of(&role.key, department.as_ref());
                }
            }
            Actor::Relation(Relation::System | Relation::Anyone | Relation::Customer) => {}
        }
    }

    fn holder(&mut self) {
        match holder(self.procedure, self.case) {
            Holder::Person(person) => self.wanted.push(person),
            Holder::Role(role) => {
                let approving = approving_role(self.procedure, self.case).as_ref() == Some(&role);
                match approvers(self.procedure, self.case, self.directory, self.at) {
                    Some((_, people)) if approving => {
                        self.wanted.extend(people.iter().map(|person| person.id.clone()))
                    }
                    _ => self.holders_of(&role, self.case.department.as_ref()),
                }
            }
            Holder::Nobody => {}
        }
    }

    fn holders_of(&mut self, role: &Key, department: Option<&Key>) {
        let accused = accused(self.procedure, self.case);
        let (_, people) =
            deciders(self.procedure, department, self.directory, self.at, role, &accused);
        self.people(role, &people);
    }

    fn people(&mut self, role: &Key, people: &[&Person]) {
        if people.is_empty() {
            self.vacant.push(role.clone());
        }
        self.wanted.extend(people.iter().map(|person| person.id.clone()));
    }
}
