//! A case, whole and as a row of a list.

use super::{ClockAnswer, Named, PersonAnswer, encoded, flat};
use desk::{Desk, DeskError, Seen, decode_event, without_phones};
use engine::case::{Case, Holder, Life, apply, holder};
use engine::decide::Library;
use engine::people::Directory;
use engine::procedure::{FieldKind, Label, Procedure};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use store::{CaseSummary, StoreError};
use utoipa::ToSchema;

/// A case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CaseAnswer {
    /// The number people use; it identifies the case in every path.
    pub number: String,
    /// Opaque id.
    pub id: String,
    /// Version; also the entity tag.
    pub version: u64,
    /// Procedure.
    pub procedure: Named,
    /// Version of the procedure that the case is pinned to.
    pub procedure_version: u32,
    /// `open`, `closed`, `archived`, `voided` or `merged`.
    pub life: String,
    /// Stage.
    pub stage: Named,
    /// Since when it is in the stage.
    pub stage_since: Timestamp,
    /// Round, from 1.
    pub round: u32,
    /// The action that the stage asks for next.
    pub next: Option<Named>,
    /// Who must act now.
    pub holder: HolderAnswer,
    /// Who is responsible.
    pub assignee: Option<PersonAnswer>,
    /// Role under which it was dispatched.
    pub role: Option<Named>,
    /// Department responsible.
    pub department: Option<Named>,
    /// Who helps.
    pub co_owners: Vec<PersonAnswer>,
    /// When the customer contacted us.
    pub received_at: Timestamp,
    /// When it was registered.
    pub registered_at: Timestamp,
    /// The nearest due of all clocks that run.
    pub next_due: Option<Timestamp>,
    /// Open escalations.
    pub escalations: Vec<Named>,
    /// Under legal hold.
    pub held: bool,
    /// How often the customer urged.
    pub urges: u32,
    /// Values of the fields that are set, by key; names and telephone numbers masked.
    pub fields: BTreeMap<String, Json>,
    /// Clocks in the order of their start.
    pub clocks: Vec<ClockAnswer>,
}

/// Who must act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum HolderAnswer {
    /// One person.
    Person(PersonAnswer),
    /// Whoever holds a role.
    Role(Named),
    /// Nobody: filed, void or part of another case.
    Nobody,
}

impl HolderAnswer {
    /// Who must act on a case.
    pub(crate) fn of(rules: &Procedure, people: &Directory, case: &Case) -> Self {
        match holder(rules, case) {
            Holder::Person(id) => Self::Person(PersonAnswer::of(people, &id)),
            Holder::Role(key) => {
                Self::Role(Named::of(&key, rules.role(&key).map(|role| &role.label)))
            }
            Holder::Nobody => Self::Nobody,
        }
    }
}

impl CaseAnswer {
    /// What a caller sees of a case. It depends on nothing but the case as it is given.
    pub(crate) fn of(desk: &Desk, seen: &Seen) -> Self {
        let (case, rules, people) = (&seen.case, &seen.procedure, desk.people());
        let person = |id: &engine::key::Key| PersonAnswer::of(&people, id);
        let stage = rules.stage(&case.stage);
        let next = stage.and_then(|stage| stage.next.as_ref()).and_then(|next| rules.action(next));
        let role = |key: &str| Named::of(key, rules.role(key).map(|role| &role.label));
        let promised = case.life.promised();
        Self {
            number: case.number.clone(),
            id: case.id.to_string(),
            version: case.version,
            procedure: Named::of(&rules.key, Some(&rules.label)),
            procedure_version: case.procedure_version,
            life: case.life.name().to_owned(),
            stage: Named::of(&case.stage, stage.map(|stage| &stage.label)),
            stage_since: case.stage_since,
            round: case.round,
            next: next
                .filter(|_| promised)
                .map(|action| Named::of(&action.key, Some(&action.label))),
            holder: HolderAnswer::of(rules, &people, case),
            assignee: case.assignee.as_ref().map(person),
            role: case.role.as_deref().map(role),
            department: case
                .department
                .as_ref()
                .map(|key| Named::of(key, rules.department(key).map(|one| &one.label))),
            co_owners: case.co_owners.iter().map(person).collect(),
            received_at: case.received_at,
            registered_at: case.registered_at,
            next_due: case.next_due().filter(|_| !matches!(case.life, Life::Voided { .. })),
            escalations: case
                .escalations
                .keys()
                .map(|key| Named::of(key, rules.escalation(key).map(|one| &one.label)))
                .collect(),
            held: case.held,
            urges: case.urges,
            fields: fields(seen),
            clocks: case.clocks.iter().map(|instance| ClockAnswer::of(rules, instance)).collect(),
        }
    }
}

