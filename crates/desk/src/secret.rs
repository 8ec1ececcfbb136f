//! Secrets that are shown once and kept as their hash alone.

use crate::error::DeskError;
use store::StoreError;

/// A secret of 256 bits from the operating system, in hexadecimal digits.
pub(crate) fn fresh() -> Result<String, DeskError> {
    Ok(bytes::<32>()?.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Random bytes from the operating system.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], DeskError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| StoreError::Unavailable { what: format!("random numbers: {error}") })?;
    Ok(bytes)
}
