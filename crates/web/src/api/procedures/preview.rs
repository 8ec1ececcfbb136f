//! `POST /api/v1/procedures/{key}/previews`: who calls, what is open already, and what a registration would come out as.

use crate::answer::{CaseRow, ClockAnswer, CustomerAnswer, HolderAnswer, flat};
use crate::app::App;
use crate::gate::By;
use crate::parse::{Body, Named, NoParams};
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use desk::{Caller, Desk, Foreseen, Kept};
use engine::command::Entered;
use engine::procedure::{Field, FieldKind, Means, Procedure};
use engine::refusal::Problem as Wrong;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use store::{CaseSummary, Filter, PhoneMatch, Sort};
use utoipa::ToSchema;

/// Digits of a number that is looked for.
const WHOLE: usize = 7;
/// Cases of a number that are told.
const CASES: usize = 6;
/// Records of a number that are told.
const RECORDS: usize = 3;

/// A registration as far as it is filled in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "fields": {} }))]
pub(crate) struct Beginning {
    /// Fields by key; `register` of `GET /api/v1/procedures/{key}` is their JSON Schema. What does not fit yet is left out.
    #[schema(value_type = Object)]
    fields: BTreeMap<String, Json>,
}

/// What is known, and what would come of it.
#[derive(Serialize, ToSchema)]
#[schema(as = RegistrationPreview)]
pub(crate) struct Preview {
    /// The first records of whoever is reached by the number, at most 3.
    customers: Vec<CustomerAnswer>,
    /// The cases of the number that were entered last, of its last hundred those that the caller may see, at most 6.
    cases: Vec<CaseRow>,
    /// Who would have to act; absent while nothing can be said.
    holder: Option<HolderAnswer>,
    /// Values that the procedure would derive, by field.
    #[schema(value_type = Object)]
    derived: BTreeMap<String, Json>,
    /// The deadlines that would run.
    clocks: Vec<ClockAnswer>,
}

/// Look at a registration
///
/// While it is being filled in: whoever is reached by the number, what is open for him already, who would have to act, and the deadlines
/// as they would be now. Nothing is written.
#[utoipa::path(post, path = "", request_body = Beginning,
    params(("key" = String, Path, description = "Key of the procedure")),
    responses((status = 200, description = "What would come of it", body = Preview)))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(key): Named<String>,
    _: NoParams,
    body: Body<Beginning>,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let (rules, _) =
            desk.library().in_force(&key).ok_or_else(|| Problem::new(Kind::NotFound))?;
        let fields: Entered =
            body.value.fields.into_iter().map(|(key, value)| (key.into(), value)).collect();
        let strange = fields.keys().filter(|key| rules.field(key).is_none());
        let refused = strange.map(|key| format!("fields.{key}")).collect::<Vec<_>>();
        if !refused.is_empty() {
            let name = |problem: Problem, name| problem.field(name, Some(Wrong::Unknown));
            return Err(refused.into_iter().fold(Problem::new(Kind::InvalidBody), name));
        }
        let phone = rules.field_meaning(Means::Phone).and_then(|field| fields.get(&field.key));
        let phone = phone.and_then(Json::as_str).unwrap_or_default();
        let reached = reached(&desk, &caller, phone)?.unwrap_or_default();
        let foreseen = foreseen(&desk, &rules, fields);
        Ok(crate::answer::json(StatusCode::OK, &Preview::of(&desk, reached, foreseen)))
    };
    app.inner.pool.run(work).await
}

/// Whoever is reached by a number.
#[derive(Default)]
pub(crate) struct Reached {
    pub(crate) customers: Vec<Kept>,
    /// The cases of the number that were entered last, of its last hundred those that the caller may see.
    pub(crate) cases: Vec<CaseSummary>,
}

/// Whoever is reached by a number; nothing while it is not whole.
pub(crate) fn reached(
    desk: &Desk,
    caller: &Caller,
    phone: &str,
) -> Result<Option<Reached>, Problem> {
    let digits = store::phone_digits(phone);
    if digits.len() < WHOLE {
        return Ok(None);
    }
    let mut customers = desk.customers_reached_by(std::slice::from_ref(&digits), &[])?;
    customers.truncate(RECORDS);
    let filter = Filter { phone: Some(PhoneMatch::Latest(digits)), ..Filter::default() };
    let found = desk.store().list(&desk.scope(caller), &filter, Sort::NewestEntry, None, CASES)?;
    Ok(Some(Reached { customers, cases: found.rows }))
}

/// What a registration would come out as; nothing while it is empty, or while a refusal that no field is to blame for stands against it:
/// that is told when it is sent.
fn foreseen(desk: &Desk, rules: &Procedure, fields: Entered) -> Option<Foreseen> {
    match fields.is_empty() {
        true => None,
        false => desk.foresee(&rules.key, fields).ok(),
    }
}

/// The fields that are shown as derived.
pub(crate) fn derived(rules: &Procedure) -> impl Iterator<Item = &Field> {
    let of_axis = |field: &&Field| matches!(field.kind, FieldKind::One(_));
    rules.fields.iter().filter(|field| field.derive.is_some()).filter(of_axis)
}

impl Preview {
    fn of(desk: &Desk, reached: Reached, foreseen: Option<Foreseen>) -> Self {
        let (library, people) = (desk.library(), desk.people());
        let row = |row| CaseRow::of(&library, &people, row);
        let mut preview = Self {
            customers: reached.customers.iter().map(|one| CustomerAnswer::of(desk, one)).collect(),
            cases: reached.cases.into_iter().map(row).collect(),
            holder: None,
            derived: BTreeMap::new(),
            clocks: Vec::new(),
        };
        if let Some(Foreseen { case, procedure, .. }) = foreseen {
            preview.holder = Some(HolderAnswer::of(&procedure, &people, &case));
            let value =
                |field: &Field| Some((field.key.to_string(), flat(json!(case.value(&field.key)?))));
            preview.derived = derived(&procedure).filter_map(value).collect();
            let mut live: Vec<_> =
                case.clocks.iter().filter(|one| one.is_live() && one.due.is_some()).collect();
            live.sort_by_key(|one| one.due);
            preview.clocks = live.into_iter().map(|one| ClockAnswer::of(&procedure, one)).collect();
        }
        preview
    }
}
