//! What a player gets: the file as it is, or HLS.
//!
//! | module | concept |
//! | --- | --- |
//! | [`codecs`] | names of codecs and containers, as players and files spell them |
//! | [`capabilities`] | what a player says it plays |
//! | [`agents`] | what players play, by their user agent |
//! | [`decide`](mod@decide) | the decision: pure |

pub mod agents;
pub mod capabilities;
pub mod codecs;
pub mod decide;

pub use self::capabilities::{Capabilities, Declared};
pub use self::decide::{Means, Plan, Reason, VideoWay, decide};
