//! A case as its page shows it.

mod decided;
mod doing;
mod parts;

pub(crate) use doing::draft_name;
pub(crate) use parts::beside;

use super::clocks::clocks;
use super::story::{PARTS, Storyteller};
use super::{CasePage, Conflict, Returned, Step, Wanted};
use crate::api::cases::links::links;
use crate::app::App;
use crate::pages::framed::Section;
use crate::pages::row::{holder_name, stage_name};
use crate::pages::visit::Visit;
use crate::pages::words::Lang;
use crate::problem::Problem;
use desk::{Desk, Seen, without_phones};
use engine::case::{Holder, Life, holder};
use engine::decide::offers;
use engine::people::Directory;
use engine::procedure::{FieldKind, Means};
use engine::show;
use engine::value::Value;

/// Everything that the parts of the page are read from.
struct Look<'a> {
    app: &'a App,
    desk: &'a Desk,
    lang: Lang,
    visit: &'a Visit,
    seen: &'a Seen,
    people: &'a Directory,
}

impl CasePage {
    pub(super) fn of(
        app: &App,
        visit: &Visit,
        number: &str,
        wanted: &Wanted,
        returned: Option<Returned>,
    ) -> Result<Self, Problem> {
        let (desk, lang) = (app.desk(), visit.lang);
        let seen = desk.case_for(visit.caller(), number)?;
        let people = desk.directory();
        let look = Look { app, desk, lang, visit, seen: &seen, people: &people };
        let customer = look.customer();
        let who = visit.caller().who();
        let offered = offers(&seen.procedure, &seen.case, &people, &who, desk.now());
        let (rules, case) = (&seen.procedure, &seen.case);
        let word = |label| lang.word(label).to_owned();
        let (running, settled) = clocks(lang, &seen, desk.now());
        let scope = desk.scope(visit.caller());
        let storyteller = Storyteller { desk, lang, seen: &seen, people: &people, scope: &scope };
        let show =
            PARTS.iter().find(|(part, _)| *part == wanted.show).map_or("all", |(part, _)| *part);
        let asked =
            returned.as_ref().map_or(wanted.r#do.as_str(), |returned| returned.action.as_str());
        let mut now = look.doing(&offered, asked, &wanted.template, returned.as_ref())?;
        let begun = now.as_mut().and_then(|now| now.form.taken_up(case.version));
        let conflict = match (returned.as_ref().and_then(|returned| returned.stale), begun) {
            (Some(version), _) => Some(storyteller.since(version)?),
            (None, Some(version)) => storyteller.news(version, &who)?,
            (None, None) => None,
        };
        let (others, further) = look.others(&offered, now.as_ref());
        let caller = visit.caller();
        let held = case.life.promised() && seen.summary.columns.holder == *caller.person;
        let asleep = match held {
            true => desk.snoozed(caller)?.into_iter().find(|one| one.summary.id == seen.summary.id),
            false => None,
        };
        let lost = returned
            .as_ref()
            .filter(|_| now.is_none())
            .map(|returned| look.spoken(&returned.typed));
        let next = rules.stage(&case.stage).and_then(|stage| stage.next.as_ref());
        let next = next.filter(|_| case.life.promised()).and_then(|next| rules.action(next));
        let theirs = next.filter(|next| !offered.iter().any(|offer| offer.action == next.key));
        let done = rules.action(&wanted.done).map(|action| word(&action.label));
        let title = look.title();
        let linked = links(desk, caller, &seen)?;
        Ok(Self {
            frame: visit.frame(app, Section::Cases, format!("{} {title}", case.number))?,
            number: case.number.clone(),
            id: case.id.to_string(),
            title,
            procedure: word(&rules.label),
            version: case.version,
            level: look.level(),
            tags: look.tags(),
            holder: look.holder(),
            assignee: case.assignee.as_ref().map(|id| look.person(id)),
            helpers: case.co_owners.iter().map(|id| look.person(id)).collect(),
            path: look.path(),
            clocks: running,
            settled,
            sheets: look.sheets(&customer),
            customer,
            shown: Vec::new(),
            records: look.records()?,
            may_record: desk.may_write_customers(&visit.signed.person),
            earlier: look.earlier()?,
            theirs: theirs.map(|action| word(&action.label)),
            over: look.over(&linked),
            others,
            further,
            now,
            tasks: look.tasks(),
            files: look.files()?,
            links: look.links(&linked),
            story: storyteller.days(show)?,
            show,
            done,
            follows: desk.follows(caller, &seen)?,
            held,
            asleep: asleep.map(|one| show::time(&seen.calendar, one.until)),
            conflict: conflict.map(|changes| Conflict { changes, typed: lost.unwrap_or_default() }),
        })
    }
}

impl Look<'_> {
    fn title(&self) -> String {
        self.seen.summary.columns.title.as_deref().map(without_phones).unwrap_or_default()
    }

