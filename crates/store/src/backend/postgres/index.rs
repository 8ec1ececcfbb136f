//! Tokens as the server's full-text index takes them.

use crate::text::Sought;
use std::collections::BTreeMap;

/// Positions that the index can tell apart; it knows 16,383.
const POSITIONS: usize = 16_000;
/// At the seam between two rounds of positions so many tokens are put down twice, so that a phrase is found across it: no phrase of a
/// query is longer.
const OVERLAP: usize = 64;
/// Positions that the index keeps of one token.
const PLACES: usize = 255;
/// An index entry may have a mebibyte; what a text holds beyond it is not found.
const ENTRY_BYTES: usize = 900_000;

/// The tokens of a line with their positions, as the literal of a `tsvector`. Positions begin anew after some sixteen thousand; so
/// long a text is found by a phrase that stands in it, and at worst by one that does not.
pub(super) fn index_text(line: &str) -> String {
    let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut bytes = 0;
    for (n, token) in line.split_ascii_whitespace().enumerate() {
        let at = n % POSITIONS;
        let again = (n >= POSITIONS && at < OVERLAP).then_some(POSITIONS + at + 1);
        let known = places.contains_key(token);
        bytes += if known { 2 } else { token.len() + 12 };
        if bytes > ENTRY_BYTES {
            break;
        }
        let held = places.entry(token).or_default();
        for place in [Some(at + 1), again].into_iter().flatten() {
            if held.len() < PLACES && !held.contains(&place) {
                held.push(place);
            }
        }
    }
    let mut text = String::with_capacity(line.len() * 2);
    for (token, places) in places {
        text.push_str(&quoted(token));
        for (n, place) in places.iter().enumerate() {
            let sign = if n == 0 { ":" } else { "," };
            text.push_str(sign);
            text.push_str(&place.to_string());
        }
        text.push(' ');
    }
    text
}

/// Tokens hold neither quotes nor backslashes; doubling them makes sure that none could do harm.
fn quoted(token: &str) -> String {
    format!("'{}'", token.replace('\\', "\\\\").replace('\'', "''"))
}

/// The sought parts as a `tsquery`; all of them must occur.
pub(super) fn match_text(sought: &[Sought]) -> String {
    let part = |part: &Sought| match part {
        Sought::Phrase(tokens) => {
            let tokens: Vec<String> = tokens.iter().map(|token| quoted(token)).collect();
            format!("({})", tokens.join(" <-> "))
        }
        Sought::Whole(token) => quoted(token),
        Sought::Prefix(token) => format!("{}:*", quoted(token)),
    };
    sought.iter().map(part).collect::<Vec<_>>().join(" & ")
}

#[cfg(test)]
mod tests {
    use super::index_text;

    #[test]
    fn positions_stay_within_what_the_index_knows() {
        let line: String = (0..40_000).map(|n| format!("{n:x} ")).collect();
        let text = index_text(&line);
        assert!(text.starts_with("'0':1 "));
        assert!(text.contains(&format!("'{:x}':1,16001 ", 16_000)));
        assert!(text.contains(&format!("'{:x}':65 ", 16_064)));
        let most = text.split([':', ',', ' ']).filter_map(|n| n.parse::<usize>().ok()).max();
        assert_eq!(most, Some(16_064));
        assert_eq!(index_text("a b a"), "'a':1,3 'b':2 ");
    }
}
