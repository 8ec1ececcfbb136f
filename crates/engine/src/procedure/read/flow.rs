//! How a procedure goes: its stages, actions, clocks, tasks, escalations and chains.

use super::book::{Kind, Use};
use super::tree::{Node, Record};
use crate::procedure::{
    Action, Again, Chain, ChainKind, ChainStep, Clock, ClockBy, Condition, Escalation, Guard,
    Input, LimitSpec, MomentFilter, Preset, Relation, Stage, StageKind, Step, StepKind, TaskKind,
};

/// Percentage at which a one-shot clock warns when the file does not say otherwise (G-06).
const WARN: u8 = 75;

impl Record<'_> {
    pub(super) fn stage(&self) -> Stage {
        let key = self.own_key(Kind::Stage);
        let scope = format!("node of {key}");
        Stage {
            label: self.own_label("stage"),
            kind: self.need("kind").and_then(|node| node.word()).unwrap_or(StageKind::Open),
            owner: self.need_actor("owner"),
            next: self.name("next", Kind::Action),
            nodes: self
                .list("nodes")
                .iter()
                .filter_map(|node| node.record(|r| r.node(&scope)))
                .collect(),
            origin: self.origin(),
            key,
        }
    }

    fn node(&self, scope: &str) -> crate::procedure::Node {
        crate::procedure::Node {
            key: self.local_key(scope),
            label: self.own_label(scope),
            origin: self.origin(),
        }
    }

    pub(super) fn action(&self) -> Action {
        Action {
            key: self.own_key(Kind::Action),
            label: self.pair("label", "en"),
            does: self.words("does"),
            from: self.names("from", Kind::Stage),
            to: self.name("to", Kind::Stage),
            by: self.need("by").map(|_| self.actors("by")).unwrap_or_default(),
            when: self.condition("when"),
            guards: self
                .list("guards")
                .iter()
                .filter_map(|node| node.record(|r| r.guard()))
                .collect(),
            forms: self.names("forms", Kind::Form),
            input: self
                .list("input")
                .iter()
                .filter_map(|node| node.record(|r| r.input()))
                .collect(),
            reason: self.flag("reason"),
            emits: self.words("emits"),
            purpose: self.word("purpose"),
            effects: self.effects("effects"),
            task: self.name("task", Kind::Task),
            chain: self.name("chain", Kind::Chain),
            transfer: self.name("transfer", Kind::Transfer),
            override_by: self.actors("override_by"),
            origin: self.origin(),
        }
    }

    fn guard(&self) -> Guard {
        Guard {
            need: self.need("need").and_then(|node| node.condition()).unwrap_or_default(),
            say: self.pair("say", "en"),
            origin: self.origin(),
        }
    }

    fn input(&self) -> Input {
        let field = self.need_name("field", Kind::Field);
        let presets: Vec<Preset> =
            self.list("presets").iter().filter_map(|node| node.record(|r| r.preset())?).collect();
        if let Some(node) = self.get("presets").filter(|_| !presets.is_empty()) {
            node.uses(Use::Instant(field.clone()));
        }
        Input { field, need: self.need_of("need"), presets }
    }

    fn preset(&self) -> Option<Preset> {
        let (when, limit) =
            (self.condition("when"), self.need("limit").and_then(|node| node.limit()));
        Some(Preset { when, limit: limit? })
    }

    pub(super) fn clock(&self) -> Clock {
        let key = self.own_key(Kind::Clock);
        let repeat = self.filters("repeat");
        let stop = self.filters("stop");
        let warn = match self.get("warn") {
            Some(node) => node.whole(0..=99).filter(|percent| *percent > 0),
            None => repeat.is_empty().then_some(WARN),
        };
        Clock {
            label: self.own_label("clock"),
            start: self.need("start").map(|_| self.filters("start")).unwrap_or_default(),
            when: self.condition("when"),
            again: self.word("again").unwrap_or(Again::Never),
            by: self.clock_rows(&stop),
            stop_at: self
                .name("stop_at", Kind::Field)
                .inspect(|field| self.book.uses(&self.place, Use::Instant(field.clone()))),
            cancel: self.filters("cancel"),
            owner: self
                .actor("owner")
                .unwrap_or(crate::procedure::Actor::Relation(Relation::Holder)),
            warn,
            remind: self.steps("remind"),
            breach: self.steps("breach"),
            every: self.seconds("every"),
            tasks: self.names("tasks", Kind::Task),
            pausable: self.flag("pausable"),
            then: self.get("then").and_then(|node| {
                node.record(|r| {
                    let field = r.need_name("field", Kind::Field);
                    r.book.uses(&r.place, Use::Instant(field.clone()));
                    (field, r.need("stop").map(|_| r.filters("stop")).unwrap_or_default())
                })
            }),
            carried: self.flag("carried"),
            loud: self.flag("loud"),
            after_filing: self.flag("after_filing"),
            expires: self.flag("expires"),
            measures: self.word("measures"),
            origin: self.origin(),
            repeat,
            key,
        }
    }

    /// One limit, or rows of them; a row without `stop` takes the clock's.
    fn clock_rows(&self, stop: &[MomentFilter]) -> Vec<ClockBy> {
        let (limit, rows) = (self.get("limit"), self.get("by"));
        match (limit, rows) {
            (Some(node), None) => {
                let row = |limit: LimitSpec| ClockBy {
                    when: Condition::Always,
                    limit,
                    stop: stop.to_vec(),
                    origin: self.origin(),
                };
                node.limit().map(row).into_iter().collect()
            }
            (None, Some(node)) => {
                node.list().iter().filter_map(|node| node.record(|r| r.clock_row(stop))?).collect()
            }
            (None, None) => {
                self.find("missing_key", "the key `limit` or `by`", "nothing");
                Vec::new()
            }
            (Some(_), Some(node)) => {
                node.find("misplaced_key", "`limit` or `by`", "both");
                Vec::new()
            }
        }
    }

    fn clock_row(&self, stop: &[MomentFilter]) -> Option<ClockBy> {
        let when = self.condition("when");
        let limit = self.need("limit").and_then(|node| node.limit());
        let stop = if self.has("stop") { self.filters("stop") } else { stop.to_vec() };
        let origin = self.origin();
        self.get("stop");
        Some(ClockBy { when, limit: limit?, stop, origin })
    }

    fn steps(&self, name: &'static str) -> Vec<Step> {
        self.list(name).iter().filter_map(|node| node.record(|r| r.step())).collect()
    }

    fn step(&self) -> Step {
        Step {
            after: self.need("after").and_then(|node| node.seconds()).unwrap_or_default(),
            does: self.get("do").and_then(|node| node.step_kind()).unwrap_or(StepKind::Notify),
            to: self.actors("to"),
            unless: self.filters("unless"),
            from_miss: self.get("from_miss").and_then(|node| node.whole(1..=1000)).unwrap_or(1),
            origin: self.origin(),
        }
    }

    pub(super) fn task(&self) -> TaskKind {
        TaskKind {
            key: self.own_key(Kind::Task),
            label: self.own_label("task"),
            owner: self.need_actor("owner"),
            limit: self.limit("limit"),
            title: self.maybe_pair("title", "title_en"),
            done_on: self.filters("done_on"),
            origin: self.origin(),
        }
    }

    pub(super) fn escalation(&self) -> Escalation {
        Escalation {
            key: self.own_key(Kind::Escalation),
            label: self.own_label("escalation"),
            origin: self.origin(),
        }
    }

    pub(super) fn chain(&self) -> Chain {
        Chain {
            key: self.own_key(Kind::Chain),
            label: self.own_label("chain"),
            steps: match self.need("steps") {
                Some(node) => {
                    node.list().iter().filter_map(|node| node.record(|r| r.chain_step())).collect()
                }
                None => Vec::new(),
            },
            skip: self.maybe_condition("skip"),
            origin: self.origin(),
        }
    }

    fn chain_step(&self) -> ChainStep {
        ChainStep {
            kind: self.need("kind").and_then(|node| node.word()).unwrap_or(ChainKind::Approve),
            role: self.need_name("role", Kind::Role),
            when: self.condition("when"),
            origin: self.origin(),
        }
    }
}

impl Node<'_> {
    /// `notify`, `escalate:NAME`, `act:ACTION`, `task:KIND`.
    fn step_kind(&self) -> Option<StepKind> {
        let text = self.text()?;
        let named = |kind: Kind, name: &str, make: fn(crate::key::Key) -> StepKind| {
            let key = name.into();
            self.refers(kind, &key);
            Some(make(key))
        };
        match text.split_once(':') {
            None if text == "notify" => Some(StepKind::Notify),
            Some(("escalate", name)) => named(Kind::Escalation, name, StepKind::Escalate),
            Some(("act", name)) => named(Kind::Action, name, StepKind::Act),
            Some(("task", name)) => named(Kind::Task, name, StepKind::Task),
            _ => {
                self.unknown_among(
                    "bad_step",
                    &["notify", "escalate:NAME", "act:ACTION", "task:KIND"],
                    &text,
                );
                None
            }
        }
    }
}
