//! HLS (RFC 8216): a whole playlist at once, segments made when they are asked for.
//!
//! Video and sound are renditions of their own: each is cut exactly where its playlist says, so
//! that segments made by different runs of ffmpeg join.
//!
//! | module | concept |
//! | --- | --- |
//! | [`timeline`] | where segments begin and end |
//! | [`rendition`] | what is made of a file: video copied or encoded, one sound track |
//! | [`playlist`] | master and media playlists |
//! | [`arguments`] | how ffmpeg is asked for a rendition from a segment on |
//! | [`fragments`] | ffmpeg's output taken apart at `moof` |
//! | [`assembly`] | fragments made into segments |
//! | [`head`] | one run of ffmpeg |
//! | [`stage`] | which heads run for whom, and what is kept: the decisions |
//! | [`sessions`] | transcode sessions and their consumers |
//! | [`actor`] | `Hls`: carries out what the stage decides |

pub mod actor;
pub mod arguments;
pub mod assembly;
pub mod fragments;
pub mod head;
pub mod playlist;
pub mod rendition;
pub mod sessions;
pub mod stage;
pub mod timeline;
