//! What surrounds the way through: survey, extension, change, links, rules, messages, archive, reports.

use super::book::{Kind, Use};
use super::tree::Record;
use crate::key::Key;
use crate::procedure::access::is_key;
use crate::procedure::{
    Archive, ArchiveMode, Change, Extension, Label, Links, MergeRule, Moment, MomentFilter, Notify,
    Report, Rule, Survey, SurveyRule, TransferRule,
};

impl Record<'_> {
    pub(super) fn survey(&self) -> Survey {
        Survey {
            rating: self.need_name("rating", Kind::Field),
            dimensions: self.names("dimensions", Kind::Field),
            prefill: self.flag("prefill"),
            channels: self.labels("channels"),
            rules: self
                .list("rules")
                .iter()
                .filter_map(|node| node.record(|r| r.survey_rule()))
                .collect(),
            late_days: self
                .get("late_days")
                .and_then(|node| node.whole(0..=36_500))
                .unwrap_or_default(),
            origin: self.origin(),
        }
    }

    fn labels(&self, name: &'static str) -> Vec<Label> {
        let label = |r: &Record<'_>| r.pair("label", "en");
        self.list(name).iter().filter_map(|node| node.record(label)).collect()
    }

    fn survey_rule(&self) -> SurveyRule {
        SurveyRule {
            when: self.condition("when"),
            effects: self.effects("effects"),
            origin: self.origin(),
        }
    }

    pub(super) fn extension(&self) -> Extension {
        Extension {
            clock: self.need_name("clock", Kind::Clock),
            max: self.need("max").and_then(|node| node.whole(1..=1000)).unwrap_or(1),
            within_limit: self.flag("within_limit"),
            told_first: self.flag("told_first"),
            approver: self.need_name("approver", Kind::Role),
            origin: self.origin(),
        }
    }

    pub(super) fn change(&self) -> Change {
        Change {
            clock: self.need_name("clock", Kind::Clock),
            approver: self.need_name("approver", Kind::Role),
            sets: self.names("sets", Kind::Field),
            methods: self.labels("methods"),
            origin: self.origin(),
        }
    }

    pub(super) fn links(&self) -> Links {
        Links {
            merge: self.get("merge").and_then(|node| node.record(|r| r.merge())),
            transfers: self
                .list("transfers")
                .iter()
                .filter_map(|node| node.record(|r| r.transfer()))
                .collect(),
        }
    }

    fn merge(&self) -> MergeRule {
        let percent = |name| self.need(name).and_then(|node| node.whole(0..=100)).unwrap_or(100);
        let raise = self.names("raise", Kind::Field);
        if let Some(node) = self.get("raise") {
            raise.iter().for_each(|field| node.uses(Use::Ordered(field.clone())));
        }
        MergeRule {
            window: self.need("window").and_then(|node| node.seconds()).unwrap_or_default(),
            similarity: percent("similarity"),
            propose: percent("propose"),
            same: self.need_name("same", Kind::Field),
            raise,
            pass: self.names("pass", Kind::Field),
            share: self.words("share"),
            origin: self.origin(),
        }
    }

    fn transfer(&self) -> TransferRule {
        let entries = |name| self.get(name).and_then(|node| node.entries()).unwrap_or_default();
        let theirs = |name: &str, node: &super::tree::Node<'_>| -> Option<Key> {
            if !is_key(name) {
                node.find("bad_key", "a field of the other procedure", format!("`{name}`"));
            }
            is_key(name).then(|| name.into())
        };
        TransferRule {
            key: self.own_key(Kind::Transfer),
            to: self.need("to").and_then(|node| node.key()).unwrap_or_else(|| "".into()),
            copy: entries("copy")
                .into_iter()
                .filter_map(|(name, node)| Some((theirs(name, &node)?, node.name(Kind::Field)?)))
                .collect(),
            set: entries("set")
                .into_iter()
                .filter_map(|(name, node)| Some((theirs(name, &node)?, node.scalar()?)))
                .collect(),
            origin: self.origin(),
        }
    }

    pub(super) fn rule(&self) -> Rule {
        Rule {
            on: self.on(),
            when: self.condition("when"),
            effects: self.effects("effects"),
            origin: self.origin(),
        }
    }

    fn on(&self) -> MomentFilter {
        self.need("on")
            .and_then(|node| node.filter())
            .unwrap_or(MomentFilter::any(Moment::Registered))
    }

    pub(super) fn message(&self) -> Notify {
        Notify {
            key: self.own_key(Kind::Notify),
            on: self.on(),
            when: self.condition("when"),
            to: self.need("to").map(|_| self.actors("to")).unwrap_or_default(),
            text: Label { zh: self.template("text"), en: self.template("en") },
            loud: self.flag("loud"),
            origin: self.origin(),
        }
    }

    /// A text whose placeholders must be known.
    fn template(&self, name: &'static str) -> String {
        let Some((node, text)) =
            self.need(name).and_then(|node| Some((node.clone(), node.text()?)))
        else {
            return String::new();
        };
        if text.trim().is_empty() {
            node.find("empty_text", "a text", "nothing");
        }
        for hole in placeholders(&text) {
            match hole.map(|hole| {
                hole.split_once(':').map_or((hole, None), |(name, of)| (name, Some(of)))
            }) {
                Some(("number" | "stage" | "assignee" | "procedure" | "reason", None)) => {}
                Some(("field", Some(field))) => node.refers(Kind::Field, &field.into()),
                Some(("due", Some(clock))) => node.refers(Kind::Clock, &clock.into()),
                other => {
                    let found = other.map_or("a brace without its other".to_owned(), |_| {
                        format!("`{}`", hole.unwrap_or_default())
                    });
                    let expected =
                        "{number} {stage} {assignee} {procedure} {field:KEY} {due:CLOCK} {reason}";
                    node.find("bad_placeholder", expected, found);
                }
            }
        }
        text
    }

    pub(super) fn archive(&self) -> Archive {
        Archive {
            mode: self.need("mode").and_then(|node| node.word()).unwrap_or(ArchiveMode::OnClose),
            forms: self.names("forms", Kind::Form),
            keep_years: self
                .need("keep_years")
                .and_then(|node| node.whole(0..=100))
                .unwrap_or_default(),
            floor_years: self
                .get("floor_years")
                .and_then(|node| node.whole(0..=100))
                .unwrap_or_default(),
            origin: self.origin(),
        }
    }

    pub(super) fn report(&self) -> Report {
        let rhythm = self.list("every");
        for node in &rhythm {
            const RHYTHMS: [&str; 4] = ["daily", "weekly", "monthly", "quarterly"];
            if let Some(word) = node.text().filter(|word| !RHYTHMS.contains(&word.as_str())) {
                node.unknown_among("unknown_word", &RHYTHMS, &word);
            }
        }
        Report {
            key: self.own_key(Kind::Report),
            label: self.own_label("report"),
            every: self.texts("every"),
            metrics: self.texts("metrics"),
            readers: self.names("readers", Kind::Role),
            origin: self.origin(),
        }
    }
}

/// What stands between braces; `None` for a brace without its other.
pub(super) fn placeholders(text: &str) -> Vec<Option<&str>> {
    let mut holes = Vec::new();
    for (at, part) in text.split('{').enumerate() {
        match part.split_once('}') {
            None if at == 0 => {
                if part.contains('}') {
                    holes.push(None);
                }
            }
            None => holes.push(None),
            Some((_, rest)) if at == 0 || rest.contains('}') => holes.push(None),
            Some((hole, _)) => holes.push(Some(hole)),
        }
    }
    holes
}
