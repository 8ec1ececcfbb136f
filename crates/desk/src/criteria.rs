//! Which cases a list shows and in which order, in the words of its address: what lists, views, exports and counts have in common.

use crate::desk::Desk;
use crate::error::DeskError;
use engine::refusal::{Problem, Refusal};
use jiff::civil::Date;
use jiff::{SignedDuration, Span, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Filter, Sort};

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
    /// `late`, `hour` or `day`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub due: String,
    /// `all`, else the work in hand.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub state: String,
    /// `newest` or `severity`, else what is due first.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sort: String,
    /// 1 to 3.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub severity: String,
    /// Registered on this day or later.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub from: String,
    /// Registered on this day or earlier.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub to: String,
}

impl Criteria {
    /// Every filter with its name in an address.
    pub fn named(&self) -> [(&'static str, &str); 12] {
        [
            ("procedure", &self.procedure),
            ("stage", &self.stage),
            ("holder", &self.holder),
            ("department", &self.department),
            ("channel", &self.channel),
            ("category", &self.category),
            ("due", &self.due),
            ("state", &self.state),
            ("sort", &self.sort),
            ("severity", &self.severity),
            ("from", &self.from),
            ("to", &self.to),
        ]
    }

    /// Those that ask for something.
    pub fn given(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.named().into_iter().filter(|(_, value)| !value.is_empty())
    }

    /// The work in hand only: what makes a list, and counting it, cheap however many cases were closed.
    pub fn is_open(&self) -> bool {
        self.state != "all"
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
        for (name, said, known) in [
            ("due", &self.due, &["late", "hour", "day"][..]),
            ("state", &self.state, &["all"]),
            ("sort", &self.sort, &["newest", "severity"]),
        ] {
            if !said.is_empty() && !known.contains(&said.as_str()) {
                return Err(wrong(name));
            }
        }
        let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let within = |hours| desk.now().checked_add(SignedDuration::from_hours(hours)).ok();
        let library = desk.library();
        let calendar = library.all().find_map(|rules| library.newest(&rules.key));
        let day = |name: &str, text: &String, after: i64| -> Result<Option<Timestamp>, DeskError> {
            let Some(text) = given(text) else { return Ok(None) };
            let date: Date = text.parse().map_err(|_| wrong(name))?;
            let date = date.checked_add(Span::new().days(after)).map_err(|_| wrong(name))?;
            let (_, calendar) = calendar.as_ref().ok_or_else(|| wrong(name))?;
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
            due_before: match self.due.as_str() {
                "late" => Some(desk.now()),
                "hour" => within(1),
                "day" => within(24),
                _ => None,
            },
            registered_from: day("from", &self.from, 0)?,
            registered_before: day("to", &self.to, 1)?,
            ..Filter::default()
        })
    }
}
