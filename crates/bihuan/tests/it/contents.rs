//! What an installation holds, line by line, so that two of them can be compared and one can be frozen. Only what must never change
//! is told: facts and what can be found by them, not how they are kept.

use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::path::Path;
use store::{Filter, Options, Place, Scope, Sort, Store};

/// The key that an installation has in its folder.
pub(crate) fn key(folder: &Path) -> [u8; 32] {
    let text = std::fs::read_to_string(folder.join("master.key")).unwrap();
    let digits: Vec<u8> =
        text.chars().map(|c| u8::try_from(c.to_digit(16).unwrap()).unwrap()).collect();
    let bytes: Vec<u8> = digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    bytes.try_into().unwrap()
}

/// Short for a value that is too long to be read.
fn mark(value: &Json) -> String {
    // FNV: a test needs no secrets.
    let hash = value.to_string().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// The lines, in an order of their own.
pub(crate) fn of(place: Place, key: [u8; 32]) -> Vec<String> {
    let store = Store::open(place, Options::new(key)).unwrap();
    let (scope, all) = (Scope::all(), Filter::default());
    let mut lines = Vec::new();
    let rows = store.list(&scope, &all, Sort::NewestEntry, None, 10_000).unwrap().rows;
    for row in rows.iter().rev() {
        let c = &row.columns;
        let due = c.next_due.map(|due| due.to_string());
        lines.push(format!(
            "{} {} v{} {} {} holder {} assignee {:?} due {due:?} {:?}",
            row.number, row.id, row.version, c.life, c.stage, c.holder, c.assignee, c.title
        ));
        for event in store.events(row.id, 0, 100_000).unwrap() {
            let body: Json = serde_json::from_str(&event.body).unwrap();
            let rest = json!([event.v, event.at.to_string(), event.actor, body]);
            lines.push(format!("  {} {} {}", event.seq, event.kind, mark(&rest)));
        }
        for timer in store.timers(row.id).unwrap() {
            lines.push(format!(
                "  timer {} {} {} {}",
                timer.clock, timer.generation, timer.step, timer.due
            ));
        }
        for file in store.attachments_of(row.id).unwrap() {
            let content = store.attachment_content(file.id).unwrap();
            lines.push(format!("  file {:?} {}", file.name, mark(&json!(content))));
        }
        let links = store.links(row.id).unwrap();
        lines.push(format!("  links {:?} {:?}", links.to, links.from));
        let chain = store.verify_chain(row.id).unwrap();
        lines.push(format!(
            "  chain {} events {} values {} erased",
            chain.events, chain.values, chain.erased
        ));
    }
    for kind in ["procedure", "calendar", "person", "api-key"] {
        for setting in store.settings(kind).unwrap() {
            lines.push(format!(
                "{kind} {} v{} {}",
                setting.key,
                setting.version,
                mark(&setting.body)
            ));
            if kind == "person" {
                let inbox = store.inbox(&setting.key, 0, 100_000).unwrap();
                let bodies: Vec<&Json> = inbox.iter().map(|message| &message.body).collect();
                lines.push(format!("  inbox {} {}", inbox.len(), mark(&json!(bodies))));
            }
        }
    }
    for word in ["切割", "机", "退款", "付款 失败", "报警", "电话", "设备", "不存在的"]
    {
        let found = store.search(&scope, word, None, 1_000).unwrap().rows;
        let numbers: Vec<&str> = found.iter().map(|row| row.number.as_str()).collect();
        lines.push(format!("search {word}: {}", numbers.join(" ")));
    }
    let days = ["2020-01-01", "2099-12-31"].map(|day| day.parse().unwrap());
    for metric in ["registered", "closed", "met", "breached"] {
        let apart = format!("{metric}, confidential");
        let sum = |name: &str| {
            let cells = store.rollups(name, days[0], days[1]).unwrap();
            cells.iter().map(|cell| cell.add).sum::<i64>()
        };
        lines.push(format!("{metric} {}", sum(metric) + sum(&apart)));
    }
    lines.push(SETTINGS.to_owned());
    lines.extend(settings(&store));
    lines
}

/// Where the settings begin.
pub(crate) const SETTINGS: &str = "settings";

/// All that was ever put in force, of whatever kind - customers, views, texts, teams, the organisation - with every version that is still
/// there, and the log of who did so.
fn settings(store: &Store) -> Vec<String> {
    let (mut log, mut things) = (Vec::new(), BTreeSet::new());
    for entry in store.settings_log(0, 1_000_000).unwrap() {
        let hash: String = entry.body_hash.iter().map(|byte| format!("{byte:02x}")).collect();
        log.push(format!(
            "  {} {} {} {} {} v{} {} {hash}",
            entry.sequence, entry.at, entry.actor, entry.deed, entry.kind, entry.version, entry.key
        ));
        things.insert((entry.kind, entry.key));
    }
    let mut lines = Vec::new();
    for (kind, key) in things {
        for one in store.setting_versions(&kind, &key).unwrap() {
            lines.push(format!("{kind} {key} v{} {}", one.version, mark(&one.body)));
        }
        let now = store.setting(&kind, &key).unwrap().map(|one| one.version);
        lines.push(format!("{kind} {key} now {now:?}"));
    }
    lines.extend(log);
    lines
}
