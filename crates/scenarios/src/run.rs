//! Plays a scenario.

use super::assertion::{Seen, verify};
use super::parse::{Cast, File, Row, split, unquote};
use super::player::{InMemory, Player, Start};
use engine::case::Case;
use engine::command::{Entered, Extra, NewTask};
use engine::event::Event;
use engine::key::Key;
use engine::people::{Directory, Person, Who};
use engine::procedure::{Action, Field, FieldKind, Procedure, Purpose, Verb};
use engine::refusal::Refusal;
use engine::sim::Sim;
use jiff::Timestamp;
use jiff::civil::DateTime;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What became of a file.
#[derive(Default)]
pub struct Outcome {
    /// Rows that differ.
    pub failures: Vec<String>,
    /// Last column by line, as it is really answered.
    pub columns: BTreeMap<usize, String>,
}

/// A local time of the file.
pub(crate) fn instant(text: &str) -> Timestamp {
    let local: DateTime =
        text.trim().parse().unwrap_or_else(|error| panic!("time `{text}`: {error}"));
    jiff::tz::Offset::constant(8).to_timestamp(local).unwrap()
}

/// Plays a file on the engine's own desk.
pub fn in_memory(file: &File, folder: &str, procedures: &[Procedure]) -> Outcome {
    run(file, folder, procedures, InMemory::from)
}

/// Plays a file, each scenario on a desk of its own.
pub fn run<P: Player>(
    file: &File,
    folder: &str,
    procedures: &[Procedure],
    mut begin: impl FnMut(Start) -> P,
) -> Outcome {
    let mut outcome = Outcome::default();
    let main = key_of(folder, procedures);
    for scenario in &file.scenarios {
        let library = super::library(
            procedures,
            scenario.cast.calendar.as_deref().filter(|name| *name != "cn"),
        );
        let directory = directory(&scenario.cast, procedures);
        let mut player = begin(Start { library, directory, now: instant(&scenario.rows[0].at) });
        let mut serial = scenario.cast.serial;
        for row in &scenario.rows {
            let seen = step(&mut player, row, &scenario.cast, &main, &mut serial);
            let mut texts = Vec::new();
            for expected in split(&row.then, ';') {
                let actual = verify(player.seen(), &seen, &expected);
                if actual != expected {
                    outcome.failures.push(format!(
                        "  {folder} `{}` {} {} {}: expected `{expected}`, is `{actual}`{}",
                        scenario.title,
                        row.at,
                        row.who,
                        row.does,
                        seen.refused_text()
                    ));
                }
                texts.push(actual);
            }
            if let Some(refusal) = seen.refusal.as_ref().filter(|_| !row.then.contains("refused")) {
                outcome.failures.push(format!(
                    "  {folder} `{}` {} {} {}: refused {refusal:?}",
                    scenario.title, row.at, row.who, row.does
                ));
            }
            if !row.then.is_empty() && !has_requirement(&row.why) {
                outcome.failures.push(format!(
                    "  {folder} `{}` {}: asserts without a requirement id",
                    scenario.title, row.at
                ));
            }
            outcome.columns.insert(row.line, texts.join("; "));
        }
        player.end();
    }
    outcome
}

fn has_requirement(why: &str) -> bool {
    ["S1-", "S2-", "S3-", "S4-", "S5-", "G-", "GT-", "X-", "Y-"]
        .iter()
        .any(|prefix| why.contains(prefix))
}

fn directory(cast: &Cast, procedures: &[Procedure]) -> Directory {
    let role = |label: &str| {
        procedures
            .iter()
            .flat_map(|one| &one.roles)
            .find(|role| role.label.zh == label || *role.key == *label)
            .map(|role| role.key.clone())
            .unwrap_or_else(|| panic!("role `{label}`"))
    };
    let department = |label: &str| {
        procedures
            .iter()
            .flat_map(|one| &one.departments)
            .find(|one| one.label.zh == label || *one.key == *label)
            .map(|one| one.key.clone())
            .unwrap_or_else(|| panic!("department `{label}`"))
    };
    let people = cast.people.iter().enumerate().map(|(place, (name, attributes))| {
        let mut parts = split(attributes, ';').into_iter();
        let roles = parts
            .next()
            .unwrap_or_default()
            .split('、')
            .map(str::trim)
            .filter(|label| !label.is_empty())
            .map(role)
            .collect();
        let mut person = Person {
            // Where people stand in the order of their ids, they stand in that of the cast.
            id: format!("{place:02}-{name}").as_str().into(),
            name: name.clone(),
            roles,
            department: None,
            senior: false,
            absent: Vec::new(),
            substitute: None,
        };
        for part in parts {
            if let Some(label) = part.strip_prefix("部门") {
                person.department = Some(department(label.trim()));
            } else if part == "资深" {
                person.senior = true;
            } else if let Some(absence) = part.strip_prefix("缺勤") {
                let (from, to) = absence.split_once('至').unwrap();
                person.absent.push((instant(from), instant(to)));
            } else {
                panic!("attribute `{part}` of {name}");
            }
        }
        person
    });
    Directory { people: people.collect::<Vec<_>>().into(), load: Default::default() }
}

