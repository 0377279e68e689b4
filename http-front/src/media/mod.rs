//! Files as HTTP shows them: pure decisions about ranges, validators, types and names, and the
//! body that carries a file's bytes.

pub mod body;
pub mod conditional;
pub mod disposition;
pub mod multipart;
pub mod natural;
pub mod playlist;
pub mod range;
pub mod types;
