//! What a form sent: its texts, its files, and both as the core takes them.

use crate::answer::flat;
use crate::api::cases::act::Doing;
use crate::app::App;
use crate::parse::{FORM, MULTIPART, media_type};
use crate::problem::{Kind, Problem};
use crate::schema;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request};
use desk::{Caller, Seen, entry};
use engine::command::Entered;
use engine::procedure::{Action, Column, Field, FieldKind, Procedure};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// Names and texts, in the order of the form; a name can come several times.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Typed(pub(crate) Vec<(String, String)>);

/// A form with its files.
#[derive(Debug, Default)]
pub(crate) struct Given {
    pub(crate) typed: Typed,
    /// Field, file name, content.
    files: Vec<(String, String, Vec<u8>)>,
}

impl Typed {
    /// The first text under a name.
    pub(crate) fn one(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
    }

    /// All texts under a name that say something.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        let named = self.0.iter().filter(|(known, text)| known == name && !text.trim().is_empty());
        named.map(|(_, text)| text.clone()).collect()
    }

    /// Whether a name was sent at all.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// Whether cells of a table were sent at all, be they empty.
    pub(crate) fn has_rows(&self, name: &str) -> bool {
        let of_table =
            |known: &str| known.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
        self.0.iter().any(|(known, _)| of_table(known))
    }

    /// Rows of a table: `name.0.column`, by number, then by column.
    pub(crate) fn rows(&self, name: &str) -> Vec<BTreeMap<String, String>> {
        let mut rows: BTreeMap<usize, BTreeMap<String, String>> = BTreeMap::new();
        for (known, text) in &self.0 {
            let place =
                known.strip_prefix(name).and_then(|rest| rest.strip_prefix('.')?.split_once('.'));
            let Some((row, column)) = place else { continue };
            if let (Ok(row), false) = (row.parse(), text.trim().is_empty()) {
                rows.entry(row).or_default().insert(column.to_owned(), text.clone());
            }
        }
        rows.into_values().collect()
    }

    /// The fields of a case as the core takes them. What is as it was before is left out, what was emptied is emptied.
    pub(crate) fn fields<'r>(
        &self,
        fields: impl Iterator<Item = &'r Field>,
        prefix: &str,
        shown: impl Fn(&Field) -> Option<Json>,
    ) -> BTreeMap<String, Json> {
        let mut set = BTreeMap::new();
        for field in fields {
            let name = format!("{prefix}{}", field.key);
            let value = match &field.kind {
                FieldKind::Table(columns) => {
                    if !self.has_rows(&name) {
                        continue;
                    }
                    let rows = self.rows(&name);
                    rows.iter().map(|row| row_json(columns, row)).collect::<Vec<_>>().into()
                }
                _ if !self.has(&name) => continue,
                kind => value(kind, &self.all(&name)),
            };
            let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
            let before = shown(field);
            let same = match &before {
                None => empty,
                Some(before) => same(&field.kind, before, &value),
            };
            if !same {
                set.insert(field.key.to_string(), if empty { Json::Null } else { value });
            }
        }
        set
    }

    /// What an action is given.
    pub(crate) fn doing(&self, seen: &Seen, action: &Action, other: Option<&Procedure>) -> Doing {
        let rules = &seen.procedure;
        let local = |field: &Field| seen.masked(&field.key).map(|value| flat(json!(value)));
        let fields = self.fields(rules.fields.iter(), "f.", local);
        let mut input = Map::new();
        for member in schema::inputs(rules, &seen.case, action) {
            let name = format!("i.{}", member.name);
            let value = match member.name.as_str() {
                "tasks" => self.tasks(seen, &name),
                "set" => {
                    let rules = other.unwrap_or(rules);
                    let set = self.fields(rules.fields.iter(), "i.set.", |_| None);
                    Some(json!(set)).filter(|_| !set.is_empty())
                }
                _ => self.input(seen, &member.schema, &name),
            };
            if let Some(value) = value {
                input.insert(member.name, value);
            }
        }
        Doing { fields, input }
    }

    fn input(&self, seen: &Seen, schema: &Json, name: &str) -> Option<Json> {
        let texts = self.all(name);
        let text = texts.first()?.trim();
        let kind = schema.get("type").and_then(Json::as_str);
        let is_time = schema.get("format").and_then(Json::as_str) == Some("date-time");
        Some(match kind {
            Some("array") => json!(texts),
            Some("boolean") => json!(text == "true"),
            Some("integer") => {
                text.parse::<u64>().map_or_else(|_| json!(text), |number| json!(number))
            }
            _ if is_time => instant(seen, text),
            _ => json!(text),
        })
    }

    fn tasks(&self, seen: &Seen, name: &str) -> Option<Json> {
        let rows: Vec<Json> = self
            .rows(name)
            .into_iter()
            .map(|row| {
                let cells = row.into_iter().map(|(key, text)| {
                    let value =
                        if key == "due" { instant(seen, &text) } else { json!(text.trim()) };
                    (key, value)
                });
                Json::Object(cells.collect())
            })
            .collect();
        (!rows.is_empty()).then(|| json!(rows))
    }
}

