//! Counters and gauges, in the text format of Prometheus.

use crate::problem::{Kind, Problem};
use desk::Desk;
use jiff::{SignedDuration, Timestamp};
use std::fmt::{Display, Write};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use store::{DeliveryState, Scope};

/// How old counts of open cases may be: counting costs as much as there are open cases.
const FRESH: SignedDuration = SignedDuration::from_secs(5);
/// Further deliveries to webhooks than these are not counted.
const COUNTED: usize = 100_000;
/// What attempts to deliver to webhooks come to.
const OUTCOMES: [(DeliveryState, &str); 3] = [
    (DeliveryState::Delivered, "delivered"),
    (DeliveryState::Pending, "again"),
    (DeliveryState::Dead, "dead"),
];
/// A worker that has not been heard of for so long is not alive. Measured by what passes, whatever the machine's clock is set to.
const SILENT: Duration = Duration::from_secs(90);

/// What this process has done.
pub(crate) struct Meter {
    by_class: [AtomicU64; 6],
    refused: Vec<AtomicU64>,
    beat: Mutex<Instant>,
    runs: AtomicU64,
    failures: AtomicU64,
    touched: AtomicU64,
    attempts: [AtomicU64; OUTCOMES.len()],
    counted: Mutex<Option<Counted>>,
}

/// What the store had at an instant.
#[derive(Clone, Copy)]
struct Counted {
    at: Timestamp,
    open: u64,
    overdue: u64,
    deliveries_pending: u64,
    deliveries_dead: u64,
}

impl Meter {
    pub(crate) fn new() -> Self {
        Self {
            by_class: Default::default(),
            refused: Kind::ALL.iter().map(|_| AtomicU64::new(0)).collect(),
            beat: Mutex::new(Instant::now()),
            runs: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            touched: AtomicU64::new(0),
            attempts: Default::default(),
            counted: Mutex::default(),
        }
    }

