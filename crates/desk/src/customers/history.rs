//! What a customer's cases say of him, as far as whoever looks may see them.

use crate::desk::Desk;
use crate::error::DeskError;
use crate::mask::without_phones;
use crate::organisation::Caller;
use engine::procedure::{AxisValue, Label, Meaning, Means};
use engine::value::Value;
use std::collections::BTreeMap;
use store::{CaseSummary, Filter, Page, Sort};

/// One page of a customer's cases, and what they say.
#[derive(Debug, Clone)]
pub struct History {
    /// The cases, newest first.
    pub cases: Page<CaseSummary>,
    /// How often they were rated so.
    pub ratings: BTreeMap<Meaning, usize>,
    /// By which channels they came, the usual one first.
    pub channels: Vec<(Label, usize)>,
    /// Products and orders that they are about, each with the number of the newest such case.
    pub products: Vec<(String, String)>,
}

impl Desk {
    /// A page of a customer's cases across channels and procedures.
    ///
    /// # Errors
    /// `Invalid` of the store for a cursor of another list; a failure of the store.
    pub fn customer_history(
        &self,
        caller: &Caller,
        key: &str,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<History, DeskError> {
        let scope = self.scope(caller);
        let filter = Filter { of_customer: Some(key.to_owned()), ..Filter::default() };
        let cases = self.store().list(&scope, &filter, Sort::Newest, cursor, limit)?;
        let (mut ratings, mut channels) = (BTreeMap::new(), Vec::<(Label, usize)>::new());
        let mut products: Vec<(String, String)> = Vec::new();
        for row in &cases.rows {
            let Some(seen) = self.case_listed(&scope, row)? else { continue };
            let value = |means| {
                let field = seen.procedure.field_meaning(means)?;
                let text = seen.case.value(&field.key).map(Value::text)?;
                Some((field, text)).filter(|(_, text)| !text.is_empty())
            };
            let chosen = |means| -> Option<AxisValue> {
                let (field, text) = value(means)?;
                seen.procedure.axis_of(&field.key)?.value(text).cloned()
            };
            if let Some(meaning) = chosen(Means::Rating).and_then(|value| value.meaning) {
                *ratings.entry(meaning).or_insert(0) += 1;
            }
            if let Some(value) = chosen(Means::Channel) {
                match channels.iter_mut().find(|(label, _)| label.zh == value.label.zh) {
                    Some((_, count)) => *count += 1,
                    None => channels.push((value.label, 1)),
                }
            }
            if let Some((_, text)) = value(Means::Product) {
                let text = without_phones(text);
                if !products.iter().any(|(known, _)| *known == text) {
                    products.push((text, row.number.clone()));
                }
            }
        }
        channels.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        Ok(History { cases, ratings, channels, products })
    }
}
