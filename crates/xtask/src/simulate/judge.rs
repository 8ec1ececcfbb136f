//! What must hold, whatever happened. Everything is read anew from the store; nothing is taken from what the desk keeps in memory.

use super::model::{Fate, Model, What};
use desk::{Desk, decode_event};
use engine::case::{Case, apply};
use engine::clocks;
use engine::decide::Library;
use engine::event::{Event, Recorded};
use engine::key::Key;
use engine::people::Who;
use engine::procedure::Means;
use engine::promise;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use store::{EventRow, Filter, Scope, Sort, Store};
use uuid::Uuid;

type Judged<T = ()> = Result<T, String>;

/// Everything that happened, case by case.
pub(super) struct Seen {
    cases: BTreeMap<Uuid, Vec<(EventRow, Recorded)>>,
    pub(super) events: u64,
    /// Of all events in the order of their commits: identities, instants, people, contents.
    pub(super) digest: String,
}

/// Reads the feed from its beginning to its end.
pub(super) fn seen(store: &Store) -> Judged<Seen> {
    let (mut cases, mut after, mut hash) = (BTreeMap::<_, Vec<_>>::new(), 0, Sha256::new());
    loop {
        let part = store.feed(&Scope::all(), after, 1_000).map_err(told)?;
        for found in &part.events {
            if found.sequence != after + 1 {
                return Err(format!("in the feed {} follows {after}", found.sequence));
            }
            after = found.sequence;
            let row = &found.event;
            hash.update(format!(
                "{} {} {} {} {} {} {}",
                found.case, found.number, row.seq, row.kind, row.at, row.actor, row.body
            ));
            let recorded = decode_event(row)?;
            cases.entry(found.case).or_default().push((row.clone(), recorded));
        }
        if part.events.is_empty() {
            if part.upto != after {
                return Err(format!("the feed ends at {after} and says {}", part.upto));
            }
            let digest = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            return Ok(Seen { cases, events: after, digest });
        }
    }
}

/// What holds at any time.
pub(super) fn always(desk: &Desk, model: &Model) -> Judged<Seen> {
    let store = desk.store();
    let seen = seen(store)?;
    let rows = store
        .list(&Scope::all(), &Filter::default(), Sort::NewestEntry, None, 10_000)
        .map_err(told)?
        .rows;
    if rows.len() != seen.cases.len() {
        return Err(format!("{} cases are listed, {} have events", rows.len(), seen.cases.len()));
    }
    let (library, directory, mut numbers) = (desk.library(), desk.people(), BTreeSet::new());
    for row in &rows {
        let number = &row.number;
        if !numbers.insert(number.replace('-', "").to_lowercase()) {
            return Err(format!("{number} was given twice"));
        }
        let events = seen.cases.get(&row.id).ok_or(format!("{number} has no events"))?;
        if (1..).zip(events).any(|(seq, (event, _))| event.seq != seq)
            || u64::try_from(events.len()) != Ok(row.version)
        {
            return Err(format!("the events of {number} have a gap, or not its version"));
        }
        let key: Key = row.id.to_string().into();
        let folded = events.iter().fold(None, |case, (_, recorded)| apply(case, &key, recorded));
        let stored = store.case(&Scope::all(), row.id).map_err(told)?;
        let kept =
            stored.as_ref().and_then(|stored| serde_json::from_str::<Case>(&stored.snapshot).ok());
        let Some(case) = kept.filter(|case| Some(case) == folded.as_ref()) else {
            return Err(format!("the events of {number} do not give its snapshot"));
        };
        timers(store, &library, row.id, &case)?;
        let (procedure, _) = library
            .version(&case.procedure, case.procedure_version)
            .ok_or(format!("{number} is under a version that is not there"))?;
        if !promise::kept(&procedure, &directory, &case) {
            return Err(format!("{number} in {} is forgotten", case.stage));
        }
        steps(number, events)?;
    }
    answered(model, &seen)?;
    Ok(seen)
}