fn step(
    player: &mut impl Player,
    row: &Row,
    cast: &Cast,
    main: &Key,
    serial: &mut Option<i64>,
) -> Seen {
    let at = instant(&row.at);
    let mut seen = Seen { case: player.seen().order.last().cloned(), ..Seen::default() };
    if row.who == "(time)" {
        seen.since = player.seen().events.len();
        player.advance(at, true);
        if let Some(number) = row.does.trim().strip_prefix('#') {
            seen.case =
                player.seen().order.get(number.trim().parse::<usize>().unwrap() - 1).cloned();
        }
        return seen;
    }
    player.advance(at, false);
    seen.since = player.seen().events.len();
    seen.who = Some(match row.who.as_str() {
        "(customer)" => Who::Customer,
        "(system)" => Who::System,
        name => Who::Person(person(player.seen(), name)),
    });
    let mut words = split(&row.does, ' ').into_iter().peekable();
    if let Some(number) = words.peek().and_then(|word| word.strip_prefix('#')) {
        let number: usize = number.parse().unwrap();
        seen.case = player.seen().order.get(number - 1).cloned();
        words.next();
    }
    let Some(word) = words.next() else { return seen };
    let pairs: Vec<(String, String)> = words
        .map(|pair| {
            pair.split_once('=')
                .map(|(label, value)| (label.to_owned(), value.to_owned()))
                .unwrap_or_else(|| panic!("`{pair}` in `{}`", row.does))
        })
        .collect();
    let who = seen.who.clone().unwrap();
    let (prefix, label) =
        word.split_once(':').map_or((None, word.as_str()), |(prefix, label)| (Some(prefix), label));
    let key = match prefix {
        Some(folder) => key_of(folder, player.seen().library.all().map(|one| &**one)),
        None => seen
            .case
            .as_ref()
            .filter(|_| !is_register(player.seen(), main, label))
            .map_or_else(|| main.clone(), |case| player.seen().cases[case].procedure.clone()),
    };
    let (procedure, _) = player.seen().library.newest(&key).unwrap();
    seen.procedure = Some(key.clone());
    let action = procedure
        .actions
        .iter()
        .find(|action| action.label.zh == label)
        .unwrap_or_else(|| panic!("action `{label}`"))
        .clone();
    let mut inputs: Vec<(String, String)> = cast.given.get(label).cloned().unwrap_or_default();
    for (label, value) in pairs {
        inputs.retain(|(known, _)| *known != label);
        inputs.push((label, value));
    }
    let (fields, extra) = fill(player.seen(), &procedure, &action, &inputs);
    let result = if action.does.contains(&Verb::Register) {
        if let Some(serial) = serial.take() {
            preset_serial(player, &procedure, serial, at);
        }
        player.register(who, &key, fields).map(|case| seen.case = Some(case))
    } else {
        let case = seen.case.clone().unwrap_or_else(|| panic!("no case for `{}`", row.does));
        player.act(who, &case, &action.key, fields, extra)
    };
    seen.refusal = result.err();
    seen
}

/// The id of somebody of the cast; a stranger has none.
fn person(sim: &Sim, name: &str) -> Key {
    let known = sim.directory.people.iter().find(|person| person.name == name);
    known.map_or_else(|| name.into(), |person| person.id.clone())
}

fn is_register(sim: &Sim, main: &Key, label: &str) -> bool {
    sim.library
        .newest(main)
        .unwrap()
        .0
        .actions
        .iter()
        .any(|action| action.label.zh == label && action.does.contains(&Verb::Register))
}

/// The key of the procedure in a folder, whatever it has been renamed to: procedures are recognised by their names.
fn key_of<'p>(folder: &str, procedures: impl IntoIterator<Item = &'p Procedure>) -> Key {
    let text = std::fs::read_to_string(super::root().join(folder).join("procedure.toml")).unwrap();
    let label = engine::procedure::read(folder, &text)
        .unwrap_or_else(|findings| panic!("{folder}: {findings:?}"))
        .label;
    procedures.into_iter().find(|one| one.label == label).unwrap().key.clone()
}

