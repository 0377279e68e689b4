//! The settings in force: read, changed, kept for the next start.

use std::collections::BTreeMap;
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
    inner: Mutex<Inner>,
}

struct Inner {
    now: Settings,
    saved: BTreeMap<String, Value>,
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
        for (name, value) in &saved {
            let change = Map::from_iter([(name.clone(), value.clone())]);
            match now.with(&change) {
                Ok(changed) => now = changed,
                Err(error) => tracing::warn!(%error, "a saved setting is not used"),
            }
        }
        let store = Self { engine, doors, inner: Mutex::new(Inner { now, saved }) };
        let inner = store.inner.lock().await;
        store.put_in_force(&inner.now).await?;
        drop(inner);
        Ok(store)
    }

    /// The settings in force.
    pub async fn now(&self) -> Settings {
        self.inner.lock().await.now.clone()
    }

    /// Changes some of them, for now and for later.
    ///
    /// # Errors
    /// [`FrontError::BadSetting`], and [`FrontError::Engine`] when they can't be kept; nothing is
    /// changed then.
    pub async fn change(&self, changes: Map<String, Value>) -> Result<Settings, FrontError> {
        let mut inner = self.inner.lock().await;
        let next = inner.now.with(&changes)?;
        let mut saved = inner.saved.clone();
        saved.extend(changes);
        self.engine.save_settings(saved.clone()).await?;
        self.put_in_force(&next).await?;
        *inner = Inner { now: next.clone(), saved };
        Ok(next)
    }

    async fn put_in_force(&self, settings: &Settings) -> Result<(), FrontError> {
        self.engine.configure(settings.engine()).await?;
        let mut rate = self.doors.rate.lock().unwrap_or_else(PoisonError::into_inner);
        rate.set(settings.rate_limit_per_min);
        Ok(())
    }
}
