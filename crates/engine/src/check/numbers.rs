//! Numbers: no two cases can ever show the same one. Patterns are small automata whose intersection is decided exactly.

use super::findings::Findings;
use crate::procedure::{Means, Procedure, Reset, Verb};
use std::collections::BTreeSet;

/// One letter of a pattern: the characters that may stand there, once or any number of times.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Letter {
    among: BTreeSet<char>,
    again: bool,
}

/// A word of letters. A pattern is a choice between several.
type Word = Vec<Letter>;

pub(super) fn look(procedure: &Procedure, all: &[&Procedure], findings: &mut Findings) {
    let numbering = &procedure.numbering;
    let serials = numbering.pattern.matches("{SEQ:").count();
    if serials != 1 {
        let detail = format!("`{}` has {serials} serials, one is needed", numbering.pattern);
        findings.find("bad_pattern", &numbering.origin, "numbering.pattern", detail);
        return;
    }
    let pattern = numbering.pattern.as_str();
    let dated = match numbering.reset {
        Reset::Day => pattern.contains("{YYYYMMDD}"),
        Reset::Month => pattern.contains("{YYYYMM"),
        Reset::Year => pattern.contains("{YYYY"),
        Reset::Never => true,
    };
    if !dated {
        let detail =
            format!("`{pattern}` lacks a date as fine as its reset `{}`", numbering.reset.name());
        findings.find("numbers_repeat", &numbering.origin, "numbering.reset", detail);
    }
    channel(procedure, findings);
    let own = words(procedure, None);
    for other in all.iter().filter(|other| other.key != procedure.key) {
        let theirs = words(other, None);
        if let Some(number) = shared(&own, &theirs) {
            let detail = format!(
                "`{}` and `{}` of `{}` can both give {number}",
                numbering.pattern, other.numbering.pattern, other.key
            );
            let item = format!("numbering.pattern: {}", other.key);
            findings.find("numbers_collide", &numbering.origin, item, detail);
        }
    }
}

/// Numbers that carry the channel: every channel that may be chosen has a code of its own, asked at registration.
fn channel(procedure: &Procedure, findings: &mut Findings) {
    let numbering = &procedure.numbering;
    if !numbering.pattern.contains("{CH}") {
        if numbering.per_channel {
            let detail =
                format!("`{}` lacks {{CH}}, as every channel counts by itself", numbering.pattern);
            findings.find("bad_pattern", &numbering.origin, "numbering.pattern", detail);
        }
        return;
    }
    let Some(field) = procedure.field_meaning(Means::Channel) else { return };
    let Some(axis) = procedure.axis_of(&field.key) else { return };
    for value in axis.values.iter().filter(|value| !value.system) {
        let item = format!("axes.{}.{}", axis.key, value.key);
        if value.code.as_deref().is_none_or(str::is_empty) {
            let detail = format!("`{}` has no code for the number", value.key);
            findings.find("no_code", &value.origin, item, detail);
            continue;
        }
        let twin = axis.values.iter().take_while(|other| other.key != value.key).find(|other| {
            let (own, theirs) =
                (words(procedure, value.code.as_deref()), words(procedure, other.code.as_deref()));
            shared(&own, &theirs).is_some()
        });
        if let Some(twin) = twin.filter(|_| numbering.per_channel) {
            let detail = format!("`{}` and `{}` can give the same number", twin.key, value.key);
            findings.find("numbers_collide", &value.origin, item, detail);
        }
    }
    let asked = procedure
        .actions
        .iter()
        .filter(|action| action.has(Verb::Register))
        .any(|action| super::forms::entered_with(procedure, action).contains(&field.key));
    if !asked && field.default.is_none() {
        let detail =
            format!("`{}` is not asked at registration, so that {{CH}} stays empty", field.key);
        findings.find("channel_not_asked", &numbering.origin, "numbering.pattern", detail);
    }
}

fn letter(among: impl IntoIterator<Item = char>) -> Letter {
    Letter { among: among.into_iter().collect(), again: false }
}

fn digits() -> Letter {
    letter('0'..='9')
}

