//! Files of what lists show.

pub(crate) mod cases;
