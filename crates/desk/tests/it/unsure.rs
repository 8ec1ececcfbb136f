//! Commits whose answer is lost: what is known of them, and that nothing in memory is left behind.

use crate::world::{act, order, person, who};
use desk::{Desk, DeskError, Options, VirtualClock};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use store::{Between, Call, IdempotencyKey, Pass, Place, Scope, Store, StoreError};

/// Loses the answer of the next commit, and is away for so many calls after it.
#[derive(Default)]
struct Lossy {
    next: AtomicUsize,
    away: AtomicUsize,
}

const NONE: usize = 0;

impl Lossy {
    /// `away` counts from 1: the lost answer itself.
    fn lose(&self, away: usize) {
        self.next.store(away, Ordering::SeqCst);
    }
}

fn gone() -> StoreError {
    StoreError::Unavailable { what: "away".to_owned() }
}

impl Between for Lossy {
    fn before(&self, _: Call<'_>) -> Pass {
        let less = |left: usize| left.checked_sub(1);
        match self.away.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less) {
            Ok(_) => Pass::Fail(gone()),
            Err(_) => Pass::On,
        }
    }

    fn after(&self, call: Call<'_>) -> store::Result<()> {
        if call != Call::Commit {
            return Ok(());
        }
        match self.next.swap(NONE, Ordering::SeqCst) {
            NONE => Ok(()),
            away => {
                self.away.store(away - 1, Ordering::SeqCst);
                Err(gone())
            }
        }
    }
}

fn desk() -> (Desk, Arc<Lossy>, tempfile::TempDir) {
    let (folder, lossy) = (tempfile::tempdir().unwrap(), Arc::new(Lossy::default()));
    let clock = Arc::new(VirtualClock::at("2026-11-16T01:00:00Z".parse().unwrap()));
    let place = Place::in_memory(folder.path()).unwrap().through(lossy.clone());
    // Whoever asks by the machine's time would use up the calls for which the database is away.
    let options = store::Options { in_step: true, ..store::Options::new([7; 32]) };
    let desk = Desk::open_with(Store::open(place, options).unwrap(), clock).unwrap();
    desk.install_builtin("test").unwrap();
    desk.put_people("test", &[person("lin", "agent"), person("wang", "as_eng")]).unwrap();
    (desk, lossy, folder)
}

fn keyed() -> Options {
    let (scope, key) = ("test".to_owned(), "k1".to_owned());
    let key = Some(IdempotencyKey { scope, key, body_hash: [1; 32] });
    Options { key, ..Options::default() }
}

#[test]
fn an_outcome_that_cannot_be_looked_up_stays_unknown_and_a_repetition_is_answered() {
    let (desk, lossy, _folder) = desk();
    // Neither the writer nor the look-up reaches the database: that nothing was committed must not be said.
    lossy.lose(3);
    let register = || desk.register(&who("lin"), "as", order(&desk), keyed());
    let lost = register();
    assert!(matches!(lost, Err(DeskError::Store(StoreError::OutcomeUnknown))), "{lost:?}");
    let done = register().unwrap();
    assert!(done.repeated);
    let events = desk.store().feed(&Scope::all(), 0, 1_000).unwrap().events;
    assert_eq!(u64::try_from(events.len()), Ok(done.version));
}

#[test]
fn people_who_were_changed_by_a_commit_whose_answer_was_lost_are_in_force() {
    let (desk, lossy, _folder) = desk();
    let absent = |desk: &Desk| !desk.people().person("wang").unwrap().absent.is_empty();
    let (now, day) = (desk.now(), jiff::SignedDuration::from_hours(24));
    let mut wang = person("wang", "as_eng");
    wang.absent.push((now, now.checked_add(day).unwrap()));
    // The writer cannot ask what stands either, until the database is back.
    lossy.lose(4);
    let lost = desk.put_people("test", &[wang]);
    assert!(matches!(lost, Err(DeskError::Store(StoreError::OutcomeUnknown))), "{lost:?}");
    while desk.store().sweep_ephemeral(now).is_err() {}
    assert!(absent(&desk));
}

#[test]
fn work_that_was_dispatched_by_a_commit_whose_answer_was_lost_is_counted() {
    let (desk, lossy, _folder) = desk();
    let case = desk.register(&who("lin"), "as", order(&desk), Options::default()).unwrap();
    lossy.lose(1);
    let lost = act(&desk, "lin", &case, "dispatch");
    assert!(matches!(lost, Err(DeskError::Store(StoreError::OutcomeUnknown))), "{lost:?}");
    assert_eq!(
        desk.case_for_operator(&case.number).unwrap().case.assignee.as_deref(),
        Some("wang")
    );
    assert_eq!(desk.directory().load_of("wang"), 1);
}
