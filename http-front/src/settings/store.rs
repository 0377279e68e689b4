//! The settings in force: read, changed, kept for the next start.

use std::sync::{Arc, PoisonError};

use engine::EngineHandle;
use serde_json::{Map, Value};
use tokio::sync::Mutex;

use crate::FrontError;
use crate::doors::Doors;
use crate::settings::Settings;

/// Puts settings in force and keeps what was changed: a name nobody changed follows the
/// configuration of each start.
pub struct Store {
    engine: EngineHandle,
    doors: Arc<Doors>,
    /// Held while a change is made, so that two of them don't mix. A lock of the front alone.
    now: Mutex<Settings>,
}

impl Store {
    /// Lays what was saved over `configured` and puts it in force. What this build does not know,
    /// or what is out of bounds now, is left alone and said in the log.
    ///
    /// # Errors
    /// [`FrontError::Engine`]: the catalogue can't be read.
    pub async fn open(
        engine: EngineHandle,
        doors: Arc<Doors>,
        configured: Settings,
    ) -> Result<Self, FrontError> {
        let saved = engine.saved_settings().await?;
        let mut now = configured;
        for saved in saved {
            match now.with(&Map::from_iter([saved])) {
                Ok(changed) => now = changed,
                Err(error) => tracing::warn!(%error, "a saved setting is not used"),
            }
        }
        let store = Self { engine, doors, now: Mutex::new(now.clone()) };
        store.put_in_force(&now).await?;
        Ok(store)
    }

    /// The settings in force.
    pub async fn now(&self) -> Settings {
        self.now.lock().await.clone()
    }

    /// Changes some of them, for now and for later.
    ///
    /// # Errors
    /// [`FrontError::BadSetting`], and [`FrontError::Engine`] when they can't be kept; nothing is
    /// changed then.
    pub async fn change(&self, changes: Map<String, Value>) -> Result<Settings, FrontError> {
        let mut now = self.now.lock().await;
        let next = now.with(&changes)?;
        self.engine.save_settings(changes.into_iter().collect()).await?;
        self.put_in_force(&next).await?;
        now.clone_from(&next);
        Ok(next)
    }

    async fn put_in_force(&self, settings: &Settings) -> Result<(), FrontError> {
        self.engine.configure(settings.engine()).await?;
        let mut rate = self.doors.rate.lock().unwrap_or_else(PoisonError::into_inner);
        rate.set(settings.rate_limit_per_min);
        Ok(())
    }
}
