//! A store that keeps step with its caller: nothing depends on how fast the machine is.

use crate::world::{KEY, fresh, put, write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use store::{Between, Call, Options, Pass, Place, Store};

/// Counts what reaches the database.
#[derive(Default)]
struct Counted {
    calls: AtomicUsize,
    commits: AtomicUsize,
}

impl Between for Counted {
    fn before(&self, call: Call<'_>) -> Pass {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.commits.fetch_add(usize::from(call == Call::Commit), Ordering::SeqCst);
        Pass::On
    }
}

/// Opens a store in memory and one in a file.
fn each(in_step: bool, test: impl Fn(&Store, &Counted)) {
    let folder = tempfile::tempdir().unwrap();
    for place in [Place::in_memory(folder.path()).unwrap(), Place::at(folder.path())] {
        let counted = Arc::new(Counted::default());
        let options = Options { in_step, ..Options::new(KEY) };
        test(&Store::open(place.through(counted.clone()), options).unwrap(), &counted);
    }
}

/// Longer than any pause after which a store looks around by itself.
const LONG: Duration = Duration::from_secs(1);

#[test]
fn in_step_the_database_is_left_alone_while_time_passes() {
    for in_step in [true, false] {
        each(in_step, |store, counted| {
            put(store, &fresh("A-1"));
            let (before, since) = (counted.calls.load(Ordering::SeqCst), Instant::now());
            let moved = || counted.calls.load(Ordering::SeqCst) != before;
            while since.elapsed() < LONG && !moved() {
                std::thread::sleep(Duration::from_millis(20));
            }
            assert_eq!(!moved(), in_step);
        });
    }
}

#[test]
fn in_step_what_was_put_is_written_together_when_the_first_is_waited_for() {
    each(true, |store, counted| {
        let before = counted.commits.load(Ordering::SeqCst);
        let commits = || counted.commits.load(Ordering::SeqCst) - before;
        let numbers = ["A-1", "A-2", "A-3"];
        let later = numbers.map(|number| store.commit_later(write(fresh(number))).unwrap());
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(commits(), 0);
        for committing in later {
            committing.wait().unwrap();
            assert_eq!(commits(), 1);
        }
        // What nobody waits for is written before something that is.
        drop(store.commit_later(write(fresh("A-4"))).unwrap());
        put(store, &fresh("A-5"));
        assert_eq!((commits(), store.facts().unwrap().cases), (2, 5));
    });
}
