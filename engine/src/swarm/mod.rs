//! The peers of one torrent.
//!
//! | module | concept |
//! | --- | --- |
//! | `actor` | connection slots: dials, takes in, closes, unchokes, tells everybody of new pieces |
//! | `orders` | what a torrent tells it |
//! | `address_book` | who is known, from where, and when to try again |
//! | `choker` | tit for tat with an optimistic unchoke (BEP 3) |
//! | `listener` | the process's door for incoming peers |
//! | `rate` | bytes a second, over five seconds |

pub(crate) mod actor;
pub mod address_book;
pub mod choker;
pub(crate) mod listener;
pub(crate) mod orders;
pub(crate) mod rate;
