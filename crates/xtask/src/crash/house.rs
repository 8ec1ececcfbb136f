//! A data folder with the built-in procedures, people in every role, a key, and bodies that fit. Which procedure it is does not matter:
//! the first under which a registration succeeds.

use super::http::Client;
use super::server::Server;
use desk::{ApiKey, Clock, Desk, KeyScope, SystemClock};
use engine::people::Person;
use engine::procedure::{Procedure, Verb};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::{Error, Result};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use store::{Options, Place, Store};
use tempfile::TempDir;

pub(crate) const KEY: [u8; 32] = [0x42; 32];
const TEXT: &str = "设备无法启动，开机后屏幕显示错误代码 E07，已按说明书重启三次仍未恢复正常";

/// Where an installation lies.
pub(crate) struct Home {
    folder: TempDir,
    database: Option<String>,
}

impl Home {
    pub(crate) fn new(database: Option<String>) -> Result<Self> {
        Ok(Self { folder: tempfile::tempdir()?, database })
    }

    pub(crate) fn place(&self) -> Result<Place> {
        match &self.database {
            Some(address) => Place::postgres(address, self.folder.path()).map_err(Error::other),
            None => Ok(Place::at(self.folder.path())),
        }
    }

    pub(crate) fn desk(&self) -> Result<Desk> {
        let store = Store::open(self.place()?, Options::new(KEY)).map_err(Error::other)?;
        Desk::open(store).map_err(Error::other)
    }

    /// Tells a command where the installation lies.
    pub(crate) fn describe(&self, command: &mut Command) {
        let key: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
        command.env("BIHUAN_DATA", self.folder.path()).env("BIHUAN_MASTER_KEY", key);
        if let Some(address) = &self.database {
            command.env("BIHUAN_DATABASE", address);
        }
    }
}

/// What clients need to know.
pub(crate) struct House {
    pub(crate) key: String,
    procedure: String,
    /// Fields of a registration that succeeded, and the schemas of its fields.
    fields: Map<String, Value>,
    schemas: Value,
    /// An action that comments and does nothing else.
    pub(crate) comment: String,
    /// The input that takes its text.
    says: String,
}

impl House {
    /// Fills an empty installation and finds out, by asking the server, what a registration needs.
    pub(crate) fn furnish(home: &Home, program: &Path) -> Result<Self> {
        let (keys, comments) = people_and_keys(home)?;
        let server = Server::start(program, home)?;
        for (procedure, comment) in &comments {
            for key in &keys {
                let mut client = Client::connect(&server.address, key)?;
                let schemas = client.get(&format!("/api/v1/procedures/{procedure}"))?.body;
                if let Some((fields, number)) = registers(&mut client, procedure, &schemas)? {
                    let offers = client.get(&format!("/api/v1/cases/{number}/actions"))?.body;
                    let mut offers = listed(&offers, "/items");
                    let offer = offers.find(|offer| offer["key"] == **comment);
                    let says = offer.and_then(|offer| {
                        offer.pointer("/schema/properties/input/required/0")?.as_str()
                    });
                    let Some(says) = says else { continue };
                    server.stop()?;
                    return Ok(Self {
                        key: key.clone(),
                        procedure: procedure.clone(),
                        fields,
                        schemas: schemas.get("fields").cloned().unwrap_or_default(),
                        comment: comment.clone(),
                        says: says.to_owned(),
                    });
                }
            }
        }
        Err(Error::other("nobody may register anything"))
    }

    /// The body of a comment whose text holds the token.
    pub(crate) fn remark(&self, token: &str) -> Value {
        let mut input = Map::new();
        input.insert(self.says.clone(), json!(format!("{token} 已电话告知客户进度")));
        json!({ "input": input })
    }

