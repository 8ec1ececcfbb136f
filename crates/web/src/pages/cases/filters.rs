//! The filters of a list: what can be chosen, and what is chosen, in words.

use crate::pages::roles;
use crate::pages::words::Lang;
use desk::Criteria;
use engine::decide::Library;
use engine::people::Directory;
use engine::procedure::{Means, Procedure};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A filter that can be chosen.
pub(crate) struct Choice {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    /// Value, text, chosen.
    pub(crate) options: Vec<(String, String, bool)>,
}

/// Something that a list is narrowed by.
pub(crate) struct Chip {
    /// What it says.
    pub(crate) text: String,
    /// The list without it.
    pub(crate) rest: Criteria,
}

/// Filters whose values are those of a procedure: they go with it.
const OF_PROCEDURE: &[&str] = &["procedure", "stage", "channel", "category", "clock"];
/// Filters by days: they go together.
const OF_DAYS: &[&str] = &["by", "clock", "rating", "from", "to"];

/// Puts filters into words.
pub(crate) struct Filters<'a> {
    pub(crate) asked: &'a Criteria,
    pub(crate) lang: Lang,
    pub(crate) library: &'a Library,
    pub(crate) people: &'a Directory,
}

impl Filters<'_> {
    /// Everything that can be chosen from.
    pub(crate) fn choices(&self) -> Vec<Choice> {
        let asked = self.asked;
        let mut choices = vec![self.choice(
            "procedure",
            &asked.procedure,
            self.library.all().map(|rules| (rules.key.to_string(), self.word(&rules.label))),
        )];
        if let Some(rules) = self.rules() {
            let stages = rules.stages.iter();
            let stages = stages.map(|stage| (stage.key.to_string(), self.word(&stage.label)));
            choices.push(self.choice("stage", &asked.stage, stages));
        }
        choices.push(self.choice("holder", &asked.holder, self.holders()));
        choices.push(self.choice("department", &asked.department, self.departments()));
        for (name, means, chosen) in [
            ("channel", Means::Channel, &asked.channel),
            ("category", Means::Category, &asked.category),
        ] {
            if let Some(values) = self.rules().and_then(|rules| values(&rules, means)) {
                let values = values.into_iter().map(|(key, label)| (key, self.word(&label)));
                choices.push(self.choice(name, chosen, values));
            }
        }
        let fixed = |name: &'static str, chosen: &str, values: &[&str]| {
            let values = values.iter().map(|value| ((*value).to_owned(), self.said(name, value)));
            self.choice(name, chosen, values)
        };
        choices.push(fixed("due", &asked.due, &["late", "hour", "day"]));
        choices.push(fixed("call", &asked.call, &["today"]));
        choices.push(fixed("severity", &asked.severity, &["3", "2", "1"]));
        for (name, chosen, values) in [
            ("state", &asked.state, ["", "valid", "all"]),
            ("sort", &asked.sort, ["", "newest", "severity"]),
        ] {
            let label = label(name);
            let option = |value: &str| (value.to_owned(), self.said(name, value), value == *chosen);
            choices.push(Choice { name, label, options: values.map(option).into() });
        }
        choices
    }

    /// What narrows the list, each with the list without it. The order narrows nothing.
    pub(crate) fn chips(&self) -> Vec<Chip> {
        let asked = self.asked;
        let mut chips = Vec::new();
        let mut chip = |name: &str, value: &str, text: String, gone: &[&str]| {
            if !value.is_empty() {
                let values = [("name", self.lang.say(label(name))), ("value", &*text)];
                let text = self.lang.fill("cases.chip", &values);
                chips.push(Chip { text, rest: asked.without(gone) });
            }
        };
        let rules = self.rules();
        let of = |key: &str, found: Option<String>| found.unwrap_or_else(|| key.to_owned());
        let procedure = rules.as_ref().map(|rules| self.word(&rules.label));
        chip("procedure", &asked.procedure, of(&asked.procedure, procedure), OF_PROCEDURE);
        let stage = self.of_any(|rules| Some(self.word(&rules.stage(&asked.stage)?.label)));
        chip("stage", &asked.stage, of(&asked.stage, stage), &["stage"]);
        chip("holder", &asked.holder, self.holder(), &["holder"]);
        let department =
            self.of_any(|rules| Some(self.word(&rules.department(&asked.department)?.label)));
        chip("department", &asked.department, of(&asked.department, department), &["department"]);
        for (name, means, value) in [
            ("channel", Means::Channel, &asked.channel),
            ("category", Means::Category, &asked.category),
        ] {
            let known = self.of_any(|rules| {
                let (_, label) = values(rules, means)?.into_iter().find(|(key, _)| key == value)?;
                Some(self.word(&label))
            });
            chip(name, value, of(value, known), &[name]);
        }
        for (name, value) in [
            ("due", &asked.due),
            ("call", &asked.call),
            ("severity", &asked.severity),
            ("state", &asked.state),
        ] {
            chip(name, value, self.said(name, value), &[name]);
        }
        if let Some((by, days)) = self.days() {
            let values = [("name", self.lang.say(by)), ("value", &*days)];
            let text = self.lang.fill("cases.chip", &values);
            chips.push(Chip { text, rest: asked.without(OF_DAYS) });
        }
        let clock = self.of_any(|rules| Some(self.word(&rules.clock(&asked.clock)?.label)));
        let mut chip = |name: &str, value: &str, text: String| {
            if !value.is_empty() {
                let values = [("name", self.lang.say(label(name))), ("value", &*text)];
                let text = self.lang.fill("cases.chip", &values);
                chips.push(Chip { text, rest: asked.without(&[name]) });
            }
        };
        chip("clock", &asked.clock, of(&asked.clock, clock));
        chip("rating", &asked.rating, self.said("rating", &asked.rating));
        chips
    }

    /// What heads the list: what it is most of all a list of.
    pub(crate) fn heading(&self) -> String {
        let (asked, lang) = (self.asked, self.lang);
        if !asked.holder.is_empty() {
            return lang.fill("cases.of", &[("who", &self.holder())]);
        }
        if !asked.call.is_empty() {
            return self.said("call", &asked.call);
        }
        if !asked.due.is_empty() {
            return self.said("due", &asked.due);
        }
        match self.days() {
            Some((by, days)) => {
                lang.fill("cases.heading", &[("name", lang.say(by)), ("value", &days)])
            }
            None => self.said("state", &asked.state),
        }
    }

    /// What the days are days of, and which.
    fn days(&self) -> Option<(&'static str, String)> {
        let (asked, lang) = (self.asked, self.lang);
        let by = match asked.by.as_str() {
            "closed" => "cases.by.closed",
            "missed" => "cases.by.missed",
            "rated" => "cases.by.rated",
            _ => "cases.by.registered",
        };
        let (from, to) = (asked.from.as_str(), asked.to.as_str());
        let values = [("from", from), ("to", to)];
        let days = match (from.is_empty(), to.is_empty()) {
            (true, true) if asked.by.is_empty() => return None,
            (true, true) => lang.say("cases.any").to_owned(),
            _ if from == to => from.to_owned(),
            (false, false) => lang.fill("cases.range", &values),
            (false, true) => lang.fill("cases.since", &values),
            (true, false) => lang.fill("cases.until", &values),
        };
        Some((by, days))
    }

    fn choice(
        &self,
        name: &'static str,
        chosen: &str,
        values: impl Iterator<Item = (String, String)>,
    ) -> Choice {
        // What is not chosen says what could be.
        let any = (String::new(), self.lang.say(label(name)).to_owned(), false);
        let options = values.map(|(value, text)| {
            let here = value == chosen;
            (value, text, here)
        });
        Choice { name, label: label(name), options: std::iter::once(any).chain(options).collect() }
    }

    /// A fixed value of a filter in words.
    fn said(&self, name: &str, value: &str) -> String {
        let key = match (name, value) {
            ("state", "") => "cases.open",
            ("state", "valid") => "cases.valid",
            ("state", _) => "cases.all",
            ("due", "late") => "frame.overdue",
            ("call", _) => "work.calls",
            ("sort", "") => "cases.sort.due",
            ("rating", value) => {
                return self.lang.say(&format!("overview.rating.{value}")).to_owned();
            }
            (name, value) => return self.lang.say(&format!("cases.{name}.{value}")).to_owned(),
        };
        self.lang.say(key).to_owned()
    }

    fn word(&self, label: &engine::procedure::Label) -> String {
        self.lang.word(label).to_owned()
    }

    /// The procedure that is looked at.
    fn rules(&self) -> Option<Arc<Procedure>> {
        self.library.newest(&self.asked.procedure).map(|(rules, _)| rules)
    }

    /// What the procedure that is looked at says of something, else any that knows it.
    fn of_any(&self, say: impl Fn(&Procedure) -> Option<String>) -> Option<String> {
        let own = self.rules();
        own.iter().chain(self.library.all()).find_map(|rules| say(rules))
    }

    /// Who is asked for: a role as the procedure that is looked at calls it, else under all its names.
    fn holder(&self) -> String {
        let holder = self.asked.holder.as_str();
        if let Some(person) = self.people.person(holder) {
            return person.name.clone();
        }
        let own = self.rules().and_then(|rules| Some(self.word(&rules.role(holder)?.label)));
        let named = own.or_else(|| roles::with_others(self.library, self.lang, holder));
        named.unwrap_or_else(|| holder.to_owned())
    }

    /// Roles under all their names, as the lines of the list may have any of them; then people.
    fn holders(&self) -> impl Iterator<Item = (String, String)> {
        let people = self.people.people.iter();
        roles::all(self.library, self.lang)
            .into_iter()
            .chain(people.map(|one| (one.id.to_string(), one.name.clone())))
    }

    fn departments(&self) -> impl Iterator<Item = (String, String)> {
        let known = self.library.all().flat_map(|rules| &rules.departments);
        let known: BTreeMap<String, String> =
            known.map(|one| (one.key.to_string(), self.word(&one.label))).collect();
        known.into_iter()
    }
}

