//! The part of a procedure that one claim about it depends on, and nothing else: small enough to be followed up whole.
//!
//! What is left out never makes a way impossible: messages, mandatory fields that decide nothing, clocks and tasks that
//! the claim does not ask about, and guards where it does not need them. So whatever can happen to a case happens to
//! its skeleton too, and what no state of the skeleton violates, no case violates. Which people hold a role makes no
//! difference, as every role is staffed alike; of roles that no filter tells apart one stands for all.

mod cut;

use super::coarse::coarsened;
use super::moments::of_verb;
use super::space::collect;
use crate::decide::allowed;
use crate::key::Key;
use crate::procedure::{
    Action, Clock, Condition, Effect, Fact, Field, LimitSpec, Moment, MomentFilter, Need, Operand,
    Procedure, Step, StepKind, Table, Test, Verb,
};
use std::collections::{BTreeMap, BTreeSet};

/// Marks fields made up for a skeleton; no key of a procedure holds it.
pub(super) const MADE: char = '?';

/// What a claim is about.
#[derive(Debug, Clone, Default)]
pub(super) struct Aim {
    /// Clocks that it looks at.
    pub(super) clocks: BTreeSet<Key>,
    /// Kinds of tasks that it looks at.
    pub(super) tasks: BTreeSet<Key>,
    /// Facts whose guards bind; those of others are taken to be met.
    pub(super) guards: Guards,
}

/// Which guards bind in a skeleton.
#[derive(Debug, Clone, Default)]
pub(super) enum Guards {
    /// None: whatever needs them may happen.
    #[default]
    None,
    /// Those that look at one of these facts.
    About(BTreeSet<Fact>),
}

impl Guards {
    /// These and those.
    pub(super) fn with(&self, others: &Guards) -> Guards {
        match (self, others) {
            (Guards::None, others) => others.clone(),
            (guards, Guards::None) => guards.clone(),
            (Guards::About(one), Guards::About(other)) => {
                Guards::About(one.union(other).cloned().collect())
            }
        }
    }
}

/// The part of a procedure that decides about the aim.
pub(super) fn skeleton(procedure: &Procedure, aim: &Aim) -> Procedure {
    let coarse = coarsened(procedure);
    let mut cone = Cone::new(&coarse, aim);
    loop {
        let before = cone.size();
        cone.grow();
        if cone.size() == before {
            return cone.cut();
        }
    }
}

/// Whether something follows from the time of a clock: an action, a task, a new interval that is counted.
pub(super) fn is_timed(clock: &Clock) -> bool {
    let steps = || clock.remind.iter().chain(&clock.breach);
    steps().any(|step| step.does != StepKind::Notify)
        || (!clock.repeat.is_empty() && steps().any(|step| step.from_miss > 1))
}

/// Everything that the aim depends on, growing until nothing is added.
struct Cone<'p> {
    procedure: &'p Procedure,
    guards: &'p Guards,
    clocks: BTreeSet<Key>,
    tasks: BTreeSet<Key>,
    fields: BTreeSet<Key>,
    facts: BTreeSet<Fact>,
    moments: BTreeSet<Moment>,
    rules: BTreeSet<usize>,
    actions: BTreeSet<Key>,
}

impl<'p> Cone<'p> {
    fn new(procedure: &'p Procedure, aim: &'p Aim) -> Self {
        // What is due next is offered or the promise is broken, whatever it does.
        let next = procedure.stages.iter().filter_map(|stage| stage.next.clone());
        Cone {
            procedure,
            guards: &aim.guards,
            clocks: aim.clocks.clone(),
            tasks: aim.tasks.clone(),
            fields: BTreeSet::new(),
            facts: BTreeSet::new(),
            moments: BTreeSet::new(),
            rules: BTreeSet::new(),
            actions: next.collect(),
        }
    }

    fn size(&self) -> [usize; 7] {
        [
            self.clocks.len(),
            self.tasks.len(),
            self.fields.len(),
            self.facts.len(),
            self.moments.len(),
            self.rules.len(),
            self.actions.len(),
        ]
    }

