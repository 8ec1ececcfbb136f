//! A second, slow and obvious version of the deadline arithmetic: it looks at one minute (or second) after the other.
//!
//! It shares nothing with the engine: its own list of days, its own weekday, plain seconds since 1970 local time.

/// Local seconds since 1970-01-01 00:00.
pub(crate) type Local = i64;

pub(crate) const DAY: Local = 86_400;

const OFF: &[&str] = &[
    "20240101",
    "20240210-17",
    "20240404-06",
    "20240501-05",
    "20240610",
    "20240915-17",
    "20241001-07", //
    "20250101",
    "20250128-31",
    "20250201-04",
    "20250404-06",
    "20250501-05",
    "20250531",
    "20250601-02",
    "20251001-08", //
    "20260101-03",
    "20260215-23",
    "20260404-06",
    "20260501-05",
    "20260619-21",
    "20260925-27",
    "20261001-07",
];
const WORK: &[&str] = &[
    "20240204", "20240218", "20240407", "20240428", "20240511", "20240914", "20240929",
    "20241012", //
    "20250126", "20250208", "20250427", "20250928", "20251011", //
    "20260104", "20260214", "20260228", "20260509", "20260920", "20261010",
];

/// A question in the terms of the line protocol.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) calendar: &'static str,
    pub(crate) mode: &'static str,
    /// Seconds for `business_minutes`, days otherwise.
    pub(crate) amount: i64,
    /// Seconds of day.
    pub(crate) windows: Vec<(i64, i64)>,
    pub(crate) start: Local,
    pub(crate) pauses: Vec<(Local, Option<Local>)>,
    /// How far one look moves on, in seconds; divides every other number here.
    pub(crate) step: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) due: Option<Local>,
    pub(crate) provisional: bool,
}

pub(crate) fn answer(question: &Question) -> Answer {
    let today = question.start.div_euclid(DAY);
    let time = question.start.rem_euclid(DAY);
    let mut provisional = false;
    let mut works = |day: i64| {
        provisional |= !known(question.calendar, day);
        works(question.calendar, day)
    };
    let close = if question.calendar == "24x7" { DAY } else { question.windows.last().unwrap().1 };
    let due = match question.mode {
        "business_minutes" => return minutes(question),
        "calendar_days_legal" => {
            let mut day = today + question.amount;
            while !works(day) {
                day += 1;
            }
            (day + 1) * DAY
        }
        mode => {
            let mut day = today;
            for _ in 0..question.amount {
                day += 1;
                while !works(day) {
                    day += 1;
                }
            }
            let end = match mode {
                "working_days_eod" => close,
                "working_days_24" => DAY,
                "working_days_same" => time,
                _ => panic!("{mode}"),
            };
            (day * DAY + end).max(question.start)
        }
    };
    Answer { due: Some(due), provisional }
}

fn minutes(question: &Question) -> Answer {
    let mut now = question.start;
    let mut used = 0;
    let mut provisional = false;
    let mut today = (i64::MIN, false, false);
    while used < question.amount {
        let day = now.div_euclid(DAY);
        if day != today.0 {
            today = (day, works(question.calendar, day), known(question.calendar, day));
        }
        let open = question.pauses.iter().any(|(from, to)| *from <= now && to.is_none());
        if open {
            return Answer { due: None, provisional: false };
        }
        let time = now.rem_euclid(DAY);
        let inside = question.calendar == "24x7"
            || question.windows.iter().any(|(from, to)| *from <= time && time < *to);
        if inside {
            provisional |= !today.2;
            let paused = question
                .pauses
                .iter()
                .any(|(from, to)| *from <= now && to.is_none_or(|to| now < to));
            if today.1 && !paused {
                used += question.step;
            }
        }
        now += question.step;
        assert!(now < question.start + 200 * DAY, "no end in sight: {question:?}");
    }
    Answer { due: Some(now), provisional }
}

fn works(calendar: &str, day: i64) -> bool {
    // 1970-01-01 was a Thursday; Saturday is 2 and Sunday 3 days later.
    let weekend = matches!(day.rem_euclid(7), 2 | 3);
    match calendar {
        "24x7" | "all" => true,
        "weekdays" => !weekend,
        "cn" => {
            let date = written(day);
            if listed(WORK, &date) { true } else { !weekend && !listed(OFF, &date) }
        }
        _ => panic!("{calendar}"),
    }
}

fn known(calendar: &str, day: i64) -> bool {
    calendar != "cn" || ["2024", "2025", "2026"].contains(&&written(day)[..4])
}

fn listed(list: &[&str], date: &str) -> bool {
    list.iter().any(|entry| match entry.split_once('-') {
        Some((first, last)) => {
            date[..6] == first[..6] && first[6..] <= date[6..] && &date[6..] <= last
        }
        None => *entry == date,
    })
}

/// `20260214`, by counting years and months from 1970.
fn written(day: i64) -> String {
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let (mut year, mut left) = (1970, day);
    while left < 0 {
        year -= 1;
        left += if leap(year) { 366 } else { 365 };
    }
    while left >= if leap(year) { 366 } else { 365 } {
        left -= if leap(year) { 366 } else { 365 };
        year += 1;
    }
    let february = if leap(year) { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if left < length {
            break;
        }
        left -= length;
        month += 1;
    }
    format!("{year:04}{month:02}{:02}", left + 1)
}

#[test]
fn the_slow_version_knows_its_dates() {
    assert_eq!(written(0), "19700101");
    assert_eq!(written(-1), "19691231");
    assert_eq!(written(20_454), "20260101");
    assert!(
        works("cn", 20_454 + 3) && !works("weekdays", 20_454 + 3),
        "Sunday 2026-01-04 is a make-up day"
    );
}
