//! How texts are found: folding, tokens and queries. Hits are exactly those of [`matches`], a plain search without an index:
//!
//! - Text is folded: NFKC, lower case; so full-width letters equal half-width ones.
//! - An **ideographic run** (Han, kana, Hangul, bopomofo) of a query must occur as it stands inside the text.
//! - A **word** of a query (any other letters and digits) must be the beginning of a word of the text.
//! - A **long number** (seven digits or more, also grouped by single hyphens or spaces) must equal a long number of the text as
//!   a whole. The index holds a keyed mark of it, never the digits: it may be somebody's phone.
//! - All parts of a query must occur, in any order. A query without letters and digits finds nothing.
//!
//! Only the first 32 parts of a query count, and the first 64 characters of a part.

mod excerpt;

pub use excerpt::{Excerpt, Piece, Query};

use crate::hash::hex;
use crate::vault::Vault;
use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization;

/// Parts of a query that count.
pub(crate) const MAX_PARTS: usize = 32;
/// Characters of a run or word that count.
pub(crate) const MAX_RUN: usize = 64;
/// The version of the rules in this file; an index made by another one is made anew.
pub(crate) const TOKENIZER: u32 = 1;
const LONG_NUMBER: usize = 7;

/// One part of a query, for the full-text index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sought {
    /// These tokens, one directly after the other.
    Phrase(Vec<String>),
    /// Exactly this token.
    Whole(String),
    /// A token that begins so.
    Prefix(String),
}

/// A stretch of folded text.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Ideographs(Vec<char>),
    Word(String),
    /// Digits alone, separators dropped, or a word with many digits in it.
    Number(String),
}

/// The one spelling under which texts are compared.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

