//! Secrets that are shown once and kept as their hash alone.

use crate::error::DeskError;
use store::{StoreError, api_key_hash as hash_of};

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

/// A secret by which something is found that is kept for an owner.
pub(crate) fn fresh_for(owner: &str) -> Result<String, DeskError> {
    Ok(format!("{}.{}", mark(owner), fresh()?))
}

/// Under what key the thing lies that a secret opens; `None` when it is no such secret.
pub(crate) fn place_of(secret: &str) -> Option<String> {
    let (mark, _) = secret.split_once('.')?;
    let clean = mark.len() == 16 && mark.bytes().all(|byte| byte.is_ascii_hexdigit());
    clean.then(|| format!("{mark}/{}", hash_of(secret)))
}

/// What the keys of everything begin with that is kept for an owner.
pub(crate) fn prefix_of(owner: &str) -> String {
    format!("{}/", mark(owner))
}

fn mark(owner: &str) -> String {
    hash_of(owner).chars().take(16).collect()
}
