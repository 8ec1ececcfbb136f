//! Fills a desk with cases: each a whole life, lived in memory and written in one piece, the way its registration alone is
//! written. What stands in the database afterwards is what its submissions would have left, one by one, over two years.

use super::lives::{Lived, Lives, Player, fresh_id};
use crate::cli::progress::Progress;
use anyhow::{Context, Result, bail};
use desk::{Desk, rows_of_life};
use engine::numbering;
use engine::people::Directory;
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use store::{CaseWrite, Write, no_receipt};

/// Most cases in work, as in life: they do not become more as the archive grows.
const OPEN: usize = 20_000;
/// The archive goes back so far, and ends so long ago that all lives in it are over.
const OLDEST: SignedDuration = SignedDuration::from_hours(24 * 790);
const NEWEST: SignedDuration = SignedDuration::from_hours(24 * 61);
/// Threads that live lives. Each has every so manieth case, so that the same seed gives the same cases.
const THREADS: usize = 2;
/// Lives that wait to be written, of each thread.
const AHEAD: usize = 64;
/// Writes that wait to be durable.
const IN_FLIGHT: usize = 512;

/// How many of so many cases are in work.
pub(super) fn open(cases: usize) -> usize {
    OPEN.min(cases / 2)
}

/// Fills a desk in which so many stand already: none, or those that a load wrote before it broke off. Those in the archive come first,
/// oldest first; those in work last.
pub(super) fn fill(
    desk: &Desk,
    lives: &Lives,
    (there, cases): (usize, usize),
    seed: u64,
    progress: &mut Progress,
) -> Result<()> {
    let now = desk.now();
    std::thread::scope(|scope| {
        let lanes: Vec<Receiver<Result<Lived>>> = (0..THREADS)
            .map(|lane| {
                let (send, receive) = sync_channel(AHEAD);
                scope.spawn(move || live(lives, there + lane, cases, seed, now, &send));
                receive
            })
            .collect();
        let mut pen = Pen {
            desk,
            directory: desk.directory(),
            serials: HashMap::new(),
            waiting: VecDeque::new(),
            random: Rng::with_seed(seed),
        };
        for (place, lane) in (there..cases).zip(lanes.iter().cycle()) {
            pen.write(lane.recv().context("no more lives")??)?;
            progress.at(place + 1 - there);
        }
        pen.wait(0)
    })?;
    progress.end();
    Ok(())
}

/// Lives the cases of one lane, from its first on, until nobody wants them any more.
fn live(
    lives: &Lives,
    first: usize,
    cases: usize,
    seed: u64,
    now: Timestamp,
    send: &SyncSender<Result<Lived>>,
) {
    let mut player = Player::new(lives);
    let filed = cases - open(cases);
    for place in (first..cases).step_by(THREADS) {
        let own = u64::try_from(place).unwrap_or(0);
        let mut random = Rng::with_seed(seed.wrapping_mul(1_000_003).wrapping_add(own));
        let lived = if place < filed {
            begins(place, filed, now, &mut random).and_then(|at| player.whole(&mut random, at, now))
        } else {
            // The oldest work first.
            let left = (cases - place) * 1_000 / open(cases).max(1);
            player.open(&mut random, u32::try_from(left).unwrap_or(0), now)
        };
        if send.send(lived).is_err() {
            return;
        }
    }
}

/// When a case of the archive began: evenly over the years, in the hours of the day in which people call.
fn begins(place: usize, filed: usize, now: Timestamp, random: &mut Rng) -> Result<Timestamp> {
    let (oldest, newest) = (now.checked_sub(OLDEST)?, now.checked_sub(NEWEST)?);
    let span = i128::from(newest.duration_since(oldest).as_secs());
    let share = span * i128::try_from(place)? / i128::try_from(filed.max(1))?;
    let at = oldest.checked_add(SignedDuration::from_secs(i64::try_from(share)?))?;
    let day = at.as_second() - at.as_second().rem_euclid(86_400);
    // Hours of the universal time: nine in the evening is one in the afternoon there.
    let second =
        if random.u8(0..10) < 9 { random.i64(0..46_800) } else { random.i64(46_800..86_400) };
    Ok(Timestamp::from_second(day + second)?.max(oldest))
}

/// Writes lives down.
struct Pen<'d> {
    desk: &'d Desk,
    directory: Directory,
    /// Last serial of each counter. This is the only one who draws, in the order of the writes.
    serials: HashMap<String, i64>,
    waiting: VecDeque<Box<dyn FnOnce() -> Result<()>>>,
    random: Rng,
}

impl Pen<'_> {
    fn write(&mut self, lived: Lived) -> Result<()> {
        let draft = numbering::draft(&lived.rules.0, &lived.rules.1, &lived.case);
        let serial = match self.serials.entry(draft.scope.clone()) {
            Entry::Occupied(last) => last.into_mut(),
            Entry::Vacant(new) => {
                let last = self.desk.store().last_serial(&draft.scope)?;
                new.insert(last.unwrap_or(0))
            }
        };
        *serial += 1;
        let (serial, number) = (*serial, draft.with(*serial));
        let at = lived.case.registered_at;
        let random = &mut self.random;
        let rows = rows_of_life(
            lived.rules,
            &self.directory,
            lived.case,
            lived.events,
            number.clone(),
            &mut || fresh_id(at, random),
        );
        let known = number.clone();
        // Another serial is nobody's number: the write is refused.
        let drawn = move |drawn| if drawn == serial { known.clone() } else { String::new() };
        let write = Write::new(at, vec![CaseWrite::new(draft.scope, 1, drawn, rows)], no_receipt);
        self.wait(IN_FLIGHT)?;
        let committing = self.desk.store().commit_later(write)?;
        self.waiting.push_back(Box::new(move || match committing.wait() {
            Ok(_) => Ok(()),
            Err(error) => bail!("{number}: {error}"),
        }));
        Ok(())
    }

    /// Waits until fewer than so many are on their way.
    fn wait(&mut self, most: usize) -> Result<()> {
        while self.waiting.len() >= most.max(1) {
            let Some(first) = self.waiting.pop_front() else { break };
            first()?;
        }
        Ok(())
    }
}
