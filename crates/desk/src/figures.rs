//! Numbers about the work: what is in hand, and what the last days brought. They come from indexes and rollups, never from scans.

use crate::desk::Desk;
use crate::error::DeskError;
use crate::organisation::Caller;
use crate::rows::measure;
use crate::work::COUNTED;
use engine::key::Key;
use jiff::civil::Date;
use jiff::{SignedDuration, Span};
use std::collections::BTreeMap;
use store::{Count, Filter, Reach, Rollup, Scope};

/// Numbers that a caller may see.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// Business day of now.
    pub today: Date,
    /// Cases in hand by procedure, queue and stage.
    pub counts: Vec<Count>,
    /// Cases in hand that are past their due, due within an hour, and within a day.
    pub late: u64,
    /// See `late`.
    pub hour: u64,
    /// See `late`.
    pub day: u64,
    /// Registered and closed on each day, oldest first.
    pub days: Vec<(Date, u64, u64)>,
    /// Registered by procedure and channel.
    pub channels: BTreeMap<(Key, Key), u64>,
    /// Registered by procedure and category; those without one are left out.
    pub categories: BTreeMap<(Key, Key), u64>,
    /// Met and missed deadlines by procedure and clock.
    pub clocks: BTreeMap<(Key, Key), (u64, u64)>,
    /// Cases in hand by the person who must act, most first.
    pub people: Vec<(Key, u64)>,
}

impl Figures {
    /// Cases in hand.
    pub fn open(&self) -> u64 {
        self.counts.iter().map(|count| count.cases).sum()
    }

    /// Registered today.
    pub fn registered_today(&self) -> u64 {
        self.days.last().map_or(0, |(_, registered, _)| *registered)
    }

    /// Closed today.
    pub fn closed_today(&self) -> u64 {
        self.days.last().map_or(0, |(_, _, closed)| *closed)
    }

    /// Deadlines that were met, in percent; none while none has ended.
    pub fn kept(&self) -> Option<u64> {
        let (met, missed) =
            self.clocks.values().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        (met * 100).checked_div(met + missed)
    }
}

impl Desk {
    /// Numbers of what a caller sees, with the last `days` days. What was registered, closed, met and missed is told for the
    /// procedures of which he sees every case; confidential cases count for whoever sees them.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn figures(&self, caller: &Caller, days: i32) -> Result<Figures, DeskError> {
        let (scope, now, library) = (self.scope(caller), self.now(), self.library());
        let calendar = library.all().find_map(|rules| library.newest(&rules.key));
        let today = match &calendar {
            Some((_, calendar)) => calendar.local(now).date(),
            None => now.to_zoned(jiff::tz::TimeZone::UTC).date(),
        };
        let from = today.checked_sub(Span::new().days(days - 1)).unwrap_or(today);
        let due = |hours| {
            let due_before = now.checked_add(SignedDuration::from_hours(hours)).ok();
            let filter = Filter { open: Some(true), due_before, ..Filter::default() };
            self.store().count(&scope, &filter, COUNTED)
        };
        let late = due(0)?;
        let mut figures = Figures {
            today,
            counts: self.store().counts(&scope, now)?,
            late,
            hour: due(1)?.saturating_sub(late),
            day: due(24)?.saturating_sub(late),
            people: self.loads(&scope)?,
            ..Figures::default()
        };
        let mut by_day: BTreeMap<Date, (u64, u64)> = BTreeMap::new();
        let mut day = from;
        while day <= today {
            by_day.insert(day, (0, 0));
            day = day.tomorrow().unwrap_or(Date::MAX);
        }
        for metric in ["registered", "closed", "met", "breached"] {
            for ((day, dims), sum) in self.cells(&scope, metric, from, today)? {
                let mut dims = dims.split('|');
                let mut dim = || Key::from(dims.next().unwrap_or_default());
                let (procedure, second, third) = (dim(), dim(), dim());
                let amount = u64::try_from(sum).unwrap_or(0);
                match metric {
                    "registered" => {
                        by_day.entry(day).or_default().0 += amount;
                        *figures.channels.entry((procedure.clone(), second)).or_default() += amount;
                        if !third.is_empty() {
                            *figures.categories.entry((procedure, third)).or_default() += amount;
                        }
                    }
                    "closed" => by_day.entry(day).or_default().1 += amount,
                    "met" => figures.clocks.entry((procedure, second)).or_default().0 += amount,
                    _ => figures.clocks.entry((procedure, second)).or_default().1 += amount,
                }
            }
        }
        figures.days = by_day.into_iter().map(|(day, (one, two))| (day, one, two)).collect();
        Ok(figures)
    }

    /// What somebody sees of a measure, by day and dimensions: of the procedures of which he sees every case, of confidential ones
    /// where he sees those, and nothing of cases that he may not see himself.
    fn cells(
        &self,
        scope: &Scope,
        metric: &str,
        from: Date,
        to: Date,
    ) -> Result<BTreeMap<(Date, String), i64>, DeskError> {
        let mut sums: BTreeMap<(Date, String), i64> = BTreeMap::new();
        let mut add = |cells: Vec<Rollup>, confidential: bool, sign: i64| {
            for Rollup { day, dims, add, .. } in cells {
                let procedure = dims.split('|').next().unwrap_or_default();
                if sees_all(scope, procedure, confidential) {
                    *sums.entry((day, dims)).or_default() += add * sign;
                }
            }
        };
        let (store, apart) = (self.store(), measure(metric, true));
        add(store.rollups(&measure(metric, false), from, to)?, false, 1);
        add(store.rollups(&apart, from, to)?, true, 1);
        add(store.barred_rollups(scope, &apart, from, to)?, true, -1);
        Ok(sums)
    }

    fn loads(&self, scope: &Scope) -> Result<Vec<(Key, u64)>, DeskError> {
        let (held, known) = (self.store().holders(scope)?.into_iter(), self.people());
        let mut people: Vec<(Key, u64)> = held
            .map(|(holder, cases)| (Key::from(holder), cases))
            .filter(|(holder, _)| known.person(holder).is_some())
            .collect();
        people.sort_by_key(|(_, cases)| std::cmp::Reverse(*cases));
        Ok(people)
    }
}

/// Whether every case of a procedure is seen: the confidential ones, or the others.
fn sees_all(scope: &Scope, procedure: &str, confidential: bool) -> bool {
    scope.grants.iter().any(|grant| {
        grant.reach == Reach::All
            && (grant.confidential || !confidential)
            && grant.procedure.as_deref().is_none_or(|known| known == procedure)
    })
}
