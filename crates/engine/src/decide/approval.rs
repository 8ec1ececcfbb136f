//! Approval chains: submitted, decided step by step, never by the author himself.

use super::Work;
use super::verbs::invalid;
use crate::case::{ChainRun, Facts};
use crate::command::Extra;
use crate::event::{Event, Topic};
use crate::key::Key;
use crate::procedure::{Action, Actor, Chain, ChainKind, ChainStep, Moment, Procedure, Relation};
use crate::refusal::{Problem, Refusal};
use crate::value::Private;

impl Work<'_> {
    pub(super) fn submit(&mut self, id: &Key, procedure: &Procedure, action: &Action) {
        let Some(chain) = action.chain.as_ref().and_then(|chain| procedure.chain(chain)) else {
            return;
        };
        let steps = self.applying(id, procedure, chain);
        let none = steps.is_empty();
        if !none {
            self.record(
                id,
                Event::ChainStarted {
                    chain: chain.key.clone(),
                    steps,
                    author: self.who.person().cloned(),
                },
            );
        }
        self.happen(id, Moment::PlanSubmitted);
        if none {
            self.happen(id, Moment::PlanApproved);
        }
    }

    /// Positions of the blocking steps of a chain that apply to the case as it stands.
    fn applying(&self, id: &Key, procedure: &Procedure, chain: &Chain) -> Vec<usize> {
        let facts = Facts::new(procedure, self.case(id), &self.who);
        if chain.skip.as_ref().is_some_and(|skip| facts.holds(skip)) {
            return Vec::new();
        }
        let applies = |step: &ChainStep| step.kind == ChainKind::Approve && facts.holds(&step.when);
        let steps = chain.steps.iter().enumerate();
        steps.filter(|(_, step)| applies(step)).map(|(position, _)| position).collect()
    }

    /// What was decided stays decided; which steps are still to come is found anew, as an approver may have ticked what
    /// calls for the next one (S4-V02).
    fn look_ahead(&mut self, id: &Key, procedure: &Procedure, run: &ChainRun) {
        let Some(chain) = procedure.chain(&run.chain) else { return };
        let current = run.steps.get(run.passed).copied().unwrap_or(usize::MAX);
        let mut steps: Vec<usize> = run.steps.iter().copied().take(run.passed + 1).collect();
        let ahead = self.applying(id, procedure, chain);
        steps.extend(ahead.into_iter().filter(|position| *position > current));
        if steps != run.steps {
            self.record(id, Event::ChainStepsSet { chain: run.chain.clone(), steps });
        }
    }

    pub(super) fn decided_as(&self, id: &Key, procedure: &Procedure) -> Key {
        super::desk::approvers(procedure, self.case(id), self.directory, self.now)
            .map_or_else(|| "".into(), |(role, _)| role)
    }

    pub(super) fn approve(
        &mut self,
        id: &Key,
        procedure: &Procedure,
        extra: &Extra,
    ) -> Result<bool, Refusal> {
        let Some(run) = self.case(id).chain.clone() else {
            return Err(invalid("chain", Problem::Unknown));
        };
        let role = self.decided_as(id, procedure);
        self.look_ahead(id, procedure, &run);
        let opinion = extra.opinion.clone().map(Private::from);
        self.record(
            id,
            Event::ChainDecided {
                chain: run.chain,
                step: run.passed,
                role,
                approved: true,
                opinion,
            },
        );
        let finished = self.case(id).chain.is_none();
        if finished {
            self.happen(id, Moment::PlanApproved);
        } else {
            let loud = self.is_loud(id);
            self.tell(id, Topic::Approval, &[Actor::Relation(Relation::Approver)], None, loud);
        }
        Ok(finished)
    }

    pub(super) fn reject(
        &mut self,
        id: &Key,
        procedure: &Procedure,
        extra: &Extra,
    ) -> Result<(), Refusal> {
        let Some(run) = self.case(id).chain.clone() else {
            return Err(invalid("chain", Problem::Unknown));
        };
        let role = self.decided_as(id, procedure);
        let opinion = extra.opinion.clone().or_else(|| extra.reason.clone()).map(Private::from);
        self.record(
            id,
            Event::ChainDecided {
                chain: run.chain,
                step: run.passed,
                role,
                approved: false,
                opinion,
            },
        );
        self.happen(id, Moment::PlanRejected);
        Ok(())
    }
}
