//! One thing done with several cases, each by itself: first looked at, then done. What one case refuses does not keep the others.

use crate::api::cases::act::{Doing, given};
use crate::problem::{Kind, Problem};
use desk::{Caller, Desk, Options, Seen};
use engine::case::Case;
use engine::command::Command;
use engine::decide::{Offer, offers};
use engine::people::Directory;
use engine::procedure::{Action, Verb};
use std::sync::Arc;
use store::IdempotencyKey;

/// Cases that are dealt with together at most: as many as a page of the list shows, and some.
pub(crate) const MOST: usize = 200;

/// What is done with each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Deed {
    /// The step by which a case is dispatched, whatever its procedure calls it.
    Assign,
    /// It goes on under the newest version of its procedure.
    Move,
    /// It is joined into the case with this number.
    Merge(String),
    /// It is parted from its main case.
    Unmerge,
    /// The action with this key.
    Act(String),
}

/// What became of a case, or would.
pub(crate) struct Outcome {
    pub(crate) number: String,
    /// The case before; none when the caller cannot see it.
    pub(crate) before: Option<Seen>,
    /// The case after.
    pub(crate) after: Result<Case, Problem>,
}

impl Outcome {
    /// Nothing is left to do: the case stays as it is.
    pub(crate) fn is_idle(&self) -> bool {
        let before = self.before.as_ref().map(|seen| seen.case.version);
        matches!(&self.after, Ok(after) if Some(after.version) == before)
    }
}

/// Those who look at several cases, and what they may do with them.
pub(crate) struct Bulk<'a> {
    pub(crate) desk: &'a Desk,
    pub(crate) caller: &'a Caller,
    pub(crate) people: Directory,
}

/// What is given with the deed to each case, by the action that it is there.
pub(crate) type Giving<'g> = &'g dyn Fn(&Seen, &Action) -> Doing;

impl<'a> Bulk<'a> {
    pub(crate) fn new(desk: &'a Desk, caller: &'a Caller) -> Self {
        Self { desk, caller, people: desk.directory() }
    }

    /// What the caller may do with a case.
    pub(crate) fn offers(&self, seen: &Seen) -> Vec<Offer> {
        let who = self.caller.who();
        offers(&seen.procedure, &seen.case, &self.people, &who, self.desk.now())
    }

    /// The action that a deed is on a case, if the caller may do it there now.
    pub(crate) fn action<'s>(&self, seen: &'s Seen, deed: &Deed) -> Option<(&'s Action, Offer)> {
        let offers = self.offers(seen).into_iter();
        let mut known =
            offers.filter_map(|offer| Some((seen.procedure.action(&offer.action)?, offer)));
        let with = |verb: Verb| move |(action, _): &(&Action, Offer)| action.has(verb);
        match deed {
            Deed::Move => None,
            Deed::Act(key) => known.find(|(action, _)| *action.key == **key),
            Deed::Merge(_) => known.find(with(Verb::Merge)),
            Deed::Unmerge => known.find(with(Verb::Unmerge)),
            // Giving it to somebody else comes before dispatching it anew, and that before what does more.
            Deed::Assign => known.filter(with(Verb::Assign)).min_by_key(|(action, offer)| {
                (action.does.len(), action.to.is_some() && !offer.next, action.to.is_some())
            }),
        }
    }

    /// What would become of each case. Nothing is written.
    pub(crate) fn look(&self, numbers: &[String], deed: &Deed, giving: Giving<'_>) -> Vec<Outcome> {
        self.each(numbers, |seen| {
            let command = self.command(seen, deed, giving)?;
            Ok(self.desk.try_submit(&self.caller.who(), &command)?)
        })
    }

    /// Does it. Repeating it under the same key does nothing again.
    pub(crate) fn act(
        &self,
        numbers: &[String],
        deed: &Deed,
        giving: Giving<'_>,
        key: Option<&IdempotencyKey>,
    ) -> Vec<Outcome> {
        self.each(numbers, |seen| {
            let of_case = |key: &IdempotencyKey| IdempotencyKey {
                scope: format!("{} {}", key.scope, seen.case.id),
                ..key.clone()
            };
            let options = Options { key: key.map(of_case), ..Options::default() };
            let make = || self.command(seen, deed, giving);
            let done = self.desk.submit_made(&self.caller.who(), options, make)?;
            Ok(Arc::unwrap_or_clone(self.desk.case_after(&done)?.case))
        })
    }

    fn each(
        &self,
        numbers: &[String],
        deal: impl Fn(&Seen) -> Result<Case, Problem>,
    ) -> Vec<Outcome> {
        let outcome = |number: &String| {
            let (before, after) = match self.desk.case_for(self.caller, number) {
                Ok(seen) => {
                    let after = deal(&seen).map_err(|problem| problem.under(&seen.procedure));
                    (Some(seen), after)
                }
                Err(error) => (None, Err(error.into())),
            };
            Outcome { number: number.clone(), before, after }
        };
        numbers.iter().map(outcome).collect()
    }

    fn command(&self, seen: &Seen, deed: &Deed, giving: Giving<'_>) -> Result<Command, Problem> {
        let case = seen.case.id.clone();
        if *deed == Deed::Move {
            return self.desk.moving(self.caller, seen).map_err(Problem::from);
        }
        let unavailable = || Problem::new(Kind::ActionUnavailable);
        let (action, _) = self.action(seen, deed).ok_or_else(unavailable)?;
        let mut doing = giving(seen, action);
        if let Deed::Merge(main) = deed {
            doing.input.insert("other".to_owned(), main.clone().into());
        }
        let (fields, extra) = given(self.desk, self.caller, seen, action, doing)?;
        Ok(Command::Act { case, action: action.key.clone(), fields, extra: Box::new(extra) })
    }
}

/// Numbers as they were named, each once; too many are refused.
pub(crate) fn numbers(named: impl IntoIterator<Item = String>) -> Result<Vec<String>, Problem> {
    let mut numbers: Vec<String> = Vec::new();
    for number in named {
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    let fits = (1..=MOST).contains(&numbers.len());
    let wrong = engine::refusal::Problem::BeyondLimit;
    if fits {
        Ok(numbers)
    } else {
        Err(Problem::new(Kind::InvalidFields).field("cases", Some(wrong)))
    }
}
