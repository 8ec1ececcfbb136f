//! One line that counts, on a terminal only.

use crate::cli::output::Output;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// How often the line is written anew.
const EVERY: Duration = Duration::from_millis(200);

/// Progress through a number of things.
pub(crate) struct Progress {
    total: usize,
    shown: bool,
    begun: Instant,
    last: Option<Instant>,
}

impl Progress {
    /// Silent unless somebody looks: a terminal, and lines for people. A total of 0 means that nobody knows it.
    pub(crate) fn new(total: usize, output: &Output) -> Self {
        let shown = !output.json && std::io::stderr().is_terminal();
        Self { total, shown, begun: Instant::now(), last: None }
    }

    /// So many are done.
    pub(crate) fn at(&mut self, done: usize) {
        if !self.shown || self.last.is_some_and(|last| last.elapsed() < EVERY) {
            return;
        }
        self.last = Some(Instant::now());
        let millis = u128::max(self.begun.elapsed().as_millis(), 1);
        let rate = u128::try_from(done).unwrap_or(0) * 1_000 / millis;
        let _ = match self.total {
            0 => write!(std::io::stderr(), "\r{done}  {rate}/s "),
            total => {
                let percent = done * 100 / total;
                write!(std::io::stderr(), "\r{done} / {total}  {percent} %  {rate}/s ")
            }
        };
    }

    /// Takes the line away.
    pub(crate) fn end(&mut self) {
        if self.shown && self.last.is_some() {
            let _ = write!(std::io::stderr(), "\r{:60}\r", "");
        }
    }
}