/// The counter stands where the scenario says.
fn preset_serial(player: &mut impl Player, procedure: &Arc<Procedure>, serial: i64, at: Timestamp) {
    let (_, calendar) = player.seen().library.newest(&procedure.key).unwrap();
    let case = Case { registered_at: at, ..blank(procedure) };
    let scope = engine::numbering::draft(procedure, &calendar, &case).scope;
    player.preset_serial(scope, serial);
}

fn blank(procedure: &Procedure) -> Case {
    let event = Event::Registered {
        number: String::new(),
        procedure: procedure.key.clone(),
        version: procedure.version,
        received_at: Timestamp::UNIX_EPOCH,
        registrar: None,
        stage: procedure.stages[0].key.clone(),
    };
    engine::case::apply(
        None,
        &"blank".into(),
        &engine::event::Recorded { at: Timestamp::UNIX_EPOCH, who: Who::System, event },
    )
    .unwrap()
}

/// Fields by their labels, built-in inputs by the names of the format.
fn fill<'p>(
    sim: &Sim,
    procedure: &'p Procedure,
    action: &Action,
    inputs: &[(String, String)],
) -> (Entered, Extra) {
    let (mut fields, mut extra) = (Entered::new(), Extra::default());
    let mut task = NewTask::default();
    for (label, value) in inputs {
        let value = unquote(value);
        if value.is_empty() {
            continue;
        }
        if builtin(sim, procedure, action, label, &value, &mut extra, &mut task) {
            continue;
        }
        let asked = |field: &&Field| action.input.iter().any(|input| input.field == field.key);
        let entered_by_hand = |field: &&Field| !matches!(field.kind, FieldKind::Auto(_));
        let labelled: Vec<&'p Field> =
            procedure.fields.iter().filter(|field| field.label.zh == *label).collect();
        let known_as: Vec<&'p Field> =
            procedure.fields.iter().filter(|field| field.also.contains(label)).collect();
        let best = |fields: Vec<&'p Field>| -> Option<&'p Field> {
            let manual: Vec<&'p Field> =
                fields.iter().copied().filter(|field| entered_by_hand(field)).collect();
            manual
                .iter()
                .copied()
                .find(|field| asked(field))
                .or_else(|| manual.first().copied())
                .or_else(|| fields.first().copied())
        };
        match best(labelled).or_else(|| best(known_as)) {
            Some(field) => {
                fields.insert(field.key.clone(), entered(&field.kind, &value));
            }
            None => {
                fields.insert(label.as_str().into(), json!(value));
            }
        }
    }
    if task != NewTask::default() {
        extra.tasks.push(task);
    }
    // A row that tells nothing of a contact means one that was made.
    if action.has(Verb::Contact) && action.only_adds() && extra.text.is_none() {
        extra.method.get_or_insert_with(|| action.label.zh.clone());
    }
    (fields, extra)
}

fn entered(kind: &FieldKind, value: &str) -> Json {
    match kind {
        FieldKind::Bool => match value {
            "是" => json!(true),
            "否" => json!(false),
            other => json!(other),
        },
        FieldKind::Many(_) | FieldKind::People | FieldKind::Departments | FieldKind::Files => {
            json!(value.split('、').collect::<Vec<_>>())
        }
        FieldKind::Table(columns) => {
            let rows = value
                .split(']')
                .map(|row| row.trim().trim_start_matches('['))
                .filter(|row| !row.is_empty())
                .map(|row| {
                    let cells = split(row, ',').into_iter().filter_map(|cell| {
                        cell.split_once('=')
                            .map(|(label, value)| (label.trim().to_owned(), unquote(value)))
                    });
                    let cells = cells.map(|(label, value)| {
                        let kind = columns
                            .iter()
                            .find(|column| column.label.zh == label)
                            .map(|column| &column.kind);
                        let value = kind.map_or_else(|| json!(value), |kind| entered(kind, &value));
                        (label, value)
                    });
                    Json::Object(cells.collect())
                });
            Json::Array(rows.collect())
        }
        _ => json!(value),
    }
}

