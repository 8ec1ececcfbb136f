//! How alike two texts are: the share of character pairs that they have in common.

use std::collections::BTreeMap;

/// Similarity in percent, 0 to 100: twice the shared pairs of neighbouring letters or digits over all pairs (Dice).
/// Punctuation, spaces and case do not matter.
pub fn similarity(a: &str, b: &str) -> u8 {
    let (a, b) = (pairs(a), pairs(b));
    let total: usize = a.values().sum::<usize>() + b.values().sum::<usize>();
    let shared: usize =
        a.iter().map(|(pair, count)| (*count).min(b.get(pair).copied().unwrap_or(0))).sum();
    (200 * shared).checked_div(total).map_or(0, |percent| u8::try_from(percent).unwrap_or(100))
}

fn pairs(text: &str) -> BTreeMap<(char, char), usize> {
    let letters: Vec<char> =
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let mut counts = BTreeMap::new();
    for (a, b) in letters.iter().zip(letters.iter().skip(1)) {
        *counts.entry((*a, *b)).or_insert(0) += 1;
    }
    counts
}
