//! `xtask simulate`: random lives over the real desk and a store that things go wrong under. A seed determines everything: who
//! registers what, who does what, when the clock is set and by how much, which commit fails, is torn or loses its answer, when the
//! program dies. Beside it a model knows what was answered. A life that goes wrong is lived again from its seed.
//!
//! - `life`: one life, of steps of `people` and `surroundings`; `model`: what people know; `judge`: what must hold
//! - `faults`: what goes wrong; `house`: where it is lived

mod faults;
mod house;
mod judge;
mod life;
mod model;
mod people;
mod surroundings;

use crate::many::many;
use faults::BUGS;
use house::{Medium, Prepared};
use life::{Failed, Lived, Manner, live};
use std::collections::BTreeMap;
use std::io::{self, Error, Write};
use std::process::ExitCode;
use std::time::Instant;

const STEPS: usize = 24;
/// Seeds within which each bug must be found.
const BUG_SEEDS: u64 = 40;
/// Steps that are told of a life that went wrong.
const LAST: usize = 25;

/// Runs what the arguments ask for.
///
/// # Errors
/// What keeps the test itself from running; a life that goes wrong is a failing exit status.
pub(crate) fn run(arguments: &[String], out: &mut dyn Write) -> io::Result<ExitCode> {
    let value = |name: &str| arguments.iter().skip_while(|word| *word != name).nth(1);
    let number = |name: &str, usual: u64| value(name).and_then(|n| n.parse().ok()).unwrap_or(usual);
    let has = |name: &str| arguments.iter().any(|word| word == name);
    let (from, seeds) = (number("--from", 1), number("--seeds", 200));
    let steps = usize::try_from(number("--steps", 0)).unwrap_or(0);
    let steps = if steps == 0 { STEPS } else { steps };
    let prepared = Prepared::new()?;
    let (mut sound, mut before) = (true, None);
    for (medium, name) in [(Medium::Memory, "memory"), (Medium::File, "file")] {
        if value("--store").is_some_and(|only| only != name) {
            continue;
        }
        let manner = Manner { medium, steps, bug: None, watched: has("--verbose") };
        if has("--bugs") {
            sound &= finds_bugs(&prepared, manner, name, out)?;
            continue;
        }
        let begun = Instant::now();
        let lived = all(&prepared, from, seeds, manner, has("--twice"));
        let seconds = begun.elapsed().as_secs_f64();
        sound &= report(&lived, from, name, seconds, manner, out)?;
        if let Some(before) = &before {
            sound &= alike(before, &lived, out)?;
        }
        before = Some(lived);
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

type Results = BTreeMap<u64, Result<Lived, Failed>>;

/// Lives them on all processors; each by itself is one after the other.
fn all(prepared: &Prepared, from: u64, seeds: u64, manner: Manner, twice: bool) -> Results {
    let lived = many(seeds, |n| {
        let seed = from.wrapping_add(n);
        let lived = live(prepared, seed, manner);
        let lived = if twice { again(prepared, seed, manner, lived) } else { lived };
        (seed, lived)
    });
    lived.into_iter().collect()
}

/// The same seed is the same life.
fn again(
    prepared: &Prepared,
    seed: u64,
    manner: Manner,
    first: Result<Lived, Failed>,
) -> Result<Lived, Failed> {
    let first = first?;
    let second = live(prepared, seed, manner)?;
    match parted(&first, &second) {
        None => Ok(first),
        Some(parted) => {
            let problem = format!("lived twice it is another life, {parted}");
            Err(Failed { step: manner.steps, problem, story: first.story })
        }
    }
}

/// Where two lives part that should be one.
fn parted(one: &Lived, other: &Lived) -> Option<String> {
    let at = || one.story.iter().zip(&other.story).find(|(one, other)| one != other);
    (one != other).then(|| format!("{} and {}: {:?}", one.digest, other.digest, at()))
}

/// The same seed is the same life in memory and in a file. One that went wrong in either was told of before.
fn alike(memory: &Results, file: &Results, out: &mut dyn Write) -> io::Result<bool> {
    let pairs = memory.iter().zip(file.values());
    let parted: Vec<_> = pairs
        .filter_map(|((seed, memory), file)| {
            Some((seed, parted(memory.as_ref().ok()?, file.as_ref().ok()?)?))
        })
        .collect();
    for (seed, parted) in parted.iter().take(5) {
        writeln!(out, "seed {seed}: in memory and in a file it is another life, {parted}")?;
    }
    match parted.len() {
        0 => writeln!(out, "simulate: in memory and in a file each seed is one life")?,
        lives => writeln!(out, "simulate: {lives} LIVES DIFFER between memory and file")?,
    }
    Ok(parted.is_empty())
}

fn report(
    results: &Results,
    from: u64,
    store: &str,
    seconds: f64,
    manner: Manner,
    out: &mut dyn Write,
) -> io::Result<bool> {
    let mut tally: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut events, mut failed) = (0, 0);
    for (seed, lived) in results {
        match lived {
            Ok(lived) => {
                events += lived.events;
                lived.tally.iter().for_each(|(what, n)| *tally.entry(what).or_default() += n);
                if manner.watched {
                    lived.story.iter().try_for_each(|line| writeln!(out, "    {line}"))?;
                    writeln!(out, "seed {seed}: {} events, digest {}", lived.events, lived.digest)?;
                }
            }
            Err(problem) => {
                failed += 1;
                if failed <= 5 {
                    tell(*seed, store, problem, manner, out)?;
                }
            }
        }
    }
    let rate = f64::from(u32::try_from(results.len()).map_err(Error::other)?) / seconds.max(0.001);
    let times = |what: &str| tally.get(what).copied().unwrap_or(0);
    writeln!(
        out,
        "simulate {store}: {} lives from seed {from} in {seconds:.0} s ({rate:.1} a second): {events} events, {} things done, {} not, {} harms, {} crashes; {}",
        results.len(),
        times("done"),
        times("not done"),
        times("harmed"),
        times("crashed"),
        if failed == 0 {
            "nothing lost, doubled or torn".to_owned()
        } else {
            format!("{failed} WENT WRONG")
        },
    )?;
    if manner.watched {
        writeln!(out, "{tally:?}")?;
    }
    Ok(failed == 0)
}

fn tell(
    seed: u64,
    store: &str,
    failed: &Failed,
    manner: Manner,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "seed {seed}, step {}: {}", failed.step, failed.problem)?;
    let skip = if manner.watched { 0 } else { failed.story.len().saturating_sub(LAST) };
    for line in failed.story.iter().skip(skip) {
        writeln!(out, "    {line}")?;
    }
    let steps = manner.steps;
    writeln!(
        out,
        "  again: xtask simulate --store {store} --from {seed} --seeds 1 --steps {steps} --verbose"
    )
}

