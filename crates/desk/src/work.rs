//! What somebody must do next: the cases he holds and those that wait for a role of his, by the time left.

use crate::access::Seen;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::organisation::Caller;
use engine::case::{Task, undecided};
use engine::clocks::{contacts_due, is_contact};
use engine::decide::is_offered;
use engine::key::Key;
use engine::procedure::{Action, Verb};
use jiff::Timestamp;
use store::{CaseSummary, Filter, Sort};

/// Counts beyond this number read "at least".
pub const COUNTED: usize = 999;

/// A case that somebody must act on, with what the procedure asks for next.
#[derive(Debug, Clone)]
pub struct Todo {
    /// The case.
    pub seen: Seen,
    /// The action that he may do next; none when the next step is somebody else's.
    pub next: Option<Key>,
    /// It is his own, not one that waits for whoever holds a role.
    pub own: bool,
    /// Number of the task that waits for him in it, whoever holds the case; none where the case itself does.
    pub task: Option<u32>,
    /// By when the customer must be contacted, where that is today or was before.
    pub call: Option<Timestamp>,
    /// The action that logs a contact with the customer, where he may do one.
    pub contact: Option<Key>,
}

impl Todo {
    /// The task that waits for him, where it is one.
    pub fn task(&self) -> Option<&Task> {
        self.seen.case.tasks.iter().find(|task| Some(task.id) == self.task)
    }

    /// When it is due, UTC.
    pub fn due(&self) -> Option<Timestamp> {
        self.task().map_or_else(|| self.seen.case.next_due(), |task| task.due)
    }
}

/// A line of work: the cases that wait for whoever holds a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// The role.
    pub role: Key,
    /// Where its holder answers for one department only: that one.
    pub department: Option<Key>,
    /// How many cases wait, up to [`COUNTED`].
    pub cases: u64,
}

/// How much there is to do, each number up to [`COUNTED`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Cases that he holds himself and has not put off.
    pub own: u64,
    /// Cases that somebody else holds and in which a task or a decision waits for him or for a role of his.
    pub tasks: u64,
    /// The lines of his roles; those in which nothing can wait are left out.
    pub queues: Vec<Queue>,
    /// Cases in hand, of all that he sees, whose next due has passed.
    pub overdue: u64,
}

impl Tally {
    /// Everything that waits for him, himself or one of his roles.
    pub fn work(&self) -> u64 {
        self.own + self.tasks + self.queues.iter().map(|queue| queue.cases).sum::<u64>()
    }
}

