//! The bytes of a file that are there: reading them asks nothing of the swarm.

use std::io;

use bytes::Bytes;
use engine::EngineError;
use engine::view::{FileView, TorrentView};
use wire::{Bitfield, ByteRange, PieceIndex};

use crate::app::App;
use crate::probe::torrent::TorrentSource;
use crate::probe::{Partial, Source};

/// A file of a torrent as far as its pieces are verified now.
pub struct Present {
    source: TorrentSource,
    have: Bitfield,
    piece_length: u64,
    /// Where the file begins in the torrent, in bytes.
    offset: u64,
}

impl Present {
    /// What is there of `file`.
    ///
    /// # Errors
    /// No such torrent.
    pub async fn of(app: &App, view: &TorrentView, file: &FileView) -> Result<Self, EngineError> {
        let source = TorrentSource {
            engine: app.engine.clone(),
            info_hash: view.info_hash,
            file_index: file.index,
            len: file.length,
        };
        let have = app.engine.pieces(view.info_hash).await?;
        let piece_length = u64::from(view.piece_length.max(1));
        Ok(Self { source, have, piece_length, offset: file.offset })
    }
}

impl Partial for Present {
    fn there(&self, range: ByteRange) -> u64 {
        let piece = |byte: u64| (self.offset + byte) / self.piece_length;
        let mut pieces = piece(range.start)..=piece(range.end.saturating_sub(1));
        let has = |piece| u32::try_from(piece).is_ok_and(|n| self.have.get(PieceIndex(n)));
        match pieces.find(|piece| !has(*piece)) {
            None => range.end,
            Some(missing) => {
                let begin = (missing * self.piece_length).saturating_sub(self.offset);
                begin.max(range.start)
            }
        }
    }
}

impl Source for Present {
    fn len(&self) -> u64 {
        self.source.len
    }

    async fn read(&self, range: ByteRange) -> io::Result<Bytes> {
        if self.there(range) < range.end {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.source.read(range).await
    }
}
