//! Random lives: whatever is accepted, in whatever order, the promise is kept and the events give the snapshot.

use super::{builtin, library};
use engine::case::{Holder, Life, apply, holder};
use engine::clocks::{ClockState, timers};
use engine::command::{Entered, Extra, NewTask};
use engine::decide::offers;
use engine::key::Key;
use engine::people::{Directory, Person, Who};
use engine::procedure::{Action, Field, FieldKind, Means, Procedure, Verb};
use engine::promise;
use engine::sim::Sim;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// A small generator, so that a failing life can be lived again from its seed.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }
    fn one<'t, T>(&mut self, items: &'t [T]) -> Option<&'t T> {
        items.get(self.below(items.len()))
    }
}

/// Two people for every role of every procedure, each in a department where the role needs one.
fn everybody(procedures: &[Procedure]) -> Directory {
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
            });
        }
    }
    Directory { people: people.into(), load: Default::default() }
}

fn value(
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

fn extra(dice: &mut Dice, sim: &Sim, case: &Key, action: &Action) -> Extra {
    let now = sim.now;
    let later = now.checked_add(SignedDuration::from_hours(20)).unwrap();
    let others: Vec<Key> = sim.order.iter().filter(|other| *other != case).cloned().collect();
    let does = |verb| action.does.contains(&verb);
    let open: Vec<u32> = sim.cases[case]
        .tasks
        .iter()
        .filter(|task| task.done.is_none())
        .map(|task| task.id)
        .collect();
    Extra {
        reason: Some("经核实需要".to_owned()),
        text: Some("已与客户说明".to_owned()),
        note: Some("已排查".to_owned()),
        reached: (does(Verb::Contact) && action.to.is_none() && dice.below(4) == 0)
            .then_some(false),
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
            .then(|| vec![sim.directory.people[dice.below(sim.directory.people.len())].id.clone()]),
        other: dice.one(&others).cloned(),
        ..Extra::default()
    }
}

/// Mostly one of those who must act, sometimes anybody, rarely the customer.
fn somebody(dice: &mut Dice, sim: &Sim, procedure: &Procedure, case: &Key) -> Who {
    let anybody = |dice: &mut Dice, people: &[&Person]| {
        people.get(dice.below(people.len())).map(|person| Who::Person(person.id.clone()))
    };
    let all: Vec<&Person> = sim.directory.people.iter().collect();
    let holding: Vec<&Person> = match holder(procedure, &sim.cases[case]) {
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

/// One step: time passes, or somebody does something that is offered to him.
fn step(dice: &mut Dice, sim: &mut Sim) {
    if sim.order.is_empty() || dice.below(4) == 0 {
        let minutes = [1, 7, 31, 61, 200, 500, 1441, 4000][dice.below(8)];
        let to = sim.now.checked_add(SignedDuration::from_mins(minutes)).unwrap();
        sim.advance(to, dice.below(2) == 0);
        return;
    }
    let case = sim.order[dice.below(sim.order.len())].clone();
    let (procedure, _) = sim.library.version(&sim.cases[&case].procedure, 1).unwrap();
    let who = somebody(dice, sim, &procedure, &case);
    let offered = offers(&procedure, &sim.cases[&case], &sim.directory, &who, sim.now);
    // Cases that are filed or made void have little left to show: such steps are rare.
    let lasting: Vec<_> = offered
        .iter()
        .filter(|offer| {
            !procedure.action(&offer.action).unwrap().does.contains(&Verb::Void)
                || dice.below(20) == 0
        })
        .collect();
    // Half of the time people do what brings the case on.
    let onward: Vec<_> = lasting
        .iter()
        .copied()
        .filter(|offer| offer.next || procedure.action(&offer.action).unwrap().to.is_some())
        .collect();
    let Some(offer) = (if dice.below(2) == 0 { dice.one(&onward) } else { dice.one(&lasting) })
    else {
        return;
    };
    let action = procedure.action(&offer.action).unwrap();
    let mut fields = Entered::new();
    for key in &offer.fields {
        let field = procedure.field(key).unwrap();
        let asked = offer.missing.iter().any(|missing| missing.field == *key);
        if asked || dice.below(3) == 0 {
            fields.insert(key.clone(), value(dice, &procedure, &sim.directory, field, sim.now));
        }
    }
    let extra = extra(dice, sim, &case, action);
    // Refusals are part of life; they change nothing, which the checks below would see.
    let _ = sim.act(who, &case, &action.key, fields, extra);
}

fn check(sim: &Sim, seed: u64) {
    let mut folded: BTreeMap<Key, Option<engine::case::Case>> = BTreeMap::new();
    for (id, recorded) in &sim.events {
        let before = folded.remove(id).flatten();
        folded.insert(id.clone(), apply(before, id, recorded));
    }
    let mut numbers = BTreeSet::new();
    for (id, case) in &sim.cases {
        assert_eq!(
            folded.get(id).and_then(Option::as_ref),
            Some(case),
            "seed {seed}: the events of {id} do not give its snapshot"
        );
        assert!(
            numbers.insert(case.number.clone()),
            "seed {seed}: the number {} was given twice",
            case.number
        );
        let (procedure, calendar) = sim.library.version(&case.procedure, 1).unwrap();
        let ticking: Vec<_> = case
            .clocks
            .iter()
            .filter(|one| one.is_ticking())
            .map(|one| (one.clock.to_string(), one.due))
            .collect();
        assert!(
            promise::kept(&procedure, &sim.directory, case),
            "seed {seed}: {} {} in `{}` round {} ({:?}) is forgotten; ticking: {ticking:?}; path {:?}",
            procedure.key,
            case.number,
            case.stage,
            case.round,
            case.life,
            case.path
        );
        for instance in &case.clocks {
            if let (ClockState::Met { at }, Some(due)) = (&instance.state, instance.due) {
                assert!(at <= &due, "seed {seed}: {} was met after its due", instance.clock);
            }
        }
        if matches!(case.life, Life::Voided { .. } | Life::Merged { .. }) {
            assert!(
                timers(&procedure, &calendar, case).is_empty(),
                "seed {seed}: {} still has timers",
                case.number
            );
        }
    }
}

/// Stages seen, as procedure and stage.
type Seen = BTreeSet<(String, String)>;

fn live(seed: u64, steps: usize, seen: &mut Seen) {
    let procedures = builtin();
    let directory = everybody(&procedures);
    let mut dice = Dice(seed);
    let start: Timestamp = "2026-09-24T01:00:00Z".parse().unwrap();
    let mut sim = Sim::new(library(&procedures, None), directory, start);
    let procedure = &procedures[usize::try_from(seed).unwrap() % procedures.len()];
    for _ in 0..3 {
        register(&mut dice, &mut sim, procedure);
    }
    check(&sim, seed);
    for _ in 0..steps {
        step(&mut dice, &mut sim);
        check(&sim, seed);
    }
    for case in sim.cases.values() {
        seen.extend(
            case.path.iter().map(|(stage, _)| (case.procedure.to_string(), stage.to_string())),
        );
    }
}

fn register(dice: &mut Dice, sim: &mut Sim, procedure: &Procedure) {
    let action = procedure.register_action().unwrap();
    for _ in 0..40 {
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
                fields.insert(key.clone(), value(dice, procedure, &sim.directory, field, sim.now));
            }
        }
        let who = sim.directory.people[dice.below(sim.directory.people.len())].id.clone();
        if sim.register(Who::Person(who), &procedure.key, fields).is_ok() {
            return;
        }
    }
}

#[test]
fn no_accepted_sequence_of_commands_breaks_the_promise() {
    let seeds: u64 =
        std::env::var("BIHUAN_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(200);
    let mut seen = Seen::new();
    for seed in 0..seeds {
        live(seed, 150, &mut seen);
    }
    let stages: usize = builtin().iter().map(|procedure| procedure.stages.len()).sum();
    assert!(
        seen.len() * 10 >= stages * 7,
        "random lives saw only {} of {stages} stages: {seen:?}",
        seen.len()
    );
}
