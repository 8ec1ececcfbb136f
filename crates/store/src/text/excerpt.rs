//! The place of a text that a query finds, to be shown beside a hit.

use super::{MAX_PARTS, MAX_RUN, Part, fold, is_ideograph, parts};
use std::collections::BTreeSet;

/// Characters that are shown before the first that was found, at most.
const BEFORE: usize = 12;
/// Characters of an excerpt, at most, the signs for what was left out not counted.
const LONGEST: usize = 64;

/// A stretch of a text that a query found, or that stands beside one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// As the text has it; lines are joined by spaces.
    pub text: String,
    /// The query asked for it.
    pub found: bool,
}

/// A text's place that a query finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// In order; what was left out at either end is told by an ellipsis.
    pub pieces: Vec<Piece>,
    /// How many parts of the query are in the text; the more, the better it tells why it was found.
    pub parts: usize,
    /// Characters of the text before the first that was found.
    pub at: usize,
}

/// A query that is looked for in many texts, read once.
pub struct Query(Vec<Part>);

impl Query {
    /// What a query asks for.
    pub fn of(query: &str) -> Self {
        let query: String = query.chars().take(MAX_PARTS * (MAX_RUN + 1)).collect();
        Self(parts(&query).into_iter().take(MAX_PARTS).collect())
    }

    /// How many parts it has: an [`Excerpt`] with as many holds all that is asked for.
    pub fn parts(&self) -> usize {
        self.0.len()
    }

    /// Where a text holds what is asked for; `None` where it holds nothing of it. The same rules as [`super::matches`], but for
    /// letters that only belong together when a text is folded as a whole.
    pub fn excerpt(&self, text: &str) -> Option<Excerpt> {
        let letters = folded(text);
        let (mut found, mut count) = (BTreeSet::new(), 0);
        for part in &self.0 {
            let places = places(&letters, part);
            count += usize::from(!places.is_empty());
            found.extend(places);
        }
        let first = *found.first()?;
        Some(Excerpt { pieces: cut(text, &found, first), parts: count, at: first })
    }
}

/// Each folded character with the place in the text of the one that it came from.
fn folded(text: &str) -> Vec<(char, usize)> {
    let mut letters = Vec::with_capacity(text.len());
    for (place, c) in text.chars().enumerate() {
        match c {
            // Nearly all of a text; what folds them one by one would cost more than looking for them.
            c if c.is_ascii() => letters.push((c.to_ascii_lowercase(), place)),
            '\u{4E00}'..='\u{9FFF}' => letters.push((c, place)),
            c => letters.extend(fold(c.encode_utf8(&mut [0; 4])).chars().map(|c| (c, place))),
        }
    }
    letters
}

/// The characters of the text that a part of a query finds.
fn places(letters: &[(char, usize)], part: &Part) -> Vec<usize> {
    let wanted: Vec<char> = match part {
        Part::Ideographs(run) => run.iter().take(MAX_RUN).copied().collect(),
        Part::Word(word) | Part::Number(word) => word.chars().collect(),
    };
    let in_word = |at: Option<&(char, usize)>| {
        at.is_some_and(|(c, _)| c.is_alphanumeric() && !is_ideograph(*c))
    };
    let mut found = Vec::new();
    for start in 0..letters.len() {
        let begins = start == 0 || !in_word(letters.get(start - 1));
        if !begins && !matches!(part, Part::Ideographs(_)) {
            continue;
        }
        let Some(end) = spelled(letters, start, &wanted, matches!(part, Part::Number(_))) else {
            continue;
        };
        if matches!(part, Part::Number(_)) && in_word(letters.get(end)) {
            continue;
        }
        found.extend(letters.iter().take(end).skip(start).map(|(_, place)| *place));
    }
    found
}

/// Where the wanted characters end that begin at `start`; `grouped` ones may have a hyphen or a space between them.
fn spelled(
    letters: &[(char, usize)],
    start: usize,
    wanted: &[char],
    grouped: bool,
) -> Option<usize> {
    let mut at = start;
    for (n, c) in wanted.iter().enumerate() {
        let here = |at: usize| letters.get(at).map(|(c, _)| *c);
        if grouped && n > 0 && matches!(here(at), Some('-' | ' ')) {
            at += 1;
        }
        if here(at)? != *c {
            return None;
        }
        at += 1;
    }
    Some(at)
}

/// The text around its first find, in stretches of what was found and what was not.
fn cut(text: &str, found: &BTreeSet<usize>, first: usize) -> Vec<Piece> {
    let from = first.saturating_sub(BEFORE);
    let mut pieces: Vec<Piece> = Vec::new();
    let mut put = |c: char, found: bool| match pieces.last_mut().filter(|last| last.found == found)
    {
        Some(last) => last.text.push(c),
        None => pieces.push(Piece { text: c.to_string(), found }),
    };
    if from > 0 {
        put('…', false);
    }
    let mut rest = text.chars().enumerate().skip(from);
    for (place, c) in rest.by_ref().take(LONGEST) {
        put(if c.is_whitespace() || c.is_control() { ' ' } else { c }, found.contains(&place));
    }
    if rest.next().is_some() {
        put('…', false);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::super::matches;
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str, query: &str) -> Option<String> {
        let told = |piece: &Piece| match piece.found {
            true => format!("[{}]", piece.text),
            false => piece.text.clone(),
        };
        Query::of(query).excerpt(text).map(|excerpt| excerpt.pieces.iter().map(told).collect())
    }

    #[test]
    fn what_a_query_found_is_marked_where_it_stands() {
        let cases = [
            ("付款失败，请退款", "退款", Some("付款失败，请[退款]")),
            ("付款失败，请退款", "失败 退款", Some("付款[失败]，请[退款]")),
            ("The Display is dark", "disp", Some("The [Disp]lay is dark")),
            ("Redisplay", "disp", None),
            ("ＡＢＣ型", "abc", Some("[ＡＢＣ]型")),
            ("单号 2026-1122 0003 有误", "202611220003", Some("单号 [2026-1122 0003] 有误")),
            ("单号 2026112200031", "202611220003", None),
            ("第一行\n退款", "退款", Some("第一行 [退款]")),
            ("没有", "退款", None),
        ];
        for (text, query, expected) in cases {
            assert_eq!(shown(text, query).as_deref(), expected, "{query} in {text}");
        }
        let long = format!("{}退款{}", "前".repeat(40), "后".repeat(80));
        let expected =
            format!("…{}[退款]{}…", "前".repeat(BEFORE), "后".repeat(LONGEST - BEFORE - 2));
        assert_eq!(shown(&long, "退款"), Some(expected));
    }

    proptest! {
        #[test]
        fn a_text_that_a_query_finds_has_a_place_that_it_finds(text in "[ab1退款 ，-]{0,30}", query in "[ab1退款 ]{0,6}") {
            let query_of = Query::of(&query);
            let found = query_of.excerpt(&text);
            if matches(std::slice::from_ref(&text), &query) {
                prop_assert_eq!(found.map(|excerpt| excerpt.parts), Some(query_of.parts()));
            }
        }
    }
}
