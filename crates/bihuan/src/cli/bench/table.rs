//! What was measured, as one table for people or one document for programs.

use super::drive::Pace;
use crate::cli::output::Output;
use serde::Serialize;
use std::time::Duration;

/// One thing, measured at one size with so many clients.
#[derive(Serialize)]
pub(super) struct Row {
    pub(super) cases: usize,
    /// `process`, `http`, or `page` for people who look at pages.
    pub(super) over: &'static str,
    pub(super) deed: String,
    pub(super) clients: usize,
    pub(super) per_second: u64,
    pub(super) p50_us: u128,
    pub(super) p99_us: u128,
    /// What the machine does at most, a second.
    pub(super) floor_per_second: Option<u64>,
    /// Share of the floor, in per cent.
    pub(super) of_floor: Option<u64>,
    /// The most anonymous memory meanwhile, in bytes.
    pub(super) memory: u64,
    /// What the desk took on the disk once it was loaded, in bytes.
    pub(super) disk: u64,
    /// Hundredths by which the typical time is longer than at the smallest size.
    pub(super) growth: Option<u128>,
}

/// A loaded size.
#[derive(Serialize)]
pub(super) struct Size {
    pub(super) cases: usize,
    pub(super) open: usize,
    pub(super) events: u64,
    pub(super) bytes: u64,
    pub(super) load_ms: u128,
    /// Anonymous memory of the server before anybody asked it, in bytes.
    pub(super) idle_memory: Option<u64>,
}

/// Something that is measured once.
#[derive(Debug, Serialize)]
pub(super) struct Single {
    pub(super) cases: usize,
    pub(super) name: &'static str,
    pub(super) count: usize,
    pub(super) ms: u128,
    /// In the unit of the thing itself, where it is no time.
    pub(super) value: Option<u64>,
}

#[derive(Default, Serialize)]
pub(super) struct Report {
    pub(super) sizes: Vec<Size>,
    pub(super) rows: Vec<Row>,
    pub(super) singles: Vec<Single>,
}

impl Row {
    pub(super) fn new(
        cases: usize,
        over: &'static str,
        deed: String,
        clients: usize,
        pace: &Pace,
    ) -> Self {
        Self {
            cases,
            over,
            deed,
            clients,
            per_second: pace.rate(),
            p50_us: pace.percentile(50).as_micros(),
            p99_us: pace.percentile(99).as_micros(),
            floor_per_second: None,
            of_floor: None,
            memory: 0,
            disk: 0,
            growth: None,
        }
    }

    pub(super) fn with_floor(mut self, floor: u64) -> Self {
        self.floor_per_second = Some(floor);
        self.of_floor = Some(self.per_second * 100 / floor.max(1));
        self
    }
}

impl Single {
    pub(super) fn took(cases: usize, name: &'static str, count: usize, all: Duration) -> Self {
        Self { cases, name, count, ms: all.as_millis(), value: None }
    }
}

impl Report {
    /// Adds a row, with its growth over the same thing at the smallest size, and with what the size takes on the disk.
    pub(super) fn add(&mut self, mut row: Row, output: &mut Output) {
        let same =
            |one: &&Row| (one.over, &one.deed, one.clients) == (row.over, &row.deed, row.clients);
        let loaded = self.sizes.iter().find(|size| size.cases == row.cases);
        row.disk = loaded.map_or(0, |size| size.bytes);
        let first = self.rows.iter().filter(same).min_by_key(|one| one.cases);
        row.growth = first
            .filter(|first| first.cases < row.cases)
            .map(|first| row.p50_us * 100 / first.p50_us.max(1));
        if !output.json {
            if self.rows.is_empty() {
                output.line(heads(output));
            }
            output.line(line(&row));
        }
        self.rows.push(row);
    }

    pub(super) fn size(&mut self, size: Size, output: &mut Output) {
        if !output.json {
            let per_case = size.bytes / u64::try_from(size.cases).unwrap_or(1).max(1);
            let facts = [
                ("cases", size.cases.to_string()),
                ("open", size.open.to_string()),
                ("events", size.events.to_string()),
                ("mib", (size.bytes >> 20).to_string()),
                ("each", per_case.to_string()),
                ("seconds", (size.load_ms / 1_000).to_string()),
            ];
            let facts: Vec<_> = facts.iter().map(|(name, fact)| (*name, fact.as_str())).collect();
            output.say("bench.size", &facts);
            if let Some(idle) = size.idle_memory {
                output.say("bench.idle", &[("mib", &(idle >> 20).to_string())]);
            }
        }
        self.sizes.push(size);
    }

    pub(super) fn single(&mut self, single: Single, output: &mut Output) {
        if !output.json {
            let facts = [
                ("cases", single.cases.to_string()),
                ("count", single.count.to_string()),
                ("ms", single.ms.to_string()),
                ("value", single.value.map(|value| value.to_string()).unwrap_or_default()),
            ];
            let facts: Vec<_> = facts.iter().map(|(name, fact)| (*name, fact.as_str())).collect();
            output.say(&format!("bench.single.{}", single.name), &facts);
        }
        self.singles.push(single);
    }

    pub(super) fn tell(&self, output: &mut Output) {
        if output.json {
            output.value(&serde_json::json!(self));
        }
    }
}

fn heads(output: &Output) -> String {
    let head = |key: &str| output.text(&format!("bench.head.{key}"), &[]);
    format!(
        "| {} | {} | {} | {} | {} | p50 ms | p99 ms | {} | {} | MiB | {} | {} |\n|--:|:--|:--|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
        head("cases"),
        head("over"),
        head("deed"),
        head("clients"),
        head("rate"),
        head("floor"),
        head("share"),
        head("disk"),
        head("growth")
    )
}

fn line(row: &Row) -> String {
    let text = |value: Option<u64>| value.map_or("–".to_owned(), |value| value.to_string());
    let growth = row
        .growth
        .map_or("–".to_owned(), |growth| format!("{}.{:02}", growth / 100, growth % 100));
    format!(
        "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {growth} |",
        row.cases,
        row.over,
        row.deed,
        row.clients,
        row.per_second,
        millis(row.p50_us),
        millis(row.p99_us),
        text(row.floor_per_second),
        row.of_floor.map_or("–".to_owned(), |share| format!("{share} %")),
        row.memory >> 20,
        row.disk >> 20,
    )
}

fn millis(micros: u128) -> String {
    format!("{}.{:03}", micros / 1_000, micros % 1_000)
}
