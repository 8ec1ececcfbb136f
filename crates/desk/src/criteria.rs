//! Which cases a list shows and in which order, in the words of its address: what lists, views, exports and counts have in common.

use crate::desk::Desk;
use crate::error::DeskError;
use crate::rows::{RATINGS, measure};
use engine::refusal::{Problem, Refusal};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use store::{CALLS, Filter, Measured, Sort};

/// The filters of a list; what is empty asks for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Criteria {
    /// Key of the procedure.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub procedure: String,
    /// Key of the stage.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub stage: String,
    /// Who must act: a person or a role.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub holder: String,
    /// Key of the department.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub department: String,
    /// Channel.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub channel: String,
    /// Category.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub category: String,
    /// `late`: past its due; `hour`, `day`: due within that time, and not yet past.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub due: String,
    /// `today`: the customer must be contacted today at the latest.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub call: String,
    /// `all`; `valid`: all but void ones; else the work in hand.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub state: String,
    /// `newest` or `severity`, else what is due first.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sort: String,
    /// 1 to 3.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub severity: String,
    /// What `from` and `to` are days of: `closed`, `rated`, or `missed`, when a deadline came that was missed; else registration.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub by: String,
    /// Key of a clock of the procedure: only its missed deadlines.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub clock: String,
    /// `satisfied`, `neutral` or `dissatisfied`: only cases that were rated so.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub rating: String,
    /// On this day or later.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub from: String,
    /// On this day or earlier.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub to: String,
}

/// Words that mean something, by filter; whatever else is said there means nothing.
const WORDS: [(&str, &[&str]); 6] = [
    ("due", &["late", "hour", "day"]),
    ("call", &["today"]),
    ("state", &["all", "valid"]),
    ("sort", &["newest", "severity"]),
    ("by", &["closed", "rated", "missed"]),
    ("rating", &["satisfied", "neutral", "dissatisfied"]),
];

impl Criteria {
    /// Every filter with its name in an address.
    pub fn named(&self) -> [(&'static str, &str); 16] {
        [
            ("procedure", &self.procedure),
            ("stage", &self.stage),
            ("holder", &self.holder),
            ("department", &self.department),
            ("channel", &self.channel),
            ("category", &self.category),
            ("due", &self.due),
            ("call", &self.call),
            ("state", &self.state),
            ("sort", &self.sort),
            ("severity", &self.severity),
            ("by", &self.by),
            ("clock", &self.clock),
            ("rating", &self.rating),
            ("from", &self.from),
            ("to", &self.to),
        ]
    }

    /// Those that ask for something.
    pub fn given(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.named().into_iter().filter(|(_, value)| !value.is_empty())
    }

    /// The list without some of its filters.
    #[must_use]
    pub fn without(&self, names: &[&str]) -> Self {
        let kept = self.given().filter(|(name, _)| !names.contains(name));
        let kept: serde_json::Map<String, serde_json::Value> =
            kept.map(|(name, value)| (name.to_owned(), value.into())).collect();
        serde_json::from_value(kept.into()).unwrap_or_default()
    }

    /// The work in hand only: what makes a list, and counting it, cheap however many cases were closed.
    pub fn is_open(&self) -> bool {
        self.state.is_empty()
    }

    /// The order.
    pub fn sort(&self) -> Sort {
        match self.sort.as_str() {
            "newest" => Sort::Newest,
            "severity" => Sort::Severity,
            _ => Sort::NextDue,
        }
    }

    /// As the store takes it. Days are those of the calendar that the organisation works by.
    ///
    /// # Errors
    /// `Refused` when something is said that means nothing.
    pub fn filter(&self, desk: &Desk) -> Result<Filter, DeskError> {
        let wrong = |name: &str| -> DeskError {
            Refusal::Invalid { fields: vec![(name.into(), Problem::Unknown)] }.into()
        };
        for (name, known) in WORDS {
            let said = self.given().find(|(filter, _)| *filter == name);
            if said.is_some_and(|(_, said)| !known.contains(&said)) {
                return Err(wrong(name));
            }
        }
        // A clock is its procedure's, and missed on some day.
        if !self.clock.is_empty() && (self.procedure.is_empty() || self.by != "missed") {
            return Err(wrong("clock"));
        }
        if !self.call.is_empty() && !self.by.is_empty() {
            return Err(wrong("by"));
        }
        if !self.rating.is_empty() && self.by != "rated" {
            return Err(wrong("rating"));
        }
        let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let within = |hours| desk.now().checked_add(SignedDuration::from_hours(hours)).ok();
        let calendar = desk.calendar_of_the_house();
        let day = |name: &str, text: &String| -> Result<Option<Date>, DeskError> {
            given(text).map(|text| text.parse().map_err(|_| wrong(name))).transpose()
        };
        let (from, to) = (day("from", &self.from)?, day("to", &self.to)?);
        let after = to.map(|date| date.tomorrow().map_err(|_| wrong("to"))).transpose()?;
        let begins = |date: Option<Date>| -> Result<Option<Timestamp>, DeskError> {
            let Some(date) = date.filter(|_| self.by.is_empty()) else { return Ok(None) };
            let calendar = calendar.as_ref().ok_or_else(|| wrong("from"))?;
            Ok(Some(calendar.instant(date.at(0, 0, 0, 0))))
        };
        let severity = match given(&self.severity).map(|text| text.parse()) {
            Some(Ok(severity @ 1..=3)) => Some(severity),
            Some(_) => return Err(wrong("severity")),
            None => None,
        };
        Ok(Filter {
            open: self.is_open().then_some(true),
            procedure: given(&self.procedure),
            stage: given(&self.stage),
            holder: given(&self.holder),
            department: given(&self.department),
            channel: given(&self.channel),
            category: given(&self.category),
            severity,
            except_life: (self.state == "valid").then(|| "voided".to_owned()),
            due_from: matches!(self.due.as_str(), "hour" | "day").then(|| desk.now()),
            due_before: match self.due.as_str() {
                "late" => Some(desk.now()),
                "hour" => within(1),
                "day" => within(24),
                _ => None,
            },
            registered_from: begins(from)?,
            registered_before: begins(after)?,
            measured: self.measured(desk, from, to),
            ..Filter::default()
        })
    }

    /// The measure to which cases must contribute, where the filters ask for one.
    fn measured(&self, desk: &Desk, from: Option<Date>, to: Option<Date>) -> Option<Measured> {
        let cells = |metric: &str, days: (Date, Date), dims: Vec<String>| Measured {
            metrics: [false, true].map(|apart| measure(metric, apart)).into(),
            from: days.0,
            to: days.1,
            dims,
        };
        if !self.call.is_empty() {
            // What was to be done on a day before is not done either.
            return Some(cells(CALLS[0], (Date::MIN, desk.today()), Vec::new()));
        }
        let days = (from.unwrap_or(Date::MIN), to.unwrap_or(Date::MAX));
        match self.by.as_str() {
            "closed" => Some(cells("closed", days, Vec::new())),
            "missed" if self.clock.is_empty() => Some(cells("breached", days, Vec::new())),
            "missed" => {
                Some(cells("breached", days, vec![format!("{}|{}", self.procedure, self.clock)]))
            }
            "rated" => {
                let ratings = RATINGS.map(engine::procedure::Meaning::name);
                let asked = ratings
                    .into_iter()
                    .filter(|one| self.rating.is_empty() || **one == *self.rating);
                let library = desk.library();
                let of = |rating| library.all().map(move |rules| format!("{}|{rating}", rules.key));
                Some(cells("rated", days, asked.flat_map(of).collect()))
            }
            _ => None,
        }
    }
}
