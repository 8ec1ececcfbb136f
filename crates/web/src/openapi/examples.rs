//! Examples of answers, composed of what their schemas say: an answer's own example where it has one, else those of its parts. So no answer
//! is without one, and none says what its schema has no longer.

use serde_json::{Map, Value as Json, json};

/// How deep schemas may lie in each other.
const DEEPEST: usize = 12;

/// What texts and numbers stand for where their schema says no more, by the name of the member.
const TEXTS: &[(&str, &str)] = &[
    ("account", "wa***@example.cn"),
    ("address", "192.0.2.7"),
    ("agent", "Mozilla/5.0"),
    ("case", "S26050001"),
    ("category", "example"),
    ("channel", "example"),
    ("content_type", "image/png"),
    ("date", "2026-05-08"),
    ("department", "example"),
    ("direction", "to"),
    ("field", "example"),
    ("filters", "day"),
    ("from", "example"),
    ("holder", "u1"),
    ("href", "/api/v1/cases/S26050001/actions/example"),
    ("id", "0197a3c2-5d1e-7b40-9c8e-2f6d1b0a4e11"),
    ("key", "example"),
    ("kind", "example"),
    ("life", "open"),
    ("limit", "4h"),
    ("link", "https://desk.example.cn/welcome/0f3a"),
    ("method", "example"),
    ("name", "早班"),
    ("next", "/api/v1/cases?cursor=0a1b"),
    ("number", "S26050001"),
    ("outcome", "done"),
    ("part", "name"),
    ("phone", "138****5678"),
    ("purpose", "progress"),
    ("queue", "example"),
    ("role", "example"),
    ("secret", "bh_0f3a77e2b6409c8e"),
    ("sha256", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    ("source", "name = \"cn\"\n"),
    ("state", "running"),
    ("text", "已约周三上门"),
    ("title", "设备无法启动"),
    ("to", "example"),
    ("today", "2026-05-08"),
    ("type", "commented"),
    ("why", "phone"),
];

/// Gives every answer in JSON an example that has none.
pub(super) fn filled(document: Json) -> Json {
    let mut done = document.clone();
    let paths = done.get_mut("paths").and_then(Json::as_object_mut).into_iter().flatten();
    let operations = paths.filter_map(|(_, item)| item.as_object_mut()).flatten();
    let responses = operations.filter_map(|(_, one)| one.get_mut("responses")?.as_object_mut());
    for (_, response) in responses.flatten() {
        let content = response.get_mut("content").and_then(Json::as_object_mut);
        for (media, content) in content.into_iter().flatten() {
            let Some(content) = content.as_object_mut().filter(|_| media.ends_with("json")) else {
                continue;
            };
            let schema = content.get("schema").cloned().unwrap_or_default();
            if !content.contains_key("example")
                && let Ok(example) = composed(&document, &schema, "", DEEPEST)
            {
                content.insert("example".to_owned(), example);
            }
        }
    }
    done
}

/// An example of a schema; the name of the member for which there is none, otherwise.
fn composed(document: &Json, schema: &Json, name: &str, deep: usize) -> Result<Json, String> {
    let missing = || Err(name.to_owned());
    let Some(deep) = deep.checked_sub(1) else { return missing() };
    if let Some(place) = schema.get("$ref").and_then(Json::as_str) {
        let target = document.pointer(place.trim_start_matches('#'));
        return target.map_or_else(missing, |target| composed(document, target, name, deep));
    }
    let own = schema.get("example").or_else(|| schema.get("const"));
    let listed = |name: &str| schema.get(name).and_then(Json::as_array).and_then(|all| all.first());
    if let Some(own) = own.or_else(|| listed("examples")).or_else(|| listed("enum")) {
        return Ok(own.clone());
    }
    if let Some(parts) = schema.get("allOf").and_then(Json::as_array) {
        let mut whole = Map::new();
        for part in parts {
            let part = composed(document, part, name, deep)?;
            whole.extend(part.as_object().cloned().unwrap_or_default());
        }
        return Ok(Json::Object(whole));
    }
    for choice in ["oneOf", "anyOf"] {
        let all = schema.get(choice).and_then(Json::as_array).into_iter().flatten();
        // What may be absent is shown.
        let mut all = all.filter(|one| one.get("type") != Some(&json!("null")));
        if let Some(first) = all.next() {
            return composed(document, first, name, deep);
        }
    }
    match kind(schema) {
        "object" => {
            let members = schema.get("properties").and_then(Json::as_object);
            let mut whole = Map::new();
            for (member, schema) in members.into_iter().flatten() {
                whole.insert(member.clone(), composed(document, schema, member, deep)?);
            }
            if let Some(value) = schema.get("additionalProperties").filter(|one| one.is_object())
                && whole.is_empty()
            {
                whole.insert("due".to_owned(), composed(document, value, name, deep)?);
            }
            Ok(Json::Object(whole))
        }
        "array" => {
            let items = schema.get("items").cloned().unwrap_or_default();
            Ok(json!([composed(document, &items, name, deep)?]))
        }
        "string" => text(schema, name).map_or_else(missing, |text| Ok(json!(text))),
        "integer" | "number" => Ok(schema.get("minimum").cloned().unwrap_or(json!(1))),
        "boolean" => Ok(json!(false)),
        // Whatever JSON says.
        _ => Ok(json!({})),
    }
}

/// The type of a schema; of what may be null as well, the other one.
fn kind(schema: &Json) -> &str {
    match schema.get("type") {
        Some(Json::Array(all)) => {
            all.iter().filter_map(Json::as_str).find(|one| *one != "null").unwrap_or_default()
        }
        Some(one) => one.as_str().unwrap_or_default(),
        None if schema.get("properties").is_some() => "object",
        None => "",
    }
}

fn text(schema: &Json, name: &str) -> Option<&'static str> {
    match schema.get("format").and_then(Json::as_str) {
        Some("date-time") => Some("2026-05-08T01:30:00Z"),
        Some("date") => Some("2026-05-08"),
        _ => TEXTS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text),
    }
}