/// A local time as an instant; what is none is passed on, for the core to refuse.
fn instant(seen: &Seen, text: &str) -> Json {
    entry::instant(&seen.calendar, text).map_or_else(|| json!(text), |at| json!(at))
}

/// Texts as a value of a kind; `Null` for nothing.
fn value(kind: &FieldKind, texts: &[String]) -> Json {
    match kind {
        FieldKind::Many(_) | FieldKind::People | FieldKind::Departments | FieldKind::Files => {
            json!(texts)
        }
        _ => match texts.first().map(|text| text.trim()) {
            None => Json::Null,
            Some("true") if matches!(kind, FieldKind::Bool) => json!(true),
            Some("false") if matches!(kind, FieldKind::Bool) => json!(false),
            Some(text) => json!(text),
        },
    }
}

fn row_json(columns: &[Column], row: &BTreeMap<String, String>) -> Json {
    let cells = columns.iter().filter_map(|column| {
        let text = row.get(&*column.key)?;
        Some((column.key.to_string(), value(&column.kind, std::slice::from_ref(text))))
    });
    Json::Object(cells.collect())
}

/// Whether a value says what the case shows already. Times are shown to the minute.
fn same(kind: &FieldKind, before: &Json, now: &Json) -> bool {
    match (kind, before.as_f64(), now.as_str()) {
        (FieldKind::Number, Some(before), Some(now)) => {
            now.parse::<f64>().is_ok_and(|now| (now - before).abs() < f64::EPSILON)
        }
        _ => before == now,
    }
}

impl Given {
    /// The files themselves, for a page that keeps none of them: field, file name, content.
    pub(crate) fn into_files(self) -> (Typed, Vec<(String, String, Vec<u8>)>) {
        (self.typed, self.files)
    }

    /// Takes the files in on behalf of whoever sends them; their ids join the texts.
    pub(crate) fn upload(mut self, desk: &desk::Desk, caller: &Caller) -> Result<Typed, Problem> {
        for (name, file, bytes) in self.files {
            let kept = desk.upload(&caller.who(), &file, bytes)?;
            self.typed.0.push((name, kept.id.to_string()));
        }
        Ok(self.typed)
    }

    /// The fields of a registration. A default was shown: where its field came back empty it was emptied, and is said to be. One that
    /// did not come back was not shown.
    pub(crate) fn entered(typed: &Typed, rules: &Procedure) -> Entered {
        let set = typed.fields(rules.fields.iter(), "f.", |_| None);
        let mut entered: Entered =
            set.into_iter().map(|(key, value)| (key.into(), value)).collect();
        let shown = rules
            .fields
            .iter()
            .filter(|field| field.default.is_some() && typed.has(&format!("f.{}", field.key)));
        for field in shown {
            entered.entry(field.key.clone()).or_insert(Json::Null);
        }
        entered
    }
}

/// Reads a form, with or without files.
pub(crate) async fn read(app: &App, mut request: Request) -> Result<Given, Problem> {
    let (texts, uploads) = (app.inner.config.body_limit, app.inner.config.upload_limit);
    match media_type(request.headers()) {
        Some(FORM) => {
            let bytes = axum::body::to_bytes(request.into_body(), texts).await;
            let bytes = bytes.map_err(|_| Problem::too_large(texts))?;
            let pairs = serde_urlencoded::from_bytes(&bytes)
                .map_err(|_| Problem::new(Kind::InvalidBody))?;
            Ok(Given { typed: Typed(pairs), files: Vec::new() })
        }
        Some(MULTIPART) => {
            DefaultBodyLimit::apply(DefaultBodyLimit::max(uploads + texts), &mut request);
            let bad = || Problem::new(Kind::BadUpload);
            let mut form = Multipart::from_request(request, app).await.map_err(|_| bad())?;
            let mut given = Given::default();
            while let Some(part) =
                form.next_field().await.map_err(|_| Problem::too_large(uploads))?
            {
                let name = part.name().unwrap_or_default().to_owned();
                match part.file_name().map(str::to_owned) {
                    // A file input in which nothing was chosen sends an empty name.
                    Some(file) => {
                        let bytes = part.bytes().await.map_err(|_| Problem::too_large(uploads))?;
                        if !file.is_empty() {
                            given.files.push((name, file, bytes.to_vec()));
                        }
                    }
                    None => given.typed.0.push((name, part.text().await.map_err(|_| bad())?)),
                }
            }
            Ok(given)
        }
        _ => Err(Problem::new(Kind::UnsupportedMediaType)),
    }
}
