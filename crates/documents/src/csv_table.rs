//! CSV as Excel opens it: UTF-8 with a byte order mark, and no cell that would be read as a formula.

use crate::{Cell, Result, TableError};
use std::borrow::Cow;
use std::io::Write;

/// Writes rows as they come.
pub struct CsvTable<W: Write> {
    writer: csv::Writer<W>,
}

impl<W: Write> CsvTable<W> {
    /// Begins with the headings.
    ///
    /// # Errors
    /// A failure to write.
    pub fn new(mut to: W, columns: &[String]) -> Result<Self> {
        to.write_all(b"\xEF\xBB\xBF")?;
        let mut table = Self { writer: csv::WriterBuilder::new().flexible(true).from_writer(to) };
        table.record(columns.iter().map(|name| neutral(name).into_owned()))?;
        Ok(table)
    }

    /// Adds a row.
    ///
    /// # Errors
    /// A failure to write.
    pub fn row(&mut self, cells: &[Cell]) -> Result<()> {
        self.record(cells.iter().map(text))
    }

    /// Ends the table and hands back what it was written to.
    ///
    /// # Errors
    /// A failure to write.
    pub fn finish(self) -> Result<W> {
        self.writer.into_inner().map_err(|error| TableError::Io(error.into_error()))
    }

    fn record(&mut self, cells: impl Iterator<Item = String>) -> Result<()> {
        let written = self.writer.write_record(cells);
        written.map_err(|error| TableError::Io(std::io::Error::other(error)))
    }
}

/// A text that no spreadsheet takes for a formula: what begins like one gets an apostrophe in front.
pub fn neutral(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => neutral(text).into_owned(),
        Cell::Number(number) => number.to_string(),
        Cell::Time(at) => {
            let format = if at.second() == 0 { "%Y-%m-%d %H:%M" } else { "%Y-%m-%d %H:%M:%S" };
            at.strftime(format).to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        let columns = ["=A1".to_owned(), "b".to_owned()];
        let mut table = CsvTable::new(Vec::new(), &columns).unwrap();
        for text in ["=1+1", "+86 1", "-1", "@x", "\tx", "plain, \"quoted\""] {
            table.row(&[text.into(), Cell::Number(-1.5)]).unwrap();
        }
        let text = String::from_utf8(table.finish().unwrap()).unwrap();
        let expected = "\u{feff}'=A1,b\n'=1+1,-1.5\n'+86 1,-1.5\n'-1,-1.5\n'@x,-1.5\n'\tx,-1.5\n\"plain, \"\"quoted\"\"\",-1.5\n";
        assert_eq!(text, expected);
    }
}
