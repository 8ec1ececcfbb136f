//! The document: OpenAPI 3.1, made from the table of routes and the handlers' own descriptions.

mod examples;

use crate::gate::Right;
use crate::problem::{FieldProblem, Kind, MEDIA_TYPE, Problem, ProblemBody, example};
use crate::routes::{Described, Line, TABLE};
use crate::signed::COOKIE;
use serde_json::Value as Json;
use std::sync::LazyLock;
use utoipa::openapi::path::{HttpMethod, Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ComponentsBuilder, Content, Info, OpenApi, Paths, Ref, RefOr, Required, ResponseBuilder, Server,
};
use utoipa::{PartialSchema, ToSchema};

static DOCUMENT: LazyLock<Json> =
    LazyLock::new(|| examples::filled(serde_json::to_value(build()).unwrap_or_default()));

/// The document as JSON.
pub fn document() -> &'static Json {
    &DOCUMENT
}

fn build() -> OpenApi {
    let mut info = Info::new("Bihuan 闭环", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "The JSON API. Times are RFC 3339; nouns are plural; unknown members and parameters are refused; every error is an RFC 9457 body in the language of Accept-Language (zh, en).".to_owned(),
    );
    let mut paths = Paths::new();
    let mut schemas = vec![
        (ProblemBody::name().into_owned(), ProblemBody::schema()),
        (FieldProblem::name().into_owned(), FieldProblem::schema()),
    ];
    <ProblemBody as ToSchema>::schemas(&mut schemas);
    for line in TABLE {
        let Some(described) = &line.described else { continue };
        (described.schemas)(&mut schemas);
        paths.add_path_operation(line.path, vec![method(line.method)], operation(line, described));
    }
    let scheme = Http::builder()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API key: bihuan person key"))
        .build();
    let session = ApiKeyValue::with_description(
        COOKIE,
        "A session of somebody who has signed in; writes bear its token in X-CSRF-Token, as the console's pages have it",
    );
    let components = ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .security_scheme("key", SecurityScheme::Http(scheme))
        .security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(session)))
        .build();
    let mut document = OpenApi::new(info, paths);
    document.components = Some(components);
    document.servers = Some(vec![Server::new("/")]);
    document
}

fn method(name: &str) -> HttpMethod {
    match name {
        "post" => HttpMethod::Post,
        "put" => HttpMethod::Put,
        "patch" => HttpMethod::Patch,
        "delete" => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

/// What the handler says of itself, with what the table knows: its name, its right, and the problems that follow from both.
fn operation(line: &Line, described: &Described) -> Operation {
    let mut operation = (described.operation)();
    let name: Vec<&str> = described.name.split("::").map(str::trim).skip(1).collect();
    operation.operation_id = Some(name.join("_"));
    operation.tags = Some(vec![
        line.path
            .trim_start_matches("/api/v1/")
            .split('/')
            .find(|part| !part.is_empty())
            .unwrap_or("api")
            .to_owned(),
    ]);
    let scopes: Vec<String> = line.right.scope().into_iter().collect();
    match line.right {
        Right::Public => {}
        Right::Own(_) => {
            operation.security = Some(vec![SecurityRequirement::new("session", scopes)]);
            if line.method != "get" {
                operation.parameters.get_or_insert_default().push(RefOr::T(token()));
            }
        }
        Right::Key(_) | Right::Page(_) => {
            operation.security = Some(vec![SecurityRequirement::new("key", scopes)]);
        }
    }
    for response in operation.responses.responses.values_mut() {
        // Whatever a file is: the table knows all of it.
        if let RefOr::T(response) = response
            && let Some(file) =
                response.content.get(line.media.first().copied().unwrap_or_default())
        {
            let file = file.clone();
            for media in line.media {
                response.content.entry((*media).to_owned()).or_insert_with(|| file.clone());
            }
        }
    }
    for kind in problems(line, &operation) {
        let status = kind.status().as_u16().to_string();
        operation
            .responses
            .responses
            .entry(status)
            .or_insert_with(|| RefOr::T(problem(line, kind)));
    }
    operation
}

/// What a write in a session bears.
fn token() -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String);
    ParameterBuilder::new()
        .name("X-CSRF-Token")
        .parameter_in(ParameterIn::Header)
        .required(Required::True)
        .description(Some("The session's token, as the console's pages have it"))
        .schema(Some(text))
        .build()
}

