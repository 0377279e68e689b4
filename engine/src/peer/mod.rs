//! One connection to one peer.
//!
//! | module | concept |
//! | --- | --- |
//! | `actor` | decides: wire state, uploads, what the picker and the swarm are told |
//! | `extensions` | metadata, other peers, who we are (BEP 9, 10, 11) |
//! | `orders` | what picker and swarm tell it to do |
//! | `connect` | dials and accepts: TCP and the handshake, with their deadlines |
//! | `wake` | how many received bytes wake the reader |
//! | `reader` | socket → messages and pooled blocks, a batch a read |
//! | `writer` | messages → socket, coalesced |
//! | `traffic` | byte counters shared with the swarm |
//! | `upload` | a block for a peer, from memory or disk |

pub(crate) mod actor;
pub(crate) mod connect;
pub(crate) mod extensions;
pub(crate) mod orders;
pub(crate) mod reader;
pub(crate) mod traffic;
pub(crate) mod upload;
mod wake;
pub(crate) mod writer;
