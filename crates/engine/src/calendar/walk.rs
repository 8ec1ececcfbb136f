//! One walk along the counted time: day by day, window by window, pauses left out.
//!
//! Inside, an instant is its nanoseconds since the epoch as an `i128`, which no sum here can overflow.

use jiff::{Timestamp, civil::Date};

use super::{Calendar, Pause, Step, nanos_of_day};

/// Nanoseconds of a second.
pub(super) const SECOND: i128 = 1_000_000_000;
/// Nanoseconds of a day.
pub(super) const DAY: i128 = 86_400 * SECOND;
/// The end of an open pause, far behind every instant.
const FOREVER: i128 = i128::MAX / 4;

/// Which time counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// All of it.
    Natural,
    /// The windows of working days.
    Windows,
}

/// Where the steps of a walk go: into a list, or nowhere at no cost.
pub(super) trait Trace {
    fn step(&mut self, step: impl FnOnce() -> Step);
}

/// No trace is wanted.
pub(super) struct Untraced;

impl Trace for Untraced {
    fn step(&mut self, _: impl FnOnce() -> Step) {}
}

impl Trace for Vec<Step> {
    fn step(&mut self, step: impl FnOnce() -> Step) {
        self.push(step());
    }
}

/// Where a walk ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// At this instant.
    At(i128),
    /// Nowhere: an open pause keeps the amount from being used up.
    Never,
    /// Beyond the representable range of dates.
    Beyond,
}

/// Pauses in order, merged and without empty ones; consumed from the front as the walk passes them.
pub(super) struct Gaps {
    /// In reverse order, so that the next one is the last.
    ahead: Vec<(i128, i128)>,
}

impl Gaps {
    pub(super) fn new(pauses: &[Pause]) -> Gaps {
        let mut sorted: Vec<(i128, i128)> = pauses
            .iter()
            .map(|pause| {
                (pause.from.as_nanosecond(), pause.to.map_or(FOREVER, Timestamp::as_nanosecond))
            })
            .filter(|(from, to)| from < to)
            .collect();
        sorted.sort_unstable();
        let mut ahead: Vec<(i128, i128)> = Vec::with_capacity(sorted.len());
        for (from, to) in sorted {
            match ahead.last_mut() {
                Some((_, end)) if from <= *end => *end = to.max(*end),
                _ => ahead.push((from, to)),
            }
        }
        ahead.reverse();
        Gaps { ahead }
    }

    /// The first gap that ends after `at`.
    fn next(&mut self, at: i128) -> Option<(i128, i128)> {
        while self.ahead.last().is_some_and(|(_, to)| *to <= at) {
            self.ahead.pop();
        }
        self.ahead.last().copied()
    }

    /// Whether nothing from `at` on will ever count.
    fn closed_from(&mut self, at: i128) -> bool {
        self.next(at).is_some_and(|(from, to)| from <= at && to == FOREVER)
    }
}

/// A local date and the instant at which it begins.
#[derive(Clone, Copy)]
struct LocalDay {
    date: Date,
    begin: i128,
}

/// An amount of time that is being used up.
pub(super) struct Walk<'a, T> {
    calendar: &'a Calendar,
    gaps: Gaps,
    left: i128,
    pub(super) trace: &'a mut T,
    /// The first year without data that had a say.
    pub(super) unknown_year: Option<i16>,
}

