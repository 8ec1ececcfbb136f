//! A workbook of one sheet: real dates and numbers, a heading that stays in sight. Rows go to a temporary file, so memory
//! stays flat however many there are.

use crate::{Cell, Result};
use jiff::civil::DateTime;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use std::io::{Seek, Write};

/// Longest text of a cell, in UTF-16 units.
const CELL: usize = 32_767;
const DATE: f64 = 17.0;
const TEXT: f64 = 20.0;

/// Collects rows; [`XlsxTable::finish`] makes the workbook.
pub struct XlsxTable {
    book: Workbook,
    date: Format,
    row: u32,
}

impl XlsxTable {
    /// Begins with the headings. `is_date` says of which columns the cells are times.
    ///
    /// # Errors
    /// More columns than a sheet has.
    pub fn new(columns: &[String], is_date: impl Fn(usize) -> bool) -> Result<Self> {
        let mut table = Self {
            book: Workbook::new(),
            date: Format::new().set_num_format("yyyy-mm-dd hh:mm"),
            row: 0,
        };
        let bold = Format::new().set_bold();
        let sheet = table.book.add_worksheet_with_constant_memory()?;
        sheet.set_freeze_panes(1, 0)?;
        for (place, name) in columns.iter().enumerate() {
            let column = column(place)?;
            sheet.set_column_width(column, if is_date(place) { DATE } else { TEXT })?;
            sheet.write_string_with_format(0, column, name, &bold)?;
        }
        Ok(table)
    }

    /// Adds a row.
    ///
    /// # Errors
    /// More rows than a sheet has.
    pub fn row(&mut self, cells: &[Cell]) -> Result<()> {
        self.row += 1;
        let (row, date) = (self.row, &self.date);
        let sheet = self.book.worksheet_from_index(0)?;
        for (place, cell) in cells.iter().enumerate() {
            write(sheet, row, column(place)?, cell, date)?;
        }
        Ok(())
    }

    /// Writes the workbook.
    ///
    /// # Errors
    /// A failure to write.
    pub fn finish<W: Write + Seek + Send>(mut self, to: W) -> Result<()> {
        Ok(self.book.save_to_writer(to)?)
    }
}

fn column(place: usize) -> Result<u16, XlsxError> {
    u16::try_from(place).map_err(|_| XlsxError::RowColumnLimitError)
}

fn write(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: &Cell,
    date: &Format,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => {}
        Cell::Text(text) => {
            sheet.write_string(row, column, fitting(text))?;
        }
        Cell::Number(number) => {
            sheet.write_number(row, column, *number)?;
        }
        // Excel knows no time before 1900; it is written as it reads.
        Cell::Time(at) => match excel(*at) {
            Ok(at) => {
                sheet.write_datetime_with_format(row, column, at, date)?;
            }
            Err(_) => {
                sheet.write_string(row, column, at.to_string())?;
            }
        },
    }
    Ok(())
}

fn excel(at: DateTime) -> Result<ExcelDateTime, XlsxError> {
    let out_of_range = |_| XlsxError::DateTimeRangeError(at.to_string());
    let small = |number: i8| u8::try_from(number).map_err(out_of_range);
    let year = u16::try_from(at.year()).map_err(out_of_range)?;
    ExcelDateTime::from_ymd(year, small(at.month())?, small(at.day())?)?.and_hms(
        u16::from(small(at.hour())?),
        small(at.minute())?,
        f64::from(at.second()),
    )
}

/// The text as far as a cell has room for it.
fn fitting(text: &str) -> String {
    let mut units = 0;
    let whole = text.chars().take_while(|c| {
        units += c.len_utf16();
        units <= CELL
    });
    whole.collect()
}
