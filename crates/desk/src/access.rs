//! The one way to obtain a case on somebody's behalf.

use crate::desk::Desk;
use crate::error::DeskError;
use crate::facts::fold;
use crate::mask;
use crate::organisation::Caller;
use crate::submit::Done;
use crate::team::Team;
use engine::calendar::Calendar;
use engine::case::Case;
use engine::command::Command;
use engine::decide::Library;
use engine::event::Event;
use engine::key::Key;
use engine::people::Person;
use engine::procedure::{Power, Procedure, Reach};
use engine::value::Value;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use store::{Administer, CaseSummary, Change, Grant, Scope, Standing};
use uuid::Uuid;

/// A case that somebody may see, with the rules it is under.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The case.
    pub case: Arc<Case>,
    /// What lists show of it.
    pub summary: CaseSummary,
    /// Its procedure.
    pub procedure: Arc<Procedure>,
    /// Its calendar.
    pub calendar: Arc<Calendar>,
    /// Names and telephone numbers may be shown in full.
    pub reveal: bool,
}

impl Desk {
    /// Which cases a caller sees. Every list, count, search and feed goes through this. It is kept until a procedure, a calendar, a team or
    /// a person changes.
    pub fn scope(&self, caller: &Caller) -> Arc<Scope> {
        // Looked at before they are read: what is read is at least as new.
        let ground = self.ground();
        if let Some((then, scope)) = self.inner.scopes.get(&caller.person)
            && then == ground
        {
            return scope;
        }
        let scope = Arc::new(match self.people().person(&caller.person) {
            Some(person) => scope_of(&self.library(), &self.teams(), person),
            None => Scope::nobody(),
        });
        self.inner.scopes.insert(caller.person.clone(), (ground, Arc::clone(&scope)));
        scope
    }

    /// The case with this number, if the caller may see it.
    ///
    /// # Errors
    /// `NotFound`, also for cases outside the caller's scope; a failure of the store.
    pub fn case_for(&self, caller: &Caller, number: &str) -> Result<Seen, DeskError> {
        self.case_within(&self.scope(caller), number)
    }

    /// How a case stands that [`Desk::case_for`] would find: much cheaper than the case.
    ///
    /// # Errors
    /// As [`Desk::case_for`].
    pub fn standing(&self, caller: &Caller, number: &str) -> Result<Standing, DeskError> {
        let found = self.inner.store.standing(&self.scope(caller), number)?;
        found.ok_or(DeskError::NotFound { what: "case" })
    }

    /// The case with this number, for the operator of the installation: whoever holds the data folder and its key.
    ///
    /// # Errors
    /// `NotFound`, or a failure of the store.
    pub fn case_for_operator(&self, number: &str) -> Result<Seen, DeskError> {
        self.case_within(&Scope::all(), number)
    }

