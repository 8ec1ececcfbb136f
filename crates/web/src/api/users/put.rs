//! `PUT /api/v1/users/{id}`: somebody is taken in, or changed.

use crate::answer::UserAnswer;
use crate::api::change::{Put, answer};
use crate::app::App;
use crate::gate::By;
use crate::parse::{IfMatch, IfNoneMatch};
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::response::Response;
use desk::Desk;
use engine::key::Key;
use engine::people::Person;
use engine::refusal::Problem as Wrong;
use serde::Deserialize;
use utoipa::ToSchema;

/// A person as it shall be. Absence is said apart.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "林晓", "roles": [], "department": null, "senior": false }))]
pub(crate) struct User {
    /// Name.
    name: String,
    /// Keys of roles; `GET /api/v1/procedures/{key}` names them.
    #[serde(default)]
    roles: Vec<String>,
    /// Key of the department.
    department: Option<String>,
    /// Experienced: gets preferred customers first.
    #[serde(default)]
    senior: bool,
}

/// Take a person in, or change one
///
/// Repeating it is harmless. `If-None-Match: *` only takes in, `If-Match` only changes what was seen.
#[utoipa::path(put, path = "", request_body = User,
    params(("id" = String, Path, description = "Id; of a new one 2 to 40 small letters, digits, dots, underscores, hyphens", pattern = "^[a-z0-9][a-z0-9._-]{1,39}$"), IfMatch, IfNoneMatch),
    responses(
        (status = 200, description = "Changed", body = UserAnswer, headers(("ETag" = String, description = "Its version"))),
        (status = 201, description = "Taken in", body = UserAnswer, headers(("ETag" = String, description = "Its version"))),
    ))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    put: Put<User>,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let known = desk.person(&put.id);
        let before = known.as_ref().ok().map(|(person, _)| person.clone());
        let over = put.over(known.map(|(_, version)| version))?;
        let id = put.key(&over)?;
        let person = person(&desk, id, put.value, before)?;
        match over.there {
            true => desk.change_person(&caller.person, &person, over.seen)?,
            false => desk.add_person(&caller.person, &person)?,
        }
        let (person, version) = desk.person(&person.id)?;
        Ok(answer(version, over.there, &UserAnswer::of(&desk, &person)))
    };
    app.inner.pool.run(work).await
}

fn person(desk: &Desk, id: Key, user: User, before: Option<Person>) -> Result<Person, Problem> {
    let library = desk.library();
    let wrong = |name: String| Problem::new(Kind::InvalidFields).field(name, Some(Wrong::Unknown));
    let held = |role: &str| library.all().any(|procedure| procedure.role(role).is_some());
    if let Some(place) = user.roles.iter().position(|role| !held(role)) {
        return Err(wrong(format!("roles[{place}]")));
    }
    let known = |key: &str| library.all().any(|procedure| procedure.department(key).is_some());
    if user.department.as_deref().is_some_and(|key| !known(key)) {
        return Err(wrong("department".to_owned()));
    }
    if user.name.trim().is_empty() {
        return Err(Problem::new(Kind::InvalidFields).field("name", None));
    }
    Ok(Person {
        id,
        name: user.name.trim().to_owned(),
        roles: user.roles.iter().map(|role| role.as_str().into()).collect(),
        department: user.department.as_deref().map(Into::into),
        senior: user.senior,
        absent: before.as_ref().map(|before| before.absent.clone()).unwrap_or_default(),
        substitute: before.and_then(|before| before.substitute),
    })
}
