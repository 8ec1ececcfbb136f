//! What an action needs, as a JSON Schema made from the procedure.

mod inputs;

pub(crate) use inputs::{inputs, known};

use engine::procedure::{Action, Axis, Column, Field, FieldKind, Need, Procedure};
use engine::show;
use serde_json::{Map, Value as Json, json};

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// A member of an object: its name, its schema, and whether it must be there.
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) schema: Json,
    pub(crate) required: bool,
}

/// An object that takes these members and no others.
pub(crate) fn object(members: Vec<Member>) -> Json {
    let required: Vec<&str> = members
        .iter()
        .filter(|member| member.required)
        .map(|member| member.name.as_str())
        .collect();
    let required = json!(required);
    let properties: Map<String, Json> =
        members.into_iter().map(|member| (member.name, member.schema)).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

/// The body of an action: `fields` and `input`.
pub(crate) fn body(fields: Vec<Member>, input: Vec<Member>) -> Json {
    let part = |name: &str, members: Vec<Member>| {
        let required = members.iter().any(|member| member.required);
        Member { name: name.to_owned(), schema: object(members), required }
    };
    let mut schema = object(vec![part("fields", fields), part("input", input)]);
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("$schema".to_owned(), json!(DIALECT));
    }
    schema
}

/// A field of the procedure.
pub(crate) fn field(rules: &Procedure, field: &Field, required: bool) -> Member {
    let mut schema = kind(rules, &field.kind);
    if let Some(schema) = schema.as_object_mut() {
        put_title(schema, &field.label);
        schema.insert("x-kind".to_owned(), json!(field.kind.name()));
        if let Some(fewest) = field.min_chars {
            schema.insert("minLength".to_owned(), json!(fewest));
        }
        if let Some(default) = &field.default {
            schema.insert("default".to_owned(), written(default));
        }
        if let Some(example) = &field.example {
            schema.insert("examples".to_owned(), json!([example]));
        }
        if let Some(means) = field.means {
            schema.insert("x-means".to_owned(), json!(means.name()));
        }
    }
    Member { name: field.key.to_string(), schema, required }
}

/// What registration takes. Whatever is mandatory without a condition, and has no default, is required; the rest is told
/// when it is missing.
pub(crate) fn registration(rules: &Procedure, action: &Action) -> Json {
    let taken = taken(rules, action).into_iter();
    object(taken.map(|(one, must)| field(rules, one, must && one.default.is_none())).collect())
}

/// The fields that registration takes, each with whether it is mandatory without a condition.
pub(crate) fn taken<'r>(rules: &'r Procedure, action: &'r Action) -> Vec<(&'r Field, bool)> {
    let before = action.to.as_ref().and_then(|to| rules.stage_index(to)).unwrap_or(0);
    let forms = action.forms.iter().filter_map(|form| rules.form(form));
    let entries = forms.flat_map(|form| &form.fields).map(|entry| {
        let due = rules.stage_index(&entry.by).is_none_or(|by| by < before);
        (&entry.field, due && entry.need == Need::Always)
    });
    let asked = action.input.iter().map(|input| (&input.field, input.need == Need::Always));
    let mut taken: Vec<(&Field, bool)> = Vec::new();
    for (key, needed) in entries.chain(asked) {
        // What comes of other fields would be refused.
        let entered =
            |known: &&Field| !matches!(known.kind, FieldKind::Auto(_)) && known.derive.is_none();
        let Some(known) = rules.field(key).filter(entered) else { continue };
        match taken.iter_mut().find(|(one, _)| one.key == *key) {
            Some((_, must)) => *must |= needed,
            None => taken.push((known, needed)),
        }
    }
    taken
}

fn put_title(schema: &mut Map<String, Json>, label: &engine::procedure::Label) {
    schema.insert("title".to_owned(), json!(show::word(label, false)));
    schema.insert("x-title".to_owned(), json!({ "zh": label.zh, "en": label.en }));
}

fn kind(rules: &Procedure, kind: &FieldKind) -> Json {
    let list = |items: Json| json!({ "type": "array", "items": items });
    let person = || json!({ "type": "string", "description": "id of a person" });
    match kind {
        FieldKind::Text => json!({ "type": "string", "maxLength": 500 }),
        FieldKind::Long => json!({ "type": "string", "maxLength": 100_000 }),
        FieldKind::Ref => {
            json!({ "type": "string", "maxLength": 500, "description": "another case or record" })
        }
        FieldKind::Tel => json!({ "type": "string", "pattern": "^[*+\\-() 　（）转#0-9]{5,}$" }),
        FieldKind::Time => json!({ "type": "string", "format": "date-time" }),
        FieldKind::Bool => json!({ "type": "boolean" }),
        FieldKind::Number => json!({ "type": "number" }),
        FieldKind::One(axis) => values(rules.axis(axis)),
        FieldKind::Many(axis) => list(values(rules.axis(axis))),
        FieldKind::Person => person(),
        FieldKind::People => list(person()),
        FieldKind::Department => departments(rules),
        FieldKind::Departments => list(departments(rules)),
        FieldKind::Files => list(json!({ "type": "string", "description": "id of an attachment" })),
        FieldKind::Table(columns) => {
            list(object(columns.iter().map(|column| cell(rules, column)).collect()))
        }
        FieldKind::Auto(_) => json!({ "readOnly": true }),
    }
}

fn cell(rules: &Procedure, column: &Column) -> Member {
    let mut schema = kind(rules, &column.kind);
    if let Some(schema) = schema.as_object_mut() {
        put_title(schema, &column.label);
    }
    Member { name: column.key.to_string(), schema, required: column.required }
}

/// The values that people may choose, with their names.
fn values(axis: Option<&Axis>) -> Json {
    let offered =
        axis.iter().flat_map(|axis| &axis.values).filter(|value| !value.system && !value.disabled);
    choice(offered.map(|value| (value.key.to_string(), &value.label)))
}

fn departments(rules: &Procedure) -> Json {
    choice(rules.departments.iter().map(|one| (one.key.to_string(), &one.label)))
}

/// One of some keys.
pub(crate) fn choice<'a>(
    offered: impl Iterator<Item = (String, &'a engine::procedure::Label)>,
) -> Json {
    let (mut keys, mut titles) = (Vec::new(), Map::new());
    for (key, label) in offered {
        titles.insert(key.clone(), json!({ "zh": label.zh, "en": label.en }));
        keys.push(key);
    }
    if keys.is_empty() {
        json!({ "type": "string" })
    } else {
        json!({ "type": "string", "enum": keys, "x-titles": titles })
    }
}

fn written(default: &str) -> Json {
    match default {
        "true" => json!(true),
        "false" => json!(false),
        other => json!(other),
    }
}
