//! `due` and the line protocol agree with the slow version of `calendar_oracle` on random questions.

use engine::calendar::{Calendar, DayEnd, Limit, Pause, Windows, answer_line};
use jiff::{Timestamp, tz::Offset};
use proptest::{prelude::*, sample::select};

use crate::calendar_oracle::{self as oracle, DAY, Local, Question};

const MODES: [&str; 5] = [
    "business_minutes",
    "working_days_eod",
    "working_days_24",
    "working_days_same",
    "calendar_days_legal",
];
const CALENDARS: [&str; 4] = ["cn", "weekdays", "24x7", "all"];
/// 2023-12-20 00:00 local, some days before the first known year.
const KNOWN_FROM: Local = 19_711 * DAY;
/// About 2027-01-20.
const KNOWN_TO: Local = 20_838 * DAY;

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn minutes_agree_with_the_slow_version(question in minutes_question()) {
        agree(&question)?;
    }

    #[test]
    fn days_agree_with_the_slow_version(question in days_question()) {
        agree(&question)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn seconds_agree_with_the_slow_version(question in seconds_question()) {
        agree(&question)?;
    }
}

fn agree(question: &Question) -> Result<(), TestCaseError> {
    let expected = oracle::answer(question);
    let calendar = calendar(question);
    let pauses: Vec<Pause> = question
        .pauses
        .iter()
        .map(|(from, to)| Pause { from: at(*from), to: to.map(at) })
        .collect();
    let due = calendar.due(at(question.start), limit(question), &pauses);
    prop_assert_eq!(due.at, expected.due.map(at), "{:#?}", due.trace);
    if due.at.is_some() {
        prop_assert_eq!(due.provisional, expected.provisional, "{:#?}", due.trace);
    }
    prop_assert_eq!(calendar.due_at(at(question.start), limit(question), &pauses), due.at);
    if question.mode != "business_minutes" || question.amount % 60 == 0 {
        let mut answer = serde_json::json!({ "id": 7, "due": expected.due.map(write) });
        if expected.due.is_some() && expected.provisional {
            answer["provisional"] = true.into();
        }
        let given: serde_json::Value = serde_json::from_str(&answer_line(&line(question))).unwrap();
        prop_assert_eq!(given, answer);
    }
    Ok(())
}

fn calendar(question: &Question) -> Calendar {
    let pairs: Vec<(String, String)> =
        question.windows.iter().map(|(from, to)| (time(*from), time(*to))).collect();
    Calendar::builtin(question.calendar).unwrap().with_windows(Windows::parse(&pairs).unwrap())
}

fn limit(question: &Question) -> Limit {
    let days = u32::try_from(question.amount).unwrap_or_default();
    match question.mode {
        "business_minutes" => Limit::Business { seconds: question.amount },
        "working_days_eod" => Limit::WorkingDays { days, end: DayEnd::Close },
        "working_days_24" => Limit::WorkingDays { days, end: DayEnd::Midnight },
        "working_days_same" => Limit::WorkingDays { days, end: DayEnd::Same },
        _ => Limit::CalendarDaysLegal { days },
    }
}

fn line(question: &Question) -> String {
    let amount =
        if question.mode == "business_minutes" { question.amount / 60 } else { question.amount };
    let windows: Vec<[String; 2]> =
        question.windows.iter().map(|(from, to)| [time(*from), time(*to)]).collect();
    let pauses: Vec<_> =
        question.pauses.iter().map(|(from, to)| (write(*from), to.map(write))).collect();
    serde_json::json!({
        "id": 7, "start": write(question.start), "mode": question.mode, "amount": amount,
        "windows": windows, "calendar": question.calendar, "pauses": pauses,
    })
    .to_string()
}

fn at(local: Local) -> Timestamp {
    Timestamp::from_second(local - 8 * 3600).unwrap()
}

fn write(local: Local) -> String {
    at(local).display_with_offset(Offset::constant(8)).to_string()
}

