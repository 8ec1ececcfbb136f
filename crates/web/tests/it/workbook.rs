//! Everything that a workbook tells: what its cells show, and what its parts hold besides, such as texts that no cell shows.

use calamine::{Reader, Xlsx};
use std::fmt::Write;
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// Each cell of each sheet in quotes, then each part of the file as it is.
pub(crate) fn told(bytes: &[u8]) -> String {
    let mut told = String::new();
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    for (sheet, range) in book.worksheets() {
        writeln!(told, "{sheet}").unwrap();
        for (row, column, cell) in range.used_cells() {
            writeln!(told, "{row} {column} \"{cell}\"").unwrap();
        }
    }
    let mut parts = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut text = Vec::new();
    for place in 0..parts.len() {
        parts.by_index(place).unwrap().read_to_end(&mut text).unwrap();
    }
    told.push_str(&String::from_utf8_lossy(&text));
    told
}