    /// A body whose texts hold the token; each serial is another customer.
    pub(crate) fn registration(&self, token: &str, serial: u64) -> Value {
        let mut fields = self.fields.clone();
        for (key, value) in &mut fields {
            let schema = self.schemas.get(key);
            if schema.is_some_and(|schema| schema["x-kind"] == "tel") {
                *value = json!(format!("138{serial:08}"));
            } else if *value == TEXT {
                *value = json!(format!("{token} {TEXT}"));
            }
        }
        json!({ "procedure": self.procedure, "fields": fields })
    }
}

type KeysAndComments = (Vec<String>, Vec<(String, String)>);

/// Publishes the built-in procedures, puts somebody into every role and makes a key for each; returns the keys, and each procedure with
/// its action that only comments.
fn people_and_keys(home: &Home) -> Result<KeysAndComments> {
    let desk = home.desk()?;
    desk.install_builtin("crash test").map_err(Error::other)?;
    let library = desk.library();
    let mut people = BTreeMap::new();
    for role in library.all().flat_map(|procedure| &procedure.roles) {
        let id = format!("{}-1", role.key);
        people.entry(id.clone()).or_insert_with(|| Person {
            id: id.as_str().into(),
            name: id.clone(),
            roles: vec![role.key.clone()],
            department: role.department.clone(),
            senior: true,
            absent: Vec::new(),
            substitute: None,
        });
    }
    let people: Vec<Person> = people.into_values().collect();
    desk.put_people("crash test", &people).map_err(Error::other)?;
    let key = |person: &Person| {
        let scopes = vec![KeyScope::CasesRead, KeyScope::CasesWrite];
        let key = ApiKey { name: "crash test".to_owned(), person: person.id.clone(), scopes };
        desk.make_api_key("crash test", &key).map_err(Error::other)
    };
    let comment = |procedure: &Arc<Procedure>| {
        let action = procedure.actions.iter().find(|action| action.does == [Verb::Comment])?;
        Some((procedure.key.to_string(), action.key.to_string()))
    };
    Ok((
        people.iter().map(key).collect::<Result<_>>()?,
        library.all().filter_map(comment).collect(),
    ))
}

/// The fields with which a registration succeeds, and the case that came of it; found by filling in what is required and then what the answers ask for.
fn registers(
    client: &mut Client,
    procedure: &str,
    schemas: &Value,
) -> Result<Option<(Map<String, Value>, String)>> {
    let of = |place: &str, key: &str| {
        let known = schemas.pointer(place).and_then(|known| known.get(key));
        sample(known.unwrap_or(&Value::Null))
    };
    let required = listed(schemas, "/register/required").filter_map(Value::as_str);
    let mut fields: Map<String, Value> =
        required.map(|key| (key.to_owned(), of("/register/properties", key))).collect();
    for turn in 0..5 {
        let body = json!({ "procedure": procedure, "fields": fields });
        let answer = client.post("/api/v1/cases", &body, &format!("probe {procedure} {turn}"))?;
        match answer.status {
            201 => {
                let number = answer.body.get("number").and_then(Value::as_str);
                return Ok(Some((fields, number.unwrap_or_default().to_owned())));
            }
            422 => {
                for wrong in listed(&answer.body, "/fields") {
                    let key = wrong["field"].as_str().unwrap_or_default();
                    fields.insert(key.to_owned(), of("/fields", key));
                }
            }
            _ => return Ok(None),
        }
    }
    Ok(None)
}

/// What a list holds at a place.
fn listed<'v>(value: &'v Value, place: &str) -> impl Iterator<Item = &'v Value> {
    value.pointer(place).and_then(Value::as_array).into_iter().flatten()
}

/// A value that fits a schema.
fn sample(schema: &Value) -> Value {
    if let Some(first) = schema["enum"].as_array().and_then(|values| values.first()) {
        return first.clone();
    }
    match schema["type"].as_str().unwrap_or_default() {
        "boolean" => json!(true),
        "integer" | "number" => json!(1),
        "array" => json!([sample(&schema["items"])]),
        _ if schema["x-kind"] == "tel" => json!("13800000000"),
        _ if schema["format"] == "date-time" => json!(SystemClock.now().to_string()),
        _ => json!(TEXT),
    }
}