    /// The case as a submission of the caller's own has left it, also when the caller has given it out of sight by that.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn case_after(&self, done: &Done) -> Result<Seen, DeskError> {
        self.case_within(&Scope::all(), &done.number)
    }

    /// A value of a case in full, for whoever may have it shown. That it was, by whom and when, is in the settings' log; what it was
    /// is not.
    ///
    /// # Errors
    /// `NotFound` for what the caller may not see and for a field without a value; `Forbidden` when none of his roles may; a failure
    /// of the store.
    pub fn reveal(&self, caller: &Caller, number: &str, field: &str) -> Result<Value, DeskError> {
        let seen = self.case_for(caller, number)?;
        let people = self.people();
        let person = people.person(&caller.person).ok_or(DeskError::Forbidden)?;
        if !self.may_reveal_case(person, &seen.procedure.key) {
            return Err(DeskError::Forbidden);
        }
        let missing = DeskError::NotFound { what: "field" };
        let known = seen.procedure.field(field).and_then(|field| seen.case.value(&field.key));
        let value = known.ok_or(missing)?.clone();
        self.inner.store.administer(Administer {
            at: self.now(),
            actor: caller.person.to_string(),
            changes: vec![Change::Note {
                kind: "reveal".to_owned(),
                key: format!("{}/{field}", seen.case.id),
            }],
        })?;
        Ok(value)
    }

    /// Whether somebody may have values of a case under a procedure shown in full. Roles are not pinned: the newest version says what
    /// they may.
    pub fn may_reveal_case(&self, person: &Person, procedure: &str) -> bool {
        let rules = self.library().newest(procedure);
        rules.is_some_and(|(rules, _)| may_under(&rules, person, Power::Reveal))
    }

    fn case_within(&self, scope: &Scope, number: &str) -> Result<Seen, DeskError> {
        let missing = || DeskError::NotFound { what: "case" };
        let store = &self.inner.store;
        let standing = store.standing(scope, number)?.ok_or_else(missing)?;
        if let Some(one) = self.inner.known.standing(standing) {
            return self.under_rules(Arc::clone(&one.case), one.summary.clone());
        }
        let stored = store.case_by_number(scope, number)?.ok_or_else(missing)?;
        let case = Arc::new(fold(store, &stored)?);
        self.inner.known.keep(standing, &stored, &case);
        self.under_rules(case, stored.summary)
    }

    /// The case with this id, if the scope reaches it.
    pub(crate) fn case_of(&self, scope: &Scope, id: Uuid) -> Result<Option<Seen>, DeskError> {
        let Some(stored) = self.inner.store.case(scope, id)? else { return Ok(None) };
        let case = Arc::new(fold(&self.inner.store, &stored)?);
        self.under_rules(case, stored.summary).map(Some)
    }

    /// A case that a list of this scope has just shown; `None` when it left the scope meanwhile.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn case_listed(&self, scope: &Scope, row: &CaseSummary) -> Result<Option<Seen>, DeskError> {
        let store = &self.inner.store;
        let losses = store.losses();
        // Erasing takes the title with everything else: where there is one, all is there.
        let personal = row.columns.title.is_some();
        let standing = Standing { id: row.id, losses, version: row.version, personal };
        if let Some(one) = self.inner.known.standing(standing).filter(|_| personal) {
            return self.under_rules(Arc::clone(&one.case), row.clone()).map(Some);
        }
        let Some(stored) = store.case(scope, row.id)? else { return Ok(None) };
        let case = Arc::new(fold(store, &stored)?);
        if personal {
            self.inner.known.keep(standing, &stored, &case);
        }
        self.under_rules(case, stored.summary).map(Some)
    }

    fn under_rules(&self, case: Arc<Case>, summary: CaseSummary) -> Result<Seen, DeskError> {
        let version = self.library_for([&*case])?.version(&case.procedure, case.procedure_version);
        let (procedure, calendar) = version.ok_or(DeskError::NotFound { what: "procedure" })?;
        Ok(Seen { case, summary, procedure, calendar, reveal: false })
    }
}

/// What somebody's roles let him see of all procedures.
fn scope_of(library: &Library, teams: &[Team], person: &Person) -> Scope {
    if may(library, person, Power::Administer) {
        return Scope { person: (&*person.id).into(), ..Scope::all() };
    }
    let mut grants = vec![Grant { procedure: None, reach: store::Reach::Own, confidential: true }];
    let each: Vec<(&Key, Vec<Grant>)> = library
        .all()
        .map(|procedure| (&procedure.key, grants_under(procedure, teams, person)))
        .collect();
    match each.split_first() {
        // The same under every procedure: told once.
        Some(((_, first), rest)) if rest.iter().all(|(_, other)| other == first) => {
            grants.extend(first.iter().cloned());
        }
        _ => grants.extend(each.into_iter().flat_map(|(procedure, granted)| {
            granted
                .into_iter()
                .map(|grant| Grant { procedure: Some(procedure.to_string()), ..grant })
        })),
    }
    Scope { person: (&*person.id).into(), grants }
}

