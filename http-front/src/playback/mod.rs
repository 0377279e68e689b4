//! Where viewers left off.
//!
//! | module | concept |
//! | --- | --- |
//! | [`session`] | who watches: the cookie, else address and agent |
//! | [`infer`] | from bytes to time: pure |
//! | [`follow`] | plain players, followed by the bytes they take |
//! | [`position`] | how far: read and saved |

pub mod follow;
pub mod infer;
pub mod position;
pub mod session;
