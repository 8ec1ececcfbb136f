//! What the documents state is tested: without the data of a stated requirement some scenario fails.

use super::{builtin, folders, in_memory, parse, root};
use engine::procedure::Procedure;
use serde_json::Value;
use std::collections::BTreeSet;

/// Stated requirements whose data no scenario can see fail, and why.
const UNSEEN: &[(&str, &str)] = &[
    ("-T", "a report: its content is made from other data when it is asked for"),
    ("-I01", "scope of the procedure"),
    ("-I03", "a list of examples"),
    ("-Y01", "masking is done where cases are shown, and tested there"),
    ("-M05", "means of analysis that may be ticked: any of them will do"),
    ("-M06", "examples of verification"),
    ("-X01", "the package is checked when a case is filed, and printed"),
    ("-X02", "not stated itself: retention, in one item with the stated rhythm of filing"),
    ("X-1", "not stated itself: a decision across the documents, in one item with a stated rule"),
    ("S4-G06", "not stated itself: which records a report counts"),
    ("-N02", "codes of channels; the number's test sees those it uses"),
];

fn collect(value: &Value, ids: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, ids)),
        Value::Object(object) => {
            if object.get("mark").and_then(Value::as_str) == Some("stated")
                && let Some(Value::Array(req)) = object.get("req")
            {
                ids.extend(req.iter().filter_map(Value::as_str).map(str::to_owned));
            }
            object
                .iter()
                .filter(|(key, _)| *key != "notes")
                .for_each(|(_, item)| collect(item, ids));
        }
        _ => {}
    }
}

fn carries(value: &Value, id: &str) -> bool {
    let origin = value.get("origin");
    let stated =
        origin.and_then(|origin| origin.get("mark")).and_then(Value::as_str) == Some("stated");
    stated
        && origin
            .and_then(|origin| origin.get("req"))
            .and_then(Value::as_array)
            .is_some_and(|req| req.iter().any(|one| one == id))
}

/// The data of a requirement taken out: items of lists are removed, optional sections emptied, numbers made plain.
fn strip(value: &mut Value, id: &str) {
    match value {
        Value::Array(items) => {
            items.retain(|item| !carries(item, id));
            items.iter_mut().for_each(|item| strip(item, id));
        }
        Value::Object(object) => {
            for (key, item) in object.iter_mut() {
                match key.as_str() {
                    "survey" | "extension" | "change" if carries(item, id) => *item = Value::Null,
                    "numbering" if carries(item, id) => item["pattern"] = "X{SEQ:1}".into(),
                    "archive" if carries(item, id) => {
                        item["keep_years"] = 0.into();
                        item["floor_years"] = 0.into();
                    }
                    _ => strip(item, id),
                }
            }
        }
        _ => {}
    }
}

fn unseen(folder: &str) -> Vec<String> {
    let procedures = builtin();
    let text = std::fs::read_to_string(root().join(folder).join("scenarios.md")).unwrap();
    let file = parse(&text);
    let position = folders().iter().position(|name| name == folder).unwrap();
    let whole = serde_json::to_value(&procedures[position]).unwrap();
    let mut ids = BTreeSet::new();
    collect(&whole, &mut ids);
    let mut survivors = Vec::new();
    for id in ids {
        let mut stripped = whole.clone();
        strip(&mut stripped, &id);
        if stripped == whole {
            continue;
        }
        let seen = std::panic::catch_unwind(|| {
            let Ok(procedure) = serde_json::from_value::<Procedure>(stripped) else { return true };
            let mut procedures = procedures.clone();
            procedures[position] = procedure;
            !in_memory(&file, folder, &procedures).failures.is_empty()
        });
        if !seen.unwrap_or(true) && !UNSEEN.iter().any(|(part, _)| id.contains(part)) {
            survivors.push(id);
        }
    }
    survivors
}

macro_rules! stated {
    ($($test:ident => $folder:literal),* $(,)?) => { $(
        #[test]
        fn $test() {
            let survivors = unseen($folder);
            assert!(survivors.is_empty(), "no scenario fails without the data of {survivors:?}");
        }
    )* };
}

stated! {
    every_stated_requirement_of_s1_is_seen_by_a_scenario => "cf",
    every_stated_requirement_of_s2_is_seen_by_a_scenario => "as",
    every_stated_requirement_of_s3_is_seen_by_a_scenario => "hl",
    every_stated_requirement_of_s4_is_seen_by_a_scenario => "mc",
    every_stated_requirement_of_s5_is_seen_by_a_scenario => "cp",
}
