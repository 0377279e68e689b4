//! The HTTP server, the command line and the page of Millrace.
//!
//! | module | concept |
//! | --- | --- |
//! | [`cli`] | commands and flags |
//! | [`config`] | file, environment and flags made one |
//! | [`settings`] | what may be changed while it runs, with bounds |
//! | [`commands`] | what each command does |
//! | [`serve`] | engine and server put together |
//! | [`server`] | listener, connections, `HttpFront` |
//! | [`doors`] | host, origin, credentials, rate |
//! | [`routes`] | the routes of the API and their document |
//! | [`media`] | ranges, validators, types, bodies |
//! | [`hls`] | playlists and segments, made by ffmpeg when they are asked for |
//! | [`plan`] | the file as it is, or HLS: what a player gets |
//! | [`inputs`] | files of torrents under URLs that ffmpeg alone knows |
//! | [`sandbox`] | ffmpeg run with as little as it needs |
//! | [`probe`] | what a media file holds: MP4 and Matroska read natively, within bounds |
//! | [`playback`] | where viewers left off |
//! | [`subtitles`] | texts beside and inside a film, as WebVTT |
//! | [`fetch`] | a .torrent from a URL, within the address policy |
//! | [`app`] | what every handler shares |
//! | [`tools`] | programs of the system |
//! | [`open_files`] | the limit of file descriptors, raised |
//! | [`error`] | every failure, and its envelope |

pub mod app;
pub mod cli;
pub mod commands;
pub mod config;
pub mod doors;
pub mod error;
pub mod fetch;
#[doc(hidden)]
pub mod fuzz;
pub mod hls;
pub mod inputs;
pub mod media;
pub mod open_files;
pub mod plan;
pub mod playback;
pub mod probe;
pub mod routes;
pub mod sandbox;
pub mod serve;
pub mod server;
pub mod settings;
pub mod subtitles;
pub mod tools;

pub use error::FrontError;
