//! The built-in inputs of verbs, as `engine::command::Extra` has them: a test holds the two together.

use super::{Member, choice, field, object};
use engine::case::Case;
use engine::procedure::{Action, Procedure, Purpose, Verb};
use serde_json::{Value as Json, json};

/// The inputs that an action takes on a case.
pub(crate) fn inputs(rules: &Procedure, case: &Case, action: &Action) -> Vec<Member> {
    let mut members = vec![member("reason", text(), action.reason)];
    if !action.override_by.is_empty() {
        members.push(member("override_guards", json!({ "type": "boolean" }), false));
    }
    for verb in &action.does {
        for added in of_verb(rules, case, action, *verb) {
            match members.iter_mut().find(|known| known.name == added.name) {
                Some(known) => known.required |= added.required,
                None => members.push(added),
            }
        }
    }
    members
}

/// Whether an action takes an input.
pub(crate) fn known(rules: &Procedure, case: &Case, action: &Action, name: &str) -> bool {
    inputs(rules, case, action).iter().any(|member| member.name == name)
}

fn of_verb(rules: &Procedure, case: &Case, action: &Action, verb: Verb) -> Vec<Member> {
    let optional = |name: &str, schema: Json| member(name, schema, false);
    let needed = |name: &str, schema: Json| member(name, schema, true);
    let departments =
        || choice(rules.departments.iter().map(|one| (one.key.to_string(), &one.label)));
    let number = || json!({ "type": "integer", "minimum": 1 });
    match verb {
        Verb::Assign => vec![
            optional("assignee", person()),
            optional(
                "role",
                choice(rules.roles.iter().map(|role| (role.key.to_string(), &role.label))),
            ),
            optional("department", departments()),
            optional("co_owners", people()),
            optional("note", text()),
        ],
        Verb::CoOwners => vec![needed("co_owners", people())],
        Verb::Contact => {
            let purposes = ["verify", "progress", "result", "visit", "other"]
                .map(|purpose| json!(Purpose::parse(purpose)));
            let mut members = vec![
                optional("method", text()),
                optional("text", text()),
                optional("reached", json!({ "type": "boolean", "default": true })),
            ];
            if action.purpose.is_none() {
                members.push(optional("purpose", json!({ "type": "string", "enum": purposes })));
            }
            members
        }
        Verb::Progress => {
            let nodes = rules.stages.iter().flat_map(|stage| &stage.nodes);
            vec![
                needed("note", text()),
                optional("mentions", people()),
                optional("node", choice(nodes.map(|node| (node.key.to_string(), &node.label)))),
            ]
        }
        Verb::Task => vec![needed(
            "tasks",
            json!({ "type": "array", "minItems": 1, "items": new_task(departments()) }),
        )],
        Verb::TaskDone => {
            let open = case.tasks.iter().filter(|task| {
                task.done.is_none() && action.task.as_ref().is_none_or(|kind| task.kind == *kind)
            });
            let open: Vec<u32> = open.map(|task| task.id).collect();
            let several = open.len() > 1;
            let schema =
                if open.is_empty() { number() } else { json!({ "type": "integer", "enum": open }) };
            vec![member("task", schema, several), optional("outcome", text())]
        }
        Verb::Approve | Verb::Reject | Verb::File => vec![optional("opinion", text())],
        Verb::Extend => vec![needed("new_due", instant()), needed("reason", text())],
        Verb::ExtendDecide => vec![
            optional("approve", json!({ "type": "boolean", "default": true })),
            optional("opinion", text()),
        ],
        Verb::Change => {
            let sets = rules
                .change
                .iter()
                .flat_map(|change| &change.sets)
                .filter_map(|key| rules.field(key));
            let sets = object(sets.map(|known| field(rules, known, false)).collect());
            vec![needed("content", text()), optional("new_due", instant()), optional("set", sets)]
        }
        Verb::Sign => {
            let methods: Vec<&str> = rules
                .change
                .iter()
                .flat_map(|change| &change.methods)
                .map(|label| label.zh.as_str())
                .collect();
            let method = json!({ "type": "string", "examples": methods });
            let hash = json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" });
            vec![
                optional("change", number()),
                needed("sign_method", method),
                optional("file", text()),
                optional("hash", hash),
            ]
        }
        Verb::ChangeDecide => {
            vec![
                optional("change", number()),
                optional("approve", json!({ "type": "boolean", "default": true })),
                optional("opinion", text()),
            ]
        }
        Verb::ClearOverride => {
            let overridden = case.overrides.keys().filter_map(|key| rules.field(key));
            vec![optional(
                "field",
                choice(overridden.map(|known| (known.key.to_string(), &known.label))),
            )]
        }
        Verb::Urge => vec![optional("channel", text())],
        Verb::Link | Verb::Unlink | Verb::Merge => {
            vec![needed(
                "other",
                json!({ "type": "string", "description": "number of the other case" }),
            )]
        }
        Verb::Transfer => vec![optional(
            "set",
            json!({ "type": "object", "description": "fields of the case that is opened" }),
        )],
        Verb::Unmerge | Verb::Void | Verb::Hold => vec![needed("reason", text())],
        Verb::Comment => vec![needed("text", text()), optional("mentions", people())],
        Verb::Deescalate => {
            let open = case.escalations.keys().filter_map(|key| rules.escalation(key));
            vec![
                optional("escalation", choice(open.map(|one| (one.key.to_string(), &one.label)))),
                needed("text", text()),
            ]
        }
        Verb::Register
        | Verb::Edit
        | Verb::Unassign
        | Verb::Submit
        | Verb::Rate
        | Verb::Adjust
        | Verb::Pause
        | Verb::Resume
        | Verb::Reopen
        | Verb::Release => Vec::new(),
    }
}

