//! Media hints on their way from the front to the cursors of a file.

use std::sync::Arc;

use actix::prelude::*;

use crate::EngineError;
use crate::picker::news::actor::CursorNews;
use crate::picker::{CursorId, MediaHint};
use crate::torrent::actor::Torrent;
use crate::torrent::streams::shared::StreamShared;

/// What the container of a listed file says; replaces what was said before.
#[derive(Message)]
#[rtype(result = "Result<(), EngineError>")]
pub(crate) struct Hint {
    pub(crate) file_index: usize,
    pub(crate) hint: MediaHint,
}

impl Handler<Hint> for Torrent {
    type Result = Result<(), EngineError>;

    fn handle(&mut self, hint: Hint, _: &mut Self::Context) -> Self::Result {
        let (info_hash, has_files) = (self.info_hash, self.has_files());
        let Hint { file_index, mut hint } = hint;
        let Some(content) = &mut self.content else {
            return Err(EngineError::NoMetadata(info_hash));
        };
        let files = content.progress.files();
        if file_index >= files {
            return Err(EngineError::NoSuchFile { info_hash, files });
        }
        if !has_files {
            // Fetched before it is read, it would leave memory again: no window holds it.
            hint.index.clear();
        }
        content.hints.insert(file_index, Arc::new(hint));
        let streams = self.streams.values().map(|stream| &stream.shared);
        let reads = streams.filter(|stream| stream.file_index == file_index);
        reads.for_each(|stream| self.tell_hint(stream));
        Ok(())
    }
}

impl Torrent {
    /// Tells the picker what is known of the file that a stream reads.
    pub(crate) fn tell_hint(&self, stream: &StreamShared) {
        let hints = self.content.as_ref().map(|content| &content.hints);
        if let Some(hint) = hints.and_then(|hints| hints.get(&stream.file_index)).cloned() {
            let (id, file_start) = (CursorId(stream.id), stream.file.start);
            self.tell_cursor(CursorNews::Hint { id, file_start, hint });
        }
    }
}