    fn person(&self, id: &str) -> String {
        self.people.person(id).map_or_else(|| id.to_owned(), |person| person.name.clone())
    }

    fn level(&self) -> Option<(u8, String)> {
        let rules = &self.seen.procedure;
        let level = self.seen.case.value(&rules.severity)?.text();
        let value = rules.axis_of(&rules.severity)?.value(level)?;
        Some((value.severity.unwrap_or(0), self.lang.word(&value.label).to_owned()))
    }

    fn tags(&self) -> Vec<String> {
        let means = [Means::Category, Means::Channel, Means::Level];
        let mut tags: Vec<String> =
            means.into_iter().filter_map(|means| self.meaning(means)).collect();
        let (case, lang) = (&self.seen.case, self.lang);
        if case.round > 1 {
            tags.push(lang.count("case.round", u64::from(case.round)));
        }
        if case.urges > 0 {
            tags.push(lang.count("case.urges", u64::from(case.urges)));
        }
        if case.held {
            tags.push(lang.say("case.held").to_owned());
        }
        let named = case.escalations.keys().filter_map(|key| self.seen.procedure.escalation(key));
        tags.extend(named.map(|one| lang.word(&one.label).to_owned()));
        tags
    }

    /// The text of the field with a meaning, masked.
    fn meaning(&self, means: Means) -> Option<String> {
        let field = self.seen.procedure.field_meaning(means)?;
        Some(self.text(&field.key, &field.kind)).filter(|text| !text.is_empty())
    }

    fn text(&self, key: &str, kind: &FieldKind) -> String {
        let (rules, calendar) = (&self.seen.procedure, &self.seen.calendar);
        if matches!(kind, FieldKind::Auto(_)) {
            let text =
                show::field(rules, calendar, self.people, &self.seen.case, key, self.lang.english);
            return if self.seen.reveal { text } else { without_phones(&text) };
        }
        let value = self.seen.masked(key);
        if let (FieldKind::Table(_), Some(value)) = (kind, &value) {
            return self.rows(kind, value);
        }
        value
            .map(|value| show::value(rules, calendar, self.people, kind, &value, self.lang.english))
            .unwrap_or_default()
    }

    /// The rows of a table, a line each, every cell with its name.
    fn rows(&self, kind: &FieldKind, value: &Value) -> String {
        let (rules, calendar, lang) = (&self.seen.procedure, &self.seen.calendar, self.lang);
        let rows = show::rows(rules, calendar, self.people, kind, value, lang.english);
        let cell = |(name, text): (&str, String)| {
            lang.fill("cases.chip", &[("name", name), ("value", &text)])
        };
        let line = |row: Vec<_>| row.into_iter().map(cell).collect::<Vec<_>>().join(" · ");
        rows.into_iter().map(line).collect::<Vec<_>>().join("\n")
    }

    fn holder(&self) -> String {
        match holder(&self.seen.procedure, &self.seen.case) {
            Holder::Person(key) | Holder::Role(key) => {
                holder_name(self.lang, &self.seen.procedure, self.people, &key)
            }
            Holder::Nobody => desk::words::text(
                &format!("life.{}", self.seen.case.life.name()),
                self.lang.english,
                &[],
            ),
        }
    }

    /// The stages in their order, with when each was last entered.
    fn path(&self) -> Vec<Step> {
        let (case, calendar) = (&self.seen.case, &self.seen.calendar);
        let here = self.seen.procedure.stage_index(&case.stage);
        let ended = matches!(case.life, Life::Voided { .. } | Life::Merged { .. });
        let stages = self.seen.procedure.stages.iter().enumerate();
        let mut steps: Vec<Step> = stages
            .filter_map(|(place, stage)| {
                let entered =
                    case.path.iter().rev().find(|(key, _)| *key == stage.key).map(|(_, at)| *at);
                let current = Some(place) == here;
                // A stage that was left out, or lies beyond an end that came early, is not shown as ahead.
                let ahead = here.is_some_and(|here| place > here);
                let left_out = entered.is_none() && !ahead;
                if !current && (left_out || ended && ahead) {
                    return None;
                }
                let class = if current && !ended {
                    "now"
                } else if ahead {
                    "ahead"
                } else {
                    "done"
                };
                let at = entered
                    .filter(|_| !ahead)
                    .map(|at| calendar.local(at).strftime("%m-%d %H:%M").to_string());
                Some(Step { name: self.lang.word(&stage.label).to_owned(), class, at })
            })
            .collect();
        if let Life::Voided { at } | Life::Merged { at, .. } = &case.life {
            let name = stage_name(self.lang, &self.seen.procedure, &case.stage, case.life.name());
            steps.push(Step {
                name,
                class: "now",
                at: Some(calendar.local(*at).strftime("%m-%d %H:%M").to_string()),
            });
        }
        steps
    }
}
