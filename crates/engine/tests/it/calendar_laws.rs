//! Laws of the arithmetic: what must hold of every calendar, limit and pause.

use engine::calendar::{Calendar, DayEnd, Limit, MAX_DAYS, MAX_SECONDS, Pause, Step, Windows};
use jiff::{SignedDuration, Timestamp};
use proptest::{prelude::*, sample::select};

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_pause_never_moves_a_deadline_earlier(
        calendar in calendar(), start in start(), limit in limit(), pauses in pauses(), more in pause(),
    ) {
        let before = calendar.due_at(start, limit, &pauses);
        let after = calendar.due_at(start, limit, &[pauses, vec![more]].concat());
        prop_assert!(later(before) <= later(after), "{before:?} {after:?}");
    }

    #[test]
    fn order_and_repetition_of_pauses_do_not_matter(
        calendar in calendar(), start in start(), limit in limit(), pauses in pauses(),
    ) {
        let backwards: Vec<Pause> = pauses.iter().rev().chain(&pauses).copied().collect();
        prop_assert_eq!(calendar.due_at(start, limit, &pauses), calendar.due_at(start, limit, &backwards));
    }

    #[test]
    fn more_time_is_never_due_earlier(
        calendar in calendar(), start in start(), limit in limit(), pauses in pauses(), more in 0..100_000_i64,
    ) {
        let days = u32::try_from(more % 30).unwrap();
        let longer = match limit {
            Limit::Natural { seconds } => Limit::Natural { seconds: seconds + more },
            Limit::Business { seconds } => Limit::Business { seconds: seconds + more },
            Limit::WorkingDays { days: n, end } => Limit::WorkingDays { days: n + days, end },
            Limit::CalendarDaysLegal { days: n } => Limit::CalendarDaysLegal { days: n + days },
        };
        let (short, long) = (calendar.due_at(start, limit, &pauses), calendar.due_at(start, longer, &pauses));
        prop_assert!(later(short) <= later(long), "{short:?} {long:?}");
    }

    /// Not so for `@same`: from Friday 20:00 it is Monday 20:00, from Saturday 09:00 Monday 09:00.
    #[test]
    fn a_later_start_is_never_due_earlier(
        calendar in calendar(), start in start(), limit in limit(), pauses in pauses(), wait in 0..400_000_i64,
    ) {
        let same = matches!(limit, Limit::WorkingDays { end: DayEnd::Same, .. });
        if !same {
            let second = start + SignedDuration::from_secs(wait);
            let (first, second) = (calendar.due_at(start, limit, &pauses), calendar.due_at(second, limit, &pauses));
            prop_assert!(later(first) <= later(second), "{first:?} {second:?}");
        }
    }

    #[test]
    fn no_deadline_precedes_its_start(calendar in calendar(), start in start(), limit in limit(), pauses in pauses()) {
        prop_assert!(later(calendar.due_at(start, limit, &pauses)) >= start);
    }

    #[test]
    fn counted_time_to_the_deadline_is_the_amount(
        calendar in calendar(), start in start(), limit in limit(), pauses in pauses(),
    ) {
        let (Limit::Natural { seconds } | Limit::Business { seconds }) = limit else { return Ok(()) };
        let Some(due) = calendar.due_at(start, limit, &pauses) else { return Ok(()) };
        prop_assert_eq!(calendar.counted(start, due, limit, &pauses), seconds);
        if seconds > 0 {
            let before = due - SignedDuration::from_nanos(1);
            prop_assert_eq!(calendar.counted(start, before, limit, &pauses), seconds - 1);
        }
    }

    #[test]
    fn counted_time_adds_up(
        calendar in calendar(), start in whole_start(), limit in limit(), pauses in whole_pauses(),
        one in 0..800_000_i64, two in 0..800_000_i64,
    ) {
        let middle = start + SignedDuration::from_secs(one);
        let end = middle + SignedDuration::from_secs(two);
        let counted = |from, to| calendar.counted(from, to, limit, &pauses);
        prop_assert_eq!(counted(start, middle) + counted(middle, end), counted(start, end));
        prop_assert_eq!(counted(end, start), 0);
        prop_assert!(counted(start, end) <= one + two);
    }

    #[test]
    fn shares_lie_in_order_between_start_and_deadline(
        calendar in calendar(), start in whole_start(), limit in limit(), pauses in whole_pauses(), percent in 1..100_u8,
    ) {
        let Some(due) = calendar.due_at(start, limit, &pauses) else { return Ok(()) };
        let share = |percent| calendar.share(start, due, percent, limit, &pauses);
        prop_assert_eq!(share(100), due);
        prop_assert_eq!(share(255), due);
        prop_assert_eq!(share(0), start);
        prop_assert!(start <= share(percent) && share(percent) <= due);
        prop_assert!(share(percent) <= share(percent + 1));
        let total = calendar.counted(start, due, limit, &pauses);
        if total > 0 {
            let used = calendar.counted(start, share(percent), limit, &pauses);
            let exact = total * i64::from(percent);
            prop_assert!(used * 100 >= exact && (used - 1) * 100 < exact, "{used} of {total} at {percent}");
        }
    }

    #[test]
    fn the_trace_accounts_for_every_second(
        calendar in calendar(), start in whole_start(), limit in limit(), pauses in whole_pauses(),
    ) {
        let due = calendar.due(start, limit, &pauses);
        let mut counted = 0;
        let mut missing = 0;
        for step in &due.trace {
            match step {
                Step::TimeCounted { from, to, seconds } => {
                    prop_assert_eq!(to.duration_since(*from).as_secs(), *seconds);
                    counted += seconds;
                }
                Step::WaitingForResume { seconds } => missing = *seconds,
                _ => {}
            }
        }
        if let Limit::Natural { seconds } | Limit::Business { seconds } = limit {
            prop_assert_eq!(counted + missing, seconds);
            prop_assert_eq!(missing > 0, due.at.is_none());
        }
        let years = due.trace.iter().filter(|step| matches!(step, Step::YearWithoutData { .. })).count();
        prop_assert_eq!(years > 0, due.provisional);
        let json = serde_json::to_string(&due).unwrap();
        prop_assert_eq!(serde_json::from_str::<engine::calendar::Due>(&json).unwrap(), due);
    }

    #[test]
    fn nothing_panics_anywhere(
        calendar in calendar(),
        start in any::<i64>().prop_map(|s| Timestamp::from_second(s % 253_402_207_200).unwrap()),
        from in any::<i64>().prop_map(|s| Timestamp::from_second(s % 253_402_207_200).unwrap()),
        seconds in any::<i64>(), days in any::<u32>(), percent in any::<u8>(),
    ) {
        let pauses = [Pause { from, to: None }, Pause { from: start, to: Some(from) }];
        let limits = [
            Limit::Natural { seconds },
            // A window of seconds a day can take long to fill a hundred years; a thousandth of it is enough here.
            Limit::Business { seconds: seconds % 10_000_000 },
            Limit::WorkingDays { days: days % 5000, end: DayEnd::Same },
            Limit::CalendarDaysLegal { days },
        ];
        for limit in limits {
            calendar.due_at(start, limit, &pauses);
            let due = calendar.due_at(start, limit, &[]);
            prop_assert!(due >= Some(start));
            let near = due.unwrap().min(start.saturating_add(SignedDuration::from_hours(2400)).unwrap());
            calendar.share(start, near, percent, limit, &pauses);
        }
        calendar.quiet_until(start);
        calendar.instant(calendar.local(start));
    }

    #[test]
    fn a_limit_is_read_back_from_its_text(limit in limit()) {
        prop_assert_eq!(limit.to_string().parse::<Limit>().unwrap(), limit);
        let json = serde_json::to_string(&limit).unwrap();
        prop_assert_eq!(serde_json::from_str::<Limit>(&json).unwrap(), limit);
    }
}

