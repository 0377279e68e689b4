//! Who may come in: checked for every request before any handler runs.
//!
//! | module | concept |
//! | --- | --- |
//! | [`route_class`] | which rules a path goes by |
//! | [`origin`] | `Host` and `Origin` |
//! | [`cors`] | who may read the answer |
//! | [`auth`], [`backoff`] | passwords, tokens, guessing |
//! | [`links`] | signed links |
//! | [`rate`] | requests a minute |
//! | [`mod@guard`] | all of them in order, as a middleware |

pub mod auth;
pub mod backoff;
pub mod cors;
pub mod guard;
pub mod links;
mod mac;
pub mod origin;
pub mod rate;
pub mod route_class;

pub use auth::Auth;
pub use guard::{ClientAddress, Doors, guard};
pub use links::LinkKey;
pub use origin::{Names, Origin};
pub use rate::RateLimit;
pub use route_class::{RouteClass, classify};
