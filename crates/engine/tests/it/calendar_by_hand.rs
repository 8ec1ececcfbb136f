//! Runs `tests/data/calendar-by-hand.md`: deadlines that people worked out on paper.

use engine::calendar::{Calendar, Limit, Pause, Windows};
use jiff::{Timestamp, civil::DateTime};

const TABLE: &str = include_str!("../data/calendar-by-hand.md");

struct Row {
    id: String,
    start: Timestamp,
    limit: Limit,
    calendar: Calendar,
    pauses: Vec<Pause>,
    due: Option<Timestamp>,
    provisional: bool,
}

#[test]
fn every_deadline_worked_out_by_hand_holds() {
    let rows = rows();
    assert!(rows.len() >= 50, "only {} rows", rows.len());
    let mut wrong = Vec::new();
    for row in &rows {
        let due = row.calendar.due(row.start, row.limit, &row.pauses);
        if (due.at, due.provisional) != (row.due, row.provisional && row.due.is_some()) {
            let show = |at: Option<Timestamp>| {
                at.map_or("never".to_owned(), |at| row.calendar.local(at).to_string())
            };
            wrong.push(format!(
                "{}: by hand {} ({}), by program {} ({})\n{:#?}",
                row.id,
                show(row.due),
                row.provisional,
                show(due.at),
                due.provisional,
                due.trace
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

#[test]
fn every_row_has_its_own_id_and_a_reason() {
    let mut ids: Vec<String> = rows().into_iter().map(|row| row.id).collect();
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

fn rows() -> Vec<Row> {
    TABLE
        .lines()
        .filter(|line| {
            line.starts_with('|') && !line.starts_with("|---") && !line.starts_with("| id ")
        })
        .map(row)
        .collect()
}

fn row(line: &str) -> Row {
    let cells: Vec<&str> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
    let [id, start, limit, windows, calendar, pauses, due, reason] = cells[..] else {
        panic!("eight cells: {line}")
    };
    assert!(!reason.is_empty(), "{id} has no reason");
    let calendar = Calendar::builtin(calendar).unwrap();
    let (due, provisional) = due.strip_suffix('?').map_or((due, false), |due| (due.trim(), true));
    Row {
        id: id.to_owned(),
        start: instant(start),
        limit: limit.parse().unwrap(),
        calendar: match windows {
            "D" => calendar,
            "L" => calendar.with_windows(self::windows("09:00-12:00 13:30-18:00")),
            text => calendar.with_windows(self::windows(text)),
        },
        pauses: match pauses {
            "-" => Vec::new(),
            text => text.split(';').map(pause).collect(),
        },
        due: (due != "never").then(|| instant(due)),
        provisional,
    }
}

fn windows(text: &str) -> Windows {
    let pair = |text: &str| {
        text.split_once('-').map(|(from, to)| (from.to_owned(), to.to_owned())).unwrap()
    };
    Windows::parse(&text.split(' ').map(pair).collect::<Vec<_>>()).unwrap()
}

fn pause(text: &str) -> Pause {
    let (from, to) = text.split_once("..").unwrap();
    let to = to.trim();
    Pause { from: instant(from.trim()), to: (to != "open").then(|| instant(to)) }
}

fn instant(text: &str) -> Timestamp {
    let local: DateTime = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    jiff::tz::Offset::constant(8).to_timestamp(local).unwrap()
}