/// The stored timers are those of the plan.
fn timers(store: &Store, library: &Library, id: Uuid, case: &Case) -> Judged {
    let Some((procedure, calendar)) = library.version(&case.procedure, case.procedure_version)
    else {
        return Ok(());
    };
    let planned: BTreeSet<_> = clocks::timers(&procedure, &calendar, case)
        .into_iter()
        .map(|timer| (timer.due, timer.clock.to_string(), timer.generation, timer.step.code()))
        .collect();
    let stored: BTreeSet<_> = store
        .timers(id)
        .map_err(told)?
        .into_iter()
        .map(|timer| (timer.due, timer.clock, timer.generation, timer.step))
        .collect();
    if planned == stored {
        return Ok(());
    }
    let (missing, more) = (planned.difference(&stored), stored.difference(&planned));
    Err(format!(
        "the timers of {} are not those of its plan: missing {:?}, too many {:?}",
        case.number,
        missing.collect::<Vec<_>>(),
        more.collect::<Vec<_>>()
    ))
}

/// Each step of a clock is done once.
fn steps(number: &str, events: &[(EventRow, Recorded)]) -> Judged {
    let mut done = BTreeSet::new();
    for (_, recorded) in events {
        if let Event::StepFired { clock, generation, step, .. } = &recorded.event
            && !done.insert((clock, generation, step))
        {
            return Err(format!("{number}: {clock} {generation} {step:?} was done twice"));
        }
    }
    Ok(())
}

/// What was answered is there as it was, and once; what was refused is nowhere.
fn answered(model: &Model, seen: &Seen) -> Judged {
    for (case, known) in &model.cases {
        let events = seen.cases.get(case).ok_or(format!("{} is lost", known.number))?;
        let same = known.events.iter().zip(events).all(|(was, (is, _))| was == is);
        if !same || events.len() < known.events.len() {
            return Err(format!("what was answered of {} is not there any more", known.number));
        }
    }
    let mut places: BTreeMap<&str, Vec<Place<'_>>> = BTreeMap::new();
    let texts: Vec<_> = seen
        .cases
        .iter()
        .flat_map(|(case, events)| events.iter().map(move |(row, recorded)| (case, row, recorded)))
        .map(|(case, row, recorded)| (case, &row.body, recorded))
        .collect();
    for (case, text, recorded) in &texts {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric());
        for word in words.filter(|word| model.asked.contains_key(*word)).collect::<BTreeSet<_>>() {
            places.entry(word).or_default().push(Place { case: **case, recorded });
        }
    }
    for (token, (ask, fate)) in &model.asked {
        let found = places.get(token.as_str()).map(Vec::as_slice).unwrap_or_default();
        match fate {
            Fate::Nothing | Fate::Idle if !found.is_empty() => {
                let at: Vec<_> = found.iter().map(|place| &place.recorded.event).collect();
                return Err(format!("{token} was not done and is there: {at:?}"));
            }
            _ => {}
        }
        let times = match &ask.what {
            What::Register { .. } => begun(seen, found),
            What::Act(_) => acted(&ask.who, found),
        };
        if times > 1 {
            return Err(format!("{token} was done {times} times: {fate:?}"));
        }
        if let (Fate::Done(done), What::Register { .. }) = (fate, &ask.what)
            && !found.iter().any(|place| place.case == done.case)
        {
            return Err(format!("{token} is not in {}", done.number));
        }
    }
    Ok(())
}

/// A place in which a word was found.
struct Place<'s> {
    case: Uuid,
    recorded: &'s Recorded,
}

