//! What is measured once: how much sharing a commit is worth, many timers at once, a start, a changed calendar, an import.

use super::drive::drive;
use super::ground::Ground;
use super::lives::Lives;
use super::table::Single;
use crate::cli::Global;
use anyhow::{Context, Result, bail};
use desk::import::{Import, plan, read};
use desk::{Clock, Counting, Desk, DeskError, Options, SystemClock, VirtualClock};
use fastrand::Rng;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::{Filter, Place, Scope, Sort, Store};

/// Cases with timers that are due in the same minute.
pub(super) const TIMERS: usize = 5_000;
/// Of that, in seconds.
const MINUTE: i64 = 60;
/// Rows of an imported file.
const ROWS: usize = 100_000;
/// Clients that register side by side.
const CLIENTS: usize = 64;
/// Open cases whose deadlines are computed anew.
pub(super) const RECOUNTED: usize = 50_000;
const KEY: [u8; 32] = [7; 32];

/// A desk of its own in a folder that goes away, with the people of the demonstration.
struct House {
    _folder: tempfile::TempDir,
    desk: Desk,
    lives: Lives,
}

impl House {
    fn open(near: &Global, clock: Arc<dyn Clock>, batch: Option<usize>) -> Result<Self> {
        // On the same disk as what is measured.
        std::fs::create_dir_all(&near.data)?;
        let folder = tempfile::tempdir_in(&near.data)?;
        let options = store::Options { batch, ..store::Options::new(KEY) };
        let store = Store::open(Place::at(folder.path()), options)?;
        let desk = Desk::open_with(store, clock)?;
        desk.install_builtin("bench")?;
        super::people(&desk)?;
        let lives = Lives::of(&desk)?;
        Ok(Self { _folder: folder, desk, lives })
    }

    /// Registers so many cases, many at once.
    fn register(&self, cases: usize, seed: u64) -> Result<usize> {
        let mut random = Rng::with_seed(seed);
        let mut waiting = std::collections::VecDeque::new();
        let mut registered = 0;
        for _ in 0..cases {
            let at = self.desk.now();
            let one = self.lives.registration(&mut random, at).context("registration")?;
            match self.desk.register_later(&one.who, &one.procedure, one.fields, Options::default())
            {
                Ok(pending) => waiting.push_back(pending),
                // A request that a procedure joins to another one at once, or wants more of.
                Err(DeskError::Refused(_)) => {}
                Err(error) => return Err(error.into()),
            }
            while waiting.len() > 256 {
                let Some(first) = waiting.pop_front() else { break };
                registered += usize::from(first.wait().is_ok());
            }
        }
        registered += waiting.into_iter().filter_map(|one| one.wait().ok()).count();
        Ok(registered)
    }
}

/// Registrations a second with and without sharing commits.
pub(super) fn sharing(near: &Global, span: Duration, seed: u64) -> Result<Vec<Single>> {
    let mut found = Vec::new();
    for (name, batch) in [("alone", Some(1)), ("shared", None)] {
        let house = House::open(near, Arc::new(SystemClock), batch)?;
        let pace = drive(
            CLIENTS,
            span,
            &|client, turn| {
                let own = u64::try_from(client * 1_000_003 + turn)?;
                let mut random = Rng::with_seed(seed.wrapping_add(own));
                house.lives.registration(&mut random, house.desk.now()).context("registration")
            },
            &|one| {
                let done =
                    house.desk.register(&one.who, &one.procedure, one.fields, Options::default());
                Ok(done.map(drop)?)
            },
        )?;
        let mut single = Single::took(0, name, pace.done(), pace.all);
        single.value = Some(pace.rate());
        found.push(single);
    }
    Ok(found)
}

/// Timers of as many cases or more that are all due in the same minute.
pub(super) fn timers(near: &Global, least: usize, seed: u64) -> Result<Single> {
    let clock = Arc::new(VirtualClock::at(SystemClock.now()));
    let house = House::open(near, clock.clone(), None)?;
    // Cases of one instant wait for the same things at the same time, each procedure and level for its own.
    let (mut registered, mut rounds) = (0, 0);
    let (minute, count) = loop {
        rounds += 1;
        registered += house.register(least, seed.wrapping_add(rounds))?;
        let (minute, count) = fullest_minute(&house.desk)?;
        if count >= least {
            break (minute, count);
        }
        if registered > least * 100 {
            bail!("{count} of {registered} cases wait for the same minute");
        }
    };
    // What is due before is not what is measured.
    clock.set(Timestamp::from_second(minute * MINUTE - 1)?);
    house.desk.run_due("bench")?;
    clock.set(Timestamp::from_second((minute + 1) * MINUTE - 1)?);
    let begun = Instant::now();
    let touched = house.desk.run_due("bench")?;
    let took = begun.elapsed();
    if touched < count {
        bail!("{touched} of {count} cases were touched");
    }
    Ok(Single::took(0, "timers", touched, took))
}

