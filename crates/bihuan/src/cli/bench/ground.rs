//! A loaded desk, and what is needed to do things with it: known numbers, cases that can be acted on, somebody who looks.

use super::lives::{Lives, Registration};
use anyhow::{Context, Result, bail};
use desk::{ApiKey, Caller, Desk, KeyScope, Options, entry};
use engine::command::Command;
use engine::decide::offers;
use engine::key::Key;
use engine::people::Who;
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use store::{Filter, IdempotencyKey, Scope, Sort};
use uuid::Uuid;

/// Cases that are looked at, of all ages.
const LOOKED_AT: usize = 4_000;
/// Cases in work that are acted on.
const ACTED_ON: usize = 1_500;
/// Rows of a page, as the console and the API show it.
pub(super) const PAGE: usize = 50;

pub(super) struct Ground {
    pub(super) desk: Desk,
    pub(super) lives: Lives,
    /// Somebody who sees every case, for programs.
    pub(super) caller: Caller,
    pub(super) numbers: Vec<String>,
    pub(super) deeds: Vec<Deed>,
    seed: u64,
    /// Makes each key of a submission a new one, also in a folder that was measured before.
    keys: AtomicU64,
    run: Uuid,
}

/// Something that can be done with a case again and again.
pub(super) struct Deed {
    pub(super) number: String,
    pub(super) who: Who,
    pub(super) command: Command,
}

impl Ground {
    pub(super) fn new(desk: Desk, lives: Lives, seed: u64) -> Result<Self> {
        let people = desk.people();
        let administers = people.people.iter().find(|person| desk.is_administrator(person));
        let person = administers.context("nobody administers")?.id.clone();
        let caller = Caller { person, scopes: vec![KeyScope::CasesRead, KeyScope::CasesWrite] };
        let mut random = Rng::with_seed(seed);
        let numbers = numbers(&desk, &desk.scope(&caller), &mut random)?;
        let deeds = deeds(&desk, &lives)?;
        if deeds.is_empty() {
            bail!("no case can be acted on");
        }
        Ok(Self {
            desk,
            lives,
            caller,
            numbers,
            deeds,
            seed,
            keys: AtomicU64::new(0),
            run: Uuid::new_v4(),
        })
    }

    /// Keys by which programs enter, one for everybody who works here.
    pub(super) fn api_keys(&self) -> Result<HashMap<Key, String>> {
        let people = self.desk.people();
        let keys = people.people.iter().map(|person| {
            let (name, scopes) = ("bench".to_owned(), self.caller.scopes.clone());
            let key = ApiKey { name, person: person.id.clone(), scopes };
            Ok((person.id.clone(), self.desk.make_api_key("bench", &key)?))
        });
        keys.collect()
    }

    /// The draws of a client's turn.
    pub(super) fn random(&self, client: usize, turn: usize) -> Rng {
        let own = u64::try_from(client * 1_000_003 + turn).unwrap_or(0);
        Rng::with_seed(self.seed.wrapping_add(own))
    }

    pub(super) fn number(&self, random: &mut Rng) -> Result<&str> {
        random.choice(&self.numbers).map(String::as_str).context("numbers")
    }

    pub(super) fn deed(&self, random: &mut Rng) -> Result<&Deed> {
        random.choice(&self.deeds).context("deeds")
    }

    /// A registration that nobody has made yet, with a key of its own as the API asks for one.
    pub(super) fn registration(&self, random: &mut Rng) -> Result<(Registration, Options)> {
        let one = self.lives.registration(random, self.desk.now()).context("registration")?;
        Ok((one, self.once()))
    }

    pub(super) fn once(&self) -> Options {
        let place = self.keys.fetch_add(1, Ordering::Relaxed);
        let key = IdempotencyKey {
            scope: format!("api {} bench", self.caller.person),
            key: format!("{} {place}", self.run),
            body_hash: [7; 32],
        };
        Options { key: Some(key), ..Options::default() }
    }
}

/// Numbers of cases of all ages. Whoever sees everything does not see what is said about himself.
fn numbers(desk: &Desk, scope: &Scope, random: &mut Rng) -> Result<Vec<String>> {
    const AT_ONCE: usize = 20;
    let store = desk.store();
    let first = Filter::default();
    let newest = store.list(&Scope::all(), &first, Sort::Newest, None, 1)?;
    let newest = newest.rows.first().context("the desk is empty")?.columns.registered_at;
    let oldest = newest.checked_sub(SignedDuration::from_hours(24 * 790))?;
    let mut found = Vec::new();
    while found.len() < LOOKED_AT {
        let second = random.i64(oldest.as_second()..=newest.as_second());
        let before = Some(Timestamp::from_second(second)?);
        let filter = Filter { registered_before: before, ..Filter::default() };
        let page = store.list(scope, &filter, Sort::Newest, None, AT_ONCE)?;
        found.extend(page.rows.into_iter().map(|row| row.number));
    }
    Ok(found)
}

/// What may be done with cases in work, by somebody to whom it is offered.
fn deeds(desk: &Desk, lives: &Lives) -> Result<Vec<Deed>> {
    let (filter, directory) = (Filter { open: Some(true), ..Filter::default() }, desk.directory());
    let wanted = &lives.words.deed;
    let pairs: Vec<(String, String)> = wanted.with.clone().into_iter().collect();
    let (mut found, mut cursor) = (Vec::new(), None);
    while found.len() < ACTED_ON {
        let page =
            desk.store().list(&Scope::all(), &filter, Sort::Newest, cursor.as_deref(), 200)?;
        for row in &page.rows {
            let seen = desk.case_for_operator(&row.number)?;
            let named = |key: &Key| {
                let action = seen.procedure.action(key)?;
                (action.label.zh == wanted.does).then_some(action)
            };
            let near = [&seen.case.assignee, &seen.case.registrar].into_iter().flatten();
            for person in near {
                let who = Who::Person(person.clone());
                let offered = offers(&seen.procedure, &seen.case, &directory, &who, desk.now());
                let Some(action) = offered.iter().find_map(|offer| named(&offer.action)) else {
                    continue;
                };
                let Ok((fields, extra)) =
                    entry::inputs(&seen.procedure, &seen.calendar, action, &pairs)
                else {
                    continue;
                };
                let command = Command::Act {
                    case: seen.case.id.clone(),
                    action: action.key.clone(),
                    fields,
                    extra: Box::new(extra),
                };
                found.push(Deed { number: row.number.clone(), who, command });
                break;
            }
        }
        match page.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    Ok(found)
}

impl Deed {
    /// The address and the body by which a program does it.
    pub(super) fn over_http(&self) -> (String, serde_json::Value) {
        let Command::Act { action, fields, extra, .. } = &self.command else {
            return Default::default();
        };
        let mut input = serde_json::Map::new();
        if let Some(text) = &extra.text {
            input.insert("text".to_owned(), json!(text));
        }
        let path = format!("/api/v1/cases/{}/actions/{action}", self.number);
        (path, json!({ "fields": fields, "input": input }))
    }
}
