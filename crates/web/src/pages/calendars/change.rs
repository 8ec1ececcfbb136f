//! `POST /admin/calendars/{name}`: days of a year are looked at as they would be, or put in force as they were looked at.

use super::edit::{Edit, Plan, Typed};
use super::year_href;
use crate::app::App;
use crate::pages::form::{Typed as Fields, read as read_form};
use crate::pages::visit::{Visit, see_other};
use crate::parse::Named;
use crate::problem::{Kind, Problem};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use desk::{DeskError, words};
use engine::calendar::{Calendar, ImportError, YearRow};

/// Somebody who changes a calendar.
struct Change<'a> {
    app: &'a App,
    visit: &'a Visit,
    known: Calendar,
    /// The version in force.
    version: u64,
    /// The version that was seen.
    seen: u64,
    year: i16,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Named(name): Named<String>,
    request: Request,
) -> Result<Response, Problem> {
    let (fields, mut files) = read_form(&app, request).await?.into_files();
    let file = files.pop().filter(|(_, _, bytes)| !bytes.is_empty());
    let again = app.clone();
    let work = move || {
        let (known, version) = app.desk().calendar(&name)?;
        let number = |name: &str| fields.one(name).and_then(|text| text.parse().ok());
        let year = number("year").and_then(|year: u64| i16::try_from(year).ok());
        let year = year.ok_or_else(|| Problem::new(Kind::InvalidBody))?.clamp(1, 9998);
        let seen = number("seen").unwrap_or(version);
        let change = Change { app: &app, visit: &visit, known, version, seen, year };
        match fields.one("deed") {
            Some("row") => change.more_rows(&fields),
            Some("list") => change.list(&fields, file),
            Some("force") => change.force(&fields),
            _ => change.look(&fields),
        }
    };
    again.inner.slow.run(work).await
}