fn fields(seen: &Seen) -> BTreeMap<String, Json> {
    let entered =
        seen.procedure.fields.iter().filter(|field| !matches!(field.kind, FieldKind::Auto(_)));
    entered
        .filter_map(|field| Some((field.key.to_string(), flat(json!(seen.masked(&field.key)?)))))
        .collect()
}

/// The case as it was at a version: a repeated submission is answered as it was the first time.
pub(crate) fn as_of(desk: &Desk, mut seen: Seen, version: u64) -> Result<Seen, DeskError> {
    if seen.case.version == version {
        return Ok(seen);
    }
    let most = usize::try_from(version).unwrap_or(usize::MAX);
    let rows = desk.store().events(seen.summary.id, 0, most)?;
    let mut case = None;
    for row in &rows {
        let recorded = decode_event(row).map_err(|what| StoreError::Corrupt { what })?;
        case = apply(case, &seen.case.id, &recorded);
    }
    seen.case = case.ok_or(DeskError::NotFound { what: "case" })?.into();
    Ok(seen)
}

/// A case as a row of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CaseRow {
    /// The number people use.
    pub number: String,
    /// Opaque id.
    pub id: String,
    /// Version.
    pub version: u64,
    /// Procedure.
    pub procedure: Named,
    /// `open`, `closed`, `archived`, `voided` or `merged`.
    pub life: String,
    /// Stage.
    pub stage: Named,
    /// Key of the person or role that must act; empty when nobody.
    pub holder: String,
    /// Who is responsible.
    pub assignee: Option<PersonAnswer>,
    /// Key of the department.
    pub department: Option<String>,
    /// Key of the queue.
    pub queue: String,
    /// 0 (not known) to 3 (most severe).
    pub severity: u8,
    /// Key of the category.
    pub category: Option<String>,
    /// Key of the channel.
    pub channel: String,
    /// The beginning of what the customer said.
    pub title: Option<String>,
    /// When the customer contacted us.
    pub received_at: Timestamp,
    /// When it was registered.
    pub registered_at: Timestamp,
    /// The nearest due of all clocks that run.
    pub next_due: Option<Timestamp>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
}

impl CaseRow {
    /// A row of a list.
    pub(crate) fn of(library: &Library, people: &Directory, row: CaseSummary) -> Self {
        let columns = row.columns;
        let rules = library
            .version(&columns.procedure, columns.procedure_version)
            .map(|(procedure, _)| procedure);
        let stage: Option<&Label> =
            rules.as_ref().and_then(|rules| rules.stage(&columns.stage)).map(|stage| &stage.label);
        Self {
            number: row.number,
            id: row.id.to_string(),
            version: row.version,
            procedure: Named::of(&columns.procedure, rules.as_ref().map(|rules| &rules.label)),
            life: columns.life,
            stage: Named::of(&columns.stage, stage),
            holder: columns.holder,
            assignee: columns.assignee.map(|id| PersonAnswer::of(people, &id.as_str().into())),
            department: columns.department,
            queue: columns.queue,
            severity: columns.severity,
            category: columns.category,
            channel: columns.channel,
            title: columns.title.as_deref().map(without_phones),
            received_at: columns.received_at,
            registered_at: columns.registered_at,
            next_due: columns.next_due,
            closed_at: columns.closed_at,
        }
    }
}

/// The address of another page: the same parameters, some replaced.
pub(crate) fn page_link(path: &str, query: Option<&str>, replaced: &[(&str, &str)]) -> String {
    let pairs: Vec<(String, String)> =
        serde_urlencoded::from_str(query.unwrap_or_default()).unwrap_or_default();
    let kept = pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .filter(|(name, _)| !replaced.iter().any(|(new, _)| new == name));
    let all: Vec<String> = kept
        .chain(replaced.iter().copied())
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
        .collect();
    format!("{path}?{}", all.join("&"))
}