impl<'a, T: Trace> Walk<'a, T> {
    pub(super) fn new(calendar: &'a Calendar, pauses: &[Pause], trace: &'a mut T) -> Walk<'a, T> {
        Walk { calendar, gaps: Gaps::new(pauses), left: 0, trace, unknown_year: None }
    }

    /// The first instant from `start` on at which `amount` nanoseconds of counted time have passed. An amount of
    /// nothing is used up at `start`, whatever day that is.
    pub(super) fn use_up(&mut self, start: i128, amount: i128, measure: Measure) -> End {
        if amount <= 0 {
            return End::At(start);
        }
        self.left = amount;
        self.run(start, FOREVER, measure)
    }

    /// The counted nanoseconds of `[from, to)`.
    pub(super) fn count(&mut self, from: i128, to: i128, measure: Measure) -> i128 {
        const PLENTY: i128 = i128::MAX / 2;
        self.left = PLENTY;
        self.run(from, to, measure);
        PLENTY - self.left
    }

    fn run(&mut self, start: i128, stop: i128, measure: Measure) -> End {
        if measure == Measure::Natural || self.calendar.counts_everything() {
            return self.stretch(start, stop).map_or(End::Never, End::At);
        }
        let Some(mut day) = self.day_of(start) else { return End::Beyond };
        let close = self.calendar.windows.close().nanos();
        loop {
            let from = start.max(day.begin);
            if from >= stop || self.gaps.closed_from(from) {
                return End::Never;
            }
            if from < day.begin + close
                && let Some(at) = self.one_day(day, start, stop)
            {
                return End::At(at);
            }
            let Ok(date) = day.date.tomorrow() else { return End::Beyond };
            day = LocalDay { date, begin: day.begin + DAY };
        }
    }

    /// Uses up the windows of one day after `start` and before `stop`; the instant at which nothing is left.
    fn one_day(&mut self, day: LocalDay, start: i128, stop: i128) -> Option<i128> {
        self.needs(day.date);
        let calendar = self.calendar;
        if !calendar.works(day.date) {
            self.trace.step(|| Step::DaySkipped { date: day.date, day: calendar.day(day.date) });
            return None;
        }
        self.trace.step(|| Step::DayCounted {
            date: day.date,
            day: calendar.day(day.date),
            number: None,
        });
        calendar.windows.iter().find_map(|window| {
            let from = (day.begin + window.from.nanos()).max(start);
            let to = (day.begin + window.to.nanos()).min(stop);
            self.stretch(from, to)
        })
    }

    /// Uses up `[from, to)` without the pauses; the instant at which nothing is left.
    fn stretch(&mut self, mut from: i128, to: i128) -> Option<i128> {
        while from < to {
            let gap = self.gaps.next(from);
            if let Some((_, end)) = gap.filter(|(begin, _)| *begin <= from) {
                let end = end.min(to);
                self.trace.step(|| Step::PauseLeftOut {
                    from: instant(from),
                    to: (end < FOREVER).then(|| instant(end)),
                });
                from = end;
                continue;
            }
            let end = gap.map_or(to, |(begin, _)| begin.min(to));
            let used = self.left.min(end - from);
            self.left -= used;
            self.trace.step(|| Step::TimeCounted {
                from: instant(from),
                to: instant(from + used),
                seconds: whole_seconds(used),
            });
            if self.left == 0 {
                return Some(from + used);
            }
            from = end;
        }
        None
    }

    /// Notes that the kind of this date had a say in the result.
    pub(super) fn needs(&mut self, date: Date) {
        let year = date.year();
        if self.unknown_year.is_none() && !self.calendar.known(year) {
            self.unknown_year = Some(year);
            self.trace.step(|| Step::YearWithoutData { year });
        }
    }

    /// Counted time that is still missing, in nanoseconds.
    pub(super) fn left(&self) -> i128 {
        self.left
    }

    /// The local day that contains an instant.
    fn day_of(&self, at: i128) -> Option<LocalDay> {
        let local = self.calendar.local(Timestamp::from_nanosecond(at).ok()?);
        Some(LocalDay { date: local.date(), begin: at - nanos_of_day(local.time()) })
    }
}

/// An instant inside the representable range; outside it the nearest one.
pub(super) fn instant(nanos: i128) -> Timestamp {
    let end = if nanos < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_nanosecond(nanos).unwrap_or(end)
}

/// Whole seconds, rounded down.
pub(super) fn whole_seconds(nanos: i128) -> i64 {
    i64::try_from(nanos.div_euclid(SECOND)).unwrap_or(i64::MAX)
}
