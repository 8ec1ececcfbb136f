//! Lists of cases for spreadsheets: one row per case, one column per field in the order of the forms, every person masked.

use crate::access::Seen;
use crate::criteria::Criteria;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::mask::{mask_name, without_phones};
use crate::organisation::Caller;
use documents::{Cell, CsvTable, TableError, XlsxTable};
use engine::calendar::Calendar;
use engine::case::{Holder, Life, holder};
use engine::key::Key;
use engine::people::Directory;
use engine::procedure::{Field, FieldKind, Means, Procedure, Source};
use engine::show::{self, word};
use engine::value::Value;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::Arc;
use store::{Administer, Change, Filter, Scope, Sort};

/// Cases read at a time.
const PAGE: usize = 200;

/// The columns that every list begins with; their names are texts of the locale (`export.number` and so on).
const COMMON: [(&str, bool); 8] = [
    ("number", false),
    ("procedure", false),
    ("stage", false),
    ("life", false),
    ("holder", false),
    ("received_at", true),
    ("registered_at", true),
    ("next_due", true),
];

/// The columns of a list. Fields of the same name share one, whatever procedure they belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Names.
    pub columns: Vec<String>,
    /// Which of them hold times.
    pub times: Vec<bool>,
    fields: BTreeMap<(Key, Key), usize>,
    english: bool,
}

impl Listing {
    /// The list of all cases of these procedures.
    pub fn of<'p>(procedures: impl IntoIterator<Item = &'p Arc<Procedure>>, english: bool) -> Self {
        let common =
            |(key, _): &(&str, bool)| crate::words::text(&format!("export.{key}"), english, &[]);
        let mut listing = Self {
            columns: COMMON.iter().map(common).collect(),
            times: COMMON.iter().map(|(_, is_time)| *is_time).collect(),
            fields: BTreeMap::new(),
            english,
        };
        for procedure in procedures {
            for field in in_form_order(procedure) {
                listing.add(procedure, field);
            }
        }
        listing
    }

    fn add(&mut self, procedure: &Procedure, field: &Field) {
        let name = word(&field.label, self.english);
        let place = self.columns.iter().position(|column| column == name);
        let place = place.unwrap_or_else(|| {
            self.columns.push(name.to_owned());
            self.times.push(is_time(&field.kind));
            self.columns.len() - 1
        });
        self.fields.insert((procedure.key.clone(), field.key.clone()), place);
    }
}

/// Fields as the forms list them, then those of no form. What the common columns show is left out, and so are files.
fn in_form_order(procedure: &Procedure) -> Vec<&Field> {
    let on_forms = procedure.forms.iter().flat_map(|form| &form.fields);
    let on_forms = on_forms.filter_map(|entry| procedure.field(&entry.field));
    let mut fields: Vec<&Field> = Vec::new();
    for field in on_forms.chain(&procedure.fields) {
        let common = matches!(
            field.kind,
            FieldKind::Files | FieldKind::Auto(Source::Number | Source::Status)
        );
        if !common && !fields.iter().any(|known| known.key == field.key) {
            fields.push(field);
        }
    }
    fields
}

fn is_time(kind: &FieldKind) -> bool {
    matches!(
        kind,
        FieldKind::Time | FieldKind::Auto(Source::Due(_) | Source::At(_) | Source::KeepUntil)
    )
}

/// What a list is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// Comma-separated values.
    Csv,
    /// A workbook.
    Xlsx,
}

/// Rows of a file that somebody takes from a list: it is made in memory.
const MOST: usize = 20_000;

impl Desk {
    /// What a caller may see of a list as a file. That it was taken, by whom and when, is in the settings' log.
    ///
    /// # Errors
    /// `Refused` when a filter cannot be read; `TooMany` for more than 20,000 rows; a failure of the store.
    pub fn export_list(
        &self,
        caller: &Caller,
        criteria: &Criteria,
        format: ExportFormat,
        english: bool,
    ) -> Result<Vec<u8>, DeskError> {
        let (scope, filter, library) = (self.scope(caller), criteria.filter(self)?, self.library());
        let count = self.store().count(&scope, &filter, MOST + 1)?;
        if count > u64::try_from(MOST).unwrap_or(u64::MAX) {
            return Err(DeskError::TooMany { most: MOST });
        }
        let wanted = |rules: &&Arc<Procedure>| {
            criteria.procedure.is_empty() || *rules.key == *criteria.procedure
        };
        let listing = Listing::of(library.all().filter(wanted), english);
        self.store().administer(Administer {
            at: self.now(),
            actor: caller.person.to_string(),
            changes: vec![Change::Note { kind: "export".to_owned(), key: count.to_string() }],
        })?;
        let failed = |error: TableError| DeskError::Invalid(error.to_string());
        match format {
            ExportFormat::Csv => {
                let mut table = CsvTable::new(Vec::new(), &listing.columns).map_err(failed)?;
                self.export(&scope, &filter, &listing, &mut |cells| table.row(cells))?;
                table.finish().map_err(failed)
            }
            ExportFormat::Xlsx => {
                let is_time = |place: usize| listing.times.get(place) == Some(&true);
                let mut table = XlsxTable::new(&listing.columns, is_time).map_err(failed)?;
                self.export(&scope, &filter, &listing, &mut |cells| table.row(cells))?;
                let mut bytes = Cursor::new(Vec::new());
                table.finish(&mut bytes).map_err(failed)?;
                Ok(bytes.into_inner())
            }
        }
    }