fn problems(line: &Line, operation: &Operation) -> Vec<Kind> {
    let mut kinds = vec![Kind::BadQuery, Kind::NotAcceptable, Kind::Internal];
    if line.right != Right::Public {
        kinds.extend([
            Kind::Unauthenticated,
            // Its status is also that of `Forbidden` and `NotOurs`.
            if matches!(line.right, Right::Own(_)) {
                Kind::SessionNeeded
            } else {
                Kind::ScopeMissing
            },
            Kind::TooManyRequests,
            Kind::Unavailable,
        ]);
    }
    if line.path.contains('{') {
        kinds.push(Kind::NotFound);
    }
    if line.method != "get" {
        kinds.push(Kind::StorageFull);
    }
    if operation.request_body.is_some() {
        kinds.extend([Kind::TooLarge, Kind::UnsupportedMediaType, Kind::InvalidFields]);
    }
    for parameter in operation.parameters.iter().flatten() {
        match parameter {
            RefOr::T(one) if one.name == "If-Match" => kinds.push(Kind::VersionMismatch),
            RefOr::T(one) if one.name == "Idempotency-Key" => kinds.push(Kind::KeyReused),
            _ => {}
        }
    }
    kinds
}

fn problem(line: &Line, kind: Kind) -> utoipa::openapi::Response {
    let example = match (kind, line.right.scope()) {
        (Kind::ScopeMissing, Some(scope)) => Problem::new(kind).field(scope, None).body(true),
        _ => example(kind),
    };
    let mut content = Content::new(Some(Ref::from_schema_name(ProblemBody::name())));
    content.example = serde_json::to_value(&example).ok();
    ResponseBuilder::new().description(example.title).content(MEDIA_TYPE, content).build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn references(json: &Json, found: &mut BTreeSet<String>) {
        match json {
            Json::Object(object) => {
                found.extend(object.get("$ref").and_then(Json::as_str).map(str::to_owned));
                object.values().for_each(|value| references(value, found));
            }
            Json::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn the_document_lists_every_route_and_no_other() {
        let document = document();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
        let described: BTreeSet<(String, String)> = document["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, item)| {
                item.as_object()
                    .unwrap()
                    .keys()
                    .map(|method| (path.clone(), method.clone()))
                    .collect::<Vec<_>>()
            })
            .collect();
        let routes =
            TABLE.iter().map(|line| (line.path.to_owned(), line.method.to_owned())).collect();
        assert_eq!(described, routes);
    }

    #[test]
    fn operations_have_distinct_names_and_their_rights_and_methods() {
        let mut names = BTreeSet::new();
        for line in TABLE {
            let operation = &document()["paths"][line.path][line.method];
            let name = operation["operationId"].as_str().unwrap();
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}");
            assert!(names.insert(name), "{name}");
            let way = if matches!(line.right, Right::Own(_)) { "session" } else { "key" };
            let scope = operation["security"][0][way][0].as_str().map(str::to_owned);
            assert_eq!(scope, line.right.scope(), "{}", line.path);
            let named: BTreeSet<&str> = operation["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|one| one["in"] == "path")
                .map(|one| one["name"].as_str().unwrap())
                .collect();
            let braces: BTreeSet<&str> = line
                .path
                .split('/')
                .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
                .collect();
            assert_eq!(named, braces, "{}", line.path);
            assert!(
                operation["responses"]
                    .as_object()
                    .unwrap()
                    .keys()
                    .any(|status| status.starts_with('2'))
            );
            assert!(operation["summary"].is_string());
        }
    }

    #[test]
    fn no_name_stands_for_two_schemas() {
        let mut schemas = Vec::new();
        for described in TABLE.iter().filter_map(|line| line.described.as_ref()) {
            (described.schemas)(&mut schemas);
        }
        for (name, schema) in schemas {
            let schema = serde_json::to_value(schema).unwrap();
            assert_eq!(document()["components"]["schemas"][&name], schema, "{name}");
        }
    }

    #[test]
    fn every_reference_resolves() {
        let mut found = BTreeSet::new();
        references(document(), &mut found);
        assert!(found.len() > 10);
        for reference in found {
            let target = document().pointer(reference.trim_start_matches('#'));
            assert!(target.is_some(), "{reference}");
        }
    }
}