fn time(second: i64) -> String {
    format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

/// Starts near holidays and year ends, in known and unknown years, on a multiple of `step`.
fn start(step: i64) -> impl Strategy<Value = Local> {
    let known = (KNOWN_FROM..KNOWN_TO).boxed();
    let year_end = (20_803 * DAY..20_826 * DAY).boxed();
    let spring = (20_490 * DAY..20_515 * DAY).boxed();
    let any = (-3000 * DAY..40_000 * DAY).boxed();
    // Close to a boundary of windows and days, where mistakes live.
    let boundary = (KNOWN_FROM / DAY..KNOWN_TO / DAY, select(vec![0, 9, 12, 18, 24]), -2..3_i64)
        .prop_map(|(day, hour, off)| day * DAY + hour * 3600 + off * 60)
        .boxed();
    prop_oneof![4 => known, 2 => year_end, 2 => spring, 1 => any, 2 => boundary]
        .prop_map(move |local| local.div_euclid(step) * step)
}

fn windows(step: i64) -> impl Strategy<Value = Vec<(i64, i64)>> {
    let hours = |pairs: &[(i64, i64)]| {
        pairs.iter().map(|(from, to)| (from * 1800, to * 1800)).collect::<Vec<_>>()
    };
    let usual = select(vec![
        hours(&[(18, 36)]),
        hours(&[(18, 24), (27, 36)]),
        hours(&[(0, 48)]),
        hours(&[(0, 12), (44, 48)]),
        hours(&[(26, 48)]),
        hours(&[(16, 18), (20, 22), (40, 48)]),
        hours(&[(18, 24), (24, 36)]),
        vec![(0, 23 * 3600 + 59 * 60)],
        vec![(60, 120)],
    ]);
    let random = prop::collection::btree_set(0..=DAY / step, 2..8).prop_map(move |cuts| {
        let cuts: Vec<i64> = cuts.into_iter().map(|cut| cut * step).collect();
        cuts.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
    });
    prop_oneof![3 => usual, 2 => random]
}

/// Pauses of every oddity around `start`: before it, across it, overlapping, nested, empty, open.
fn pauses(
    start: Local,
    reach: i64,
    step: i64,
) -> impl Strategy<Value = Vec<(Local, Option<Local>)>> {
    let pause = (-reach / 2..reach, 0..reach / 2, 0..10_u8, any::<bool>()).prop_map(
        move |(from, length, open, short)| {
            let from = (start + from).div_euclid(step) * step;
            let length = if short { length % (40 * step) } else { length } / step * step;
            (from, (open > 0).then_some(from + length))
        },
    );
    prop::collection::vec(pause, 0..5)
}

fn minutes_question() -> impl Strategy<Value = Question> {
    (select(&CALENDARS[..]), start(60), windows(60), 0..5 * DAY / 60).prop_flat_map(
        |(calendar, start, windows, amount)| {
            let day: i64 = windows.iter().map(|(from, to)| to - from).sum();
            let amount = amount * 60 % (6 * day);
            pauses(start, 6 * DAY, 60).prop_map(move |pauses| Question {
                calendar,
                mode: "business_minutes",
                amount,
                windows: windows.clone(),
                start,
                pauses,
                step: 60,
            })
        },
    )
}

fn seconds_question() -> impl Strategy<Value = Question> {
    (select(&CALENDARS[..]), start(1), windows(60), 0..6 * 3600_i64).prop_flat_map(
        |(calendar, start, windows, amount)| {
            let day: i64 = windows.iter().map(|(from, to)| to - from).sum();
            let amount = amount % (2 * day);
            pauses(start, DAY / 4, 1).prop_map(move |pauses| Question {
                calendar,
                mode: "business_minutes",
                amount,
                windows: windows.clone(),
                start,
                pauses,
                step: 1,
            })
        },
    )
}

fn days_question() -> impl Strategy<Value = Question> {
    (select(&CALENDARS[..]), select(&MODES[1..]), start(1), windows(60), 0..40_i64).prop_flat_map(
        |(calendar, mode, start, windows, amount)| {
            pauses(start, 6 * DAY, 1).prop_map(move |pauses| Question {
                calendar,
                mode,
                amount,
                windows: windows.clone(),
                start,
                pauses,
                step: 1,
            })
        },
    )
}