/// The values of the field with a meaning.
fn values(rules: &Procedure, means: Means) -> Option<Vec<(String, engine::procedure::Label)>> {
    let axis = rules.axis_of(&rules.field_meaning(means)?.key)?;
    Some(axis.values.iter().map(|one| (one.key.to_string(), one.label.clone())).collect())
}

/// The name of a filter.
fn label(name: &str) -> &'static str {
    match name {
        "procedure" => "cases.procedure",
        "stage" => "row.stage",
        "holder" => "row.holder",
        "department" => "cases.department",
        "channel" => "cases.channel",
        "category" => "cases.category",
        "due" => "cases.due",
        "call" => "cases.call",
        "severity" => "row.level",
        "clock" => "cases.clock",
        "rating" => "cases.rating",
        "sort" => "cases.sort",
        _ => "cases.state",
    }
}

/// What filters ask for, in words.
pub(crate) fn described(
    asked: &Criteria,
    lang: Lang,
    library: &Library,
    people: &Directory,
) -> String {
    let filters = Filters { asked, lang, library, people };
    let mut said: Vec<String> = filters.chips().into_iter().map(|chip| chip.text).collect();
    if !asked.sort.is_empty() {
        said.push(filters.said("sort", &asked.sort));
    }
    said.join(" · ")
}
