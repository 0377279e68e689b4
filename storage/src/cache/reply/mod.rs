//! How a read is answered.

pub mod actor;
