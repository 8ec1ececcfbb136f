//! What a body or an answer may look like: the example that the document gives, else one made from the schema.

use super::read::{Content, Operation};
use super::shape::Shape;
use serde_json::{Map, Value as Json, json};

/// The example of a content; none for files and streams.
pub(super) fn of(content: &Content) -> Option<Json> {
    if let Some(example) = content.example {
        return Some(example.clone());
    }
    let shape = Shape::of(content.schema?);
    let text = content.media == "application/json" || content.media.ends_with("+json");
    text.then(|| made(&shape, &mut Vec::new()))
}

/// The example of an operation's body, as text for a field.
pub(super) fn body(operation: &Operation) -> Option<String> {
    of(&operation.body()?).map(|example| spelled(&example))
}

/// As people read it: texts as they are, everything else as JSON with a line for each member.
pub(super) fn spelled(example: &Json) -> String {
    match example {
        Json::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    }
}

/// `above` holds the names of the schemas around, so that what contains itself ends.
fn made(shape: &Shape, above: &mut Vec<&'static str>) -> Json {
    let given = shape.get("example").or_else(|| shape.get("examples")?.get(0));
    if let Some(given) = given.or_else(|| shape.get("default").filter(|one| !one.is_null())) {
        return given.clone();
    }
    if let Some(value) = shape.values().first() {
        return json!(value);
    }
    if shape.name().is_some_and(|name| above.contains(&name)) {
        return Json::Null;
    }
    above.extend(shape.name());
    let example = match shape.kind() {
        "array" => Json::Array(shape.inner().iter().map(|inner| made(inner, above)).collect()),
        "string" => json!(string(shape)),
        "integer" | "number" => {
            shape.get("minimum").filter(|least| **least != 0).cloned().unwrap_or(json!(1))
        }
        "boolean" => json!(false),
        "object" => object(shape, above),
        _ => shape.variants().first().map_or(Json::Null, |first| made(first, above)),
    };
    if shape.name().is_some() {
        above.pop();
    }
    example
}

fn object(shape: &Shape, above: &mut Vec<&'static str>) -> Json {
    let members = shape.members().into_iter();
    let members: Map<String, Json> =
        members.map(|member| (member.name.to_owned(), made(&member.shape, above))).collect();
    Json::Object(members)
}

fn string(shape: &Shape) -> &'static str {
    match shape.get("format").and_then(Json::as_str) {
        Some("date-time") => "2026-11-30T09:00:00+08:00",
        Some("date") => "2026-11-30",
        _ => "…",
    }
}
