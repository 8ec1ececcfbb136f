//! Files of what is taken in.

pub(crate) mod customers;
