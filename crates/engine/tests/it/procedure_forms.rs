//! The compiled form of a procedure, what differs between versions, and procedures under other names.

use engine::procedure::{
    CompiledError, Difference, Means, Named, Procedure, diff, from_json, read, rename, to_json,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const EVERY_SECTION: &str = include_str!("../data/every-section.toml");

fn from(text: &str) -> Procedure {
    read("every-section.toml", text).unwrap_or_else(|findings| panic!("{findings:?}"))
}

fn changed(old: &str, new: &str) -> Vec<(String, Option<Value>, Option<Value>)> {
    assert_eq!(EVERY_SECTION.matches(old).count(), 1, "{old:?} must occur once");
    let differences = diff(&from(EVERY_SECTION), &from(&EVERY_SECTION.replace(old, new)));
    differences.into_iter().map(|Difference { path, old, new }| (path, old, new)).collect()
}

#[test]
fn the_compiled_form_reads_back() {
    let procedure = from(EVERY_SECTION);
    let text = to_json(&procedure).unwrap();
    assert!(text.starts_with("{\"format\":1,\"procedure\":{"), "{text:.60}");
    assert_eq!(from_json(&text).unwrap(), procedure);
}

#[test]
fn another_format_is_refused() {
    let text = to_json(&from(EVERY_SECTION)).unwrap().replace("{\"format\":1,", "{\"format\":2,");
    assert!(matches!(from_json(&text), Err(CompiledError::OtherFormat(2))));
    assert!(matches!(from_json("{}"), Err(CompiledError::Json(_))));
}

#[test]
fn a_changed_limit_is_one_difference() {
    let found = changed("limit = \"30m\"", "limit = \"45m\"");
    assert_eq!(
        found,
        [("clocks.respond.by[1].limit".into(), Some(json!("30m")), Some(json!("45m")))]
    );
}

#[test]
fn lines_and_comments_do_not_differ() {
    assert_eq!(changed("[[notes]]", "# a comment\n\n[[notes]]"), []);
}

#[test]
fn items_are_matched_by_key() {
    let removed = changed(
        "  { key = \"low\", label = \"低\", en = \"Low\", severity = 1, disabled = true },\n",
        "  { key = \"lower\", label = \"低\", en = \"Low\", severity = 1, disabled = true },\n  { key = \"low\", label = \"最低\", en = \"Lowest\", severity = 1, disabled = true },\n",
    );
    let paths: Vec<&str> = removed.iter().map(|(path, _, _)| path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "axes.priority.values.low.label.en",
            "axes.priority.values.low.label.zh",
            "axes.priority.values.lower"
        ]
    );
    let moved = changed(
        "  { key = \"high\", label = \"高\", en = \"High\", severity = 3, criterion = \"系统停用\", criterion_en = \"System down\", req = [\"S0-P01\"], mark = \"文\" },\n  { key = \"mid\", label = \"中\", en = \"Middle\", severity = 2 },\n",
        "  { key = \"mid\", label = \"中\", en = \"Middle\", severity = 2 },\n  { key = \"high\", label = \"高\", en = \"High\", severity = 3, criterion = \"系统停用\", criterion_en = \"System down\", req = [\"S0-P01\"], mark = \"文\" },\n",
    );
    assert_eq!(
        moved,
        [(
            "axes.priority.values[]".into(),
            Some(json!(["high", "mid", "low"])),
            Some(json!(["mid", "high", "low"]))
        )]
    );
}

#[test]
fn a_row_put_in_between_is_one_difference() {
    let found = changed(
        "  { when = { priority = \"mid\" }, limit",
        "  { when = { outage = true }, limit = \"1h\" },\n  { when = { priority = \"mid\" }, limit",
    );
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].0.as_str(), &found[0].1), ("clocks.resolve.by[2]", &None));
}

#[test]
fn renaming_is_the_same_for_the_same_seed() {
    let old = [from(EVERY_SECTION)];
    assert_eq!(rename(&old, 7).0, rename(&old, 7).0);
    assert_ne!(rename(&old, 7).0, rename(&old, 8).0);
}

