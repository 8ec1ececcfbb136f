//! People to choose from: whoever fits what the procedure's data asks first, the others after them.

use super::build::Maker;
use super::{Choice, Control};
use crate::pages::row::holder_name;
use crate::pages::words::Lang;
use desk::Seen;
use engine::case::Facts;
use engine::decide::{self, by_rule};
use engine::key::Key;
use engine::people::{Person, Who};
use engine::procedure::{Action, Actor, Verb};

/// Whom a step wants.
struct Wanted {
    role: Key,
    department: Option<Key>,
}

/// People in two groups.
#[derive(Debug, Clone, Default)]
pub(crate) struct People {
    /// Several can be chosen.
    pub(crate) many: bool,
    /// The role that is wanted; none where anybody is as good as the next.
    pub(crate) wanted: Option<String>,
    /// Whoever fits; everybody where no role is wanted.
    pub(crate) fit: Vec<Choice>,
    /// The others.
    pub(crate) others: Vec<Choice>,
    /// Who decides where nobody is chosen.
    pub(crate) by_rule: Option<ByRule>,
}

/// The procedure's rule chooses somebody.
#[derive(Debug, Clone, Default)]
pub(crate) struct ByRule {
    /// Whom, as far as that does not depend on what is still filled in.
    pub(crate) to: Option<String>,
}

impl People {
    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.fit.len() + self.others.len()
    }

    /// All of them, whoever fits first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Choice> {
        self.fit.iter().chain(&self.others)
    }

    /// What choosing nobody means.
    pub(super) fn nobody(&self, lang: Lang) -> String {
        match &self.by_rule {
            None => "—".to_owned(),
            Some(ByRule { to: None }) => lang.say("form.by_rule").to_owned(),
            Some(ByRule { to: Some(who) }) => lang.fill("form.by_rule.to", &[("who", who)]),
        }
    }
}

/// Whom dispatching by an action wants: by its table, else the role that the case waits for, else the one that owns where it goes.
fn wanted(seen: &Seen, action: &Action) -> Option<Wanted> {
    let (rules, case) = (&seen.procedure, &seen.case);
    if !action.has(Verb::Assign) {
        return None;
    }
    let who = Who::System;
    let facts = Facts::new(rules, case, &who);
    let table = action.dispatches_by().and_then(|table| rules.table(table));
    let row = table.and_then(|table| table.rows.iter().find(|row| facts.holds(&row.when)));
    let stage = rules.stage(action.to.as_ref().unwrap_or(&case.stage));
    let owner = stage.and_then(|stage| match &stage.owner {
        Actor::Role(role) => Some(role.clone()),
        Actor::Relation(_) => None,
    });
    let role = row.and_then(|row| row.role.clone()).or_else(|| case.role.clone()).or(owner)?;
    let department = row.and_then(|row| row.department.clone()).or_else(|| case.department.clone());
    Some(Wanted { role, department })
}

impl Maker<'_> {
    /// Somebody, or several.
    pub(super) fn persons(&self, many: bool) -> Control {
        Control::People(self.present(many, None))
    }

    /// Whom a case is dispatched to; who decides is said where nobody has to be named.
    pub(super) fn assignee(&self, seen: &Seen, action: &Action) -> Control {
        let (rules, people) = (&seen.procedure, self.people);
        let rule = by_rule(rules, &seen.case, people, self.desk.now(), action);
        let by_rule = rule.map(|rule| match rule {
            decide::ByRule::Open => ByRule::default(),
            decide::ByRule::To { role, person } => {
                let who = person.unwrap_or(role);
                ByRule { to: Some(holder_name(self.lang, rules, people, &who)) }
            }
        });
        let wanted = wanted(seen, action);
        Control::People(People { by_rule, ..self.present(false, wanted.as_ref()) })
    }

    /// Everybody who is present, with his role and how much he has to do.
    fn present(&self, many: bool, wanted: Option<&Wanted>) -> People {
        let now = self.desk.now();
        let role = wanted.and_then(|wanted| self.rules.role(&wanted.role));
        let fits = |person: &&Person| {
            role.zip(wanted)
                .is_none_or(|(role, wanted)| person.holds(role, wanted.department.as_ref()))
        };
        let present = self.people.people.iter().filter(|person| person.present(now));
        let (fit, others): (Vec<_>, Vec<_>) = present.partition(fits);
        let choices =
            |people: Vec<&Person>| people.into_iter().map(|one| self.person(one)).collect();
        People {
            many,
            wanted: role.map(|role| self.lang.word(&role.label).to_owned()),
            fit: choices(fit),
            others: choices(others),
            by_rule: None,
        }
    }

    fn person(&self, person: &Person) -> Choice {
        let role = person.roles.iter().find_map(|role| self.rules.role(role));
        let role = role.map(|role| self.lang.word(&role.label).to_owned());
        // Whoever has no role here has one elsewhere.
        let elsewhere = || {
            let library = self.desk.library();
            let mut known = person.roles.iter().filter_map(|key| {
                let role = library.all().find_map(|rules| rules.role(key))?;
                Some(self.lang.word(&role.label).to_owned())
            });
            known.next()
        };
        let load = u64::from(self.people.load_of(&person.id));
        let parts = [
            Some(person.name.clone()),
            role.or_else(elsewhere),
            Some(self.lang.count("form.load", load)),
        ];
        let label = parts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
        Choice { key: person.id.to_string(), label, hint: None }
    }
}