    fn grow(&mut self) {
        let procedure = self.procedure;
        for action in &procedure.actions {
            if self.matters(action) {
                self.actions.insert(action.key.clone());
            }
        }
        for (number, rule) in procedure.rules.iter().enumerate() {
            if rule.effects.iter().any(|effect| self.follows(effect)) {
                self.rules.insert(number);
                self.listen([&rule.on]);
                self.test(&rule.when);
            }
        }
        for clock in &procedure.clocks {
            self.grow_clock(clock);
        }
        for action in &procedure.actions {
            if self.actions.contains(&action.key) {
                self.test(&action.when);
                let needs = action.guards.iter().filter_map(|guard| self.binds(&guard.need));
                for need in needs.collect::<Vec<_>>() {
                    // Open tasks of other kinds only forbid more.
                    let tasks = self.tasks.clone();
                    self.test(&need);
                    if matches!(self.guards, Guards::About(_))
                        && need.facts().contains(&&Fact::OpenTasks)
                    {
                        self.tasks = tasks;
                    }
                }
            }
        }
        for kind in &procedure.tasks {
            if self.tasks.contains(&kind.key) {
                self.listen(&kind.done_on);
            }
        }
        if self.is_done(Verb::Submit) {
            for chain in &procedure.chains {
                chain.skip.iter().for_each(|skip| self.test(skip));
                chain.steps.iter().for_each(|step| self.test(&step.when));
            }
        }
        for rule in procedure.survey.iter().flat_map(|survey| &survey.rules) {
            self.test(&rule.when);
        }
        for table in &procedure.tables {
            if self.derives(table) || self.is_table_free(table) {
                table.rows.iter().for_each(|row| self.test(&row.when));
            }
        }
        for need in needs(procedure, &self.fields) {
            if let Need::When(condition) = need {
                self.test(&condition);
            }
        }
    }

    fn grow_clock(&mut self, clock: &Clock) {
        let steps = || clock.remind.iter().chain(&clock.breach);
        let drives = steps().any(|step| self.step_matters(step));
        if drives {
            self.clocks.insert(clock.key.clone());
        }
        if !self.clocks.contains(&clock.key) {
            return;
        }
        self.listen(clock.start.iter().chain(&clock.repeat).chain(&clock.cancel));
        self.test(&clock.when);
        for row in &clock.by {
            self.listen(&row.stop);
            self.test(&row.when);
            if let LimitSpec::Field(field) = &row.limit {
                self.fields.insert(field.clone());
            }
        }
        if let Some((field, stop)) = &clock.then {
            self.fields.insert(field.clone());
            self.listen(stop);
        }
        for step in steps().filter(|step| self.step_matters(step)).collect::<Vec<_>>() {
            self.listen(&step.unless);
        }
    }

    fn step_matters(&self, step: &Step) -> bool {
        match &step.does {
            StepKind::Notify => false,
            StepKind::Act(action) => self.actions.contains(action),
            StepKind::Task(kind) => self.tasks.contains(kind),
            StepKind::Escalate(name) => self.facts.contains(&Fact::Escalated(name.clone())),
        }
    }

