//! Files on disk.
//!
//! | module | concept |
//! | --- | --- |
//! | [`actor`] | `Disk`: its messages, jobs on blocking threads |

pub mod actor;
