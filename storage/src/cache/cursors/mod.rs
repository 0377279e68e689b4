//! Where cursors are.

pub mod actor;
