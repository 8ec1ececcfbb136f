//! Procedures that are being looked at, or were a moment ago. Proving takes from seconds to minutes, longer than a request may wait:
//! it goes on by itself, one after the other, and pages ask how far it is.

use crate::app::App;
use crate::problem::{Kind, Problem};
use desk::{DeskError, Examined};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// What a text is called in its findings.
pub(crate) const NAME: &str = "procedure.toml";
/// Texts that are kept in mind.
const KNOWN: usize = 8;
/// How long somebody waits before he is told that it goes on.
const PATIENCE: Duration = Duration::from_secs(4);
/// How often somebody who waits looks.
const LOOK: Duration = Duration::from_millis(50);

/// All of them.
#[derive(Default)]
pub(crate) struct Proofs {
    known: Mutex<VecDeque<Proof>>,
    turn: Mutex<()>,
}

struct Proof {
    mark: String,
    since: Timestamp,
    going: Option<JoinHandle<Result<Examined, DeskError>>>,
    found: Option<Arc<Examined>>,
}

/// How far one is.
pub(crate) enum State {
    /// It goes on, since then.
    Going(Timestamp),
    /// What was found.
    Found(Arc<Examined>),
}

/// What marks a text.
pub(crate) fn mark(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

/// How far it is with a text; begins with one that is not known, and with one beside which something else was published since.
pub(crate) fn state(app: &App, text: &str) -> Result<State, Problem> {
    let mark = mark(text);
    let mut known = locked(&app.inner.proofs.known);
    if let Some(place) = known.iter().position(|proof| proof.mark == mark) {
        let Some(mut proof) = known.remove(place) else { return Err(Problem::new(Kind::Internal)) };
        if let Some(going) = proof.going.take_if(|going| going.is_finished()) {
            // A failure is told once and forgotten, so that it can be tried again.
            let found = going.join().map_err(|_| Problem::new(Kind::Internal))?;
            proof.found = Some(Arc::new(found?));
        }
        let (since, found) = (proof.since, proof.found.clone());
        if found.as_ref().is_none_or(|found| is_current(app, found)) {
            known.push_back(proof);
            return Ok(found.map_or(State::Going(since), State::Found));
        }
    }
    let since = app.desk().now();
    known.push_back(Proof { mark, since, going: Some(begin(app, text)), found: None });
    if known.len() > KNOWN {
        known.pop_front();
    }
    Ok(State::Going(since))
}

/// The same, waiting a little for it to be done. Blocks.
pub(crate) fn awaited(app: &App, text: &str) -> Result<State, Problem> {
    let begun = Instant::now();
    loop {
        match state(app, text)? {
            State::Going(_) if begun.elapsed() < PATIENCE => thread::sleep(LOOK),
            state => return Ok(state),
        }
    }
}

/// A thread of its own: a server that stops does not wait for it.
fn begin(app: &App, text: &str) -> JoinHandle<Result<Examined, DeskError>> {
    let (app, text) = (app.clone(), text.to_owned());
    thread::spawn(move || {
        let _turn = locked(&app.inner.proofs.turn);
        app.desk().examine(NAME, &text)
    })
}

/// Whether what was found still stands beside the version in force that was seen.
fn is_current(app: &App, found: &Examined) -> bool {
    let Some(procedure) = &found.procedure else { return true };
    let in_force = app.desk().library().in_force(&procedure.key);
    in_force.map_or(0, |(rules, _)| u64::from(rules.version)) == found.over
}

fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
