//! `bihuan demo`: the sample requests through every procedure to which they apply, whole lives on a virtual clock.
//!
//! What is played is data: `demo/organisation.toml` (people, telephone numbers), `demo/sample_cases.jsonl` (the requests)
//! and `demo/<procedure>.toml` (how a request becomes a case, and the lives). No rule and no label is written here.

mod account;
pub(crate) mod script;

use crate::cli::output::Output;
use crate::cli::serve::{self, ServeArgs};
use crate::cli::{Global, place};
use anyhow::{Context, Result, bail};
use clap::Args;
use desk::{Clock, Desk, DeskError, Options, Seen, VirtualClock, entry};
use engine::command::{Command, Entered};
use engine::decide::offers;
use engine::key::Key;
use engine::people::Who;
use jiff::{SignedDuration, Timestamp};
use script::{Life, Play, Sample, Script, Step};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Args)]
pub(crate) struct DemoArgs {
    /// End after loading instead of serving the cases
    #[arg(long)]
    pub(crate) no_serve: bool,
    /// Show every step, not only the account of each case
    #[arg(long)]
    verbose: bool,
    /// A file of requests instead of the shipped one
    #[arg(long)]
    samples: Option<PathBuf>,
    /// A folder with another script: organisation.toml and one file per procedure
    #[arg(long)]
    script: Option<PathBuf>,
    #[command(flatten)]
    serve: ServeArgs,
}

/// One case on its way through a life.
struct Walk<'s> {
    sample: &'s Sample,
    play: &'s Play,
    life: &'s Life,
    number: Option<String>,
    next: usize,
    due: Timestamp,
}

pub(crate) fn run(global: &Global, args: &DemoArgs, output: &mut Output) -> Result<bool> {
    let place = place::shown(&place::of(global)?);
    let mut script = Script::load(args.script.as_deref(), args.samples.as_deref())?;
    let clock = Arc::new(VirtualClock::at(script.begins()));
    let desk = place::open_with(global, clock.clone())?;
    if !desk
        .store()
        .list(&store::Scope::all(), &store::Filter::default(), store::Sort::NewestEntry, None, 1)?
        .rows
        .is_empty()
    {
        bail!("{}", output.text("demo.not_empty", &[("data", &place)]));
    }
    desk.mark_as_demo("demo")
        .with_context(|| output.text("demo.not_empty", &[("data", &place)]))?;
    script.organisation.move_in(&desk)?;
    let expected = script.take_expected();
    let numbers = walk_all(&desk, &clock, &script, args, output)?;
    let mut differences = Vec::new();
    for ((sample, folder), number) in &numbers {
        let seen = desk.case_for_operator(number)?;
        account::tell(&desk, &seen, sample, output)?;
        let play = script.plays.iter().find(|play| play.folder == *folder).context("play")?;
        differences.extend(account::compare(&desk, &seen, play, &script, sample, &expected));
    }
    let (cases, compared) =
        (numbers.len().to_string(), account::compared(&script, &numbers, &expected).to_string());
    output.say("demo.done", &[("cases", &cases), ("data", &place)]);
    for difference in &differences {
        output.line(difference);
    }
    output.say(
        "demo.compared",
        &[("compared", &compared), ("differences", &differences.len().to_string())],
    );
    desk.take_customers_in()?;
    let sweep = desk.sweep()?;
    output.say(
        "demo.promise",
        &[("cases", &sweep.cases.to_string()), ("broken", &sweep.broken.len().to_string())],
    );
    let sound = differences.is_empty()
        && sweep.broken.is_empty()
        && sweep.timers.is_empty()
        && sweep.snapshots.is_empty();
    drop(desk);
    if args.no_serve || !sound {
        return Ok(sound);
    }
    serve::run(global, &args.serve, output)
}

