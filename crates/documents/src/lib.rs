//! Tables as files: cells in, bytes out. This crate knows nothing about cases.
#![warn(missing_docs)]

mod csv_table;
mod xlsx_table;

pub use csv_table::{CsvTable, neutral};
pub use xlsx_table::XlsxTable;

use jiff::civil::DateTime;

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// A text; never a formula.
    Text(String),
    /// A number.
    Number(f64),
    /// A local time.
    Time(DateTime),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        if text.is_empty() { Cell::Empty } else { Cell::Text(text) }
    }
}

/// Why a table cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The place it is written to fails.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The format has no room for it: a sheet ends at 1,048,576 rows.
    #[error("the workbook cannot hold this table: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
}

/// Result of every call.
pub type Result<T, E = TableError> = std::result::Result<T, E>;