impl Desk {
    /// How much a caller has to do.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn tally(&self, caller: &Caller) -> Result<Tally, DeskError> {
        let scope = self.scope(caller);
        let count = |filter: &Filter| self.inner.store.count(&scope, filter, COUNTED);
        let mut queues = self.queues(caller);
        for queue in &mut queues {
            queue.cases = count(&waiting(queue))?;
        }
        let overdue =
            Filter { open: Some(true), due_before: Some(self.now()), ..Filter::default() };
        let asleep = u64::try_from(self.sleeping(caller)?.len()).unwrap_or(0);
        let own = count(&held(&caller.person))?.saturating_sub(asleep);
        let tasks = count(&self.awaiting(caller))?;
        Ok(Tally { own, tasks, queues, overdue: count(&overdue)? })
    }

    /// What a caller must do next, what is due first at the beginning; at most `most`.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn my_work(&self, caller: &Caller, most: usize) -> Result<Vec<Todo>, DeskError> {
        let scope = self.scope(caller);
        let list = |filter: &Filter, most: usize| {
            self.inner.store.list(&scope, filter, Sort::NextDue, None, most).map(|page| page.rows)
        };
        let asleep = self.sleeping(caller)?;
        let mut rows: Vec<(bool, CaseSummary)> = list(&held(&caller.person), most + asleep.len())?
            .into_iter()
            .filter(|row| !asleep.contains(&row.id))
            .map(|row| (true, row))
            .collect();
        for queue in self.queues(caller) {
            rows.extend(list(&waiting(&queue), most)?.into_iter().map(|row| (false, row)));
        }
        rows.sort_by_key(|(_, row)| (row.columns.next_due.unwrap_or(Timestamp::MAX), row.id));
        rows.truncate(most);
        let (people, now) = (self.people(), self.now());
        let who = caller.who();
        let offered = |seen: &Seen, asked: &dyn Fn(&Action) -> bool| {
            let (rules, case) = (&seen.procedure, &seen.case);
            let mut fitting = rules.actions.iter().filter(|action| asked(action));
            let found = fitting.find(|action| is_offered(rules, case, &people, &who, now, action));
            found.map(|action| action.key.clone())
        };
        let (today, awaited) = (self.today(), self.awaiting(caller));
        // Who is to be called today, by what the case or one of its tasks waits for, and how that is logged.
        let calls = |seen: &Seen, task: Option<u32>| {
            // What waits for somebody else in his case is that one's call.
            let theirs = |id: u32| {
                let waits = seen.case.tasks.iter().find(|task| task.id == id);
                let key = waits.and_then(|task| task.owner.as_ref().or(task.role.as_ref()));
                key.is_some_and(|key| !is_among(&awaited, key))
            };
            let dues = contacts_due(&seen.procedure, &seen.case).into_iter();
            let dues = dues.filter(|one| match task {
                Some(_) => one.task == task,
                None => !one.task.is_some_and(theirs),
            });
            let dues = dues.map(|one| one.due);
            let call = dues.min().filter(|due| seen.calendar.local(*due).date() <= today);
            // One that only logs it, else one that goes on as well.
            let plain = |action: &Action| action.has(Verb::Contact) && action.to.is_none();
            let contact =
                call.and_then(|_| offered(seen, &plain).or_else(|| offered(seen, &is_contact)));
            (call, contact)
        };
        let mut todos = Vec::with_capacity(rows.len());
        for (own, row) in rows {
            // Gone since it was listed: it is no longer his.
            let Some(seen) = self.case_listed(&scope, &row)? else { continue };
            let stage = seen.procedure.stage(&seen.case.stage);
            let asked = stage.and_then(|stage| stage.next.as_ref());
            let next = offered(&seen, &|action| Some(&action.key) == asked);
            let (call, contact) = calls(&seen, None);
            todos.push(Todo { seen, next, own, task: None, call, contact });
        }
        for row in list(&awaited, most)?.into_iter().filter(|row| !asleep.contains(&row.id)) {
            let Some(seen) = self.case_listed(&scope, &row)? else { continue };
            let mine = |task: &&Task| {
                let key = task.owner.as_ref().or(task.role.as_ref());
                task.done.is_none() && key.is_some_and(|key| is_among(&awaited, key))
            };
            for task in seen.case.tasks.iter().filter(mine) {
                let next = offered(&seen, &|action| settles(action, task));
                let (own, task) = (task.owner.is_some(), Some(task.id));
                let (call, contact) = calls(&seen, task);
                todos.push(Todo { seen: seen.clone(), next, own, task, call, contact });
            }
            for (_, verb) in undecided(&seen.procedure, &seen.case)
                .into_iter()
                .filter(|(role, _)| is_among(&awaited, role))
            {
                // Whoever asked for it does not decide it himself, whatever his role.
                let Some(next) = offered(&seen, &|action| action.has(verb)) else { continue };
                let (seen, next) = (seen.clone(), Some(next));
                todos.push(Todo { seen, next, own: false, task: None, call: None, contact: None });
            }
        }
        todos.sort_by_key(|todo| todo.due().unwrap_or(Timestamp::MAX));
        todos.truncate(most);
        Ok(todos)
    }

    /// The cases in which a task or a decision waits for a caller or for a role of his.
    fn awaiting(&self, caller: &Caller) -> Filter {
        let people = self.people();
        let roles = people.person(&caller.person).map(|person| person.roles.clone());
        let keys = std::iter::once(caller.person.clone()).chain(roles.unwrap_or_default());
        let awaited = Some(keys.map(|key| key.to_string()).collect());
        Filter { open: Some(true), awaited, ..Filter::default() }
    }

    /// The lines of the caller's roles, not yet counted.
    fn queues(&self, caller: &Caller) -> Vec<Queue> {
        let (people, library) = (self.people(), self.library());
        let Some(person) = people.person(&caller.person) else { return Vec::new() };
        let queue = |role: &Key| {
            let known = library.all().filter_map(|rules| rules.role(role));
            let mut known = known.peekable();
            known.peek()?;
            let of_department = known.any(|role| role.of_department);
            let department = person.department.clone().filter(|_| of_department);
            Some(Queue { role: role.clone(), department, cases: 0 })
        };
        person.roles.iter().filter_map(queue).collect()
    }
}

fn is_among(filter: &Filter, key: &Key) -> bool {
    filter.awaited.as_ref().is_some_and(|keys| keys.iter().any(|known| **known == **key))
}

/// Whether an action that is offered settles a task.
fn settles(action: &Action, task: &Task) -> bool {
    action.has(Verb::TaskDone) && action.task.as_ref().is_none_or(|kind| *kind == task.kind)
}

fn held(person: &Key) -> Filter {
    Filter { open: Some(true), holder: Some(person.to_string()), ..Filter::default() }
}

fn waiting(queue: &Queue) -> Filter {
    Filter { department: queue.department.as_ref().map(ToString::to_string), ..held(&queue.role) }
}