/// Plays every case step by step in the order of time, so that cases of one customer meet as they would in life.
fn walk_all(
    desk: &Desk,
    clock: &VirtualClock,
    script: &Script,
    args: &DemoArgs,
    output: &mut Output,
) -> Result<BTreeMap<(String, String), String>> {
    let mut walks = Vec::new();
    for play in &script.plays {
        for sample in script.samples.iter().filter(|sample| play.applies(sample)) {
            let life = play
                .life_of(&sample.id)
                .with_context(|| format!("{}: no life for {}", play.folder, sample.id))?;
            walks.push(Walk {
                sample,
                play,
                life,
                number: None,
                next: 0,
                due: sample.registered_at(),
            });
        }
    }
    let mut numbers = BTreeMap::new();
    let mut handed_over = Vec::new();
    while let Some(place) = (0..walks.len())
        .filter(|place| walks.get(*place).is_some_and(|walk| walk.next <= walk.life.steps.len()))
        .min_by_key(|place| walks.get(*place).map(|walk| walk.due))
    {
        let Some(walk) = walks.get_mut(place) else { break };
        desk.run_until(clock, walk.due)?;
        if walk.next == 0 {
            let number = register(desk, walk, script)
                .with_context(|| format!("{} {}", walk.play.folder, walk.sample.id))?;
            numbers.insert((walk.sample.id.clone(), walk.play.folder.clone()), number.clone());
            walk.number = Some(number);
        } else if let (Some(step), Some(number)) =
            (walk.life.steps.get(walk.next - 1), walk.number.clone())
        {
            let (what, opened) = act(desk, walk.sample, step, &number, &numbers, &walk.play.folder)
                .with_context(|| {
                    format!(
                        "{} {} {number} ({}) {}",
                        walk.play.folder, walk.sample.id, walk.life.name, step.does
                    )
                })?;
            if args.verbose {
                output.line(format!("{} {number} {} {what}", clock.now(), step.does));
            }
            handed_over.extend(opened.into_iter().map(|(key, number)| (walk.sample, key, number)));
        }
        let next = walk.life.steps.get(walk.next);
        walk.due = next.map_or(walk.due, |step| step.due(walk.due));
        walk.next += 1;
        // A case that was handed over goes its own way there, unless the request has a case there anyhow.
        for (sample, key, number) in handed_over.drain(..) {
            let played = |play: &&Play| *play.folder == *key && !play.applies(sample);
            let Some(play) = script.plays.iter().find(played) else { continue };
            let Some(life) = play.life_of(&sample.id) else { continue };
            numbers.insert((sample.id.clone(), play.folder.clone()), number.clone());
            let due = life.steps.first().map_or(clock.now(), |step| step.due(clock.now()));
            walks.push(Walk { sample, play, life, number: Some(number), next: 1, due });
        }
    }
    desk.run_until(clock, clock.now().checked_add(SignedDuration::from_secs(1))?)?;
    Ok(numbers)
}

fn register(desk: &Desk, walk: &Walk<'_>, script: &Script) -> Result<String> {
    let library = desk.library();
    let key = desk::builtin()
        .into_iter()
        .find(|one| one.name == walk.play.folder)
        .and_then(|one| engine::procedure::read(one.name, one.text).ok())
        .context("procedure")?
        .key;
    let (rules, calendar) = library.newest(&key).with_context(|| format!("procedure {key}"))?;
    let action = rules.register_action().context("register")?;
    let pairs = walk.play.fields(walk.sample);
    let (fields, _) = entry::inputs(&rules, &calendar, action, &pairs)
        .map_err(|unknown| anyhow::anyhow!("unknown: {unknown:?}"))?;
    let who = script.registrar(walk.play, walk.sample);
    let done = desk.register(&Who::Person(who), &key, fields, Options::default())?;
    Ok(done.number)
}

