//! What is wrong with a file.

use std::fmt;

/// One thing that is wrong with a procedure's file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Finding {
    /// The file, as it was named to the reader.
    pub file: String,
    /// One-based line.
    pub line: u32,
    /// What is wrong: a stable id such as `unknown_key`, `missing_key`, `wrong_type`, `unknown_stage`.
    pub code: &'static str,
    /// Which item: `clocks.resolve.breach[1].to`.
    pub item: String,
    /// What should stand there.
    pub expected: String,
    /// What stands there, and what may have been meant.
    pub found: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding { file, line, code, item, expected, found } = self;
        write!(f, "{file}:{line}: {code}: {item}: expected {expected}, found {found}")
    }
}

impl Ord for Finding {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let key = |f: &Finding| {
            (f.line, f.item.clone(), f.code, f.expected.clone(), f.found.clone(), f.file.clone())
        };
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for Finding {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// A word as found, with the nearest of the known words when one is near.
pub(super) fn near<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    let close = word.chars().count().div_ceil(3).max(1);
    let nearest =
        known.map(|one| (distance(word, one), one)).min().filter(|(far, _)| *far <= close);
    match nearest {
        Some((_, one)) => format!("`{word}`; did you mean `{one}`?"),
        None => format!("`{word}`"),
    }
}

/// How many characters must be put in, left out or replaced.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, one) in a.chars().take(64).enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (other, cell) in b.iter().zip(row.iter_mut().skip(1)) {
            let replaced = diagonal + usize::from(one != *other);
            diagonal = *cell;
            left = replaced.min(left + 1).min(diagonal + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_counts_characters() {
        assert_eq!(distance("work", "work"), 0);
        assert_eq!(distance("wrok", "work"), 2);
        assert_eq!(distance("待处理", "待处置"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn only_a_near_word_is_proposed() {
        assert_eq!(near("wrok", ["work", "done"].into_iter()), "`wrok`; did you mean `work`?");
        assert_eq!(near("elephant", ["work"].into_iter()), "`elephant`");
    }
}
