//! See `actor`.

pub(crate) mod actor;