#[test]
fn names_mean_the_same_under_new_names() {
    let old = from(EVERY_SECTION);
    let (new, renaming) = rename(std::slice::from_ref(&old), 1);
    let new = &new[0];
    let amount = new.field_meaning(Means::Amount).unwrap();
    assert_eq!(amount.key, renaming.name(Named::Field, "demo", "amount"));
    assert_eq!(renaming.old(&amount.key).map(|key| &**key), Some("amount"));
    let level = new.table(&renaming.name(Named::Table, "demo", "level")).unwrap();
    assert_eq!(level.rows[0].value.as_deref(), Some(&*renaming.value("demo", "priority", "high")));
    assert_eq!(
        renaming.written(&old, "priority", "high"),
        &*renaming.value("demo", "priority", "high")
    );
    assert_eq!(new.axis_of(&new.severity).unwrap().values[0].label.zh, "高");
    let due = renaming.name(Named::Clock, "demo", "resolve");
    let agent = renaming.name(Named::Role, "demo", "agent");
    let filter = String::from(new.clock(&due).unwrap().by[1].stop[1].clone());
    assert_eq!(filter, format!("contacted@{agent}#result"));
    assert!(new.notify[0].text.en.contains(&format!("{{due:{due}}}")), "{}", new.notify[0].text.en);
}

/// Every text of the compiled form that is a key and stays as it was stands where the format has its own words.
#[test]
fn nothing_keeps_its_old_name() {
    let old = from(EVERY_SECTION);
    let (new, renaming) = rename(std::slice::from_ref(&old), 3);
    let tree = |procedure: &Procedure| serde_json::to_value(procedure).unwrap();
    let mut kept = BTreeSet::new();
    unchanged(&mut kept, String::new(), &tree(&old), &tree(&new[0]));
    let is_name = |text: &String| {
        if text.starts_with('@') {
            return false;
        }
        let spoken =
            text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').map(str::to_owned);
        spoken
            .into_iter()
            .any(|word| tree(&old).to_string().contains(&format!("\"key\":\"{word}\"")))
    };
    let places: BTreeSet<String> =
        kept.into_iter().filter(|(_, text)| is_name(text)).map(|(path, _)| path).collect();
    // Verbs, moments, kinds, relations, texts, the other procedure's names, and the kinds that keep their keys.
    let own_words = [
        "actions.does",
        "actions.transfer",
        "chains.steps.kind",
        "clocks.by.stop",
        "clocks.cancel",
        "clocks.measures",
        "clocks.repeat",
        "clocks.start",
        "clocks.then",
        "fields.hint.en",
        "fields.kind",
        "fields.kind.auto",
        "fields.kind.auto.at",
        "fields.kind.table.key",
        "fields.means",
        "links.merge.share",
        "links.transfers.key",
        "links.transfers.set",
        "notes.text.en",
        "notify.key",
        "notify.on",
        "reports.every",
        "reports.key",
        "stages.kind",
        "stages.nodes.key",
        "tasks.done_on",
    ];
    assert_eq!(places, own_words.map(str::to_owned).into());
    assert!(renaming.old("amount").is_none());
}

/// Texts that are equal in both trees, with their paths (without places in lists).
fn unchanged(found: &mut BTreeSet<(String, String)>, path: String, old: &Value, new: &Value) {
    match (old, new) {
        (Value::String(old), Value::String(new)) if old == new => {
            found.insert((path, old.clone()));
        }
        (Value::Array(old), Value::Array(new)) => {
            old.iter().zip(new).for_each(|(old, new)| unchanged(found, path.clone(), old, new));
        }
        (Value::Object(old), Value::Object(new)) => {
            for ((name, old), (_, new)) in old
                .iter()
                .zip(new)
                .filter(|((name, _), _)| !["label", "origin"].contains(&name.as_str()))
            {
                let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                unchanged(found, below, old, new);
            }
        }
        _ => {}
    }
}
