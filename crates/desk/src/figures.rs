//! Numbers about the work: what is in hand, and what the last days brought. They come from indexes and rollups, never from scans. Each
//! stands beside the list that it counts: [`Criteria::filter`] finds as many cases as the number says.

use crate::criteria::Criteria;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::organisation::Caller;
use crate::rows::{RATINGS, measure};
use crate::work::COUNTED;
use engine::key::Key;
use engine::procedure::Meaning;
use jiff::Span;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use store::{Count, Reach, Rollup, Scope};

/// A number, and the list of exactly these cases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figure {
    /// The list.
    pub criteria: Criteria,
    /// How many cases it shows.
    pub cases: u64,
}

/// A business day.
#[derive(Debug, Clone, Default)]
pub struct Day {
    /// The day.
    pub date: Date,
    /// Registered on it.
    pub registered: Figure,
    /// Closed on it.
    pub closed: Figure,
}

/// The deadlines of a clock that ended.
#[derive(Debug, Clone)]
pub struct Punctuality {
    /// Procedure.
    pub procedure: Key,
    /// Clock.
    pub clock: Key,
    /// Deadlines that were met.
    pub met: u64,
    /// Deadlines that were missed; a case can have several of one clock.
    pub missed: u64,
    /// The cases in which one was missed, counted up to [`COUNTED`].
    pub cases: Figure,
}

/// What there is of a department.
#[derive(Debug, Clone)]
pub struct Department {
    /// Its key.
    pub key: Key,
    /// In hand.
    pub open: Figure,
    /// Closed in the days, counted up to [`COUNTED`].
    pub closed: Figure,
}

/// Numbers that a caller may see.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// Business day of now.
    pub today: Date,
    /// Cases in hand by procedure, queue and stage.
    pub counts: Vec<Count>,
    /// Cases in hand.
    pub open: Figure,
    /// Those past their due; due within an hour; and within a day: none in two of them but those within the hour.
    pub late: Figure,
    /// See `late`.
    pub hour: Figure,
    /// See `late`.
    pub day: Figure,
    /// Cases in which the customer must be contacted today.
    pub call: Figure,
    /// Registered and closed on each day, oldest first.
    pub days: Vec<Day>,
    /// Cases in hand by procedure and stage.
    pub stages: BTreeMap<(Key, Key), Figure>,
    /// Cases in hand by procedure.
    pub procedures: BTreeMap<Key, Figure>,
    /// Registered by procedure and channel; those without one are left out.
    pub channels: BTreeMap<(Key, Key), Figure>,
    /// Registered by procedure and category; those without one are left out.
    pub categories: BTreeMap<(Key, Key), Figure>,
    /// Deadlines by procedure and clock.
    pub clocks: Vec<Punctuality>,
    /// Departments that have or had something to do.
    pub departments: Vec<Department>,
    /// What customers said, from content to not.
    pub ratings: Vec<(Meaning, Figure)>,
    /// Cases in hand by the person who must act, most first.
    pub people: Vec<(Key, Figure)>,
}

impl Figures {
    /// Registered today.
    pub fn registered_today(&self) -> Figure {
        self.days.last().map(|day| day.registered.clone()).unwrap_or_default()
    }

    /// Closed today.
    pub fn closed_today(&self) -> Figure {
        self.days.last().map(|day| day.closed.clone()).unwrap_or_default()
    }

    /// Deadlines that were met, in percent; none while none has ended.
    pub fn kept(&self) -> Option<u64> {
        let sum = |of: fn(&Punctuality) -> u64| self.clocks.iter().map(of).sum::<u64>();
        let (met, missed) = (sum(|one| one.met), sum(|one| one.missed));
        (met * 100).checked_div(met + missed)
    }
}

impl Desk {
    /// The business day of now.
    pub fn today(&self) -> Date {
        match self.calendar_of_the_house() {
            Some(calendar) => calendar.local(self.now()).date(),
            None => self.now().to_zoned(jiff::tz::TimeZone::UTC).date(),
        }
    }

