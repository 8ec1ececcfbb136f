//! Files, whether a case has taken them or not.

pub(crate) mod download;
pub(crate) mod upload;