    /// Hands out the rows of a list, newest registration first, a page at a time: memory stays flat. Returns how many.
    ///
    /// # Errors
    /// A failure of the store, or of whoever takes the rows.
    pub fn export(
        &self,
        scope: &Scope,
        filter: &Filter,
        listing: &Listing,
        take: &mut dyn FnMut(&[Cell]) -> Result<(), TableError>,
    ) -> Result<usize, DeskError> {
        let masked = Masked::new(&self.people());
        let (mut count, mut cursor) = (0, None);
        loop {
            let page = self.store().list(scope, filter, Sort::Newest, cursor.as_deref(), PAGE)?;
            for row in &page.rows {
                // It left the scope after the page was read.
                let Some(seen) = self.case_of(scope, row.id)? else { continue };
                take(&cells(listing, &masked, &seen))
                    .map_err(|error| DeskError::Invalid(error.to_string()))?;
                count += 1;
            }
            match page.next {
                Some(next) => cursor = Some(next),
                None => return Ok(count),
            }
        }
    }
}

/// The people under masked names, and the names to look for in texts.
struct Masked {
    directory: Directory,
    names: Vec<String>,
}

impl Masked {
    fn new(people: &Directory) -> Self {
        let mut directory = people.clone();
        let names = people.people.iter().map(|person| person.name.clone());
        let names = names.filter(|name| name.chars().count() > 1).collect();
        for person in Arc::make_mut(&mut directory.people) {
            person.name = mask_name(&person.name);
        }
        Self { directory, names }
    }

    /// A text without telephone numbers, without the case's own names, and without names of people who work here.
    fn text(&self, seen: &Seen, text: &str) -> String {
        let mut text = text.to_owned();
        // Names and numbers only: a place is masked in its own column, not wherever the same word occurs.
        let naming = [Means::Customer, Means::Contact, Means::Phone, Means::Account];
        let names = |field: &&Field| {
            field.pii
                && (matches!(field.kind, FieldKind::Tel)
                    || field.means.is_some_and(|means| naming.contains(&means)))
        };
        for field in seen.procedure.fields.iter().filter(names) {
            let own = !matches!(field.kind, FieldKind::Long);
            let full = seen.case.value(&field.key).filter(|_| own).map(|value| value.text().trim());
            if let Some(full) = full.filter(|full| full.chars().count() > 1)
                && let Some(Value::Text(hidden)) = seen.masked(&field.key)
            {
                text = text.replace(full, &hidden);
            }
        }
        for name in &self.names {
            if text.contains(name.as_str()) {
                text = text.replace(name.as_str(), &mask_name(name));
            }
        }
        without_phones(&text)
    }
}

fn cells(listing: &Listing, masked: &Masked, seen: &Seen) -> Vec<Cell> {
    let (case, rules, calendar) = (&seen.case, &seen.procedure, &seen.calendar);
    let english = listing.english;
    let time = |at: Timestamp| Cell::Time(calendar.local(at));
    let held = match holder(rules, case) {
        Holder::Person(person) => masked
            .directory
            .person(&person)
            .map_or_else(|| person.to_string(), |person| person.name.clone()),
        Holder::Role(role) => rules
            .role(&role)
            .map_or_else(|| role.to_string(), |role| word(&role.label, english).to_owned()),
        Holder::Nobody => String::new(),
    };
    let stage = rules.stage(&case.stage).map(|stage| word(&stage.label, english));
    let life = crate::words::text(&format!("life.{}", case.life.name()), english, &[]);
    let mut cells = vec![
        Cell::from(case.number.as_str()),
        word(&rules.label, english).into(),
        stage.unwrap_or_default().into(),
        life.into(),
        held.into(),
        time(case.received_at),
        time(case.registered_at),
        case.next_due().map_or(Cell::Empty, time),
    ];
    cells.resize(listing.columns.len(), Cell::Empty);
    for field in &rules.fields {
        let place = listing.fields.get(&(rules.key.clone(), field.key.clone()));
        if let Some(cell) = place.and_then(|place| cells.get_mut(*place)) {
            *cell = shown(masked, seen, calendar, field, english);
        }
    }
    cells
}

/// What a list shows of a field.
fn shown(masked: &Masked, seen: &Seen, calendar: &Calendar, field: &Field, english: bool) -> Cell {
    let (case, rules) = (&seen.case, &seen.procedure);
    let time = |at: Timestamp| Cell::Time(calendar.local(at));
    let instant = match &field.kind {
        FieldKind::Auto(Source::Due(clock)) => case.clock(clock).and_then(|one| one.due),
        FieldKind::Auto(Source::At(moment)) => case.last(*moment).map(|one| one.at),
        FieldKind::Auto(Source::KeepUntil) => match &case.life {
            Life::Archived { keep_until, .. } => Some(*keep_until),
            _ => None,
        },
        FieldKind::Auto(_) => {
            let text = show::field(rules, calendar, &masked.directory, case, &field.key, english);
            return masked.text(seen, &text).into();
        }
        _ => {
            return match seen.masked(&field.key) {
                None => Cell::Empty,
                Some(Value::Time { at }) => time(at),
                Some(Value::Number(number)) => Cell::Number(number),
                Some(value) => {
                    let (people, kind) = (&masked.directory, &field.kind);
                    let text = show::value(rules, calendar, people, kind, &value, english);
                    masked.text(seen, &text).into()
                }
            };
        }
    };
    instant.map_or(Cell::Empty, time)
}