fn builtin(
    sim: &Sim,
    procedure: &Procedure,
    action: &Action,
    label: &str,
    value: &str,
    extra: &mut Extra,
    task: &mut NewTask,
) -> bool {
    let does = |verbs: &[Verb]| verbs.iter().any(|verb| action.does.contains(verb));
    let yes = value == "是";
    let text = || Some(value.to_owned());
    let number = || value.trim_start_matches('#').parse().ok();
    let key = |found: Option<Key>| found.or_else(|| Some(value.into()));
    let role = || {
        key(procedure.roles.iter().find(|role| role.label.zh == value).map(|role| role.key.clone()))
    };
    let department = || {
        key(procedure
            .departments
            .iter()
            .find(|one| one.label.zh == value)
            .map(|one| one.key.clone()))
    };
    let other = || {
        value
            .trim_start_matches('#')
            .parse::<usize>()
            .ok()
            .and_then(|number| sim.order.get(number - 1).cloned())
    };
    match label {
        "理由" => extra.reason = text(),
        "强制" => extra.override_guards = yes,
        "责任人" if does(&[Verb::Assign]) => extra.assignee = Some(person(sim, value)),
        "角色" if does(&[Verb::Assign]) => extra.role = role(),
        "部门" if does(&[Verb::Task]) => task.department = department(),
        "部门" if does(&[Verb::Assign]) => extra.department = department(),
        "协办" if does(&[Verb::Assign, Verb::CoOwners]) => {
            extra.co_owners = Some(value.split('、').map(|name| person(sim, name)).collect())
        }
        "方式" if does(&[Verb::Contact]) => extra.method = text(),
        "目的" if does(&[Verb::Contact]) => {
            let known = [
                ("核实", Purpose::Verify),
                ("进度", Purpose::Progress),
                ("结果", Purpose::Result),
                ("回访", Purpose::Visit),
                ("其他", Purpose::Other),
            ];
            extra.purpose = known
                .iter()
                .find(|(name, _)| *name == value)
                .map(|(_, purpose)| purpose.name().to_owned());
        }
        "接通" if does(&[Verb::Contact]) => extra.reached = Some(yes),
        "内容" if does(&[Verb::Change]) => extra.content = text(),
        "内容" if does(&[Verb::Contact, Verb::Comment, Verb::Deescalate]) => extra.text = text(),
        "说明" if does(&[Verb::Progress]) => extra.note = text(),
        "说明" if does(&[Verb::Assign]) => extra.note = text(),
        "节点" if does(&[Verb::Progress]) => extra.node = Some(value.into()),
        "标题" if does(&[Verb::Task]) => task.title = text(),
        "期限" if does(&[Verb::Task]) => task.due = Some(instant(value)),
        "负责人" if does(&[Verb::Task]) => task.owner = Some(person(sim, value)),
        "依赖" if does(&[Verb::Task]) => {
            task.depends_on = value.split('、').filter_map(|number| number.parse().ok()).collect()
        }
        "任务" if does(&[Verb::TaskDone]) => extra.task = number(),
        "结果" if does(&[Verb::TaskDone]) => extra.outcome = text(),
        "意见"
            if does(&[
                Verb::Approve,
                Verb::Reject,
                Verb::File,
                Verb::ExtendDecide,
                Verb::ChangeDecide,
            ]) =>
        {
            extra.opinion = text()
        }
        "新时限" if does(&[Verb::Extend, Verb::Change]) => extra.new_due = Some(instant(value)),
        "同意" if does(&[Verb::ExtendDecide, Verb::ChangeDecide]) => extra.approve = Some(yes),
        "变更" if does(&[Verb::Sign, Verb::ChangeDecide]) => extra.change = number(),
        "签字方式" if does(&[Verb::Sign]) => extra.sign_method = text(),
        "文件" if does(&[Verb::Sign]) => extra.file = text(),
        "哈希" if does(&[Verb::Sign]) => extra.hash = text(),
        "升级" if does(&[Verb::Deescalate]) => {
            extra.escalation = key(procedure
                .escalations
                .iter()
                .find(|one| one.label.zh == value)
                .map(|one| one.key.clone()))
        }
        "字段" if does(&[Verb::ClearOverride]) => {
            extra.field = key(procedure
                .fields
                .iter()
                .find(|field| field.label.zh == value)
                .map(|field| field.key.clone()))
        }
        "主单" | "另一单" if does(&[Verb::Merge, Verb::Link, Verb::Unlink]) => {
            extra.other = other()
        }
        "渠道" if does(&[Verb::Urge]) => extra.channel = text(),
        _ if does(&[Verb::Change, Verb::Transfer])
            && !action.input.iter().any(|input| {
                procedure.field(&input.field).is_some_and(|field| field.label.zh == label)
            }) =>
        {
            let target = action
                .transfer
                .as_ref()
                .and_then(|rule| procedure.links.transfers.iter().find(|one| one.key == *rule))
                .and_then(|rule| sim.library.newest(&rule.to));
            let fields = target.as_ref().map_or(&procedure.fields, |(other, _)| &other.fields);
            match fields.iter().find(|field| field.label.zh == label) {
                Some(field) => {
                    extra.set.insert(field.key.clone(), entered(&field.kind, value));
                }
                None => return false,
            }
        }
        _ => return false,
    }
    true
}

impl Seen {
    pub(crate) fn refused_text(&self) -> String {
        self.refusal
            .as_ref()
            .map(|refusal: &Refusal| format!(" (refused {refusal:?})"))
            .unwrap_or_default()
    }
}
