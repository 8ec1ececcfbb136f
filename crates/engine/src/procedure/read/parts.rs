//! The small languages within values: conditions, actors, moments, limits, effects, lengths of time.

use super::book::{Kind, Use};
use super::finding::near;
use super::tree::{Node, Record};
use crate::calendar::Limit;
use crate::key::Key;
use crate::procedure::word::Word;
use crate::procedure::{
    Actor, Condition, Effect, Fact, LimitSpec, Moment, MomentFilter, Need, Operand, Purpose,
    Relation, Test,
};

impl<'t> Record<'t> {
    /// A condition; holds always when it is absent.
    pub(super) fn condition(&self, name: &'static str) -> Condition {
        self.maybe_condition(name).unwrap_or_default()
    }

    pub(super) fn maybe_condition(&self, name: &'static str) -> Option<Condition> {
        self.get(name)?.condition()
    }

    /// `true`, `false`, a condition, or absent: optional.
    pub(super) fn need_of(&self, name: &'static str) -> Need {
        let Some(node) = self.get(name) else { return Need::Optional };
        match node.as_flag() {
            Some(true) => Need::Always,
            Some(false) => Need::Optional,
            None => node.condition().map_or(Need::Optional, Need::When),
        }
    }

    pub(super) fn actor(&self, name: &'static str) -> Option<Actor> {
        self.get(name)?.actor()
    }

    pub(super) fn need_actor(&self, name: &'static str) -> Actor {
        self.need(name).and_then(|node| node.actor()).unwrap_or(Actor::Relation(Relation::Holder))
    }

    pub(super) fn actors(&self, name: &'static str) -> Vec<Actor> {
        self.list(name).iter().filter_map(Node::actor).collect()
    }

    pub(super) fn filters(&self, name: &'static str) -> Vec<MomentFilter> {
        self.list(name).iter().filter_map(Node::filter).collect()
    }

    pub(super) fn effects(&self, name: &'static str) -> Vec<Effect> {
        self.list(name).iter().filter_map(Node::effect).collect()
    }

    pub(super) fn limit(&self, name: &'static str) -> Option<LimitSpec> {
        self.get(name)?.limit()
    }

    /// A natural length such as `24h` in seconds.
    pub(super) fn seconds(&self, name: &'static str) -> Option<i64> {
        self.get(name)?.seconds()
    }
}

