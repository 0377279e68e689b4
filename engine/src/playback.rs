//! Who watched what: kept by the catalogue, passed through for the front.

use storage::catalogue::Watched;
use storage::catalogue::actor::{ForgetWatched, LoadHistory, LoadPosition, SaveWatched};
use wire::InfoHash;

use crate::EngineError;
use crate::handle::{EngineHandle, gone};

impl EngineHandle {
    /// Saves how far somebody watched a file; durable when answered.
    ///
    /// # Errors
    /// It could not be written.
    pub async fn save_watched(&self, watched: Watched) -> Result<(), EngineError> {
        Ok(self.catalogue.send(SaveWatched(watched)).await.map_err(gone)??)
    }

    /// How far a listed file was watched, by whoever watched it last.
    ///
    /// # Errors
    /// The catalogue does not read.
    pub async fn position(
        &self,
        info_hash: InfoHash,
        file: u32,
    ) -> Result<Option<Watched>, EngineError> {
        Ok(self.catalogue.send(LoadPosition { info_hash, file }).await.map_err(gone)??)
    }

    /// All that was watched, the latest first.
    ///
    /// # Errors
    /// The catalogue does not read.
    pub async fn history(&self) -> Result<Vec<Watched>, EngineError> {
        Ok(self.catalogue.send(LoadHistory).await.map_err(gone)??)
    }

    /// Forgets positions and history; durable when answered.
    ///
    /// # Errors
    /// It could not be written.
    pub async fn forget_history(&self) -> Result<(), EngineError> {
        Ok(self.catalogue.send(ForgetWatched).await.map_err(gone)??)
    }
}
