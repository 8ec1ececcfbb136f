//! The compiled form: a procedure as JSON with the number of its format, as the store keeps it.

use super::Procedure;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The number of the compiled form. It rises when these types can no longer read what an earlier one wrote.
pub const FORMAT: u32 = 1;

/// Why a compiled form could not be written or read.
#[derive(Debug)]
pub enum CompiledError {
    /// Written in another format than [`FORMAT`].
    OtherFormat(u32),
    /// Not the JSON of a procedure.
    Json(serde_json::Error),
}

/// The compiled form, `{"format":1,"procedure":{…}}`.
pub fn to_json(procedure: &Procedure) -> Result<String, CompiledError> {
    serde_json::to_string(&Compiled { format: FORMAT, procedure }).map_err(CompiledError::Json)
}

/// Reads what [`to_json`] wrote.
pub fn from_json(text: &str) -> Result<Procedure, CompiledError> {
    let Format { format } = serde_json::from_str(text).map_err(CompiledError::Json)?;
    if format != FORMAT {
        return Err(CompiledError::OtherFormat(format));
    }
    let compiled: Compiled<Procedure> = serde_json::from_str(text).map_err(CompiledError::Json)?;
    Ok(compiled.procedure)
}

impl fmt::Display for CompiledError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CompiledError::OtherFormat(format) => {
                write!(f, "the compiled procedure has format {format}; this program reads {FORMAT}")
            }
            CompiledError::Json(error) => write!(f, "not a compiled procedure: {error}"),
        }
    }
}

impl std::error::Error for CompiledError {}

#[derive(Serialize, Deserialize)]
struct Compiled<P> {
    format: u32,
    procedure: P,
}

#[derive(Deserialize)]
struct Format {
    format: u32,
}