/// A simulation that finds nothing proves nothing: each bug of the store must be found.
fn finds_bugs(
    prepared: &Prepared,
    manner: Manner,
    store: &str,
    out: &mut dyn Write,
) -> io::Result<bool> {
    let mut all = true;
    for bug in BUGS {
        let manner = Manner { bug: Some(*bug), ..manner };
        let found =
            (1..=BUG_SEEDS).find_map(|seed| Some((seed, live(prepared, seed, manner).err()?)));
        match &found {
            Some((seed, failed)) => writeln!(
                out,
                "simulate {store}: a store that {} is found by seed {seed}, step {}: {}",
                bug.name, failed.step, failed.problem
            )?,
            None => writeln!(out, "simulate {store}: a store that {} is NOT FOUND", bug.name)?,
        }
        all &= found.is_some();
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_one_life_in_memory_and_in_a_file_and_however_often_it_is_lived() {
        let prepared = Prepared::new().unwrap();
        for seed in 1..=8 {
            let lived = |medium| {
                let manner = Manner { medium, steps: STEPS, bug: None, watched: false };
                live(&prepared, seed, manner).unwrap()
            };
            let first = lived(Medium::Memory);
            assert!(first.events > 0 && first.story.len() > 10, "{first:?}");
            assert_eq!(first, lived(Medium::Memory), "seed {seed}");
            assert_eq!(first, lived(Medium::File), "seed {seed}");
        }
    }

    #[test]
    fn a_life_that_differs_between_memory_and_file_is_told_with_where_they_part() {
        let life = |last: &str| Lived {
            events: 2,
            digest: last.to_owned(),
            story: vec!["1 registers".to_owned(), last.to_owned()],
            tally: BTreeMap::new(),
        };
        let lives = |of_eight: &str| Results::from([(7, Ok(life("a"))), (8, Ok(life(of_eight)))]);
        let compared = |file: &Results| {
            let mut told = Vec::new();
            (alike(&lives("b"), file, &mut told).unwrap(), String::from_utf8(told).unwrap())
        };
        assert!(compared(&lives("b")).0);
        let (one_life, told) = compared(&lives("c"));
        assert!(!one_life);
        assert!(told.contains("seed 8") && told.contains(r#"("b", "c")"#), "{told}");
        assert!(!told.contains("seed 7"), "{told}");
    }

    #[test]
    fn a_life_that_went_wrong_is_told_with_a_command_that_comes_as_far() {
        let failed = Failed { step: 300, problem: "lost".to_owned(), story: Vec::new() };
        let manner = Manner { medium: Medium::File, steps: 400, bug: None, watched: false };
        let mut told = Vec::new();
        let results = Results::from([(7, Err(failed))]);
        assert!(!report(&results, 7, "file", 1.0, manner, &mut told).unwrap());
        let told = String::from_utf8(told).unwrap();
        let again = "xtask simulate --store file --from 7 --seeds 1 --steps 400 --verbose";
        assert!(told.contains(again), "{told}");
    }
}