/// The words of a procedure's numbers; of one channel's when its code is given.
fn words(procedure: &Procedure, code: Option<&str>) -> Vec<Word> {
    let codes: Vec<String> = match code {
        Some(code) => vec![code.to_owned()],
        None => {
            let axis = procedure
                .field_meaning(Means::Channel)
                .and_then(|field| procedure.axis_of(&field.key));
            axis.iter()
                .flat_map(|axis| &axis.values)
                .filter_map(|value| value.code.clone())
                .collect()
        }
    };
    let mut words: Vec<Word> = vec![Vec::new()];
    let mut rest = procedure.numbering.pattern.as_str();
    while !rest.is_empty() {
        let (choices, tail) = part(rest, &codes);
        words = words
            .iter()
            .flat_map(|word| {
                choices.iter().map(move |choice| word.iter().chain(choice).cloned().collect())
            })
            .collect();
        rest = tail;
    }
    words
}

/// The choices of the first part of a pattern, and the rest of it.
fn part<'t>(text: &'t str, codes: &[String]) -> (Vec<Word>, &'t str) {
    let literal = |text: &str| text.chars().map(|one| letter([one])).collect::<Word>();
    let year = || vec![letter(['1', '2']), digits(), digits(), digits()];
    if let Some(tail) = text.strip_prefix("{YYYYMMDD}") {
        return (dated(&year(), true), tail);
    }
    if let Some(tail) = text.strip_prefix("{YYYYMM}") {
        return (dated(&year(), false), tail);
    }
    if let Some(tail) = text.strip_prefix("{YYYY}") {
        return (vec![year()], tail);
    }
    if let Some(tail) = text.strip_prefix("{CH}") {
        let mut choices: Vec<Word> = codes.iter().map(|code| literal(code)).collect();
        if choices.is_empty() {
            choices.push(Vec::new());
        }
        return (choices, tail);
    }
    if let Some((width, tail)) = text.strip_prefix("{SEQ:").and_then(|rest| rest.split_once('}')) {
        let width: usize = width.parse().unwrap_or(1);
        let exact: Word = (0..width).map(|_| digits()).collect();
        let mut wider: Word = vec![letter('1'..='9')];
        wider.extend(exact.iter().cloned());
        wider.push(Letter { again: true, ..digits() });
        return (vec![exact, wider], tail);
    }
    let mut rest = text.chars();
    let first: String = rest.next().into_iter().collect();
    (vec![literal(&first)], rest.as_str())
}

/// Year, month and, where asked, day.
fn dated(year: &[Letter], day: bool) -> Vec<Word> {
    let pair =
        |first: char, second: std::ops::RangeInclusive<char>| vec![letter([first]), letter(second)];
    let months = [pair('0', '1'..='9'), pair('1', '0'..='2')];
    let days =
        [pair('0', '1'..='9'), pair('1', '0'..='9'), pair('2', '0'..='9'), pair('3', '0'..='1')];
    let mut words = Vec::new();
    for month in &months {
        let head: Word = year.iter().chain(month).cloned().collect();
        if day {
            words.extend(days.iter().map(|day| head.iter().chain(day).cloned().collect::<Word>()));
        } else {
            words.push(head);
        }
    }
    words
}

/// A number that both can give.
fn shared(own: &[Word], theirs: &[Word]) -> Option<String> {
    own.iter().find_map(|word| theirs.iter().find_map(|other| meet(word, other)))
}

/// The shortest text that two words have in common: a walk through pairs of places.
fn meet(own: &[Letter], theirs: &[Letter]) -> Option<String> {
    let mut seen = BTreeSet::from([(0usize, 0usize)]);
    let mut queue = std::collections::VecDeque::from([(0usize, 0usize, String::new())]);
    while let Some((i, j, text)) = queue.pop_front() {
        if i == own.len() && j == theirs.len() {
            return Some(text);
        }
        let mut go = |i: usize, j: usize, text: String| {
            if seen.insert((i, j)) {
                queue.push_back((i, j, text));
            }
        };
        let (a, b) = (own.get(i), theirs.get(j));
        // A letter that may stand any number of times may stand not at all.
        if a.is_some_and(|a| a.again) {
            go(i + 1, j, text.clone());
        }
        if b.is_some_and(|b| b.again) {
            go(i, j + 1, text.clone());
        }
        if let (Some(a), Some(b)) = (a, b)
            && let Some(common) = a.among.intersection(&b.among).next()
        {
            let text = format!("{text}{common}");
            go(if a.again { i } else { i + 1 }, if b.again { j } else { j + 1 }, text);
        }
    }
    None
}
