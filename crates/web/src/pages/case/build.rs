//! A case as its page shows it.

use super::clocks::clocks;
use super::story::{PARTS, Storyteller};
use super::{
    Beside, CasePage, Conflict, Doing, Fact, FileView, Other, Returned, Sheet, Step, TaskView,
    Wanted,
};
use crate::answer::encoded;
use crate::api::cases::links::links;
use crate::app::App;
use crate::pages::customers::{customer_href, title};
use crate::pages::form::{Form, Maker, Template, Typed, action_form};
use crate::pages::framed::Section;
use crate::pages::left::Left;
use crate::pages::row::{case_href, holder_name, stage_name};
use crate::pages::visit::Visit;
use crate::pages::words::Lang;
use crate::problem::Problem;
use desk::{Desk, Saved, Seen, Shelf, without_phones};
use engine::case::{Holder, Life, holder};
use engine::decide::{Offer, offers};
use engine::people::Directory;
use engine::procedure::{Action, FieldKind, Means, Verb};
use engine::show;
use store::{Filter, PhoneMatch, Sort as Order};
use uuid::Uuid;

/// Earlier cases of a customer that are shown.
const EARLIER: usize = 8;
/// Records of one number that are shown.
const RECORDS: usize = 3;

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
        let who = visit.caller().who();
        let offered = offers(&seen.procedure, &seen.case, &people, &who, desk.now());
        let (rules, case) = (&seen.procedure, &seen.case);
        let word = |label| lang.word(label).to_owned();
        let (running, settled) = clocks(lang, &seen, desk.now());
        let scope = desk.scope(visit.caller());
        let storyteller = Storyteller { desk, lang, seen: &seen, people: &people, scope: &scope };
        let show =
            PARTS.iter().find(|(part, _)| *part == wanted.show).map_or("all", |(part, _)| *part);
        let conflict = match returned.as_ref().and_then(|returned| returned.stale) {
            Some(version) => Some(storyteller.since(version)?),
            None => None,
        };
        let asked =
            returned.as_ref().map_or(wanted.r#do.as_str(), |returned| returned.action.as_str());
        let now = look.doing(&offered, asked, &wanted.template, returned.as_ref())?;
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
            customer: look.customer(),
            records: look.records()?,
            may_record: desk.may_write_customers(&visit.signed.person),
            earlier: look.earlier()?,
            theirs: theirs.map(|action| word(&action.label)),
            others: look.others(&offered, now.as_ref()),
            now,
            tasks: look.tasks(),
            files: look.files()?,
            links: look.links()?,
            sheets: look.sheets(),
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
    /// The form that is shown: of what came back, else of what was asked for, else of what the procedure asks for next.
    fn doing(
        &self,
        offered: &[Offer],
        asked: &str,
        template: &str,
        returned: Option<&Returned>,
    ) -> Result<Option<Doing>, Problem> {
        let rules = &self.seen.procedure;
        let by_key = offered.iter().find(|offer| *offer.action == *asked);
        let offer =
            by_key.or_else(|| offered.iter().find(|offer| offer.next).filter(|_| asked.is_empty()));
        let Some((offer, action)) =
            offer.and_then(|offer| Some((offer, rules.action(&offer.action)?)))
        else {
            return Ok(None);
        };
        let name = draft_name(&self.seen.case.number, &action.key);
        let kept = match returned {
            Some(_) => None,
            None => self.desk.draft(self.visit.caller(), &name)?,
        };
        let kept: Option<Typed> =
            kept.and_then(|kept| serde_json::from_value(kept).ok()).map(Typed);
        let typed = returned.map(|returned| &returned.typed).or(kept.as_ref());
        let (desk, lang, people) = (self.desk, self.lang, self.people);
        let maker = Maker { desk, lang, rules, calendar: &self.seen.calendar, people, typed };
        let mut form = Form {
            action: format!(
                "{}/actions/{}",
                case_href(&self.seen.case.number),
                encoded(&action.key)
            ),
            draft: Some(name),
            restored: kept.is_some(),
            once: Uuid::new_v4().to_string(),
            ..action_form(&maker, self.seen, action, offer, &self.visit.caller().who())
        };
        if form.says() {
            form.templates = self.templates(&action.key);
            let chosen = self.desk.saved_one(self.visit.caller(), Shelf::Templates, template).ok();
            if let Some(text) = chosen.as_ref().and_then(Saved::text) {
                form.put_in(self.filled(text));
            }
        }
        if let Some(returned) = returned {
            form.refuse(&returned.wrong);
        }
        Ok(Some(Doing { title: lang.word(&action.label).to_owned(), next: offer.next, form }))
    }

    /// The texts that can be put into the form of an action.
    fn templates(&self, action: &str) -> Vec<Template> {
        let href = case_href(&self.seen.case.number);
        let all = self.desk.saved(self.visit.caller(), Shelf::Templates);
        all.iter()
            .filter_map(|saved| {
                let query = format!("do={}&template={}", encoded(action), encoded(&saved.id));
                Some(Template {
                    name: saved.name.clone(),
                    href: format!("{href}?{query}#now-do"),
                    text: self.filled(saved.text()?),
                })
            })
            .collect()
    }

    fn filled(&self, text: &str) -> String {
        self.desk.filled_in(self.visit.caller(), self.seen, text, self.lang.english)
    }

    /// What else may be done, in the procedure's order.
    fn others(&self, offered: &[Offer], now: Option<&Doing>) -> Vec<Other> {
        let rules = &self.seen.procedure;
        let href = case_href(&self.seen.case.number);
        let actions = offered.iter().filter_map(|offer| rules.action(&offer.action));
        let shown = |action: &&Action| {
            now.is_none_or(|now| {
                !now.form.action.ends_with(&format!("/actions/{}", encoded(&action.key)))
            })
        };
        let mut keys: Vec<(&'static str, Verb)> = vec![("r", Verb::Contact), ("x", Verb::Comment)];
        actions
            .filter(shown)
            .map(|action| {
                let place = keys.iter().position(|(_, verb)| action.has(*verb));
                Other {
                    label: self.lang.word(&action.label).to_owned(),
                    href: format!("{href}?do={}#now-do", encoded(&action.key)),
                    key: place.map(|place| keys.remove(place).0),
                }
            })
            .collect()
    }

    /// What was typed, by the names of its controls.
    fn spoken(&self, typed: &Typed) -> Vec<(String, String)> {
        let rules = &self.seen.procedure;
        let named = typed.0.iter().filter(|(_, text)| !text.trim().is_empty());
        named
            .filter_map(|(name, text)| {
                if let Some(key) = name.strip_prefix("f.") {
                    return Some((
                        self.lang.word(&rules.field(key)?.label).to_owned(),
                        text.clone(),
                    ));
                }
                let input = name.strip_prefix("i.")?;
                Some((desk::words::input(input, self.lang.english), text.clone()))
            })
            .collect()
    }

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
        value
            .map(|value| show::value(rules, calendar, self.people, kind, &value, self.lang.english))
            .unwrap_or_default()
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
                if entered.is_none() && !current && (ended || here.is_some_and(|here| place < here))
                {
                    return None;
                }
                let ahead = here.is_some_and(|here| place > here);
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

    fn customer(&self) -> Vec<Fact> {
        let means = [
            Means::Customer,
            Means::Contact,
            Means::Phone,
            Means::Account,
            Means::Level,
            Means::Product,
            Means::Emotion,
            Means::PreferredChannel,
        ];
        let (rules, case) = (&self.seen.procedure, &self.seen.case);
        let may = self.desk.may_reveal_case(&self.visit.signed.person, &rules.key);
        let fields = means.into_iter().filter_map(|means| rules.field_meaning(means));
        let told = fields.map(|field| {
            let hidden = self.seen.masked(&field.key).as_ref() != case.value(&field.key);
            Fact {
                name: self.lang.word(&field.label).to_owned(),
                text: self.text(&field.key, &field.kind),
                reveal: (may && hidden).then(|| field.key.to_string()),
            }
        });
        told.filter(|fact| !fact.text.is_empty()).collect()
    }

    /// The records of whoever is reached by the number or account of the case.
    fn records(&self) -> Result<Vec<(String, String)>, Problem> {
        let known = self.desk.customers_of_case(&self.seen.procedure, &self.seen.case)?;
        let one = known.len() == 1;
        let name = |kept: &desk::Kept| match one {
            true => self.lang.say("customer.open").to_owned(),
            false => title(&kept.customer),
        };
        Ok(known.iter().take(RECORDS).map(|kept| (name(kept), customer_href(&kept.key))).collect())
    }

    /// Other cases of the same number, newest first.
    fn earlier(&self) -> Result<Vec<Beside>, Problem> {
        let phone = self
            .seen
            .procedure
            .field_meaning(Means::Phone)
            .and_then(|field| self.seen.case.value(&field.key));
        let Some(phone) =
            phone.map(|value| value.text().to_owned()).filter(|phone| !phone.is_empty())
        else {
            return Ok(Vec::new());
        };
        let filter = Filter { phone: Some(PhoneMatch::Whole(phone)), ..Filter::default() };
        let scope = self.desk.scope(self.visit.caller());
        let found = self.desk.store().list(&scope, &filter, Order::Newest, None, EARLIER + 1)?;
        let others =
            found.rows.into_iter().filter(|row| row.id != self.seen.summary.id).take(EARLIER);
        Ok(others.map(|row| beside(self.app, self.lang, &row)).collect())
    }

    fn tasks(&self) -> Vec<TaskView> {
        let (lang, calendar, now) = (self.lang, &self.seen.calendar, self.desk.now());
        let rules = &self.seen.procedure;
        let view = |task: &engine::case::Task| {
            let role = task
                .role
                .as_ref()
                .and_then(|role| rules.role(role))
                .map(|role| lang.word(&role.label).to_owned());
            let department = task
                .department
                .as_ref()
                .and_then(|key| rules.department(key))
                .map(|one| lang.word(&one.label).to_owned());
            let owner = task.owner.as_ref().map(|id| self.person(id));
            TaskView {
                title: without_phones(task.title.as_str()),
                who: owner.or(role).or(department).unwrap_or_default(),
                left: task
                    .due
                    .filter(|_| task.done.is_none())
                    .map(|due| Left::of(lang, calendar, now, due, None)),
                done: task.done.map(|at| calendar.local(at).strftime("%m-%d %H:%M").to_string()),
            }
        };
        let (open, done): (Vec<_>, Vec<_>) =
            self.seen.case.tasks.iter().partition(|task| task.done.is_none());
        open.into_iter().chain(done).map(view).collect()
    }

    fn files(&self) -> Result<Vec<FileView>, Problem> {
        let files = self.desk.store().attachments_of(self.seen.summary.id)?;
        let view = |file: store::Attachment| FileView {
            href: format!("/files/{}", file.id),
            name: file.name.unwrap_or_else(|| self.lang.say("form.file").to_owned()),
            size: size(file.size),
            image: file.content_type.starts_with("image/"),
        };
        Ok(files.into_iter().map(view).collect())
    }

    fn links(&self) -> Result<Vec<Beside>, Problem> {
        let linked = links(self.desk, self.visit.caller(), self.seen)?;
        let view = |link: crate::answer::LinkAnswer| Beside {
            number: link.number,
            title: link.title.unwrap_or_default(),
            note: self.lang.say(&format!("link.{}.{}", link.direction, link.kind)).to_owned(),
            open: true,
        };
        Ok(linked.into_iter().map(view).collect())
    }

    /// The forms that say something already; the one of this stage is open.
    fn sheets(&self) -> Vec<Sheet> {
        let rules = &self.seen.procedure;
        let sheet = |form: &engine::procedure::Form| {
            let fields = form.fields.iter().filter_map(|entry| rules.field(&entry.field));
            let values =
                fields.filter(|field| !matches!(field.kind, FieldKind::Files)).map(|field| {
                    let long = matches!(
                        field.kind,
                        FieldKind::Long | FieldKind::Table(_) | FieldKind::Auto(_)
                    );
                    let text = self.text(&field.key, &field.kind);
                    (
                        self.lang.word(&field.label).to_owned(),
                        text.clone(),
                        long && text.chars().count() > 30,
                    )
                });
            Sheet {
                id: format!("sheet-{}", form.key),
                name: self.lang.word(&form.label).to_owned(),
                open: form.stage == self.seen.case.stage,
                values: values.filter(|(_, text, _)| !text.trim().is_empty()).collect(),
            }
        };
        let mut sheets: Vec<Sheet> =
            rules.forms.iter().map(sheet).filter(|sheet| !sheet.values.is_empty()).collect();
        if !sheets.iter().any(|sheet| sheet.open)
            && let Some(first) = sheets.first_mut()
        {
            first.open = true;
        }
        sheets
    }
}

/// Another case in a line.
pub(crate) fn beside(app: &App, lang: Lang, row: &store::CaseSummary) -> Beside {
    let columns = &row.columns;
    let rules = app.desk().library().version(&columns.procedure, columns.procedure_version);
    let (stage, day) = match &rules {
        Some((rules, calendar)) => (
            stage_name(lang, rules, &columns.stage, &columns.life),
            calendar.local(columns.registered_at).strftime("%Y-%m-%d").to_string(),
        ),
        None => (columns.stage.clone(), String::new()),
    };
    Beside {
        number: row.number.clone(),
        title: columns.title.as_deref().map(without_phones).unwrap_or_default(),
        note: format!("{stage} · {day}"),
        open: columns.open,
    }
}

/// The name of the draft of an action's form.
pub(crate) fn draft_name(number: &str, action: &str) -> String {
    format!("case {number} {action}")
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{} KB", bytes / 1_024),
        _ => format!("{}.{} MB", bytes / 1_048_576, bytes % 1_048_576 * 10 / 1_048_576),
    }
}