/// The minute, since the beginning of 1970, in which the next timers of the most cases are due, and of how many.
fn fullest_minute(desk: &Desk) -> Result<(i64, usize)> {
    let mut minutes: BTreeMap<i64, usize> = BTreeMap::new();
    let filter = Filter { open: Some(true), ..Filter::default() };
    let mut cursor = None;
    loop {
        let page =
            desk.store().list(&Scope::all(), &filter, Sort::NextDue, cursor.as_deref(), 500)?;
        for row in &page.rows {
            if let Some(timer) = desk.store().timers(row.id)?.first() {
                *minutes.entry(timer.due.as_second().div_euclid(MINUTE)).or_default() += 1;
            }
        }
        match page.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    let fullest = minutes.into_iter().max_by_key(|(_, count)| *count);
    fullest.context("no timers")
}

/// Deadlines of as many cases or more are computed anew after the calendar has changed.
pub(super) fn calendar(near: &Global, least: usize, seed: u64) -> Result<Single> {
    let house = House::open(near, Arc::new(SystemClock), None)?;
    let desk = &house.desk;
    // Of some cases no clock runs that is counted by the calendar.
    let (mut counting, mut rounds) = (0, 0);
    while counting < least {
        rounds += 1;
        house.register(least - counting, seed.wrapping_add(rounds))?;
        let procedures: BTreeSet<_> = desk.library().all().map(|one| one.key.clone()).collect();
        let each = procedures.iter().map(|one| Ok(desk.store().counting(one)?.len()));
        counting = each.sum::<Result<usize>>()?;
    }
    let begun = Instant::now();
    let done = recount(desk)?;
    let took = begun.elapsed();
    if done.cases < least {
        bail!("{} of {least} cases were counted anew", done.cases);
    }
    let mut single = Single::took(0, "calendar", done.cases, took);
    single.value = u64::try_from(done.moved).ok();
    Ok(single)
}

/// Tomorrow becomes a day off, or a working day if it is one, and what is in work is counted anew.
fn recount(desk: &Desk) -> Result<Counting> {
    let name = desk.library().all().next().context("procedures")?.calendar.clone();
    let (mut calendar, _) = desk.calendar(&name)?;
    let tomorrow = calendar.local(desk.now()).date().tomorrow()?;
    let kind = if calendar.day(tomorrow).kind.works() { "off" } else { "work" };
    let line = format!("{tomorrow},{kind},换班\n");
    calendar.import_table(&line).map_err(|errors| anyhow::anyhow!("{errors:?}"))?;
    desk.put_calendar("bench", &calendar, None)?;
    Ok(desk.count_anew(&|| true)?)
}

/// A file of requests.
pub(super) fn import(near: &Global, seed: u64) -> Result<Single> {
    let house = House::open(near, Arc::new(SystemClock), None)?;
    let mut random = Rng::with_seed(seed);
    let first = house.lives.registration(&mut random, house.desk.now()).context("registration")?;
    let procedure = first.procedure;
    let mut lines = String::new();
    let mut made = 0;
    while made < ROWS {
        let Some(one) = house.lives.registration(&mut random, house.desk.now()) else { break };
        if one.procedure == procedure {
            lines.push_str(&serde_json::json!(one.fields).to_string());
            lines.push('\n');
            made += 1;
        }
    }
    let begun = Instant::now();
    let table = read(lines.as_bytes(), None).map_err(|why| anyhow::anyhow!("{why:?}"))?;
    let library = house.desk.library();
    let (rules, _) = library.newest(&procedure).context("procedure")?;
    let plan = plan(&rules, &table.columns, &[], &[]).map_err(|why| anyhow::anyhow!("{why:?}"))?;
    let import = Import {
        who: &first.who,
        procedure: &procedure,
        table: &table,
        plan: &plan,
        dry_run: false,
        limit: None,
        english: true,
    };
    let done = house.desk.import(&import, &mut |_| {})?;
    if done.imported != ROWS {
        bail!("{} of {ROWS} rows were imported", done.imported);
    }
    Ok(Single::took(0, "import", done.imported, begun.elapsed()))
}

/// From starting the server to the page of a case that somebody gets who is signed in.
pub(super) fn start(global: &Global, ground: &Ground, cases: usize) -> Result<Single> {
    let mut all: Vec<Duration> =
        (0..5).map(|_| super::http::start_to_case(global, ground)).collect::<Result<_>>()?;
    all.sort_unstable();
    let middle = all.get(all.len() / 2).copied().unwrap_or_default();
    Ok(Single::took(cases, "start", all.len(), middle))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(folder: &std::path::Path) -> Global {
        Global {
            data: folder.to_owned(),
            database: None,
            no_listen: false,
            json: false,
            lang: None,
            person: None,
        }
    }

    #[test]
    fn as_many_cases_as_were_asked_for_are_due_in_one_minute_and_all_are_touched() {
        let folder = tempfile::tempdir().unwrap();
        let single = timers(&near(folder.path()), 60, 7).unwrap();
        assert!(single.count >= 60, "{single:?}");
        // Nothing is left of the desk that was measured.
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn as_many_cases_as_were_asked_for_are_counted_anew_after_a_changed_calendar() {
        let folder = tempfile::tempdir().unwrap();
        let single = calendar(&near(folder.path()), 60, 7).unwrap();
        assert!(single.count >= 60, "{single:?}");
        assert!(single.value > Some(0), "none of them moved: {single:?}");
    }
}
