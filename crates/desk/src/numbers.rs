//! What somebody means who types a part of a number: of a case's, or of a telephone number as pages show it.

use crate::access::Seen;
use crate::desk::Desk;
use crate::error::DeskError;
use engine::procedure::{FieldKind, Means, Procedure};
use store::{CaseSummary, Filter, PhoneMatch, Scope, Sort, fold_number, phone_digits};

/// Letters of a number from which on it is looked for.
const LEAST: usize = 4;
/// Digits that can be the serial of a number, with or without noughts before it.
const SERIAL: std::ops::RangeInclusive<usize> = 3..=6;
/// Cases whose telephone number ends in the same four digits that are looked at, newest first.
const ALIKE: usize = 50;

impl Desk {
    /// With what the numbers begin that somebody can mean by a part of one: as it is typed, without what a procedure writes before
    /// the date, and the serial alone of what was registered today. Nothing where it is too short.
    pub fn number_beginnings(&self, typed: &str) -> Vec<String> {
        let folded = fold_number(typed);
        let length = folded.chars().count();
        let digits = folded.chars().all(|c| c.is_ascii_digit());
        let mut beginnings = Vec::new();
        if length >= LEAST {
            beginnings.push(folded.clone());
        }
        let day = self.today().strftime("%Y%m%d").to_string();
        for pattern in self.library().all().flat_map(|rules| patterns(rules)) {
            let literal = pattern.split('{').next().unwrap_or_default();
            if length >= LEAST
                && !literal.is_empty()
                && folded.starts_with(|c: char| c.is_ascii_digit())
            {
                beginnings.push(format!("{literal}{folded}"));
            }
            if digits && SERIAL.contains(&length) {
                beginnings.extend(with_serial(&pattern, &day, &folded));
            }
        }
        beginnings.sort();
        beginnings.dedup();
        beginnings
    }

    /// The newest cases with a telephone number that begins and ends so, as pages show it: the middle is hidden. Only the last four
    /// digits are indexed.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn cases_by_shown_phone(
        &self,
        scope: &Scope,
        (begin, last_four): (&str, &str),
        most: usize,
    ) -> Result<Vec<CaseSummary>, DeskError> {
        let phone = Some(PhoneMatch::LastFour(last_four.to_owned()));
        let filter = Filter { phone, ..Filter::default() };
        let alike = self.inner.store.list(scope, &filter, Sort::NewestEntry, None, ALIKE)?.rows;
        let mut found = Vec::new();
        for row in alike {
            let Some(seen) = self.case_listed(scope, &row)? else { continue };
            if phones(&seen).any(|phone| phone.starts_with(begin) && phone.ends_with(last_four)) {
                found.push(row);
            }
            if found.len() == most {
                break;
            }
        }
        Ok(found)
    }
}

/// The patterns of a procedure's numbers, one for each channel that counts by itself.
fn patterns(rules: &Procedure) -> Vec<String> {
    let pattern = &rules.numbering.pattern;
    if !pattern.contains("{CH}") {
        return vec![pattern.clone()];
    }
    let axis = rules.field_meaning(Means::Channel).and_then(|field| rules.axis_of(&field.key));
    let codes = axis.into_iter().flat_map(|axis| &axis.values);
    let mut codes: Vec<&str> = codes.filter_map(|value| value.code.as_deref()).collect();
    codes.sort_unstable();
    codes.dedup();
    codes.into_iter().map(|code| pattern.replace("{CH}", code)).collect()
}

/// A number that is given on a day, written as `YYYYMMDD`, up to its serial, which may be typed without the noughts before it.
fn with_serial(pattern: &str, day: &str, serial: &str) -> Option<String> {
    let (before, rest) = pattern.split_once("{SEQ:")?;
    let width: usize = rest.split_once('}')?.0.parse().ok()?;
    let part = |length| day.get(..length).unwrap_or_default();
    let dated = before.replace("{YYYYMMDD}", day).replace("{YYYYMM}", part(6));
    let dated = dated.replace("{YYYY}", part(4));
    Some(format!("{dated}{serial:0>width$}"))
}

/// The telephone numbers in a case, digits only.
fn phones(seen: &Seen) -> impl Iterator<Item = String> {
    let is_phone = |key: &engine::key::Key| {
        seen.procedure.field(key).is_some_and(|field| {
            matches!(field.kind, FieldKind::Tel) || field.means == Some(Means::Phone)
        })
    };
    let fields = seen.case.fields.iter().filter(move |(key, _)| is_phone(key));
    fields.map(|(_, value)| phone_digits(value.text()))
}
