//! What must hold after everything, looked at from within.

use super::house::KEY;
use super::{Deed, Home};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Error, Result};
use store::{Filter, Scope, Sort, Store};

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) registrations: usize,
    pub(super) comments: usize,
    pub(super) cases: u64,
    pub(super) events: u64,
    pub(super) problems: Vec<String>,
}

pub(super) fn judge(home: &Home, deeds: &BTreeMap<String, Deed>) -> Result<Found> {
    let mut found = Found::default();
    let mut tokens: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut numbers = BTreeSet::new();
    let desk = home.desk()?;
    let store = desk.store();
    let mut cursor = None;
    loop {
        let page = store
            .list(&Scope::all(), &Filter::default(), Sort::NewestEntry, cursor.as_deref(), 500)
            .map_err(Error::other)?;
        for case in &page.rows {
            if !numbers.insert(case.number.clone()) {
                found.problems.push(format!("the number {} belongs to two cases", case.number));
            }
            let events = store.events(case.id, 0, 10_000).map_err(Error::other)?;
            // A registration says its text once, in the event that begins the case; a comment in an event of its own.
            for event in &events {
                let body = event.body.to_string();
                for token in
                    body.split(['"', ' ']).filter(|word| is_token(word)).collect::<BTreeSet<_>>()
                {
                    tokens.entry(token.to_owned()).or_default().push(case.number.clone());
                }
            }
        }
        match page.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    for (key, deed) in deeds {
        match key.starts_with('r') {
            true => found.registrations += 1,
            false => found.comments += 1,
        }
        let there = tokens.remove(key).unwrap_or_default();
        let expected: Vec<String> = deed.number.iter().cloned().collect();
        let same = if key.starts_with('r') {
            BTreeSet::from_iter(&there) == BTreeSet::from_iter(&expected)
        } else {
            there == expected
        };
        if !same {
            found
                .problems
                .push(format!("{key} was answered with {expected:?} and is in {there:?}"));
        }
    }
    found.problems.extend(tokens.keys().map(|token| format!("{token} was never sent")));
    let sweep = desk.sweep().map_err(Error::other)?;
    for (what, cases) in
        [("timers", sweep.timers), ("snapshot", sweep.snapshots), ("promise", sweep.broken)]
    {
        found.problems.extend(cases.iter().map(|case| format!("{case}: {what}")));
    }
    drop(desk);
    let verified = Store::verify(home.place()?, KEY).map_err(Error::other)?;
    found.problems.extend(verified.problems);
    (found.cases, found.events) = (verified.cases, verified.events);
    Ok(found)
}

fn is_token(word: &str) -> bool {
    word.len() == 10
        && word.starts_with(['r', 'c'])
        && word.chars().skip(1).all(|c| c.is_ascii_digit())
}
