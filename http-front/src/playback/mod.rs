//! Where viewers left off.
//!
//! | module | concept |
//! | --- | --- |
//! | [`session`] | who watches: the cookie, else address and agent |
//! | [`position`] | how far: read and saved |

pub mod position;
pub mod session;
