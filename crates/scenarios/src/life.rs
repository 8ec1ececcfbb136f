//! What random lives are made of, for whoever lives them: the engine's desk in memory or the real one. People of every role, values
//! that fit a field, and what people choose to do; all of it by dice that fall the same way for the same seed.

use engine::case::{Case, Holder, holder};
use engine::command::{Entered, Extra, NewTask};
use engine::decide::Offer;
use engine::key::Key;
use engine::people::{Directory, Person, Who};
use engine::procedure::{Action, Actor, Field, FieldKind, Means, Procedure, Relation, Verb};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

/// A small generator (SplitMix64), so that a failing life can be lived again from its seed.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// The dice of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below the bound; 0 when that is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.roll() % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }

    /// One of several, if there is any.
    pub fn one<'t, T>(&mut self, items: &'t [T]) -> Option<&'t T> {
        items.get(self.below(items.len()))
    }

    /// Whether something happens that happens once in so many times.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

/// Two people for every role of every procedure, each in a department where the role needs one.
pub fn everybody(procedures: &[Procedure]) -> Directory {
    let roles: BTreeSet<&Key> =
        procedures.iter().flat_map(|one| &one.roles).map(|role| &role.key).collect();
    let departments: BTreeSet<&Key> =
        procedures.iter().flat_map(|one| &one.departments).map(|one| &one.key).collect();
    let mut people = Vec::new();
    for role in roles {
        let of_department = procedures
            .iter()
            .flat_map(|one| &one.roles)
            .any(|known| known.key == *role && known.of_department);
        let places: Vec<Option<&Key>> = if of_department {
            departments.iter().map(|one| Some(*one)).collect()
        } else {
            vec![None, None]
        };
        for (number, department) in places.into_iter().enumerate() {
            let id: Key = format!("{role}_{number}").as_str().into();
            let usual = procedures
                .iter()
                .flat_map(|one| &one.roles)
                .find(|known| known.key == *role)
                .and_then(|known| known.department.clone());
            people.push(Person {
                id,
                name: format!("{role}{number}"),
                roles: vec![role.clone()],
                department: department.cloned().or(usual),
                senior: number == 1,
                absent: Vec::new(),
                substitute: None,
            });
        }
    }
    Directory { people: people.into(), load: Default::default() }
}

/// A value that fits a field, as somebody would enter it; `Null` where nobody enters anything.
pub fn value(
    dice: &mut Dice,
    procedure: &Procedure,
    directory: &Directory,
    field: &Field,
    now: Timestamp,
) -> Json {
    let soon = |hours: i64| now.checked_add(SignedDuration::from_hours(hours)).unwrap().to_string();
    match &field.kind {
        FieldKind::Text | FieldKind::Ref => json!("设备型号X100与订单信息"),
        FieldKind::Long => json!("客户反映机器在启动之后显示错误代码并停止工作"),
        FieldKind::Tel => json!("13800000001"),
        FieldKind::Number => json!(dice.below(1200)),
        FieldKind::Bool => json!(dice.below(3) > 0),
        FieldKind::Time
            if field.not_future
                || field.means == Some(Means::ReceivedAt)
                || field.not_before.is_some() =>
        {
            json!(now.to_string())
        }
        FieldKind::Time => json!(soon(i64::try_from(dice.below(96)).unwrap() + 1)),
        FieldKind::One(axis) | FieldKind::Many(axis) => {
            let offered: Vec<&Key> = procedure
                .axis(axis)
                .unwrap()
                .values
                .iter()
                .filter(|value| !value.system && !value.disabled)
                .map(|value| &value.key)
                .collect();
            json!(dice.one(&offered).map(|key| key.to_string()))
        }
        FieldKind::Person => json!(directory.people[dice.below(directory.people.len())].id),
        FieldKind::People => Json::Null,
        FieldKind::Department => {
            json!(dice.one(&procedure.departments).map(|one| one.key.to_string()))
        }
        FieldKind::Departments => json!([procedure.departments[0].key.to_string()]),
        FieldKind::Files => json!(["attachment"]),
        FieldKind::Table(columns) => {
            let cells = columns.iter().map(|column| {
                let cell = Field {
                    kind: column.kind.clone(),
                    means: None,
                    not_future: true,
                    ..field.clone()
                };
                (column.key.to_string(), value(dice, procedure, directory, &cell, now))
            });
            json!([Json::Object(cells.filter(|(_, cell)| !cell.is_null()).collect())])
        }
        FieldKind::Auto(_) => Json::Null,
    }
}