/// Does a step, or leaves it out where the case stands elsewhere. A refusal that the life expects is part of the story.
/// Tells what came of it, and which cases it opened under which procedure.
fn act(
    desk: &Desk,
    sample: &Sample,
    step: &Step,
    number: &str,
    numbers: &BTreeMap<(String, String), String>,
    folder: &str,
) -> Result<(String, Vec<(Key, String)>)> {
    let only = |what: &str| Ok((what.to_owned(), Vec::new()));
    let seen = desk.case_for_operator(number)?;
    let (rules, case) = (&seen.procedure, &seen.case);
    if step
        .stage
        .as_ref()
        .is_some_and(|stage| rules.stage(&case.stage).is_none_or(|known| known.label.zh != *stage))
    {
        return only("skipped");
    }
    if step.does.is_empty() {
        return only("waited");
    }
    let known = rules.actions.iter().filter(|action| action.label.zh == step.does);
    let action = known
        .clone()
        .find(|action| action.from.is_empty() || action.from.contains(&case.stage))
        .or_else(|| known.clone().next())
        .with_context(|| format!("action {}", step.does))?;
    let mut pairs: Vec<(String, String)> =
        step.with.iter().map(|(name, value)| (name.clone(), sample.filled(value))).collect();
    let to = rules.links.transfers.iter().find(|one| action.transfer.as_ref() == Some(&one.key));
    let mut set = Entered::new();
    if let Some((theirs, _)) = to.and_then(|one| desk.library().newest(&one.to)) {
        pairs.retain(|(name, value)| {
            let field = entry::field_named(&theirs, name);
            set.extend(field.map(|field| (field.key.clone(), entry::written(&field.kind, value))));
            field.is_none()
        });
    }
    let (fields, mut extra) = entry::inputs(rules, &seen.calendar, action, &pairs)
        .map_err(|unknown| anyhow::anyhow!("unknown: {unknown:?}"))?;
    extra.set.extend(set);
    if let Some(other) = extra.other.take() {
        let other = numbers
            .get(&(other.to_string(), folder.to_owned()))
            .with_context(|| format!("other case {other}"))?;
        extra.other = Some(desk.case_for_operator(other)?.case.id.clone());
    }
    let who = actor(desk, &seen, step, &action.key)?;
    if let Some(name) = extra.file.take() {
        // The script names the sheet; a file with nothing but its name stands for it.
        let content = name.clone().into_bytes();
        extra.file = Some(desk.upload(&who, &name, content)?.id.to_string());
    }
    let command = Command::Act {
        case: case.id.clone(),
        action: action.key.clone(),
        fields,
        extra: Box::new(extra),
    };
    match desk.submit(&who, command, Options::default()) {
        Ok(done) if step.refused.is_none() => {
            let opened = to.map(|one| {
                done.opened.into_iter().map(|number| (one.to.clone(), number)).collect()
            });
            Ok(("done".to_owned(), opened.unwrap_or_default()))
        }
        Ok(_) => bail!("was expected to be refused"),
        Err(DeskError::Refused(refusal)) if step.refused.as_deref() == Some(refusal.code()) => {
            only(&format!("refused: {}", refusal.code()))
        }
        Err(DeskError::Refused(refusal)) => bail!("{who:?}: {refusal:?}"),
        Err(error) => Err(error.into()),
    }
}

/// Who does a step: the person named, else somebody to whom the action is offered - the assignee before others.
fn actor(desk: &Desk, seen: &Seen, step: &Step, action: &str) -> Result<Who> {
    let directory = desk.directory();
    if let Some(name) = &step.who {
        if name == "customer" {
            return Ok(Who::Customer);
        }
        let person = directory
            .people
            .iter()
            .find(|person| person.name == *name)
            .with_context(|| format!("person {name}"))?;
        return Ok(Who::Person(person.id.clone()));
    }
    let case = &seen.case;
    let first = [&case.assignee, &case.registrar].into_iter().flatten().cloned();
    let all = first.chain(directory.people.iter().map(|person| person.id.clone()));
    let may = |person: &Key| {
        let present = directory.person(person).is_some_and(|known| known.present(desk.now()));
        present
            && offers(&seen.procedure, case, &directory, &Who::Person(person.clone()), desk.now())
                .iter()
                .any(|offer| offer.action == *action)
    };
    let stage = &case.stage;
    all.into_iter()
        .find(may)
        .map(Who::Person)
        .with_context(|| format!("nobody may do {action} in {stage}"))
}
