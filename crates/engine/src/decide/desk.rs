//! Which people a role or relation means on a case, and who may approve (G-13).

use crate::case::{Case, Holder, approving_role, holder};
use crate::key::Key;
use crate::people::{Directory, Person};
use crate::procedure::{Actor, Means, Procedure, Relation, Role};
use crate::value::Value;
use jiff::Timestamp;

/// People complained about: they neither own nor approve the case (G-13).
pub(crate) fn accused(procedure: &Procedure, case: &Case) -> Vec<Key> {
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
    directory
        .people
        .iter()
        .filter(|person| person.holds(role, case.department.as_ref()) && person.present(at))
        .collect()
}

/// Who may decide in place of `role` on this case: its present holders except the excluded; where the rule leaves
/// nobody, those of the role that it passes to, and so on (G-13). Also says under which role they decide.
pub(crate) fn deciders<'d>(
    procedure: &Procedure,
    case: &Case,
    directory: &'d Directory,
    at: Timestamp,
    role: &Key,
    excluded: &[Key],
) -> (Key, Vec<&'d Person>) {
    let mut role = role.clone();
    for _ in 0..=procedure.roles.len() {
        let Some(known) = procedure.role(&role) else { break };
        let people: Vec<_> = people_for(known, case, directory, at)
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
    Some(deciders(procedure, case, directory, at, &role, &partial(procedure, case, author)))
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
    let mut wanted: Vec<Key> = Vec::new();
    let mut vacant = Vec::new();
    for actor in to {
        match actor {
            Actor::Role(role) => {
                by_role(procedure, case, directory, at, role, &mut wanted, &mut vacant)
            }
            Actor::Relation(Relation::Assignee) => match (&case.assignee, &case.role) {
                (Some(person), _) => wanted.push(person.clone()),
                (None, Some(role)) => {
                    by_role(procedure, case, directory, at, role, &mut wanted, &mut vacant)
                }
                (None, None) => {}
            },
            Actor::Relation(Relation::Holder) => match holder(procedure, case) {
                Holder::Person(person) => wanted.push(person),
                Holder::Role(role) => match approvers(procedure, case, directory, at)
                    .filter(|_| approving_role(procedure, case).as_ref() == Some(&role))
                {
                    Some((_, people)) => {
                        wanted.extend(people.iter().map(|person| person.id.clone()))
                    }
                    None => {
                        by_role(procedure, case, directory, at, &role, &mut wanted, &mut vacant)
                    }
                },
                Holder::Nobody => {}
            },
            Actor::Relation(Relation::Approver) => {
                if let Some((role, people)) = approvers(procedure, case, directory, at) {
                    if people.is_empty() {
                        vacant.push(role);
                    }
                    wanted.extend(people.iter().map(|person| person.id.clone()));
                }
            }
            Actor::Relation(Relation::CoOwner) => wanted.extend(case.co_owners.iter().cloned()),
            Actor::Relation(Relation::Registrar) => wanted.extend(case.registrar.clone()),
            Actor::Relation(Relation::TaskOwner) => {
                let task = task.and_then(|id| case.tasks.iter().find(|one| one.id == id));
                match task.map(|task| (&task.owner, &task.role)) {
                    Some((Some(owner), _)) => wanted.push(owner.clone()),
                    Some((None, Some(role))) => {
                        by_role(procedure, case, directory, at, role, &mut wanted, &mut vacant)
                    }
                    _ => {}
                }
            }
            Actor::Relation(Relation::System | Relation::Anyone | Relation::Customer) => {}
        }
    }
    let people = directory
        .people
        .iter()
        .filter(|person| wanted.contains(&person.id))
        .map(|person| person.id.clone())
        .collect();
    (people, vacant)
}

fn by_role(
    procedure: &Procedure,
    case: &Case,
    directory: &Directory,
    at: Timestamp,
    role: &Key,
    wanted: &mut Vec<Key>,
    vacant: &mut Vec<Key>,
) {
    let (_, people) = deciders(procedure, case, directory, at, role, &accused(procedure, case));
    if people.is_empty() {
        vacant.push(role.clone());
    }
    wanted.extend(people.iter().map(|person| person.id.clone()));
}
