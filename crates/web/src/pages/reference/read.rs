//! The document as pages show it, read out of the JSON that programs get.

use super::shape::Shape;
use crate::openapi::document;
use crate::routes::{Line, TABLE};
use serde_json::{Map, Value as Json};

/// An operation.
pub(super) struct Operation {
    pub(super) id: &'static str,
    pub(super) tag: &'static str,
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    json: &'static Json,
}

/// A parameter in the path, the query or the head of a request.
pub(super) struct Parameter {
    pub(super) name: &'static str,
    /// `path`, `query` or `header`.
    pub(super) place: &'static str,
    pub(super) required: bool,
    pub(super) about: Option<&'static str>,
    pub(super) shape: Shape,
}

/// What is sent or answered, in one media type.
pub(super) struct Content {
    pub(super) media: &'static str,
    pub(super) schema: Option<&'static Json>,
    pub(super) example: Option<&'static Json>,
}

/// An answer, by its status.
pub(super) struct Answer {
    pub(super) status: &'static str,
    pub(super) about: &'static str,
    /// Headers, each with what it says.
    pub(super) headers: Vec<(&'static str, &'static str)>,
    pub(super) contents: Vec<Content>,
}

/// All operations, in the order of the table of routes.
pub(super) fn operations() -> impl Iterator<Item = Operation> {
    TABLE.iter().filter_map(Operation::of)
}

/// What the document says of the whole API.
pub(super) fn about() -> &'static str {
    document().pointer("/info/description").and_then(Json::as_str).unwrap_or_default()
}

/// A schema by its name.
pub(super) fn schema(name: &str) -> Option<&'static Json> {
    document().pointer("/components/schemas")?.get(name)
}

impl Operation {
    fn of(line: &'static Line) -> Option<Self> {
        let json = document().get("paths")?.get(line.path)?.get(line.method)?;
        Some(Self {
            id: json.get("operationId")?.as_str()?,
            tag: json.pointer("/tags/0")?.as_str()?,
            method: line.method,
            path: line.path,
            json,
        })
    }

    /// An operation by its id.
    pub(super) fn named(id: &str) -> Option<Self> {
        operations().find(|operation| operation.id == id)
    }

    pub(super) fn summary(&self) -> &'static str {
        said(self.json, "summary").unwrap_or(self.id)
    }

    pub(super) fn about(&self) -> Option<&'static str> {
        said(self.json, "description")
    }

    /// What a key must be allowed; none where no key is needed.
    pub(super) fn scope(&self) -> Option<&'static str> {
        self.json.pointer("/security/0/key/0")?.as_str()
    }

    /// Whether it changes something.
    pub(super) fn writes(&self) -> bool {
        self.method != "get"
    }

    /// Its parameters: those of the path first, then of the query, then headers.
    pub(super) fn parameters(&self) -> Vec<Parameter> {
        let all = self.json.get("parameters").and_then(Json::as_array).into_iter().flatten();
        let mut all: Vec<Parameter> = all.filter_map(Parameter::of).collect();
        let places = ["path", "query", "header"];
        all.sort_by_key(|one| places.iter().position(|place| *place == one.place));
        all
    }

    /// Its body.
    pub(super) fn body(&self) -> Option<Content> {
        contents(self.json.get("requestBody")?).into_iter().next()
    }

    /// Its answers, by status.
    pub(super) fn answers(&self) -> Vec<Answer> {
        let all = self.json.get("responses").and_then(Json::as_object).into_iter().flatten();
        all.map(|(status, json)| Answer::of(status, json)).collect()
    }
}

impl Parameter {
    fn of(json: &'static Json) -> Option<Self> {
        Some(Self {
            name: said(json, "name")?,
            place: said(json, "in")?,
            required: json.get("required").and_then(Json::as_bool).unwrap_or(false),
            about: said(json, "description"),
            shape: Shape::of(json.get("schema")?),
        })
    }
}

impl Answer {
    fn of(status: &'static str, json: &'static Json) -> Self {
        let headers = json.get("headers").and_then(Json::as_object).into_iter().flatten();
        let header = |(name, json): (&'static String, &'static Json)| {
            (name.as_str(), said(json, "description").unwrap_or_default())
        };
        Self {
            status,
            about: said(json, "description").unwrap_or_default(),
            headers: headers.map(header).collect(),
            contents: contents(json),
        }
    }

    /// Whether it tells of an error.
    pub(super) fn is_problem(&self) -> bool {
        self.contents.iter().any(|content| content.media == crate::problem::MEDIA_TYPE)
    }
}

fn said(json: &'static Json, name: &str) -> Option<&'static str> {
    json.get(name)?.as_str()
}

fn contents(json: &'static Json) -> Vec<Content> {
    let content = json.get("content").and_then(Json::as_object);
    let content = content.into_iter().flat_map(Map::iter);
    let one = |(media, json): (&'static String, &'static Json)| Content {
        media,
        schema: json.get("schema"),
        example: json.get("example"),
    };
    content.map(one).collect()
}
