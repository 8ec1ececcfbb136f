//! Approval chains: submitted, decided step by step, never by the author himself.

use super::Work;
use super::verbs::invalid;
use crate::case::Facts;
use crate::command::Extra;
use crate::event::{Event, Topic};
use crate::key::Key;
use crate::procedure::{Action, Actor, ChainKind, Moment, Procedure, Relation};
use crate::refusal::{Problem, Refusal};
use crate::value::Private;

impl Work<'_> {
    pub(super) fn submit(&mut self, id: &Key, procedure: &Procedure, action: &Action) {
        let Some(chain) = action.chain.as_ref().and_then(|chain| procedure.chain(chain)) else {
            return;
        };
        let facts = Facts::new(procedure, self.case(id), &self.who);
        let skipped = chain.skip.as_ref().is_some_and(|skip| facts.holds(skip));
        let applies = |step: &crate::procedure::ChainStep| {
            !skipped && step.kind == ChainKind::Approve && facts.holds(&step.when)
        };
        let steps: Vec<usize> = chain
            .steps
            .iter()
            .enumerate()
            .filter(|(_, step)| applies(step))
            .map(|(position, _)| position)
            .collect();
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