/// What somebody's roles in a procedure let him see beside what he works on.
fn grants_under(procedure: &Procedure, teams: &[Team], person: &Person) -> Vec<Grant> {
    let mut grants = BTreeSet::new();
    for role in procedure.roles.iter().filter(|role| person.has(&role.key)) {
        let confidential = role.may.contains(&Power::Confidential);
        let mut add = |reach| grants.insert((confidential, reach));
        if role.reach == Reach::All {
            add(store::Reach::All);
            continue;
        }
        if role.reach >= Reach::Department
            && let Some(department) = &person.department
        {
            add(store::Reach::Departments(vec![department.to_string()]));
        }
        if role.reach >= Reach::Team {
            // What waits for the role; of a role of one department only what its cases show anyway.
            let queue = Some(role.key.to_string()).filter(|_| !role.of_department);
            let mates = teams.iter().filter(|team| team.members.contains(&person.id));
            let mates = mates.flat_map(|team| &team.members).map(ToString::to_string);
            add(store::Reach::Team(queue.into_iter().chain(mates).collect()));
        }
    }
    // Whoever sees everything needs nothing less.
    let all = |confidential| grants.contains(&(confidential, store::Reach::All));
    let (whole, open) = (all(true), all(false));
    let needed = |(confidential, reach): &(bool, store::Reach)| match (whole, open) {
        (true, _) => *confidential && *reach == store::Reach::All,
        (false, true) => *confidential || *reach == store::Reach::All,
        (false, false) => true,
    };
    grants
        .iter()
        .filter(|grant| needed(grant))
        .map(|(confidential, reach)| Grant {
            procedure: None,
            reach: reach.clone(),
            confidential: *confidential,
        })
        .collect()
}

/// Whether a role that somebody holds, in whatever procedure, lets him do something.
pub(crate) fn may(library: &Library, person: &Person, power: Power) -> bool {
    library.all().any(|procedure| may_under(procedure, person, power))
}

impl Desk {
    /// The command that moves a case to the newest version of its procedure.
    ///
    /// # Errors
    /// `Forbidden` without the power to (`supervise`); `NotFound` when the procedure is not known.
    pub fn moving(&self, caller: &Caller, seen: &Seen) -> Result<Command, DeskError> {
        if !self.supervises(caller) {
            return Err(DeskError::Forbidden);
        }
        let newest = self.library().newest(&seen.procedure.key);
        let (rules, _) = newest.ok_or(DeskError::NotFound { what: "procedure" })?;
        Ok(Command::Move { case: seen.case.id.clone(), version: rules.version })
    }

    /// Whether one of somebody's roles lets him share with everybody and move cases to another version of their procedure.
    pub fn is_supervisor(&self, person: &Person) -> bool {
        let library = self.library();
        may(&library, person, Power::Supervise) || may(&library, person, Power::Administer)
    }
}

fn may_under(procedure: &Procedure, person: &Person, power: Power) -> bool {
    procedure.roles.iter().any(|role| person.has(&role.key) && role.may.contains(&power))
}

impl Seen {
    /// A field's value as this viewer may see it: names and telephone numbers masked unless they may be revealed, those in
    /// tables and in free text as well.
    pub fn masked(&self, key: &str) -> Option<Value> {
        let (field, value) = (self.procedure.field(key)?, self.case.value(key)?);
        Some(if self.reveal { value.clone() } else { mask::value(field, value) })
    }

    /// A fact as this viewer may see it. Values are masked by their fields, whatever the case holds now; a field that the
    /// procedure does not know shows nothing.
    pub fn shown(&self, mut event: Event) -> Json {
        if self.reveal {
            return json!(event);
        }
        let hide = |key: &Key, value: &mut Value| {
            *value = match self.procedure.field(key) {
                Some(field) => mask::value(field, value),
                None => Value::Text(String::new()),
            };
        };
        match &mut event {
            Event::FieldsSet { values, .. } => {
                let set = values.iter_mut().filter_map(|(key, value)| Some((key, value.as_mut()?)));
                set.for_each(|(key, value)| hide(key, value));
            }
            Event::Overridden { field, value, .. } => hide(field, value),
            Event::ChangeAsked { set, before, .. } => {
                set.iter_mut().for_each(|(key, value)| hide(key, value));
                let before =
                    before.iter_mut().filter_map(|(key, value)| Some((key, value.as_mut()?)));
                before.for_each(|(key, value)| hide(key, value));
            }
            _ => {}
        }
        let mut json = json!(event);
        mask::private_texts(&mut json);
        json
    }
}
