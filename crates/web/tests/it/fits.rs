//! Whether JSON fits a schema of the document.

use serde_json::Value as Json;

/// What of a value does not fit a schema, each with its place; nothing where all of it does.
pub(crate) fn unfit(document: &Json, schema: &Json, value: &Json) -> Vec<String> {
    let mut found = Vec::new();
    look(document, schema, value, "", &mut found);
    found
}

fn look(document: &Json, schema: &Json, value: &Json, at: &str, found: &mut Vec<String>) {
    if let Some(place) = schema["$ref"].as_str() {
        let target = document.pointer(place.trim_start_matches('#'));
        return look(document, target.unwrap(), value, at, found);
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        look(document, part, value, at, found);
    }
    for choice in ["oneOf", "anyOf"] {
        let Some(all) = schema[choice].as_array() else { continue };
        let fits = all.iter().any(|one| unfit(document, one, value).is_empty());
        if !fits {
            found.push(format!("{at}: {value} fits none of {choice}"));
        }
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Json::Array(all) => all.iter().filter_map(Json::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    if !kinds.is_empty() && !kinds.iter().any(|kind| is(kind, value)) {
        found.push(format!("{at}: {value} is no {kinds:?}"));
        return;
    }
    if let Some(known) = schema["enum"].as_array()
        && !known.contains(value)
    {
        found.push(format!("{at}: {value} is none of {known:?}"));
    }
    match value {
        Json::Object(members) => {
            for name in schema["required"].as_array().into_iter().flatten() {
                if !members.contains_key(name.as_str().unwrap()) {
                    found.push(format!("{at}: {name} is missing"));
                }
            }
            for (name, value) in members {
                let at = format!("{at}/{name}");
                match (&schema["properties"][name], &schema["additionalProperties"]) {
                    (Json::Null, Json::Bool(false)) => found.push(format!("{at}: is not known")),
                    (Json::Null, Json::Object(_)) => {
                        look(document, &schema["additionalProperties"], value, &at, found);
                    }
                    (Json::Null, _) => {}
                    (own, _) => look(document, own, value, &at, found),
                }
            }
        }
        Json::Array(items) => {
            if schema["items"].is_object() {
                for (place, item) in items.iter().enumerate() {
                    look(document, &schema["items"], item, &format!("{at}/{place}"), found);
                }
            }
            bounded(schema, "Items", items.len(), at, found);
        }
        Json::String(text) => {
            bounded(schema, "Length", text.chars().count(), at, found);
            let instant =
                schema["format"] != "date-time" || text.parse::<jiff::Timestamp>().is_ok();
            if !instant {
                found.push(format!("{at}: {text} is no instant"));
            }
        }
        Json::Number(number) => {
            let number = number.as_f64().unwrap();
            let least = schema["minimum"].as_f64().is_none_or(|least| number >= least);
            let most = schema["maximum"].as_f64().is_none_or(|most| number <= most);
            if !least || !most {
                found.push(format!("{at}: {number} is out of bounds"));
            }
        }
        _ => {}
    }
}

fn is(kind: &str, value: &Json) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("{other} is no type"),
    }
}

fn bounded(schema: &Json, of: &str, size: usize, at: &str, found: &mut Vec<String>) {
    let bound = |name: &str| schema[format!("{name}{of}")].as_u64();
    let size = u64::try_from(size).unwrap();
    if bound("min").is_some_and(|least| size < least)
        || bound("max").is_some_and(|most| size > most)
    {
        found.push(format!("{at}: {of} {size} is out of bounds"));
    }
}

#[test]
fn what_does_not_fit_is_found() {
    let document = serde_json::json!({ "schemas": { "A": {
        "type": "object", "required": ["a"], "additionalProperties": false,
        "properties": { "a": { "type": ["string", "null"], "format": "date-time" }, "b": { "enum": ["x"] }, "c": { "type": "array", "items": { "type": "integer", "minimum": 1 } } },
    } } });
    let schema = serde_json::json!({ "$ref": "#/schemas/A" });
    for (value, wrong) in [
        (serde_json::json!({ "a": null, "b": "x", "c": [1] }), 0),
        (serde_json::json!({ "a": "2026-05-08T01:30:00Z" }), 0),
        (serde_json::json!({ "a": "yesterday" }), 1),
        (serde_json::json!({ "b": "y" }), 2),
        (serde_json::json!({ "a": 1, "d": 1, "c": [0, "1"] }), 4),
        (serde_json::json!([]), 1),
    ] {
        let found = unfit(&document, &schema, &value);
        assert_eq!(found.len(), wrong, "{value}: {found:?}");
    }
}
