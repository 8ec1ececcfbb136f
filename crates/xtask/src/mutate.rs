//! `xtask mutate`: is the check worth something? Damages the built-in procedures in every way that the tables of
//! `kinds` know, wherever it fits, and asks that reader and check refuse each at the right line; that the originals
//! and a dozen legal variants pass.
//!
//! - `text`: a procedure's file as blocks and keys; `kinds`: the damage; `legal`: what must stay allowed

mod kinds;
mod legal;
mod text;

use crate::many::each;
use engine::calendar::Calendar;
use engine::check::{Budget, check_text, check_within};
use engine::procedure::{Procedure, read};
use kinds::Mutant;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use text::Text;

/// How many mutants of a kind are made of one procedure, spread over the file, unless `--every` asks for all.
const EACH: usize = 12;

/// Exploration of a mutant: less than publishing takes, more than the shortest way to any stage needs.
const REDUCED: Budget = Budget { states: 4_000, moves: 12_000, proof: 0 };

/// In a thousand: how many mutants must be refused at the right line.
const WANTED: usize = 980;

/// A procedure of the product.
struct Original {
    key: String,
    text: Text,
    procedure: Procedure,
    calendar: Calendar,
}

/// What became of a mutant.
enum Verdict {
    /// Refused at a line that suffers; by the reader, by the text or by exploring.
    Right(&'static str),
    /// Refused, but elsewhere.
    Elsewhere(String),
    /// Not refused.
    Survived,
}

/// Runs the task.
pub(crate) fn run(arguments: &[String], out: &mut impl Write) -> io::Result<ExitCode> {
    let begun = Instant::now();
    let every = arguments.iter().any(|argument| argument == "--every");
    let only = arguments.iter().position(|argument| argument == "--only");
    let only = only.and_then(|at| arguments.get(at + 1));
    let originals = originals(Path::new(env!("CARGO_MANIFEST_DIR")), out)?;
    let mut sound = !originals.is_empty();
    sound &= untouched(&originals, out)?;
    sound &= variants(&originals, out)?;
    let mut mutants = Vec::new();
    for original in &originals {
        for (kind, make) in kinds::KINDS {
            if only.is_some_and(|only| only != kind) {
                continue;
            }
            let made = make(&original.text);
            let step = if every { 1 } else { made.len().div_ceil(EACH).max(1) };
            mutants.extend(made.into_iter().step_by(step).map(|mutant| (original, *kind, mutant)));
        }
    }
    let verdicts = each(&mutants, |(original, _, mutant)| judge(original, &originals, mutant));
    let mut table: BTreeMap<&'static str, Tally> = BTreeMap::new();
    let mut bad = Vec::new();
    let mut untold = BTreeSet::new();
    for ((original, kind, mutant), (verdict, facts)) in mutants.iter().zip(verdicts) {
        untold.extend(facts);
        let tally = table.entry(kind).or_default();
        tally.made += 1;
        let name = format!("{}:{}: {kind}: {}", original.key, mutant.line, mutant.what);
        match verdict {
            Verdict::Right(by) => *tally.right.entry(by).or_default() += 1,
            Verdict::Elsewhere(found) => bad.push(format!("{name}: refused elsewhere: {found}")),
            Verdict::Survived => bad.push(format!("{name}: survived")),
        }
    }
    let score = tell(&table, &bad, out)?;
    for fact in &untold {
        writeln!(out, "not told in Chinese: {fact}")?;
    }
    sound &= untold.is_empty();
    writeln!(out, "{:.0} s", begun.elapsed().as_secs_f64())?;
    sound &= score >= WANTED;
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What became of the mutants of a kind.
#[derive(Default)]
struct Tally {
    made: usize,
    right: BTreeMap<&'static str, usize>,
}

fn originals(crate_dir: &Path, out: &mut impl Write) -> io::Result<Vec<Original>> {
    let root = crate_dir.join("../..");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root.join("procedures"))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<_>>()?;
    folders.sort();
    let mut originals = Vec::new();
    for folder in folders.iter().filter(|folder| folder.join("procedure.toml").exists()) {
        let source = std::fs::read_to_string(folder.join("procedure.toml"))?;
        let key = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match read(&key, &source) {
            Ok(procedure) => {
                let file = root.join("calendars").join(format!("{}.toml", procedure.calendar));
                let calendar = Calendar::from_toml(&std::fs::read_to_string(file)?);
                let calendar = calendar.map_err(|errors| {
                    io::Error::other(errors.iter().map(ToString::to_string).collect::<String>())
                })?;
                originals.push(Original { key, text: Text::new(&source), procedure, calendar });
            }
            Err(findings) => {
                findings.iter().try_for_each(|finding| writeln!(out, "{finding}"))?;
            }
        }
    }
    Ok(originals)
}

/// The originals pass as they are.
fn untouched(originals: &[Original], out: &mut impl Write) -> io::Result<bool> {
    let all: Vec<&Procedure> = originals.iter().map(|original| &original.procedure).collect();
    let mut sound = true;
    let budget = Budget { proof: 0, ..Budget::default() };
    let reports = each(originals, |one| check_within(&one.procedure, &one.calendar, &all, budget));
    for (Original { key, .. }, report) in originals.iter().zip(reports) {
        sound &= report.violations.is_empty();
        writeln!(
            out,
            "original {key}: {} violations, {} states",
            report.violations.len(),
            report.states
        )?;
        for one in report.violations {
            writeln!(out, "  {key}:{}: {}: {}: {}", one.line, one.code, one.item, one.detail)?;
        }
    }
    Ok(sound)
}

/// Legal variants pass: reader, text and a reduced exploration find nothing.
fn variants(originals: &[Original], out: &mut impl Write) -> io::Result<bool> {
    let mut sound = true;
    let mut passed: BTreeMap<&'static str, (usize, usize)> = BTreeMap::new();
    let made: Vec<_> = originals
        .iter()
        .flat_map(|one| legal::KINDS.iter().map(move |(kind, make)| (one, *kind, make(&one.text))))
        .filter_map(|(one, kind, source)| Some((one, kind, source?)))
        .collect();
    let verdicts = each(&made, |(original, kind, source)| {
        refused(original, originals, source, legal::calendar(kind))
    });
    for ((original, kind, _), refused) in made.iter().zip(verdicts) {
        let (made, right) = passed.entry(kind).or_default();
        *made += 1;
        *right += usize::from(refused.is_none());
        if let Some((by, line, why)) = refused {
            sound = false;
            let key = &original.key;
            writeln!(out, "legal variant refused: {key}:{line}: {kind}: {by}: {why}")?;
        }
    }
    for (kind, (made, right)) in &passed {
        writeln!(out, "legal {kind:<24} {right}/{made} pass")?;
    }
    Ok(sound && passed.len() >= 10)
}

/// What became of a mutant, and which facts about it `locales/findings.zh.toml` does not know.
fn judge(original: &Original, originals: &[Original], mutant: &Mutant) -> (Verdict, Vec<String>) {
    let mut facts = Vec::new();
    let verdict = looked_at(original, originals, mutant, &mut facts);
    facts.retain(|fact| desk::words::known_fact(fact).is_none());
    (verdict, facts)
}

fn looked_at(
    original: &Original,
    originals: &[Original],
    mutant: &Mutant,
    facts: &mut Vec<String>,
) -> Verdict {
    let mut elsewhere = None;
    match read(&original.key, &mutant.source) {
        Err(findings) => {
            facts.extend(findings.iter().flat_map(|one| [one.expected.clone(), one.found.clone()]));
            for finding in findings {
                if mutant.suffers(finding.line) {
                    return Verdict::Right("reader");
                }
                elsewhere.get_or_insert(format!("{} {}", finding.line, finding.code));
            }
        }
        Ok(procedure) => {
            let all = beside(&procedure, originals);
            let violations = check_text(&procedure, &all);
            facts.extend(violations.iter().map(|one| one.detail.clone()));
            for one in violations {
                if mutant.suffers(one.line) {
                    return Verdict::Right("text");
                }
                elsewhere.get_or_insert(format!("{} {}", one.line, one.code));
            }
            if elsewhere.is_none() {
                let report = check_within(&procedure, &original.calendar, &all, REDUCED);
                facts.extend(report.violations.iter().map(|one| one.detail.clone()));
                for one in report.violations {
                    if mutant.suffers(one.line) {
                        return Verdict::Right("exploring");
                    }
                    elsewhere.get_or_insert(format!("{} {}", one.line, one.code));
                }
            }
        }
    }
    elsewhere.map_or(Verdict::Survived, Verdict::Elsewhere)
}

/// The first thing that is found in a text, if any.
fn refused(
    original: &Original,
    originals: &[Original],
    source: &str,
    calendar: Option<Calendar>,
) -> Option<(&'static str, u32, String)> {
    let procedure = match read(&original.key, source) {
        Ok(procedure) => procedure,
        Err(findings) => {
            let first = findings.first()?;
            return Some(("reader", first.line, first.to_string()));
        }
    };
    let all = beside(&procedure, originals);
    let calendar = calendar.unwrap_or_else(|| original.calendar.clone());
    let budget = Budget { moves: REDUCED.moves * 3, ..REDUCED };
    let report = check_within(&procedure, &calendar, &all, budget);
    let first = report.violations.first()?;
    Some(("check", first.line, format!("{} {} {}", first.code, first.item, first.detail)))
}

/// The procedures that stand beside a changed one.
fn beside<'a>(changed: &'a Procedure, originals: &'a [Original]) -> Vec<&'a Procedure> {
    let others = originals.iter().map(|original| &original.procedure);
    std::iter::once(changed).chain(others.filter(|other| other.key != changed.key)).collect()
}

/// The table; the score in a thousand.
fn tell(table: &BTreeMap<&str, Tally>, bad: &[String], out: &mut impl Write) -> io::Result<usize> {
    let (mut made, mut right) = (0, 0);
    writeln!(out, "{:<28} {:>5} {:>5}  refused by", "kind", "made", "right")?;
    for (kind, tally) in table {
        let good: usize = tally.right.values().sum();
        let by: Vec<String> =
            tally.right.iter().map(|(by, count)| format!("{by} {count}")).collect();
        writeln!(out, "{kind:<28} {:>5} {good:>5}  {}", tally.made, by.join(", "))?;
        made += tally.made;
        right += good;
    }
    bad.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    let score = (right * 1000).checked_div(made).unwrap_or(0);
    let shown = format!("{}.{}", score / 10, score % 10);
    writeln!(
        out,
        "{made} mutants of {} kinds, {right} refused at the right line: {shown} %",
        table.len()
    )?;
    Ok(score)
}
