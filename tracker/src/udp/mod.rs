//! Announces and scrapes over UDP (BEP 15).
//!
//! | file | concept |
//! | --- | --- |
//! | [`packet`] | requests as datagrams, datagrams as answers: pure |
//! | [`url_data`] | the URL's path and query as an option of the announce (BEP 41) |
//! | [`connection_ids`] | the ids trackers gave us, for a minute each |
//! | `exchange` | one question over one socket: connect, ask, ask again |

pub mod connection_ids;
pub(crate) mod exchange;
pub mod packet;
pub mod url_data;

pub use connection_ids::ConnectionIds;
