//! What the customer's rating leads to.

use super::Work;
use crate::case::Facts;
use crate::event::{Event, SetCause};
use crate::key::Key;
use crate::procedure::{Meaning, Moment, Procedure};
use crate::value::Value;
use std::collections::BTreeMap;

impl Work<'_> {
    /// The rating is in the fields; the first matching rule of the survey decides what follows.
    pub(super) fn rate(&mut self, id: &Key, procedure: &Procedure) {
        let Some(survey) = &procedure.survey else { return };
        self.prefill(id, procedure);
        self.happen(id, Moment::Rated);
        let rating = self
            .case(id)
            .value(&survey.rating)
            .map(|value| value.text().to_owned())
            .unwrap_or_default();
        let meaning = procedure
            .axis_of(&survey.rating)
            .and_then(|axis| axis.value(&rating))
            .and_then(|value| value.meaning);
        if meaning == Some(Meaning::Dissatisfied) {
            self.happen(id, Moment::Dissatisfied);
        }
        let facts = Facts::new(procedure, self.case(id), &self.who);
        if let Some(rule) = survey.rules.iter().find(|rule| facts.holds(&rule.when)) {
            for effect in &rule.effects {
                self.effect(id, effect);
            }
        }
    }

    /// The overall rating that nobody gave is the rounded mean of the dimensions, half up (S2-Q13).
    pub(super) fn prefill(&mut self, id: &Key, procedure: &Procedure) {
        let Some(survey) = procedure.survey.as_ref().filter(|survey| survey.prefill) else {
            return;
        };
        let case = self.case(id);
        let scores: Vec<i64> = survey
            .dimensions
            .iter()
            .filter_map(|field| procedure.axis_of(field)?.value(case.value(field)?.text())?.score)
            .collect();
        let entered = self.events.iter().rev().any(|(case, recorded)| case == id && matches!(&recorded.event, Event::FieldsSet { values, cause: SetCause::Entered, .. } if values.contains_key(&survey.rating)));
        let Some(count) = i64::try_from(scores.len()).ok().filter(|count| *count > 0 && !entered)
        else {
            return;
        };
        let mean = (scores.iter().sum::<i64>() * 2 + count).div_euclid(count * 2);
        let value = procedure
            .axis_of(&survey.rating)
            .and_then(|axis| axis.values.iter().find(|value| value.score == Some(mean)));
        if let Some(value) = value {
            let rating = Value::Text(value.key.to_string());
            self.set_fields(
                id,
                BTreeMap::from([(survey.rating.clone(), Some(rating))]),
                SetCause::Effect,
                None,
            );
        }
    }
}