    /// Numbers of what a caller sees, with the last `days` days: of the cases that he sees, confidential ones where he sees those, as
    /// the lists show them.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn figures(&self, caller: &Caller, days: i32) -> Result<Figures, DeskError> {
        let (scope, now, today) = (self.scope(caller), self.now(), self.today());
        let from = today.checked_sub(Span::new().days(days - 1)).unwrap_or(today);
        let span = Days { from, to: today };
        let due = |due: &str| self.figure(&scope, Criteria { due: due.to_owned(), ..open() });
        let counts = self.store().counts(&scope, now)?;
        let in_hand = counts.iter().map(|count| count.cases).sum();
        let mut figures = Figures {
            today,
            open: Figure { criteria: open(), cases: in_hand },
            late: due("late")?,
            hour: due("hour")?,
            day: due("day")?,
            call: self.figure(&scope, Criteria { call: "today".to_owned(), ..open() })?,
            people: self.loads(&scope)?,
            ..Figures::default()
        };
        for count in &counts {
            let of = Criteria { procedure: count.procedure.clone(), ..open() };
            let (procedure, stage) = (Key::from(&*count.procedure), Key::from(&*count.stage));
            let at = Criteria { stage: count.stage.clone(), ..of.clone() };
            add(figures.procedures.entry(procedure.clone()).or_default(), of, count.cases);
            add(figures.stages.entry((procedure, stage)).or_default(), at, count.cases);
        }
        figures.counts = counts;
        self.brought(&scope, span, &mut figures)?;
        self.measured_clocks(&scope, span, &mut figures)?;
        for (_, dims, sum) in self.cells(&scope, "rated", span)? {
            let rating = dims.rsplit('|').next().and_then(Meaning::parse);
            let Some(meaning) = rating else { continue };
            let criteria = Criteria { rating: meaning.name().to_owned(), ..span.by("rated") };
            match figures.ratings.iter_mut().find(|(known, _)| *known == meaning) {
                Some((_, figure)) => figure.cases += sum,
                None => figures.ratings.push((meaning, Figure { criteria, cases: sum })),
            }
        }
        figures.ratings.retain(|(_, figure)| figure.cases > 0);
        figures.ratings.sort_by_key(|(meaning, _)| RATINGS.iter().position(|one| one == meaning));
        figures.departments = self.departments(&scope, span)?;
        Ok(figures)
    }

    /// How many cases a list shows, counted up to [`COUNTED`].
    fn figure(&self, scope: &Scope, criteria: Criteria) -> Result<Figure, DeskError> {
        let cases = self.store().count(scope, &criteria.filter(self)?, COUNTED)?;
        Ok(Figure { criteria, cases })
    }

    /// What was registered and closed.
    fn brought(&self, scope: &Scope, span: Days, figures: &mut Figures) -> Result<(), DeskError> {
        let mut date = span.from;
        while date <= span.to {
            let one = Days { from: date, to: date };
            let [registered, closed] =
                [one.registered(), one.by("closed")].map(|criteria| Figure { criteria, cases: 0 });
            figures.days.push(Day { date, registered, closed });
            date = date.tomorrow().unwrap_or(Date::MAX);
        }
        for (day, dims, sum) in self.cells(scope, "registered", span)? {
            let mut dims = dims.split('|').map(str::to_owned);
            let mut dim = || dims.next().unwrap_or_default();
            let (procedure, channel, category) = (dim(), dim(), dim());
            if let Some(day) = figures.days.iter_mut().find(|one| one.date == day) {
                day.registered.cases += sum;
            }
            let key = |value: &str| (Key::from(&*procedure), Key::from(value));
            let of = Criteria { procedure: procedure.clone(), ..span.registered() };
            if !category.is_empty() {
                let criteria = Criteria { category: category.clone(), ..of.clone() };
                add(figures.categories.entry(key(&category)).or_default(), criteria, sum);
            }
            if !channel.is_empty() {
                let criteria = Criteria { channel: channel.clone(), ..of };
                add(figures.channels.entry(key(&channel)).or_default(), criteria, sum);
            }
        }
        for (day, _, sum) in self.cells(scope, "closed", span)? {
            if let Some(day) = figures.days.iter_mut().find(|one| one.date == day) {
                day.closed.cases += sum;
            }
        }
        Ok(())
    }

    /// Which deadlines were met, which were missed, and in which cases.
    fn measured_clocks(
        &self,
        scope: &Scope,
        span: Days,
        figures: &mut Figures,
    ) -> Result<(), DeskError> {
        let mut sums: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for (_, dims, sum) in self.cells(scope, "met", span)? {
            sums.entry(dims).or_default().0 += sum;
        }
        for (_, dims, sum) in self.cells(scope, "breached", span)? {
            sums.entry(dims).or_default().1 += sum;
        }
        for (dims, (met, missed)) in sums.into_iter().filter(|(_, sums)| *sums != (0, 0)) {
            let Some((procedure, clock)) = dims.split_once('|') else { continue };
            let criteria = Criteria {
                procedure: procedure.to_owned(),
                clock: clock.to_owned(),
                ..span.by("missed")
            };
            let cases = match missed {
                0 => Figure { criteria, cases: 0 },
                _ => self.figure(scope, criteria)?,
            };
            let (procedure, clock) = (procedure.into(), clock.into());
            figures.clocks.push(Punctuality { procedure, clock, met, missed, cases });
        }
        Ok(())
    }

    /// What departments have in hand and have closed; those without anything are left out.
    fn departments(&self, scope: &Scope, span: Days) -> Result<Vec<Department>, DeskError> {
        let library = self.library();
        let keys: BTreeSet<&Key> =
            library.all().flat_map(|rules| &rules.departments).map(|one| &one.key).collect();
        let mut found = Vec::new();
        for key in keys {
            let of = |criteria| Criteria { department: key.to_string(), ..criteria };
            let open = self.figure(scope, of(open()))?;
            let closed = self.figure(scope, of(span.by("closed")))?;
            if open.cases + closed.cases > 0 {
                found.push(Department { key: key.clone(), open, closed });
            }
        }
        found.sort_by_key(|one| std::cmp::Reverse(one.open.cases + one.closed.cases));
        Ok(found)
    }

    /// What somebody sees of a measure, by day and dimensions. Of the procedures of which he sees every case it is what is summed up,
    /// less the cases that he may not see himself; of the others it is added up of the cases that he sees.
    fn cells(
        &self,
        scope: &Scope,
        metric: &str,
        Days { from, to }: Days,
    ) -> Result<Vec<(Date, String, u64)>, DeskError> {
        let (store, library) = (self.store(), self.library());
        let mut sums: BTreeMap<(Date, String), i64> = BTreeMap::new();
        for confidential in [false, true] {
            let metric = measure(metric, confidential);
            let mut add = |cells: Vec<Rollup>, whole: bool, sign: i64| {
                for Rollup { day, dims, add, .. } in cells {
                    let procedure = dims.split('|').next().unwrap_or_default();
                    if sees_all(scope, procedure, confidential) == whole {
                        *sums.entry((day, dims)).or_default() += add * sign;
                    }
                }
            };
            add(store.rollups(&metric, from, to)?, true, 1);
            if confidential {
                add(store.barred_rollups(scope, &metric, from, to)?, true, -1);
            }
            let keys = library.all().map(|rules| rules.key.to_string());
            let (whole, rest): (Vec<String>, Vec<String>) =
                keys.partition(|key| sees_all(scope, key, confidential));
            if !rest.is_empty() {
                add(store.seen_rollups(scope, &metric, (from, to), &whole)?, false, 1);
            }
        }
        let sums = sums.into_iter().filter_map(|((day, dims), sum)| {
            Some((day, dims, u64::try_from(sum).ok().filter(|sum| *sum > 0)?))
        });
        Ok(sums.collect())
    }

    fn loads(&self, scope: &Scope) -> Result<Vec<(Key, Figure)>, DeskError> {
        let (held, known) = (self.store().holders(scope)?.into_iter(), self.people());
        let mut people: Vec<(Key, Figure)> = held
            .filter(|(holder, _)| known.person(holder).is_some())
            .map(|(holder, cases)| {
                let criteria = Criteria { holder: holder.clone(), ..open() };
                (Key::from(holder), Figure { criteria, cases })
            })
            .collect();
        people.sort_by_key(|(_, figure)| std::cmp::Reverse(figure.cases));
        Ok(people)
    }
}

/// Business days, both included.
#[derive(Clone, Copy)]
struct Days {
    from: Date,
    to: Date,
}

impl Days {
    /// The list of what was registered.
    fn registered(self) -> Criteria {
        let (from, to) = (self.from.to_string(), self.to.to_string());
        // What was made void counts nowhere.
        let (state, sort) = ("valid".to_owned(), "newest".to_owned());
        Criteria { state, sort, from, to, ..Criteria::default() }
    }

    /// The list of that to which something else happened.
    fn by(self, by: &str) -> Criteria {
        Criteria { by: by.to_owned(), ..self.registered() }
    }
}

/// The list of the work in hand.
fn open() -> Criteria {
    Criteria::default()
}

/// Counts more cases of a list.
fn add(figure: &mut Figure, criteria: Criteria, cases: u64) {
    figure.criteria = criteria;
    figure.cases += cases;
}

/// Whether every case of a procedure is seen: the confidential ones, or the others.
fn sees_all(scope: &Scope, procedure: &str, confidential: bool) -> bool {
    scope.grants.iter().any(|grant| {
        grant.reach == Reach::All
            && (grant.confidential || !confidential)
            && grant.procedure.as_deref().is_none_or(|known| known == procedure)
    })
}
