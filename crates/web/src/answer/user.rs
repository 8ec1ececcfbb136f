//! People and teams as the API shows them.

use super::{Named, PersonAnswer};
use desk::{Desk, Team};
use engine::people::Person;
use engine::procedure::{Department, Procedure, Role};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// Somebody who works here.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UserAnswer {
    /// Opaque id, and the name to sign in with.
    pub id: String,
    /// Name.
    #[schema(example = "林晓")]
    pub name: String,
    /// Roles held.
    pub roles: Vec<Named>,
    /// Department.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<Named>,
    /// Experienced: gets preferred customers first.
    pub senior: bool,
    /// Administers the installation.
    pub administrator: bool,
    /// There now: gets new work.
    pub present: bool,
    /// When away, now or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub absence: Option<AbsenceAnswer>,
}

/// When somebody is away.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AbsenceAnswer {
    /// From this instant.
    pub from: Timestamp,
    /// Until before this one.
    pub to: Timestamp,
    /// Who takes over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub substitute: Option<PersonAnswer>,
}

impl UserAnswer {
    pub(crate) fn of(desk: &Desk, person: &Person) -> Self {
        let (library, people, now) = (desk.library(), desk.people(), desk.now());
        let role = |key| library.all().find_map(|procedure: &Arc<Procedure>| procedure.role(key));
        let place = |key| library.all().find_map(|procedure| procedure.department(key));
        let absence = person.absent.iter().find(|(_, to)| now < *to);
        Self {
            id: person.id.to_string(),
            name: person.name.clone(),
            roles: person
                .roles
                .iter()
                .map(|key| Named::of(key, role(key).map(|role: &Role| &role.label)))
                .collect(),
            department: person
                .department
                .as_ref()
                .map(|key| Named::of(key, place(key).map(|place: &Department| &place.label))),
            senior: person.senior,
            administrator: desk.is_administrator(person),
            present: person.present(now),
            absence: absence.map(|(from, to)| AbsenceAnswer {
                from: *from,
                to: *to,
                substitute: person.substitute.as_ref().map(|id| PersonAnswer::of(&people, id)),
            }),
        }
    }
}

/// A team.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TeamAnswer {
    /// Opaque id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Who leads it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<PersonAnswer>,
    /// Who belongs to it.
    pub members: Vec<PersonAnswer>,
}

impl TeamAnswer {
    pub(crate) fn of(desk: &Desk, team: &Team) -> Self {
        let people = desk.people();
        Self {
            id: team.id.to_string(),
            name: team.name.clone(),
            lead: team.lead.as_ref().map(|id| PersonAnswer::of(&people, id)),
            members: team.members.iter().map(|id| PersonAnswer::of(&people, id)).collect(),
        }
    }
}
