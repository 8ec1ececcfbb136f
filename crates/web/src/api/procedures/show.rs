//! `GET /api/v1/procedures/{key}`: stages, fields, actions and clocks, and what registration takes.

use crate::answer::{Named, Title, json};
use crate::app::App;
use crate::parse;
use crate::parse::NoParams;
use crate::problem::Problem;
use crate::schema;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use engine::procedure::{Action, FieldKind, Procedure, Stage};
use serde::Serialize;
use serde_json::{Value as Json, json};
use utoipa::ToSchema;

/// A procedure.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProcedureAnswer {
    /// Key.
    key: String,
    /// Name.
    title: Title,
    /// What it is for, in one sentence, where it says so.
    about: Option<Title>,
    /// Version.
    version: u32,
    /// JSON Schema of `fields` when a case is registered.
    #[schema(value_type = Object)]
    register: Json,
    /// Stages in the order of the way through.
    stages: Vec<StageAnswer>,
    /// Actions.
    actions: Vec<ActionAnswer>,
    /// JSON Schema of every field, by key.
    #[schema(value_type = Object)]
    fields: Json,
    /// Clocks.
    clocks: Vec<Named>,
    /// Roles.
    roles: Vec<Named>,
    /// Departments.
    departments: Vec<Named>,
}

/// A stage.
#[derive(Serialize, ToSchema)]
pub(crate) struct StageAnswer {
    #[serde(flatten)]
    name: Named,
    /// `open`, `closed` or `archived`.
    kind: String,
    /// Key of the action that the stage asks for next.
    next: Option<String>,
}

/// An action.
#[derive(Serialize, ToSchema)]
pub(crate) struct ActionAnswer {
    #[serde(flatten)]
    name: Named,
    /// Keys of the stages from which it may be done; empty: every open one.
    from: Vec<String>,
    /// Key of the stage that it leads to.
    to: Option<String>,
    /// It opens a case.
    registers: bool,
}

/// A procedure
///
/// Its newest version: stages, actions, fields, clocks, and what registration takes.
#[utoipa::path(get, path = "", params(("key" = String, Path, description = "Key of the procedure")), responses(
    (status = 200, description = "The procedure", body = ProcedureAnswer),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    parse::Named(key): parse::Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    let published = app.desk().published_version(&key, None)?;
    Ok(json(StatusCode::OK, &answer(&published.procedure)))
}

fn answer(rules: &Procedure) -> ProcedureAnswer {
    let opening = rules.register_action();
    let entered = rules.fields.iter().filter(|field| !matches!(field.kind, FieldKind::Auto(_)));
    let fields: serde_json::Map<String, Json> = entered
        .map(|field| schema::field(rules, field, false))
        .map(|member| (member.name, member.schema))
        .collect();
    ProcedureAnswer {
        key: rules.key.to_string(),
        title: (&rules.label).into(),
        about: rules.about.as_ref().map(Into::into),
        version: rules.version,
        register: opening.map_or_else(|| json!({}), |action| schema::registration(rules, action)),
        stages: rules.stages.iter().map(stage).collect(),
        actions: rules.actions.iter().map(|one| action(one, opening)).collect(),
        fields: Json::Object(fields),
        clocks: rules
            .clocks
            .iter()
            .map(|clock| Named::of(&clock.key, Some(&clock.label)))
            .collect(),
        roles: rules.roles.iter().map(|role| Named::of(&role.key, Some(&role.label))).collect(),
        departments: rules
            .departments
            .iter()
            .map(|one| Named::of(&one.key, Some(&one.label)))
            .collect(),
    }
}

fn stage(stage: &Stage) -> StageAnswer {
    StageAnswer {
        name: Named::of(&stage.key, Some(&stage.label)),
        kind: stage.kind.name().to_owned(),
        next: stage.next.as_ref().map(ToString::to_string),
    }
}

fn action(action: &Action, opening: Option<&Action>) -> ActionAnswer {
    ActionAnswer {
        name: Named::of(&action.key, Some(&action.label)),
        from: action.from.iter().map(ToString::to_string).collect(),
        to: action.to.as_ref().map(ToString::to_string),
        registers: opening.is_some_and(|opening| opening.key == action.key),
    }
}