/// What may be asked for beside the fields of an action. `others` are cases that it may join.
pub fn extra(
    dice: &mut Dice,
    directory: &Directory,
    case: &Case,
    others: &[Key],
    action: &Action,
    now: Timestamp,
) -> Extra {
    let later = now.checked_add(SignedDuration::from_hours(20)).unwrap();
    let does = |verb| action.does.contains(&verb);
    let open: Vec<u32> =
        case.tasks.iter().filter(|task| task.done.is_none()).map(|task| task.id).collect();
    Extra {
        reason: Some("经核实需要".to_owned()),
        text: Some("已与客户说明".to_owned()),
        note: Some("已排查".to_owned()),
        reached: (does(Verb::Contact) && action.to.is_none() && dice.once_in(4)).then_some(false),
        opinion: Some("同意".to_owned()),
        content: Some("改为换新".to_owned()),
        new_due: Some(later),
        approve: Some(dice.below(3) > 0),
        sign_method: Some("书面扫描件".to_owned()),
        tasks: if does(Verb::Task) {
            vec![NewTask { due: Some(later), ..NewTask::default() }]
        } else {
            Vec::new()
        },
        task: dice.one(&open).copied(),
        co_owners: does(Verb::CoOwners)
            .then(|| vec![directory.people[dice.below(directory.people.len())].id.clone()]),
        other: dice.one(others).cloned(),
        ..Extra::default()
    }
}

/// Mostly one of those who must act, sometimes anybody, rarely the customer.
pub fn somebody(dice: &mut Dice, directory: &Directory, procedure: &Procedure, case: &Case) -> Who {
    let anybody = |dice: &mut Dice, people: &[&Person]| {
        people.get(dice.below(people.len())).map(|person| Who::Person(person.id.clone()))
    };
    let all: Vec<&Person> = directory.people.iter().collect();
    let holding: Vec<&Person> = match holder(procedure, case) {
        Holder::Person(person) => all.iter().copied().filter(|one| one.id == person).collect(),
        Holder::Role(role) => all.iter().copied().filter(|one| one.has(&role)).collect(),
        Holder::Nobody => Vec::new(),
    };
    match dice.below(12) {
        0 => Who::Customer,
        1..4 => anybody(dice, &all).unwrap(),
        _ => anybody(dice, &holding).or_else(|| anybody(dice, &all)).unwrap(),
    }
}

/// One of what is offered: half of the time what brings the case on; rarely what makes it void, since such cases have little left to
/// show.
pub fn choice<'o>(
    dice: &mut Dice,
    procedure: &Procedure,
    offers: &'o [Offer],
) -> Option<&'o Offer> {
    let action = |offer: &Offer| procedure.action(&offer.action).unwrap();
    let lasting: Vec<&Offer> = offers
        .iter()
        .filter(|offer| !action(offer).does.contains(&Verb::Void) || dice.once_in(20))
        .collect();
    let onward: Vec<&Offer> =
        lasting.iter().copied().filter(|offer| offer.next || action(offer).to.is_some()).collect();
    let chosen = if dice.once_in(2) { dice.one(&onward) } else { dice.one(&lasting) };
    chosen.copied()
}

/// What somebody enters with an action: everything that is missing, and some of the rest.
pub fn entries(
    dice: &mut Dice,
    procedure: &Procedure,
    directory: &Directory,
    offer: &Offer,
    now: Timestamp,
) -> Entered {
    let mut fields = Entered::new();
    for key in &offer.fields {
        let field = procedure.field(key).unwrap();
        let asked = offer.missing.iter().any(|missing| missing.field == *key);
        if asked || dice.once_in(3) {
            fields.insert(key.clone(), value(dice, procedure, directory, field, now));
        }
    }
    fields
}

/// One of those who may register a case.
pub fn registrar(dice: &mut Dice, directory: &Directory, procedure: &Procedure) -> Option<Who> {
    let by = &procedure.register_action()?.by;
    let may = |person: &&Person| {
        by.iter().any(|actor| match actor {
            Actor::Role(role) => person.has(role),
            Actor::Relation(relation) => *relation == Relation::Anyone,
        })
    };
    let people: Vec<&Person> = directory.people.iter().filter(may).collect();
    dice.one(&people).map(|person| Who::Person(person.id.clone()))
}

/// What somebody enters to register a case. It may still be refused.
pub fn registration(
    dice: &mut Dice,
    procedure: &Procedure,
    directory: &Directory,
    now: Timestamp,
) -> Entered {
    let action = procedure.register_action().unwrap();
    let mut fields = Entered::new();
    let asked = action.input.iter().map(|input| &input.field).chain(
        action
            .forms
            .iter()
            .filter_map(|form| procedure.form(form))
            .flat_map(|form| form.fields.iter().map(|entry| &entry.field)),
    );
    for key in asked {
        let field = procedure.field(key).unwrap();
        if !matches!(field.kind, FieldKind::Auto(_)) && field.derive.is_none() {
            fields.insert(key.clone(), value(dice, procedure, directory, field, now));
        }
    }
    fields
}
