//! Plays a scenario.

use super::assertion::{Seen, verify};
use super::inputs::fill;
use super::parse::{Cast, File, Row, split};
use super::player::{InMemory, Player, Start};
use engine::case::Case;
use engine::event::Event;
use engine::key::Key;
use engine::people::{Directory, Person, Who};
use engine::procedure::{Procedure, Verb};
use engine::refusal::Refusal;
use engine::sim::Sim;
use jiff::Timestamp;
use jiff::civil::DateTime;
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
pub(crate) fn person(sim: &Sim, name: &str) -> Key {
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

impl Seen {
    pub(crate) fn refused_text(&self) -> String {
        self.refusal
            .as_ref()
            .map(|refusal: &Refusal| format!(" (refused {refusal:?})"))
            .unwrap_or_default()
    }
}
