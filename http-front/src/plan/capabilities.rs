//! What a player says it plays.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::plan::codecs::{self, Codec};
use crate::probe::Container;

/// Entries of a list that are looked at; a page declares a few dozen.
const MAX_DECLARED: usize = 256;

/// What a page found out with `canPlayType` and `MediaSource.isTypeSupported`. Each entry is a
/// media type (`video/mp4; codecs="hvc1.1.6.L93.B0"`), an RFC 6381 string or ffmpeg's name.
#[derive(Deserialize, ToSchema, Clone, Default, Debug)]
#[serde(default)]
pub struct Declared {
    /// Containers it plays as files.
    pub containers: Vec<String>,
    /// Video codecs it plays in files.
    pub video: Vec<String>,
    /// Audio codecs it plays in files.
    pub audio: Vec<String>,
    /// Codecs it plays in fragmented MP4 through Media Source Extensions.
    pub mse: Vec<String>,
}

/// What a player plays.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Capabilities {
    /// Whatever there is: it brings its own demuxers and decoders.
    pub everything: bool,
    /// Containers it plays as files.
    pub containers: Vec<Container>,
    /// Codecs it plays in files.
    pub codecs: Vec<Codec>,
    /// Codecs it plays in the fragmented MP4 of HLS.
    pub segments: Vec<Codec>,
}

impl Capabilities {
    /// What a page declares; `None` if it declares nothing.
    pub fn declared(said: &Declared) -> Option<Self> {
        let all = [&said.containers, &said.video, &said.audio, &said.mse];
        if all.iter().all(|list| list.is_empty()) {
            return None;
        }
        let codecs = |list: &[String]| -> Vec<Codec> {
            let entries = list.iter().take(MAX_DECLARED);
            entries.flat_map(|text| codecs::declared(text)).collect()
        };
        let containers = said.containers.iter().take(MAX_DECLARED);
        let files = [codecs(&said.video), codecs(&said.audio)].concat();
        // Who names no MSE types (Safari on a phone) plays HLS by itself, with the same decoders.
        let segments = if said.mse.is_empty() { files.clone() } else { codecs(&said.mse) };
        Some(Self {
            everything: false,
            containers: containers.filter_map(|text| codecs::container(text)).collect(),
            codecs: files,
            segments,
        })
    }

    /// Whether it opens such files.
    pub fn opens(&self, container: Container) -> bool {
        self.everything || self.containers.contains(&container)
    }

    /// Whether it decodes `codec` in files.
    pub fn decodes(&self, codec: &Codec) -> bool {
        self.everything || self.codecs.iter().any(|own| own.takes(codec))
    }

    /// Whether it decodes `codec` in HLS.
    pub fn decodes_segments(&self, codec: &Codec) -> bool {
        self.everything || self.segments.iter().any(|own| own.takes(codec))
    }
}
