//! What becomes of a case among several, in words.

use super::Becomes;
use crate::bulk::{Bulk, Deed, Outcome};
use crate::pages::row::{holder_name, stage_name};
use crate::pages::words::Lang;
use crate::problem::Kind;
use desk::Seen;
use engine::case::{Case, Holder, holder};
use engine::clocks::Instance;
use engine::procedure::{Action, Means, Verb};

/// Deadlines that are told of one case at most.
const DEADLINES: usize = 3;

/// Stage and holder of a case in words.
pub(super) fn where_is(bulk: &Bulk<'_>, lang: Lang, seen: &Seen, case: &Case) -> (String, String) {
    let held = match holder(&seen.procedure, case) {
        Holder::Person(key) | Holder::Role(key) => {
            holder_name(lang, &seen.procedure, &bulk.people, &key)
        }
        Holder::Nobody => String::new(),
    };
    (stage_name(lang, &seen.procedure, &case.stage, case.life.name()), held)
}

/// What becomes of a case in words.
pub(super) fn becomes(
    bulk: &Bulk<'_>,
    lang: Lang,
    deed: Option<&Deed>,
    outcome: Option<&Outcome>,
) -> Becomes {
    let Some(outcome) = outcome else { return Becomes::Open };
    match (&outcome.after, &outcome.before) {
        // Programs are told where to look; people see it beside the case.
        (Err(problem), before) if problem.kind() == Kind::ActionUnavailable => {
            let here =
                before.as_ref().zip(deed).is_some_and(|(seen, deed)| is_of_stage(seen, deed));
            let why = if here { "bulk.not_yours" } else { "bulk.not_now" };
            Becomes::Refused(lang.say(why).to_owned())
        }
        (Err(problem), _) => Becomes::Refused(problem.body(lang.english).detail),
        (Ok(_), _) if outcome.is_idle() => Becomes::Same(lang.say("bulk.same").to_owned()),
        (Ok(after), Some(before)) => {
            let (was, is) =
                (where_is(bulk, lang, before, &before.case), where_is(bulk, lang, before, after));
            let mut said = Vec::new();
            if was.0 != is.0 {
                said.push(lang.fill("bulk.becomes.stage", &[("stage", &is.0)]));
            }
            if was.1 != is.1 && !is.1.is_empty() {
                said.push(lang.fill("bulk.becomes.holder", &[("holder", &is.1)]));
            }
            if after.procedure_version != before.case.procedure_version {
                let version = after.procedure_version.to_string();
                said.push(lang.fill("bulk.becomes.version", &[("version", &version)]));
            }
            said.extend(deadlines(bulk, lang, before, after));
            if said.is_empty() {
                said.push(lang.say("bulk.becomes.done").to_owned());
            }
            Becomes::Fine(lang.listed(&said))
        }
        (Ok(_), None) => Becomes::Fine(lang.say("bulk.becomes.done").to_owned()),
    }
}

/// Deadlines that run after it and did not run so before, what is due first at the beginning: a line has room for few.
fn deadlines(bulk: &Bulk<'_>, lang: Lang, before: &Seen, after: &Case) -> Vec<String> {
    let library = bulk.desk.library();
    let rules = library.version(&after.procedure, after.procedure_version);
    let (rules, calendar) = rules.unwrap_or((before.procedure.clone(), before.calendar.clone()));
    let ran = |one: &Instance| {
        let mut live = before.case.clocks.iter().filter(|was| was.is_live());
        live.any(|was| {
            (&was.clock, was.generation, was.due) == (&one.clock, one.generation, one.due)
        })
    };
    let live = after.clocks.iter().filter(|one| one.is_live() && !ran(one));
    let mut new: Vec<_> = live.filter_map(|one| Some((one.due?, &one.clock))).collect();
    new.sort();
    let told = new.into_iter().take(DEADLINES).map(|(due, key)| {
        let name = rules.clock(key).map_or(&**key, |clock| lang.word(&clock.label));
        let due = calendar.local(due).strftime("%m-%d %H:%M").to_string();
        lang.fill("bulk.becomes.due", &[("clock", name), ("due", &due)])
    });
    told.collect()
}

/// Whether a deed is a step of the stage that a case is in, whoever may do it.
fn is_of_stage(seen: &Seen, deed: &Deed) -> bool {
    let is = |action: &&Action| match deed {
        Deed::Move => false,
        Deed::Act(key) => *action.key == **key,
        Deed::Merge(_) => action.has(Verb::Merge),
        Deed::Unmerge => action.has(Verb::Unmerge),
        Deed::Assign => action.has(Verb::Assign),
    };
    let stage = &seen.case.stage;
    let mut actions = seen.procedure.actions.iter().filter(is);
    seen.case.life.promised()
        && actions.any(|action| action.from.is_empty() || action.from.contains(stage))
}

/// Whether two cases say that they are different customers': other numbers, or none in common and other names.
pub(super) fn other_customer(main: &Seen, other: &Seen) -> bool {
    let said = |means: Means| {
        [main, other].map(|seen| {
            let field = seen.procedure.field_meaning(means)?;
            let text = seen.case.value(&field.key)?.text();
            Some(store::fold(text)).filter(|text| !text.is_empty())
        })
    };
    let differ = |means| match said(means) {
        [Some(one), Some(other)] => Some(one != other),
        _ => None,
    };
    main.summary.id != other.summary.id
        && differ(Means::Phone)
            .or_else(|| differ(Means::Customer))
            .or_else(|| differ(Means::Contact))
            .unwrap_or(false)
}
