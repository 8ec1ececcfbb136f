//! What stands beside the form of a case: the customer and his other cases, tasks, files, related cases, and the sheets.

use super::Look;
use crate::answer::LinkAnswer;
use crate::app::App;
use crate::pages::case::{Beside, Fact, FileView, Over, Said, Sheet, TaskView};
use crate::pages::customers::{customer_href, title};
use crate::pages::left::Left;
use crate::pages::row::stage_name;
use crate::pages::words::Lang;
use crate::problem::Problem;
use desk::without_phones;
use engine::case::Life;
use engine::procedure::{FieldKind, Means};
use std::collections::BTreeSet;
use store::{Filter, PhoneMatch, Sort as Order};

/// Earlier cases of a customer that are shown.
const EARLIER: usize = 8;
/// Records of one number that are shown.
const RECORDS: usize = 3;

impl Look<'_> {
    pub(super) fn customer(&self) -> Vec<Fact> {
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
        let phone = rules.field_meaning(Means::Phone).map(|field| &field.key);
        let told = fields.map(|field| {
            let hidden = self.seen.masked(&field.key).as_ref() != case.value(&field.key);
            Fact {
                key: field.key.to_string(),
                name: self.lang.word(&field.label).to_owned(),
                text: self.text(&field.key, &field.kind),
                reveal: (may && hidden).then(|| field.key.to_string()),
                phone: phone == Some(&field.key),
            }
        });
        told.filter(|fact| !fact.text.is_empty()).collect()
    }

    /// The records of whoever is reached by the number or account of the case.
    pub(super) fn records(&self) -> Result<Vec<(String, String)>, Problem> {
        let known = self.desk.customers_of_case(&self.seen.procedure, &self.seen.case)?;
        let one = known.len() == 1;
        let name = |kept: &desk::Kept| match one {
            true => self.lang.say("customer.open").to_owned(),
            false => title(&kept.customer),
        };
        Ok(known.iter().take(RECORDS).map(|kept| (name(kept), customer_href(&kept.key))).collect())
    }

    /// Other cases of the same number, of the last hundred that were entered, the newest first.
    pub(super) fn earlier(&self) -> Result<Vec<Beside>, Problem> {
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
        let filter = Filter { phone: Some(PhoneMatch::Latest(phone)), ..Filter::default() };
        let scope = self.desk.scope(self.visit.caller());
        // In the order in which they were entered: of a frequent caller only the latest are read.
        let sort = Order::NewestEntry;
        let found = self.desk.store().list(&scope, &filter, sort, None, EARLIER + 1)?;
        let others =
            found.rows.into_iter().filter(|row| row.id != self.seen.summary.id).take(EARLIER);
        Ok(others.map(|row| beside(self.app, self.lang, &row)).collect())
    }

    pub(super) fn tasks(&self) -> Vec<TaskView> {
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
                    .map(|due| Left::of(lang, calendar, now, due)),
                done: task.done.map(|at| calendar.local(at).strftime("%m-%d %H:%M").to_string()),
            }
        };
        let (open, done): (Vec<_>, Vec<_>) =
            self.seen.case.tasks.iter().partition(|task| task.done.is_none());
        open.into_iter().chain(done).map(view).collect()
    }

    pub(super) fn files(&self) -> Result<Vec<FileView>, Problem> {
        let files = self.desk.store().attachments_of(self.seen.summary.id)?;
        let view = |file: store::Attachment| FileView {
            href: format!("/files/{}", file.id),
            name: file.name.unwrap_or_else(|| self.lang.say("form.file").to_owned()),
            size: size(file.size),
            image: file.content_type.starts_with("image/"),
        };
        Ok(files.into_iter().map(view).collect())
    }

    pub(super) fn links(&self, linked: &[LinkAnswer]) -> Vec<Beside> {
        linked.iter().map(|link| self.linked(link)).collect()
    }

    fn linked(&self, link: &LinkAnswer) -> Beside {
        Beside {
            number: link.number.clone(),
            title: link.title.clone().unwrap_or_default(),
            note: self.lang.say(&format!("link.{}.{}", link.direction, link.kind)).to_owned(),
            open: true,
        }
    }

    /// Why nothing is to be done any more, and where it goes on.
    pub(super) fn over(&self, linked: &[LinkAnswer]) -> Option<Over> {
        let (case, lang) = (&self.seen.case, self.lang);
        if case.life.promised() {
            return None;
        }
        let kept = match &case.life {
            Life::Archived { keep_until, .. } => {
                self.seen.calendar.local(*keep_until).date().to_string()
            }
            _ => String::new(),
        };
        let into = |link: &&LinkAnswer| (&*link.kind, &*link.direction) == ("merged_into", "to");
        Some(Over {
            title: self.holder(),
            text: lang.fill(&format!("case.over.{}", case.life.name()), &[("until", &kept)]),
            main: linked.iter().find(into).map(|link| self.linked(link)),
        })
    }

    /// The forms that say something already; the one of this stage is open. What is masked in them can be shown where it stands first,
    /// unless it stands in the customer's card.
    pub(super) fn sheets(&self, customer: &[Fact]) -> Vec<Sheet> {
        let rules = &self.seen.procedure;
        let may = self.desk.may_reveal_case(&self.visit.signed.person, &rules.key);
        let mut told: BTreeSet<String> = customer.iter().map(|fact| fact.key.clone()).collect();
        let sheet = |form: &engine::procedure::Form| {
            let fields = form.fields.iter().filter_map(|entry| rules.field(&entry.field));
            let values =
                fields.filter(|field| !matches!(field.kind, FieldKind::Files)).map(|field| {
                    let rows = matches!(field.kind, FieldKind::Table(_) | FieldKind::Auto(_));
                    let long = rows || field.kind == FieldKind::Long;
                    let text = self.text(&field.key, &field.kind);
                    let masked = self.seen.masked(&field.key);
                    let hidden =
                        may && !rows && masked.as_ref() != self.seen.case.value(&field.key);
                    let hidden = hidden && told.insert(field.key.to_string());
                    Said {
                        key: hidden.then(|| field.key.to_string()),
                        name: self.lang.word(&field.label).to_owned(),
                        wide: long && text.chars().count() > 30,
                        text,
                        hidden,
                    }
                });
            Sheet {
                id: format!("sheet-{}", form.key),
                name: self.lang.word(&form.label).to_owned(),
                open: form.stage == self.seen.case.stage,
                values: values.filter(|said| !said.text.trim().is_empty()).collect(),
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

fn size(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{} KB", bytes / 1_024),
        _ => format!("{}.{} MB", bytes / 1_048_576, bytes % 1_048_576 * 10 / 1_048_576),
    }
}