#[test]
fn the_ends_of_time_are_answers_not_panics() {
    for name in ["cn", "weekdays", "24x7", "all"] {
        let calendar = Calendar::builtin(name).unwrap();
        for limit in
            ["876000h", "24bh", "30wd", "30wd@same", "30wd@24", "30cd", "36500wd", "36500cd"]
        {
            let limit: Limit = limit.parse().unwrap();
            let due = calendar.due(Timestamp::MAX, limit, &[]);
            assert_eq!(due.at, Some(Timestamp::MAX), "{name} {limit}");
            assert_eq!(due.trace.last(), Some(&Step::BeyondCalendar), "{name} {limit}");
            assert!(calendar.due_at(Timestamp::MIN, limit, &[]) > Some(Timestamp::MIN));
        }
        let far = Limit::Natural { seconds: i64::MAX };
        assert_eq!(
            calendar.due_at(Timestamp::UNIX_EPOCH, far, &[]).unwrap().as_second(),
            MAX_SECONDS
        );
        assert_eq!(calendar.day(jiff::civil::Date::MAX).provisional, name == "cn");
        calendar.instant(jiff::civil::DateTime::MAX);
        calendar.instant(jiff::civil::DateTime::MIN);
    }
    assert_eq!(MAX_SECONDS, i64::from(MAX_DAYS) * 86_400);
}