    fn listen<'m>(&mut self, filters: impl IntoIterator<Item = &'m MomentFilter>) {
        self.moments.extend(filters.into_iter().map(|filter| filter.moment));
    }

    /// Notes what a condition looks at.
    fn test(&mut self, condition: &Condition) {
        let mut tests: BTreeMap<&Operand, Vec<&Test>> = BTreeMap::new();
        collect(condition, &mut tests);
        for operand in tests.into_keys() {
            match operand {
                Operand::Field(field) => {
                    self.fields.insert(field.clone());
                }
                Operand::Fact(fact) => self.note(fact),
            }
        }
    }

    fn note(&mut self, fact: &Fact) {
        let all = || self.procedure.tasks.iter().map(|kind| kind.key.clone());
        match fact {
            Fact::Happened(moment) => {
                self.moments.insert(*moment);
            }
            Fact::Attempts | Fact::AttemptHalfDays | Fact::Contacts(_) => {
                self.moments.extend([Moment::Contacted, Moment::Attempted]);
            }
            Fact::Answered => {
                self.moments.insert(Moment::Responded);
            }
            Fact::OpenTasks => self.tasks.extend(all()),
            Fact::OpenTasksOf(kind) | Fact::TasksOf(kind) | Fact::TaskDepartments(kind) => {
                self.tasks.insert(kind.clone());
            }
            Fact::Severity => {
                self.fields.insert(self.procedure.severity.clone());
            }
            _ => {}
        }
        self.facts.insert(fact.clone());
    }

    /// The part of a guard that binds here; none where the guard is taken to be met.
    fn binds(&self, need: &Condition) -> Option<Condition> {
        match self.guards {
            Guards::None => None,
            Guards::About(facts) => {
                need.facts().into_iter().any(|fact| facts.contains(fact)).then(|| need.clone())
            }
        }
    }

    /// Whether a condition looks at nothing but what is here anyway.
    fn is_free(&self, need: &Condition) -> bool {
        let mut tests = BTreeMap::new();
        collect(need, &mut tests);
        tests.keys().all(|operand| match operand {
            Operand::Field(field) => self.fields.contains(field),
            Operand::Fact(fact) => self.facts.contains(fact),
        })
    }

    /// Whether some action that matters has a verb.
    fn is_done(&self, verb: Verb) -> bool {
        let kept = |action: &&Action| self.actions.contains(&action.key);
        self.procedure.actions.iter().filter(kept).any(|action| action.has(verb))
    }

    /// Whether an action can change what the aim depends on.
    fn matters(&self, action: &Action) -> bool {
        action.to.is_some()
            || action.does.iter().any(|verb| self.verb_matters(action, *verb))
            || action.emits.iter().any(|moment| self.moments.contains(moment))
            || action.effects.iter().any(|effect| self.follows(effect))
            || action.input.iter().any(|input| self.fields.contains(&input.field))
            || self.forms(action).any(|field| self.fields.contains(field))
    }

    fn forms<'a>(&'a self, action: &'a Action) -> impl Iterator<Item = &'a Key> + 'a {
        let forms = action.forms.iter().filter_map(|form| self.procedure.form(form));
        forms.flat_map(|form| &form.fields).map(|entry| &entry.field)
    }

    fn verb_matters(&self, action: &Action, verb: Verb) -> bool {
        let heard = || of_verb(verb).iter().any(|moment| self.moments.contains(moment));
        let pending = |what: &str| self.facts.contains(&Fact::Pending(what.to_owned()));
        let timed = |clock: &Key| {
            let known = self.procedure.clock(clock).filter(|_| self.clocks.contains(clock));
            let steps = known.into_iter().flat_map(|one| one.remind.iter().chain(&one.breach));
            steps.into_iter().any(|step| self.step_matters(step))
        };
        match verb {
            Verb::Register
            | Verb::Assign
            | Verb::Unassign
            | Verb::Submit
            | Verb::Approve
            | Verb::Reject
            | Verb::Rate
            | Verb::Merge
            | Verb::Unmerge
            | Verb::Pause
            | Verb::Resume
            | Verb::Void
            | Verb::Reopen => true,
            Verb::Edit => {
                let forms = self.procedure.forms.iter().flat_map(|form| &form.fields);
                forms.into_iter().any(|entry| self.fields.contains(&entry.field))
            }
            Verb::Adjust | Verb::ClearOverride => {
                let guarded = |field: &&Field| field.guarded && verb == Verb::Adjust;
                let fields = self.procedure.fields.iter();
                fields
                    .filter(|field| guarded(field) || field.derive.is_some())
                    .any(|field| self.fields.contains(&field.key))
            }
            Verb::Task | Verb::TaskDone => {
                action.task.as_ref().is_none_or(|kind| self.tasks.contains(kind))
            }
            Verb::Extend | Verb::ExtendDecide => {
                let rule = self.procedure.extension.as_ref();
                heard() || pending("extension") || rule.is_some_and(|rule| timed(&rule.clock))
            }
            Verb::Change | Verb::Sign | Verb::ChangeDecide => {
                let rule = self.procedure.change.as_ref();
                let sets = |rule: &crate::procedure::Change| {
                    let mut sets = rule.sets.iter().filter(|field| self.fields.contains(*field));
                    sets.any(|field| !self.is_adjustable(action, field))
                };
                heard()
                    || pending("change")
                    || rule.is_some_and(|rule| timed(&rule.clock) || sets(rule))
            }
            Verb::Urge => heard() || self.facts.contains(&Fact::Urges),
            Verb::Deescalate => self.facts.iter().any(|fact| matches!(fact, Fact::Escalated(_))),
            Verb::CoOwners | Verb::Link | Verb::Unlink => false,
            Verb::Hold | Verb::Release | Verb::Comment => false,
            Verb::Contact | Verb::Progress | Verb::File | Verb::Transfer => heard(),
        }
    }

    /// Whether people may also set a field without a request, wherever a request may be decided.
    fn is_adjustable(&self, decision: &Action, field: &Key) -> bool {
        let wherever = |action: &&Action| {
            action.from.is_empty()
                || (!decision.from.is_empty()
                    && decision.from.iter().all(|stage| action.from.contains(stage)))
        };
        let mut plain = self.procedure.actions.iter().filter(|action| is_plain(action));
        plain.any(|action| {
            wherever(&action) && allowed(self.procedure, None, action).contains(field)
        })
    }

    /// Whether an effect can change what the aim depends on.
    fn follows(&self, effect: &Effect) -> bool {
        match effect {
            Effect::Goto(_) | Effect::Round => true,
            Effect::Assign(_) | Effect::AssignSame | Effect::Unassign => true,
            Effect::Emit(moment) => self.moments.contains(moment),
            Effect::Set(field, _) | Effect::Clear(field) | Effect::Raise(field) => {
                self.fields.contains(field)
            }
            Effect::Task(kind) => self.tasks.contains(kind),
            Effect::Survey => self.moments.contains(&Moment::SurveySent),
            Effect::Escalate(name) => self.facts.contains(&Fact::Escalated(name.clone())),
        }
    }

    /// Whether a table decides about a field that matters.
    fn derives(&self, table: &Table) -> bool {
        let mut fields =
            self.procedure.fields.iter().filter(|field| self.fields.contains(&field.key));
        fields.any(|field| field.derive.as_ref() == Some(&table.key))
    }

    /// Whether a table dispatches without a person's action of dispatching, so that its rows decide by themselves.
    fn is_table_free(&self, table: &Table) -> bool {
        let names = |effect: &Effect| matches!(effect, Effect::Assign(key) if *key == table.key);
        let by_action = self
            .procedure
            .actions
            .iter()
            .any(|action| !action.has(Verb::Assign) && action.effects.iter().any(names));
        by_action || self.procedure.rules.iter().any(|rule| rule.effects.iter().any(names))
    }
}

/// Whether an action only fills fields in.
pub(super) fn is_plain(action: &Action) -> bool {
    let fills = |verb: &Verb| matches!(verb, Verb::Edit | Verb::Adjust);
    action.to.is_none()
        && action.does.iter().any(fills)
        && action.does.iter().all(fills)
        && action.emits.is_empty()
        && action.effects.is_empty()
}

/// What makes a field mandatory, wherever one of these is asked.
pub(super) fn needs(procedure: &Procedure, fields: &BTreeSet<Key>) -> Vec<Need> {
    let forms = procedure.forms.iter().flat_map(|form| &form.fields);
    let forms = forms.filter(|entry| fields.contains(&entry.field)).map(|entry| &entry.need);
    let inputs = procedure.actions.iter().flat_map(|action| &action.input);
    let inputs = inputs.filter(|input| fields.contains(&input.field)).map(|input| &input.need);
    forms.chain(inputs).cloned().collect()
}