fn is_ideograph(c: char) -> bool {
    matches!(c,
        '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}' | '\u{3040}'..='\u{30FF}' | '\u{3100}'..='\u{312F}' | '\u{31A0}'..='\u{31BF}'
        | '\u{31F0}'..='\u{31FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}' | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{3FFFF}')
        && c.is_alphanumeric()
}

/// The parts of a text, in order.
fn parts(text: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    // The separator before the current word when it is a single one that can group digits.
    let mut gap: Option<char> = None;
    let mut grouped_by: Option<char> = None;
    let mut letters = fold(text).chars().collect::<Vec<_>>().into_iter().peekable();
    while let Some(c) = letters.next() {
        if is_ideograph(c) {
            let mut run = vec![c];
            while let Some(next) = letters.next_if(|next| is_ideograph(*next)) {
                run.push(next);
            }
            parts.push(Part::Ideographs(run));
            (gap, grouped_by) = (None, None);
        } else if c.is_alphanumeric() {
            let mut word = String::from(c);
            while let Some(next) =
                letters.next_if(|next| next.is_alphanumeric() && !is_ideograph(*next))
            {
                word.push(next);
            }
            let digits = |word: &str| word.chars().all(|c| c.is_ascii_digit() || c == '-');
            match parts.last_mut() {
                Some(Part::Word(before))
                    if gap.is_some()
                        && (grouped_by.is_none() || grouped_by == gap)
                        && digits(before)
                        && digits(&word) =>
                {
                    before.push('-');
                    before.push_str(&word);
                    grouped_by = gap;
                }
                _ => {
                    parts.push(Part::Word(word));
                    grouped_by = None;
                }
            }
            gap = None;
        } else {
            let single =
                matches!(c, '-' | ' ') && letters.peek().is_some_and(|next| next.is_ascii_digit());
            let after_word = matches!(parts.last(), Some(Part::Word(_)));
            gap = (single && after_word && gap.is_none()).then_some(c);
            if gap.is_none() {
                grouped_by = None;
            }
        }
    }
    parts.into_iter().flat_map(settle).collect()
}

/// Decides whether a word, or digits grouped by hyphens, are a long number.
fn settle(part: Part) -> Vec<Part> {
    match part {
        Part::Word(word) if word.chars().filter(char::is_ascii_digit).count() >= LONG_NUMBER => {
            vec![Part::Number(word.chars().filter(|c| *c != '-').collect())]
        }
        Part::Word(word) => {
            word.split('-').map(|word| Part::Word(word.chars().take(MAX_RUN).collect())).collect()
        }
        other => vec![other],
    }
}

/// The whole token under which a long number is indexed. No word begins like it, so no query for a word finds it.
fn number_token(vault: &Vault, number: &str) -> String {
    format!("\u{E001}{}", hex(&vault.mark("long number in text", number.as_bytes())))
}

/// Everything by which texts are found, as tokens.
#[derive(Default)]
pub(crate) struct Tokens {
    /// Pairs of neighbours run by run, so that a phrase never crosses from one run into the next.
    pairs: String,
    /// Each single character, word and number once.
    singles: BTreeSet<String>,
}

impl Tokens {
    pub(crate) fn of<'t>(vault: &Vault, texts: impl IntoIterator<Item = &'t String>) -> Self {
        let mut tokens = Self::default();
        texts.into_iter().for_each(|text| tokens.add(vault, text));
        tokens
    }

    pub(crate) fn add(&mut self, vault: &Vault, text: &str) {
        for part in parts(text) {
            match part {
                Part::Ideographs(run) => {
                    for (first, second) in run.iter().zip(run.iter().skip(1)) {
                        self.pairs.extend([*first, *second, ' ']);
                    }
                    // A stop that no query can contain.
                    self.pairs.push_str("\u{E000} ");
                    self.singles.extend(run.iter().map(char::to_string));
                }
                Part::Word(word) => drop(self.singles.insert(word)),
                Part::Number(number) => drop(self.singles.insert(number_token(vault, &number))),
            }
        }
    }

    /// As one line, together with those of one text more.
    pub(crate) fn line_with(&self, vault: &Vault, text: &str) -> String {
        let mut more = Self::default();
        more.add(vault, text);
        let mut line = self.pairs.clone() + &more.pairs;
        let mut more = more.singles.iter().peekable();
        let mut put = |token: &String| {
            line.push_str(token);
            line.push(' ');
        };
        // Both are in order, and so is the line.
        for token in &self.singles {
            while let Some(before) = more.next_if(|one| *one < token) {
                put(before);
            }
            more.next_if_eq(&token);
            put(token);
        }
        more.for_each(put);
        line
    }

    /// As one line.
    pub(crate) fn line(&self) -> String {
        let length =
            self.pairs.len() + self.singles.iter().map(|token| token.len() + 1).sum::<usize>();
        let mut line = String::with_capacity(length);
        line.push_str(&self.pairs);
        for token in &self.singles {
            line.push_str(token);
            line.push(' ');
        }
        line
    }
}

/// The parts of a query for the index; empty when the query can find nothing.
pub(crate) fn sought(vault: &Vault, query: &str) -> Vec<Sought> {
    // Nobody types so much; what lies beyond does not narrow the search.
    let query: String = query.chars().take(MAX_PARTS * (MAX_RUN + 1)).collect();
    parts(&query).into_iter().take(MAX_PARTS).map(|part| sought_part(vault, part)).collect()
}

fn sought_part(vault: &Vault, part: Part) -> Sought {
    match part {
        Part::Ideographs(run) => match run.as_slice() {
            [single] => Sought::Whole(single.to_string()),
            run => {
                let run = run.iter().take(MAX_RUN);
                Sought::Phrase(
                    run.clone()
                        .zip(run.skip(1))
                        .map(|(first, second)| [*first, *second].iter().collect())
                        .collect(),
                )
            }
        },
        Part::Word(word) => Sought::Prefix(word),
        Part::Number(number) => Sought::Whole(number_token(vault, &number)),
    }
}

/// Whether a query finds these texts, decided without an index: the meaning of search.
pub fn matches(texts: &[String], query: &str) -> bool {
    let query: String = query.chars().take(MAX_PARTS * (MAX_RUN + 1)).collect();
    let wanted: Vec<Part> = parts(&query).into_iter().take(MAX_PARTS).collect();
    let folded: Vec<String> = texts.iter().map(|text| fold(text)).collect();
    let there: Vec<Part> = texts.iter().flat_map(|text| parts(text)).collect();
    !wanted.is_empty()
        && wanted.iter().all(|part| match part {
            Part::Ideographs(run) => {
                let run: String = run.iter().take(MAX_RUN).collect();
                folded.iter().any(|text| text.contains(&run))
            }
            Part::Word(word) => there
                .iter()
                .any(|part| matches!(part, Part::Word(other) if other.starts_with(word))),
            Part::Number(number) => there.contains(&Part::Number(number.clone())),
        })
}