fn new_task(departments: Json) -> Json {
    let optional = |name: &str, schema: Json| member(name, schema, false);
    let depends = json!({ "type": "array", "items": { "type": "integer", "minimum": 1 } });
    object(vec![
        optional("title", text()),
        optional("owner", person()),
        optional("department", departments),
        optional("due", instant()),
        optional("depends_on", depends),
    ])
}

fn member(name: &str, mut schema: Json, required: bool) -> Member {
    let title = |english| desk::words::text(&format!("input.{name}"), english, &[]);
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("title".to_owned(), json!(title(false)));
        schema.insert("x-title".to_owned(), json!({ "zh": title(false), "en": title(true) }));
    }
    Member { name: name.to_owned(), schema, required }
}

fn text() -> Json {
    json!({ "type": "string", "minLength": 1 })
}

fn instant() -> Json {
    json!({ "type": "string", "format": "date-time" })
}

fn person() -> Json {
    json!({ "type": "string", "description": "id of a person" })
}

fn people() -> Json {
    json!({ "type": "array", "items": person() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::command::Extra;
    use std::collections::BTreeSet;

    fn sample() -> (Procedure, Case) {
        let text = include_str!("../../../engine/tests/data/every-section.toml");
        let rules = engine::procedure::read("sample", text).expect("the sample reads");
        let stage = rules.stages[0].key.clone();
        let recorded = engine::event::Recorded {
            at: jiff::Timestamp::UNIX_EPOCH,
            who: engine::people::Who::System,
            event: engine::event::Event::Registered {
                number: "1".to_owned(),
                procedure: rules.key.clone(),
                version: 1,
                received_at: jiff::Timestamp::UNIX_EPOCH,
                registrar: None,
                stage,
            },
        };
        let case = engine::case::apply(None, &"1".into(), &recorded).expect("a case begins");
        (rules, case)
    }

    #[test]
    fn every_input_of_the_core_is_described_with_its_names() {
        let (rules, case) = sample();
        let mut action = rules.actions[0].clone();
        action.does = Verb::ALL.to_vec();
        action.purpose = None;
        action.override_by = action.by.clone();
        let described: BTreeSet<String> =
            inputs(&rules, &case, &action).into_iter().map(|member| member.name).collect();
        let Json::Object(extra) = json!(Extra::default()) else { panic!("an object") };
        assert_eq!(described, extra.keys().cloned().collect());
        let named = ["title", "owner", "due", "depends_on"].map(str::to_owned);
        for name in described.iter().chain(&named) {
            let key = format!("input.{name}");
            assert_ne!(desk::words::text(&key, false, &[]), key);
        }
    }
}