/// How many cases began with a word, but for those that were opened by handing over.
fn begun(seen: &Seen, found: &[Place<'_>]) -> usize {
    let began = |case: &Uuid| {
        let events = seen.cases.get(case)?;
        let (_, first) = events.first()?;
        let linked = events
            .iter()
            .take_while(|(_, one)| one.at == first.at)
            .any(|(_, one)| matches!(one.event, Event::Linked(_)));
        (!linked).then_some(first.at)
    };
    let cases: BTreeSet<_> = found
        .iter()
        .filter(|place| began(&place.case) == Some(place.recorded.at))
        .map(|place| place.case)
        .collect();
    cases.len()
}

/// At how many instants somebody did something with a word in it, on any one case.
fn acted(who: &Who, found: &[Place<'_>]) -> usize {
    let mut times: BTreeMap<Uuid, BTreeSet<_>> = BTreeMap::new();
    for place in found.iter().filter(|place| place.recorded.who == *who) {
        times.entry(place.case).or_default().insert(place.recorded.at);
    }
    times.values().map(BTreeSet::len).max().unwrap_or(0)
}

/// What holds once all is well again and nothing is due.
pub(super) fn settled(desk: &Desk, fresh: &Desk, seen: &Seen, model: &Model) -> Judged {
    let store = desk.store();
    if let Some(next) = store.next_due_timer().map_err(told)?.filter(|next| *next <= desk.now()) {
        return Err(format!("something was due at {next} and is not done"));
    }
    for case in seen.cases.keys() {
        store.verify_chain(*case).map_err(told)?;
    }
    if *store.changes().borrow() != seen.events {
        return Err(format!(
            "subscribers heard of {} events of {}",
            *store.changes().borrow(),
            seen.events
        ));
    }
    in_memory(desk, fresh)?;
    messages(store, seen)?;
    lists(desk)?;
    for known in model.cases.values() {
        let found = store.case_by_number(&Scope::all(), &known.number).map_err(told)?;
        found.ok_or(format!("{} is not found by its number", known.number))?;
    }
    Ok(())
}

/// What the desk keeps in memory is what one sees that starts now.
fn in_memory(desk: &Desk, fresh: &Desk) -> Judged {
    let (kept, read) = (desk.directory(), fresh.directory());
    if kept.people != read.people {
        return Err("the desk knows other people than the store".to_owned());
    }
    let busy = |load: &BTreeMap<Key, u32>| {
        load.iter()
            .filter(|(_, cases)| **cases > 0)
            .map(|(who, n)| (who.clone(), *n))
            .collect::<Vec<_>>()
    };
    if busy(&kept.load) != busy(&read.load) {
        return Err(format!(
            "the desk counts {:?} where the store has {:?}",
            busy(&kept.load),
            busy(&read.load)
        ));
    }
    let versions = |desk: &Desk| {
        desk.library().all().map(|one| (one.key.clone(), one.version)).collect::<Vec<_>>()
    };
    if versions(desk) != versions(fresh) {
        return Err("the desk knows other procedures than the store".to_owned());
    }
    Ok(())
}

/// Everybody has got what he was told, once.
fn messages(store: &Store, seen: &Seen) -> Judged {
    let mut told_to: BTreeMap<String, u64> = BTreeMap::new();
    for (_, recorded) in seen.cases.values().flatten() {
        if let Event::Notified(message) = &recorded.event {
            for one in message.people.iter().chain(&message.vacant) {
                *told_to.entry(one.to_string()).or_default() += 1;
            }
        }
    }
    for (person, times) in told_to {
        // Nobody reads them.
        let got = store.unread(&person, usize::MAX).map_err(told)?;
        if got != times {
            return Err(format!("{person} was told {times} times and has {got} messages"));
        }
    }
    Ok(())
}

/// The work in hand is listed and counted from memory as it stands in the table, and a case is found by the words of its description.
fn lists(desk: &Desk) -> Judged {
    let (store, all) = (desk.store(), Scope::all());
    let open = Filter { open: Some(true), ..Filter::default() };
    let listed = |filter: &Filter| {
        Ok::<_, String>(store.list(&all, filter, Sort::NextDue, None, 10_000).map_err(told)?.rows)
    };
    let counted = store.count(&all, &open, 10_000).map_err(told)?;
    let queues = store.counts(&all, desk.now()).map_err(told)?;
    let in_queues: u64 = queues.iter().map(|one| one.cases).sum();
    let every = listed(&Filter::default())?;
    let rows: Vec<_> = every.iter().filter(|row| row.columns.open).cloned().collect();
    if listed(&open)? != rows {
        return Err("the work in hand is listed otherwise than it stands in the table".into());
    }
    let overdue =
        rows.iter().filter(|row| row.columns.next_due.is_some_and(|due| due < desk.now()));
    let (overdue, open) = (overdue.count(), rows.len());
    let late: u64 = queues.iter().map(|one| one.overdue).sum();
    if u64::try_from(open) != Ok(counted)
        || counted != in_queues
        || u64::try_from(overdue) != Ok(late)
    {
        return Err(format!(
            "{open} are listed, {counted} counted, {in_queues} in queues; {overdue} late listed, {late} counted"
        ));
    }
    for row in every {
        let seen = desk.case_for_operator(&row.number).map_err(told)?;
        let described = seen.procedure.field_meaning(Means::Description);
        let text =
            described.and_then(|field| seen.case.value(&field.key)).map(|value| value.text());
        for word in text.unwrap_or_default().split(' ').filter(|word| word.starts_with("tk")) {
            let found = store.search(&all, word, None, 1_000).map_err(told)?;
            if !found.rows.iter().any(|one| one.id == row.id) {
                return Err(format!("{} is not found by {word}", row.number));
            }
        }
    }
    Ok(())
}

fn told(error: impl std::fmt::Display) -> String {
    format!("the store answers {error}")
}