/// The keyed marks of a phone number: whole, first seven and last four digits. A number of fewer than four digits has none.
pub(crate) fn phone_marks(vault: &Vault, phone: &str) -> Vec<[u8; 16]> {
    let digits = phone_digits(phone);
    let mut marks = Vec::new();
    if digits.len() >= 4 {
        marks.push(vault.mark("phone", digits.as_bytes()));
        marks
            .extend(digits.get(..7).map(|first| vault.mark("phone first seven", first.as_bytes())));
        marks.extend(
            digits
                .get(digits.len() - 4..)
                .map(|last| vault.mark("phone last four", last.as_bytes())),
        );
    }
    marks
}

/// The keyed mark of a whole phone number. One of fewer than four digits has none.
pub(crate) fn phone_mark(vault: &Vault, phone: &str) -> Option<[u8; 16]> {
    phone_marks(vault, phone).into_iter().next()
}

/// The keyed mark of an e-mail address or a messenger's id.
pub(crate) fn account_mark(vault: &Vault, account: &str) -> Option<[u8; 16]> {
    let account = fold(account.trim());
    (!account.is_empty()).then(|| vault.mark("account", account.as_bytes()))
}

/// Letters of a word by whose beginnings it is found.
const BEGINNINGS: usize = 16;

/// The keyed marks of a short text about somebody, by which it is found without being written anywhere: each character and each pair
/// of neighbours, each beginning of a word, each long number, whole, its first seven and its last four digits.
pub(crate) fn blind(vault: &Vault, text: &str) -> Vec<[u8; 16]> {
    let mut tokens: BTreeSet<String> = BTreeSet::new();
    for part in parts(text) {
        match part {
            Part::Ideographs(run) => {
                tokens.extend(run.iter().map(char::to_string));
                tokens.extend(neighbours(&run));
            }
            Part::Word(word) => {
                let mut beginning = String::new();
                for letter in word.chars().take(BEGINNINGS) {
                    beginning.push(letter);
                    tokens.insert(beginning.clone());
                }
            }
            Part::Number(number) => {
                let number = phone_digits(&number);
                tokens.extend(number.get(..LONG_NUMBER).map(str::to_owned));
                tokens.extend(number.get(number.len().saturating_sub(4)..).map(str::to_owned));
                tokens.insert(number);
            }
        }
    }
    tokens.iter().map(|token| vault.mark("blind", token.as_bytes())).collect()
}

/// The marks of [`blind`] that a query asks for; all must be there. Empty when the query can find nothing.
pub(crate) fn sought_blind(vault: &Vault, query: &str) -> Vec<[u8; 16]> {
    let query: String = query.chars().take(MAX_PARTS * 2).collect();
    let tokens = parts(&query).into_iter().take(MAX_PARTS).flat_map(|part| match part {
        Part::Ideographs(run) => match run.as_slice() {
            [single] => vec![single.to_string()],
            run => neighbours(run).collect(),
        },
        Part::Word(word) => vec![word.chars().take(BEGINNINGS).collect()],
        Part::Number(number) => vec![phone_digits(&number)],
    });
    let tokens: BTreeSet<String> = tokens.collect();
    tokens.iter().map(|token| vault.mark("blind", token.as_bytes())).collect()
}

fn neighbours(run: &[char]) -> impl Iterator<Item = String> {
    run.iter().zip(run.iter().skip(1)).map(|(first, second)| [*first, *second].iter().collect())
}

/// The digits of a phone number, without the country code of China.
pub fn phone_digits(phone: &str) -> String {
    let digits: String = phone.nfkc().filter(char::is_ascii_digit).collect();
    let bare = digits.strip_prefix("0086").or_else(|| {
        digits.strip_prefix("86").filter(|rest| rest.len() == 11 && rest.starts_with('1'))
    });
    bare.map(str::to_owned).unwrap_or(digits)
}
