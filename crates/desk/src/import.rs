//! Import of a file: each row becomes a case, in order, in one commit with the word of which row it was. What is in already
//! is skipped, so an import that broke off is simply started again.
//!
//! - `file`: bytes as rows of cells; `columns`: which field a column is; `cell`: a cell as the core reads it

mod cell;
mod columns;
mod file;

pub use columns::{Misfit, Plan, plan};
pub use file::{Broken, Cell, Row, Table, Unreadable, read};

use crate::desk::Desk;
use crate::error::DeskError;
use crate::submit::{Options, Pending};
use crate::words;
use documents::CsvTable;
use engine::command::Entered;
use engine::key::Key;
use engine::people::Who;
use engine::procedure::{Field, Means, Procedure};
use engine::refusal::{Problem, Refusal};
use serde_json::Value as Json;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use store::{ImportRow, StoreError};

/// Registrations that wait for the same few commits. Each would cost a write to the disk alone.
const IN_FLIGHT: usize = 256;

/// What is to be imported, and how.
pub struct Import<'a> {
    /// On whose behalf.
    pub who: &'a Who,
    /// Key of the procedure.
    pub procedure: &'a str,
    /// The file.
    pub table: &'a Table,
    /// Its columns.
    pub plan: &'a Plan,
    /// Decide everything, write nothing.
    pub dry_run: bool,
    /// Most cases to open this time.
    pub limit: Option<usize>,
    /// Language of the reasons.
    pub english: bool,
}

/// What an import did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Rows that became cases.
    pub imported: usize,
    /// Rows that were in already.
    pub skipped: usize,
    /// Rows that were not looked at, because of the limit.
    pub left: usize,
    /// Rows that are refused, with all that is wrong with each.
    pub bad: Vec<BadRow>,
}

/// A row that is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// Its place among [`Table::rows`].
    pub place: usize,
    /// Its line in the file.
    pub line: u32,
    /// All that is wrong with it.
    pub reasons: Vec<Reason>,
}

/// Something that is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The column, or the name of a field that has none; none: the row as a whole.
    pub column: Option<String>,
    /// Stable id.
    pub code: String,
    /// What is wrong, for people.
    pub message: String,
}

impl BadRow {
    /// What is wrong, each with the column that it is about.
    pub fn told(&self, english: bool) -> Vec<String> {
        let told = self.reasons.iter().map(|reason| match &reason.column {
            Some(column) if english => format!("{column}: {}", reason.message),
            Some(column) => format!("{column}：{}", reason.message),
            None => reason.message.clone(),
        });
        told.collect()
    }
}

impl Unreadable {
    /// Why it cannot be read, and what to do, for people.
    pub fn told(&self, english: bool) -> String {
        let (key, name, text) = match self {
            Self::Encoding => ("encoding", "why", String::new()),
            Self::OldExcel => ("old_excel", "why", String::new()),
            Self::Workbook(why) => ("workbook", "why", why.clone()),
            Self::Sheet { known } => ("sheet", "sheets", known.join("、")),
            Self::Nothing => ("nothing", "why", String::new()),
            Self::Csv(why) => ("csv", "why", why.clone()),
        };
        words::text(&format!("import.{key}"), english, &[(name, &text)])
    }
}

impl Table {
    /// The refused rows as CSV, each with its reasons in the last column: corrected there they can be imported as they are.
    ///
    /// # Errors
    /// A failure to write.
    pub fn refused(&self, bad: &[BadRow], english: bool) -> documents::Result<String> {
        let heads = [false, true].map(|english| words::text("import.reason", english, &[]));
        let kept = |place: usize| self.columns.get(place).is_some_and(|name| !heads.contains(name));
        let places: Vec<usize> = (0..self.columns.len()).filter(|place| kept(*place)).collect();
        let names = places.iter().filter_map(|place| self.columns.get(*place).cloned());
        let reason = words::text("import.reason", english, &[]);
        let mut csv = CsvTable::new(Vec::new(), &names.chain([reason]).collect::<Vec<_>>())?;
        for one in bad {
            let Some(row) = self.rows.get(one.place) else { continue };
            let text = |place: &usize| row.cells.get(*place).map(Cell::text).unwrap_or_default();
            let cells = places.iter().map(text).chain([one.told(english).join(if english {
                "; "
            } else {
                "；"
            })]);
            csv.row(&cells.map(documents::Cell::from).collect::<Vec<_>>())?;
        }
        Ok(String::from_utf8_lossy(&csv.finish()?).into_owned())
    }
}

