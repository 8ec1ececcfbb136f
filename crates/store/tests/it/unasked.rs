//! What a store does that nobody asked it for.

use crate::world::{KEY, fresh, put};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use store::{Between, Call, Options, Pass, Place, Store};

/// Counts what reaches the database.
#[derive(Default)]
struct Counted(AtomicUsize);

impl Between for Counted {
    fn before(&self, _: Call<'_>) -> Pass {
        self.0.fetch_add(1, Ordering::SeqCst);
        Pass::On
    }
}

/// Longer than any pause after which a store looks around by itself.
const LONG: Duration = Duration::from_secs(1);

/// A simulation counts what reaches the database to decide what goes wrong: what comes by the machine's time makes it another life.
#[test]
fn a_store_that_does_nothing_unasked_leaves_its_database_alone_while_time_passes() {
    for (unasked, alone) in [(false, true), (true, false)] {
        let folder = tempfile::tempdir().unwrap();
        for place in [Place::in_memory(folder.path()).unwrap(), Place::at(folder.path())] {
            let counted = Arc::new(Counted::default());
            let options = Options { unasked, ..Options::new(KEY) };
            let store = Store::open(place.through(counted.clone()), options).unwrap();
            put(&store, &fresh("AS-202611-00001"));
            let (before, since) = (counted.0.load(Ordering::SeqCst), Instant::now());
            let moved = || counted.0.load(Ordering::SeqCst) != before;
            while since.elapsed() < LONG && !moved() {
                std::thread::sleep(Duration::from_millis(20));
            }
            assert_eq!(!moved(), alone, "unasked: {unasked}");
        }
    }
}