/// An open pause is later than everything.
fn later(due: Option<Timestamp>) -> Timestamp {
    due.unwrap_or(Timestamp::MAX)
}

fn calendar() -> impl Strategy<Value = Calendar> {
    let windows = select(vec![
        vec![("09:00", "18:00")],
        vec![("09:00", "12:00"), ("13:30", "18:00")],
        vec![("00:00", "24:00")],
        vec![("00:00", "05:30"), ("22:00:10", "24:00")],
        vec![("10:00", "10:01")],
    ]);
    (select(vec!["cn", "weekdays", "24x7", "all"]), windows).prop_map(|(name, windows)| {
        let pairs: Vec<_> =
            windows.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect();
        Calendar::builtin(name).unwrap().with_windows(Windows::parse(&pairs).unwrap())
    })
}

/// 2023-12 to 2027-02, with fractions of a second at times.
fn start() -> impl Strategy<Value = Timestamp> {
    (1_703_000_000..1_801_000_000_i64, select(vec![0, 0, 0, 1, 500_000_000, 999_999_999]))
        .prop_map(|(second, nano)| Timestamp::new(second, nano).unwrap())
}

fn limit() -> impl Strategy<Value = Limit> {
    let end = select(vec![DayEnd::Close, DayEnd::Same, DayEnd::Midnight]);
    prop_oneof![
        (0..1_000_000_i64).prop_map(|seconds| Limit::Natural { seconds }),
        (0..5000_i64).prop_map(|seconds| Limit::Business { seconds }),
        (0..200_i64).prop_map(|minutes| Limit::Business { seconds: minutes * 60 }),
        (0..60_u32, end).prop_map(|(days, end)| Limit::WorkingDays { days, end }),
        (0..90_u32).prop_map(|days| Limit::CalendarDaysLegal { days }),
    ]
}

/// Starts without fractions: only whole seconds add up exactly.
fn whole_start() -> impl Strategy<Value = Timestamp> {
    start().prop_map(|at| Timestamp::from_second(at.as_second()).unwrap())
}

fn whole_pauses() -> impl Strategy<Value = Vec<Pause>> {
    let whole = |at: Timestamp| Timestamp::from_second(at.as_second()).unwrap();
    pauses().prop_map(move |pauses| {
        pauses
            .into_iter()
            .map(|pause| Pause { from: whole(pause.from), to: pause.to.map(whole) })
            .collect()
    })
}

fn pause() -> impl Strategy<Value = Pause> {
    (start(), 0..20_000_000_i64, -5..100_i64, 0..12_u8).prop_map(|(from, long, short, kind)| {
        let length = if kind < 6 { short } else { long };
        Pause { from, to: (kind > 0).then(|| from + SignedDuration::from_secs(length)) }
    })
}

fn pauses() -> impl Strategy<Value = Vec<Pause>> {
    prop::collection::vec(pause(), 0..4)
}
