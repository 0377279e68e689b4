//! A file of a torrent as a source: what is not there yet is what the swarm is asked for first.

use std::io;

use bytes::{Bytes, BytesMut};
use engine::view::StreamLabel;
use engine::{EngineHandle, OpenStream};
use wire::{ByteRange, InfoHash};

use super::Source;

/// Reads ranges of one file, each with a cursor of its own that nobody counts as a viewer.
#[derive(Clone)]
pub struct TorrentSource {
    /// Where the bytes come from.
    pub engine: EngineHandle,
    /// The torrent.
    pub info_hash: InfoHash,
    /// The file's number in it.
    pub file_index: usize,
    /// The file's length in bytes.
    pub len: u64,
}

impl Source for TorrentSource {
    fn len(&self) -> u64 {
        self.len
    }

    async fn read(&self, range: ByteRange) -> io::Result<Bytes> {
        let (info_hash, file_index) = (self.info_hash, self.file_index);
        let open = OpenStream { info_hash, file_index, range, label: StreamLabel::default() };
        let mut stream = self.engine.open(open).await.map_err(io::Error::other)?;
        let mut whole = BytesMut::new();
        while let Some(bytes) = stream.next().await {
            whole.extend_from_slice(&bytes.map_err(io::Error::other)?);
        }
        Ok(whole.freeze())
    }
}