impl Desk {
    /// Imports a file. `seen` is told after each row how many rows are done.
    ///
    /// # Errors
    /// What concerns all rows: no such procedure, no right, a failure of the store. Rows that are in stay in.
    pub fn import(
        &self,
        import: &Import<'_>,
        seen: &mut dyn FnMut(usize),
    ) -> Result<Summary, DeskError> {
        let library = self.library();
        let procedure = library.newest(import.procedure);
        let (procedure, _) = procedure.ok_or(DeskError::NotFound { what: "procedure" })?;
        let known = self.store().imported(&import.table.hash)?;
        let mut run = Run {
            desk: self,
            import,
            phone: joining(&procedure),
            procedure,
            flights: VecDeque::new(),
            summary: Summary::default(),
        };
        let known: BTreeSet<u32> = known.into_iter().map(|(line, _)| line).collect();
        for (place, row) in import.table.rows.iter().enumerate() {
            if known.contains(&row.line) {
                run.summary.skipped += 1;
            } else if import.limit.is_some_and(|most| run.opened() >= most) {
                run.summary.left += 1;
            } else {
                run.row(place, row)?;
            }
            seen(place + 1);
        }
        run.land(0)?;
        Ok(run.summary)
    }
}

/// The field by which cases are joined, where the procedure joins cases.
fn joining(procedure: &Procedure) -> Option<Key> {
    let phone = procedure.links.merge.as_ref().and_then(|_| procedure.field_meaning(Means::Phone));
    phone.map(|field| field.key.clone())
}

/// A row on its way.
struct Flight {
    place: usize,
    phone: Option<String>,
    pending: Pending,
}

struct Run<'a> {
    desk: &'a Desk,
    import: &'a Import<'a>,
    procedure: Arc<Procedure>,
    phone: Option<Key>,
    flights: VecDeque<Flight>,
    summary: Summary,
}

