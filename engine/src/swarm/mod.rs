//! The peers of one torrent.
//!
//! | module | concept |
//! | --- | --- |
//! | `actor` | connection slots: unchokes, reports, tells everybody of new pieces |
//! | `connections` | dials, takes in, closes |
//! | `said` | what sessions tell it |
//! | `orders` | what a torrent tells it |
//! | `address_book` | who is known, from where, and when to try again |
//! | `choker` | tit for tat with an optimistic unchoke (BEP 3) |
//! | `conduct` | how one peer behaves: rates, silence, snubbing |
//! | `admission` | twice the same peer, too many from one address |
//! | `pex` | who was told of whom (BEP 11) |
//! | `places` | connections of the whole process |
//! | `listener` | the process's door for incoming peers |
//! | `rate` | bytes a second, over five seconds |

pub(crate) mod actor;
pub mod address_book;
pub mod admission;
pub mod choker;
pub(crate) mod conduct;
pub(crate) mod connections;
pub(crate) mod listener;
pub(crate) mod orders;
pub mod pex;
pub mod places;
pub(crate) mod rate;
pub(crate) mod said;