impl Change<'_> {
    /// The page as the calendar in force has it.
    fn page(&self) -> Result<Edit, Problem> {
        let page = Edit::of(self.app, self.visit, &self.known, self.version, Some(self.year))?;
        Ok(Edit { seen: self.seen, ..page })
    }

    /// The page with what was typed.
    fn typed(&self, fields: &Fields) -> Result<Edit, Problem> {
        let page = self.page()?;
        let complete = page.complete.map(|_| fields.has("complete"));
        Ok(Edit { rows: rows(fields), complete, ..page })
    }

    /// Without scripts, the page with more rows to write into.
    fn more_rows(&self, fields: &Fields) -> Result<Response, Problem> {
        let mut page = self.typed(fields)?;
        page.rows.extend((0..3).map(|_| Typed::default()));
        Ok(self.visit.page(&page.html()))
    }

    fn look(&self, fields: &Fields) -> Result<Response, Problem> {
        let (mut page, mut fresh) = (self.typed(fields)?, self.known.clone());
        let rows: Vec<YearRow<'_>> = page.rows.iter().map(Typed::row).collect();
        match fresh.import_year(self.year, &rows, fields.has("complete")) {
            Ok(()) => self.planned(&fresh),
            Err(errors) => {
                for error in errors {
                    let row = error.line.checked_sub(1).and_then(|at| page.rows.get_mut(at));
                    if let Some(row) = row {
                        row.wrong = Some(self.told(&error));
                    }
                }
                page.wrong = Some(self.visit.lang.say("calendar.wrong").to_owned());
                self.refused(&page)
            }
        }
    }

    /// A list of days, as a table or an iCalendar file, or a whole calendar.
    fn list(
        &self,
        fields: &Fields,
        file: Option<(String, String, Vec<u8>)>,
    ) -> Result<Response, Problem> {
        let (lang, mut page) = (self.visit.lang, self.page()?);
        let pasted = fields.one("table").unwrap_or_default().to_owned();
        let text = match &file {
            Some((_, _, bytes)) => std::str::from_utf8(bytes).ok().map(str::to_owned),
            None => Some(pasted.clone()),
        };
        page.pasted = pasted;
        let Some(text) = text else {
            page.wrong = Some(lang.say("calendar.not_text").to_owned());
            return self.refused(&page);
        };
        let name = file.map(|(_, name, _)| name.to_lowercase()).unwrap_or_default();
        let mut fresh = self.known.clone();
        if name.ends_with(".toml") {
            return match Calendar::from_toml(&text) {
                Ok(whole) if whole.name() == self.known.name() => self.planned(&whole),
                Ok(whole) => {
                    let names = [("name", whole.name()), ("known", self.known.name())];
                    page.wrong = Some(lang.fill("calendar.other", &names));
                    self.refused(&page)
                }
                Err(errors) => {
                    page.wrong = Some(lang.say("calendar.wrong.list").to_owned());
                    let named = errors.iter().enumerate();
                    page.lines = named.map(|(at, error)| (at + 1, error.to_string())).collect();
                    self.refused(&page)
                }
            };
        }
        let is_ics = name.ends_with(".ics") || text.trim_start().starts_with("BEGIN:VCALENDAR");
        let read = if is_ics { fresh.import_ics(&text) } else { fresh.import_table(&text) };
        match read {
            Ok(_) => self.planned(&fresh),
            Err(errors) => {
                page.wrong = Some(lang.say("calendar.wrong.list").to_owned());
                page.lines = errors.iter().map(|one| (one.line, self.told(one))).collect();
                self.refused(&page)
            }
        }
    }

    /// What was looked at is put in force, unless somebody was faster: then it is looked at anew.
    fn force(&self, fields: &Fields) -> Result<Response, Problem> {
        let (desk, lang) = (self.app.desk(), self.visit.lang);
        let invalid = || Problem::new(Kind::InvalidBody);
        let fresh = fields.one("toml").and_then(|text| Calendar::from_toml(text).ok());
        let fresh = fresh.filter(|fresh| fresh.name() == self.known.name()).ok_or_else(invalid)?;
        match desk.put_calendar(&self.visit.caller().person, &fresh, Some(self.seen)) {
            Ok(_) => Ok(see_other(&format!("{}&done=yes", year_href(fresh.name(), self.year)))),
            Err(DeskError::Stale { .. }) => {
                let mut page = self.with_plan(&fresh)?;
                page.wrong = Some(lang.say("calendar.overtaken").to_owned());
                self.refused(&page)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn planned(&self, fresh: &Calendar) -> Result<Response, Problem> {
        match self.with_plan(fresh) {
            Ok(page) => Ok(self.visit.page(&page.html())),
            Err(problem) => Err(problem),
        }
    }

    /// The page with a calendar that is not in force yet. It is compared with the one that is, and put over that.
    fn with_plan(&self, fresh: &Calendar) -> Result<Edit, Problem> {
        // A list is shown where its first change lies.
        let changed = self.known.changed_days(fresh);
        let here = changed.iter().any(|day| day.date.year() == self.year);
        let year = match changed.first() {
            Some(day) if !here => day.date.year(),
            _ => self.year,
        };
        let page = Edit::of(self.app, self.visit, fresh, self.version, Some(year))?;
        let plan = Plan::of(self.app, self.visit.lang, &self.known, fresh, year)?;
        Ok(Edit { plan: Some(plan), ..page })
    }

    fn refused(&self, page: &Edit) -> Result<Response, Problem> {
        Ok(self.visit.answer(StatusCode::UNPROCESSABLE_ENTITY, &page.html()))
    }

    fn told(&self, error: &ImportError) -> String {
        words::calendar_trouble(&error.trouble, self.visit.lang.english)
    }
}

impl Typed {
    fn row(&self) -> YearRow<'_> {
        YearRow { first: &self.first, last: &self.last, name: &self.name, works: self.works }
    }
}

/// The rows that say something and are not to go.
fn rows(fields: &Fields) -> Vec<Typed> {
    let says = |row: &std::collections::BTreeMap<String, String>| {
        !row.contains_key("gone")
            && ["first", "last", "name"].iter().any(|part| row.contains_key(*part))
    };
    let typed = |mut row: std::collections::BTreeMap<String, String>| {
        let mut part = |name: &str| row.remove(name).unwrap_or_default();
        Typed {
            first: part("first"),
            last: part("last"),
            name: part("name"),
            works: part("kind") == "work",
            wrong: None,
        }
    };
    fields.rows("day").into_iter().filter(says).map(typed).collect()
}