impl Run<'_> {
    fn opened(&self) -> usize {
        self.summary.imported + self.flights.len()
    }

    fn row(&mut self, place: usize, row: &Row) -> Result<(), DeskError> {
        if let Some(broken) = row.broken {
            self.bad(place, vec![self.broken(broken)]);
            return Ok(());
        }
        let fields = self.fields(row);
        if self.import.dry_run {
            match self.desk.try_register(self.import.who, self.import.procedure, fields.clone()) {
                Ok(()) => self.summary.imported += 1,
                Err(error) => self.refused(place, fields, error)?,
            }
            return Ok(());
        }
        let phone =
            self.phone.as_ref().and_then(|key| fields.get(key)?.as_str()).map(store::phone_digits);
        if phone.is_some() && self.flights.iter().any(|flight| flight.phone == phone) {
            // The earlier request of the same telephone has to be found.
            self.land(0)?;
        }
        self.land(IN_FLIGHT)?;
        let options = Options { import: Some(self.mark(row.line)), ..Options::default() };
        let (who, procedure) = (self.import.who, self.import.procedure);
        let mut pending = self.desk.register_later(who, procedure, fields.clone(), options.clone());
        while matches!(pending, Err(DeskError::Store(StoreError::Busy))) {
            self.land(0)?;
            std::thread::yield_now();
            pending = self.desk.register_later(who, procedure, fields.clone(), options.clone());
        }
        match pending {
            Ok(pending) => self.flights.push_back(Flight { place, phone, pending }),
            Err(error) => self.refused(place, fields, error)?,
        }
        Ok(())
    }

    /// Waits until fewer than `most` rows are on their way.
    fn land(&mut self, most: usize) -> Result<(), DeskError> {
        while self.flights.len() >= most.max(1) {
            let Some(flight) = self.flights.pop_front() else { break };
            match flight.pending.wait() {
                Ok(_) => self.summary.imported += 1,
                Err(DeskError::Store(StoreError::AlreadyImported { .. })) => {
                    self.summary.skipped += 1;
                }
                Err(DeskError::Store(
                    StoreError::Conflict { .. } | StoreError::NumberTaken { .. },
                )) => self.again(flight.place)?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Others were faster: decided anew, and waited for.
    fn again(&mut self, place: usize) -> Result<(), DeskError> {
        let Some(row) = self.import.table.rows.get(place) else { return Ok(()) };
        let fields = self.fields(row);
        let options = Options { import: Some(self.mark(row.line)), ..Options::default() };
        let done = self
            .desk
            .register_later(self.import.who, self.import.procedure, fields.clone(), options)
            .and_then(Pending::wait);
        match done {
            Ok(_) => self.summary.imported += 1,
            Err(DeskError::Store(StoreError::AlreadyImported { .. })) => self.summary.skipped += 1,
            Err(error) => self.refused(place, fields, error)?,
        }
        Ok(())
    }

    fn mark(&self, line: u32) -> ImportRow {
        ImportRow { file: self.import.table.hash, row: line }
    }

    fn fields(&self, row: &Row) -> Entered {
        let cells = self.import.plan.fields.iter().zip(&row.cells);
        let filled = cells.filter_map(|(key, cell)| {
            let field = self.procedure.field(key.as_ref()?)?;
            Some((field.key.clone(), cell::entered(field, cell)?))
        });
        filled.collect()
    }

    /// A refusal of a row is a bad row; what concerns all rows ends the import.
    fn refused(
        &mut self,
        place: usize,
        mut fields: Entered,
        error: DeskError,
    ) -> Result<(), DeskError> {
        let mut reasons = Vec::new();
        let mut wrong: BTreeSet<Key> = BTreeSet::new();
        let mut refusal = match error {
            DeskError::Refused(refusal) => refusal,
            other => return Err(other),
        };
        if let Refusal::Forbidden { .. } = &refusal {
            return Err(refusal.into());
        }
        // Values are refused before what is missing is looked for: without them the rest shows as well.
        while let Refusal::Invalid { fields: problems } = &refusal {
            reasons.extend(problems.iter().map(|(key, problem)| Reason {
                column: Some(self.column(key)),
                code: code_of(problem),
                message: words::problem_of(problem, key, &self.procedure, self.import.english),
            }));
            let before = fields.len();
            wrong.extend(problems.iter().map(|(key, _)| key.clone()));
            fields.retain(|key, _| !wrong.contains(key));
            let (who, procedure) = (self.import.who, self.import.procedure);
            match self.desk.try_register(who, procedure, fields.clone()) {
                Err(DeskError::Refused(next)) if fields.len() < before => refusal = next,
                _ => {
                    self.bad(place, reasons);
                    return Ok(());
                }
            }
        }
        match &refusal {
            Refusal::Missing { fields, .. } => {
                let missing = fields.iter().filter(|missing| !wrong.contains(&missing.field));
                reasons.extend(missing.map(|missing| Reason {
                    column: Some(self.column(&missing.field)),
                    code: refusal.code().to_owned(),
                    message: words::text("import.missing", self.import.english, &[]),
                }));
            }
            other => reasons.push(Reason {
                column: None,
                code: other.code().to_owned(),
                message: words::refusal_of(other, &self.procedure, self.import.english),
            }),
        }
        self.bad(place, reasons);
        Ok(())
    }

    fn bad(&mut self, place: usize, reasons: Vec<Reason>) {
        let line = self.import.table.rows.get(place).map_or(0, |row| row.line);
        self.summary.bad.push(BadRow { place, line, reasons });
    }

    fn broken(&self, broken: Broken) -> Reason {
        let code = match broken {
            Broken::TooWide => "too_wide",
            Broken::NotJson => "not_json",
        };
        let message = words::text(&format!("import.{code}"), self.import.english, &[]);
        Reason { column: None, code: code.to_owned(), message }
    }

    /// The column of a field; the field's name when it has none.
    fn column(&self, key: &Key) -> String {
        let columns = self.import.table.columns.iter().zip(&self.import.plan.fields);
        let mut own =
            columns.filter(|(_, field)| field.as_ref() == Some(key)).map(|(name, _)| name);
        let label =
            |field: &Field| engine::show::word(&field.label, self.import.english).to_owned();
        own.next()
            .cloned()
            .or_else(|| self.procedure.field(key).map(label))
            .unwrap_or_else(|| key.to_string())
    }
}

/// The stable id of a problem, as it is serialised.
pub(crate) fn code_of(problem: &Problem) -> String {
    match serde_json::to_value(problem) {
        Ok(Json::String(code)) => code,
        Ok(Json::Object(object)) => object.into_iter().map(|(code, _)| code).collect(),
        _ => String::new(),
    }
}
