//! The HTTP/1.1 server: a listener, permits, hyper on each connection.
//!
//! | module | concept |
//! | --- | --- |
//! | [`listen`] | which address, and the next free port |
//! | [`connection`] | hyper's limits, one connection's life |
//! | [`acceptor`] | accepts while there are permits, until told to stop |
//! | [`actor`] | `HttpFront`, which owns the listener and is supervised |

pub mod acceptor;
pub mod actor;
pub mod connection;
pub mod listen;

pub use acceptor::Acceptor;
pub use connection::Limits;