    pub(crate) fn answered(&self, status: u16) {
        if let Some(counter) = self.by_class.get(usize::from(status / 100)) {
            counter.fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn refused(&self, kind: Kind) {
        let place = Kind::ALL.iter().position(|known| *known == kind);
        if let Some(counter) = place.and_then(|place| self.refused.get(place)) {
            counter.fetch_add(1, Relaxed);
        }
    }

    /// The worker is alive.
    pub(crate) fn beat(&self) {
        *self.beat.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// The worker has run, with how many cases touched, or failed.
    pub(crate) fn ran(&self, touched: Option<usize>) {
        self.runs.fetch_add(1, Relaxed);
        match touched.map(u64::try_from) {
            Some(touched) => self.touched.fetch_add(touched.unwrap_or(0), Relaxed),
            None => self.failures.fetch_add(1, Relaxed),
        };
    }

    /// So many attempts to deliver to a webhook have left their deliveries in a state.
    pub(crate) fn delivered(&self, state: DeliveryState, attempts: usize) {
        let place = OUTCOMES.iter().position(|(known, _)| *known == state);
        if let Some(counter) = place.and_then(|place| self.attempts.get(place)) {
            counter.fetch_add(u64::try_from(attempts).unwrap_or(0), Relaxed);
        }
    }

    pub(crate) fn worker_alive(&self) -> bool {
        self.beat.lock().unwrap_or_else(PoisonError::into_inner).elapsed() <= SILENT
    }

    /// Open cases and what goes to webhooks, counted at most every few seconds.
    fn counted(&self, desk: &Desk, now: Timestamp) -> Result<Counted, Problem> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = *counted
            && now.duration_since(known.at).abs() < FRESH
        {
            return Ok(known);
        }
        let counts = desk.store().counts(&Scope::all(), now)?;
        let sum = |of: fn(&store::Count) -> u64| counts.iter().map(of).sum();
        let deliveries = |state| desk.store().count_all_webhook_deliveries(state, COUNTED);
        let fresh = Counted {
            at: now,
            open: sum(|count| count.cases),
            overdue: sum(|count| count.overdue),
            deliveries_pending: deliveries(DeliveryState::Pending)?,
            deliveries_dead: deliveries(DeliveryState::Dead)?,
        };
        *counted = Some(fresh);
        Ok(fresh)
    }

    /// Everything, for Prometheus.
    pub(crate) fn text(&self, desk: &Desk, now: Timestamp) -> Result<String, Problem> {
        let counted = self.counted(desk, now)?;
        let due = desk.store().next_due_timer()?;
        let lag = due.map_or(0, |due| now.duration_since(due).as_secs().max(0));
        let mut page = Page::default();
        page.put(
            "bihuan_cases_open",
            "gauge",
            "Cases that belong to the work in hand.",
            &[("", counted.open)],
        );
        page.put(
            "bihuan_cases_overdue",
            "gauge",
            "Open cases whose next due has passed.",
            &[("", counted.overdue)],
        );
        let classes = (1u8..).map(|class| format!("{class}xx"));
        let classes = labelled("class", classes.zip(self.by_class.iter().skip(1)));
        page.put_all(
            "bihuan_http_requests_total",
            "counter",
            "Answers, by class of status.",
            &classes,
        );
        let kinds =
            Kind::ALL.iter().zip(&self.refused).filter(|(_, count)| count.load(Relaxed) > 0);
        let kinds = labelled("type", kinds.map(|(kind, count)| (kind.slug(), count)));
        page.put_all(
            "bihuan_http_refused_total",
            "counter",
            "Answers that are problems, by type.",
            &kinds,
        );
        page.put(
            "bihuan_worker_lag_seconds",
            "gauge",
            "How long the earliest due timer has been waiting.",
            &[("", lag.unsigned_abs())],
        );
        page.put(
            "bihuan_worker_alive",
            "gauge",
            "1 while the worker is heard of.",
            &[("", u64::from(self.worker_alive()))],
        );
        page.put(
            "bihuan_worker_runs_total",
            "counter",
            "Runs of the worker.",
            &[("", self.runs.load(Relaxed))],
        );
        page.put(
            "bihuan_worker_failures_total",
            "counter",
            "Runs of the worker that failed.",
            &[("", self.failures.load(Relaxed))],
        );
        page.put(
            "bihuan_worker_cases_total",
            "counter",
            "Cases on which time has acted.",
            &[("", self.touched.load(Relaxed))],
        );
        let outcomes = OUTCOMES.iter().map(|(_, name)| name).zip(&self.attempts);
        let outcomes = labelled("outcome", outcomes);
        page.put_all(
            "bihuan_webhook_attempts_total",
            "counter",
            "Attempts to deliver to webhooks, by what came of them: again are tried once more, dead were given up.",
            &outcomes,
        );
        page.put(
            "bihuan_commits_total",
            "counter",
            "Transactions of this node's writer; writes that share one are counted once.",
            &[("", desk.store().commits())],
        );
        page.put(
            "bihuan_webhook_deliveries_pending",
            "gauge",
            "Deliveries to webhooks that wait or are tried again.",
            &[("", counted.deliveries_pending)],
        );
        page.put(
            "bihuan_webhook_deliveries_dead",
            "gauge",
            "Deliveries to webhooks that were given up and can be sent again.",
            &[("", counted.deliveries_dead)],
        );
        Ok(page.0)
    }
}

/// What counters have come to, each with what it is told apart by.
fn labelled<'c>(
    label: &str,
    counters: impl Iterator<Item = (impl Display, &'c AtomicU64)>,
) -> Vec<(String, u64)> {
    counters.map(|(name, count)| (format!("{{{label}=\"{name}\"}}"), count.load(Relaxed))).collect()
}

#[derive(Default)]
struct Page(String);

impl Page {
    fn put(&mut self, name: &str, kind: &str, help: &str, values: &[(&str, u64)]) {
        let values: Vec<(String, u64)> =
            values.iter().map(|(labels, value)| ((*labels).to_owned(), *value)).collect();
        self.put_all(name, kind, help, &values);
    }

    fn put_all(&mut self, name: &str, kind: &str, help: &str, values: &[(String, u64)]) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in values {
            let _ = writeln!(self.0, "{name}{labels} {value}");
        }
    }
}