impl Node<'_> {
    /// A table of comparisons, all of which must hold.
    pub(super) fn condition(&self) -> Option<Condition> {
        let mut parts = Vec::new();
        let entries = self.entries()?;
        if entries.is_empty() {
            self.find("bad_condition", "at least one comparison", "none");
        }
        for (name, node) in entries {
            let part = match name {
                "all" => node.conditions().map(Condition::All),
                "any" => node.conditions().map(Condition::Any),
                "not" => node.condition().map(|inner| Condition::Not(Box::new(inner))),
                _ => node.comparison(name),
            };
            parts.extend(part);
        }
        if parts.len() <= 1 {
            return parts.pop();
        }
        Some(Condition::All(parts))
    }

    fn conditions(&self) -> Option<Vec<Condition>> {
        let nodes = self.list();
        if self.is_list() && nodes.is_empty() {
            self.find("bad_condition", "a list of conditions", "none");
        }
        let parts: Vec<Condition> = nodes.iter().filter_map(Node::condition).collect();
        (!parts.is_empty()).then_some(parts)
    }

    /// One key of a condition: a field or a `$fact` with what it is compared to.
    fn comparison(&self, name: &str) -> Option<Condition> {
        let operand = match name.strip_prefix('$') {
            None => Operand::Field(name.into()),
            Some(fact) => match Fact::parse(fact) {
                Some(fact) => Operand::Fact(fact),
                None => return self.unknown_fact(fact),
            },
        };
        let mut tests = self.tests(matches!(operand, Operand::Fact(_)))?;
        for test in &tests {
            self.uses(Use::Compare(operand.clone(), test.clone()));
        }
        if tests.len() <= 1 {
            return tests.pop().map(|test| Condition::Is(operand, test));
        }
        Some(Condition::All(
            tests.into_iter().map(|test| Condition::Is(operand.clone(), test)).collect(),
        ))
    }

    fn unknown_fact<T>(&self, fact: &str) -> Option<T> {
        const FACTS: [&str; 20] = [
            "round",
            "severity",
            "open_tasks",
            "open_tasks:KIND",
            "tasks:KIND",
            "task_departments:KIND",
            "attempts",
            "attempt_halfdays",
            "happened:MOMENT",
            "contacts:PURPOSE",
            "stage",
            "assigned",
            "self",
            "dispatches",
            "escalated:NAME",
            "pending:extension",
            "pending:change",
            "members",
            "urges",
            "answered",
        ];
        let expected = format!("a fact: ${} $form:KEY", FACTS.join(" $"));
        self.find("unknown_fact", expected, near(fact, FACTS.into_iter()));
        None
    }

    fn tests(&self, fact: bool) -> Option<Vec<Test>> {
        // Facts are counts: true is at least one.
        match self.as_flag().filter(|_| fact) {
            Some(true) => return Some(vec![Test::Ge(1.0)]),
            Some(false) => return Some(vec![Test::Le(0.0)]),
            None => {}
        }
        if self.is_list() {
            self.find("bad_condition", "a value, or `{ in = […] }`", "a list");
            return None;
        }
        if !self.is_table() {
            return Some(vec![Test::Eq(self.scalar()?)]);
        }
        let tests: Vec<Test> = self.record(|r| r.tests())?;
        if self.entries().is_some_and(|entries| entries.is_empty()) {
            self.find("bad_condition", "one of ge le in has not empty", "none");
        }
        let of_count = |test| match test {
            Test::Empty(true) if fact => Test::Le(0.0),
            Test::Empty(false) if fact => Test::Ge(1.0),
            other => other,
        };
        let tests: Vec<Test> = tests.into_iter().map(of_count).collect();
        (!tests.is_empty()).then_some(tests)
    }

    /// A role or a relation.
    pub(super) fn actor(&self) -> Option<Actor> {
        let text = self.text()?;
        let actor = Actor::parse(&text);
        match &actor {
            Some(Actor::Role(role)) => self.refers(Kind::Role, role),
            Some(Actor::Relation(_)) => {}
            None => {
                let relations: Vec<String> =
                    Relation::words().iter().map(|word| format!("@{word}")).collect();
                let expected = format!("a role or one of {}", relations.join(" "));
                self.find("bad_actor", expected, near(&text, relations.iter().map(String::as_str)));
            }
        }
        actor
    }

    /// A moment with its filters.
    pub(super) fn filter(&self) -> Option<MomentFilter> {
        let text = self.text()?;
        let Some(filter) = MomentFilter::parse(&text) else {
            let word = text.split(['@', '#']).next().unwrap_or_default();
            match Moment::parse(word) {
                None => {
                    self.find("unknown_moment", "a moment", near(word, Moment::words().into_iter()))
                }
                Some(_) => {
                    let purposes = Purpose::words().join(" ");
                    self.find(
                        "bad_moment",
                        format!("moment@author#purpose, purpose one of {purposes}"),
                        format!("`{text}`"),
                    );
                }
            }
            return None;
        };
        if let Some(Actor::Role(role)) = &filter.by {
            self.refers(Kind::Role, role);
        }
        Some(filter)
    }

    pub(super) fn limit(&self) -> Option<LimitSpec> {
        let text = self.text()?;
        let limit = LimitSpec::parse(&text);
        match &limit {
            Some(LimitSpec::Field(field)) => self.uses(Use::Instant(field.clone())),
            Some(_) => {}
            None => self.find(
                "bad_limit",
                "a limit: 30m 4h 30bm 4bh 3wd 3wd@same 3wd@24 7cd field:KEY at:HH:MM task",
                format!("`{text}`"),
            ),
        }
        limit
    }

    /// A length of natural time: `0`, `30m`, `24h`, `7d`.
    pub(super) fn seconds(&self) -> Option<i64> {
        let text = self.text()?;
        let seconds = match text.strip_suffix('d') {
            _ if text == "0" => Some(0),
            Some(days) if days.starts_with(|c: char| c.is_ascii_digit()) => {
                days.parse::<i64>().ok().filter(|days| *days <= 36_500).map(|days| days * 86_400)
            }
            _ => match text.parse() {
                Ok(Limit::Natural { seconds }) => Some(seconds),
                _ => None,
            },
        };
        if seconds.is_none() {
            self.find(
                "bad_length",
                "a length of natural time: 0 45s 30m 24h 7d",
                format!("`{text}`"),
            );
        }
        seconds
    }

    pub(super) fn effect(&self) -> Option<Effect> {
        let text = self.text()?;
        let (verb, rest) = match text.split_once(':') {
            Some((verb, rest)) => (verb, Some(rest)),
            None => (text.as_str(), None),
        };
        let key = |kind: Kind| {
            let key: Key = rest?.into();
            self.refers(kind, &key);
            Some(key)
        };
        let effect = match (verb, rest) {
            ("goto", _) => key(Kind::Stage).map(Effect::Goto),
            ("emit", Some(moment)) => Moment::parse(moment).map(Effect::Emit),
            ("set", Some(set)) => set.split_once('=').map(|(field, value)| {
                self.refers(Kind::Field, &field.into());
                self.uses(Use::Set(field.into(), value.to_owned()));
                Effect::Set(field.into(), value.to_owned())
            }),
            ("clear", _) => key(Kind::Field).map(Effect::Clear),
            ("raise", _) => key(Kind::Field).map(|field| {
                self.uses(Use::Ordered(field.clone()));
                Effect::Raise(field)
            }),
            ("assign", _) => key(Kind::Table).map(|table| {
                self.uses(Use::Assigns(table.clone()));
                Effect::Assign(table)
            }),
            ("task", _) => key(Kind::Task).map(Effect::Task),
            ("escalate", _) => key(Kind::Escalation).map(Effect::Escalate),
            ("round", None) => Some(Effect::Round),
            ("assign_same", None) => Some(Effect::AssignSame),
            ("unassign", None) => Some(Effect::Unassign),
            ("survey", None) => Some(Effect::Survey),
            _ => None,
        };
        if effect.is_none() {
            let expected = "goto:STAGE emit:MOMENT set:FIELD=VALUE clear:FIELD raise:FIELD round assign:TABLE assign_same \
                            unassign task:KIND survey escalate:NAME";
            self.find("bad_effect", format!("one of {expected}"), format!("`{text}`"));
        }
        effect
    }
}

impl Record<'_> {
    /// The tests of one operand, all of which must hold.
    fn tests(&self) -> Vec<Test> {
        let scalar = |name| self.get(name).and_then(|node| node.scalar());
        let number = |name| self.get(name).and_then(|node| node.number());
        let among = self.get("in").and_then(|node| {
            let nodes = node.list();
            if node.is_list() && nodes.is_empty() {
                node.find("bad_condition", "a list of values", "none");
            }
            let values: Vec<String> = nodes.iter().filter_map(Node::scalar).collect();
            (!values.is_empty()).then_some(values)
        });
        let tests = [
            scalar("not").map(Test::Ne),
            among.map(Test::In),
            number("ge").map(Test::Ge),
            number("le").map(Test::Le),
            scalar("has").map(Test::Has),
            self.get("empty").and_then(|node| node.flag()).map(Test::Empty),
        ];
        tests.into_iter().flatten().collect()
    }
}
