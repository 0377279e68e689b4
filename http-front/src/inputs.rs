//! Files of torrents under URLs that ffmpeg alone knows: an own listener on loopback, so that it
//! is reached however the server is bound, and a secret for each file that is being read.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::TcpListener;

use crate::FrontError;
use crate::probe::once::FileId;

type Tokens = HashMap<String, (FileId, Broken)>;

/// Set when an answer broke off: a reader took a part for the whole.
pub type Broken = Arc<AtomicBool>;

/// Hands out URLs and knows which file each one names. Cheap to clone. A lock of the front alone,
/// held for a map look-up.
#[derive(Clone)]
pub struct Inputs {
    address: SocketAddr,
    tokens: Arc<Mutex<Tokens>>,
}

/// A URL that holds as long as this does.
pub struct Input {
    inputs: Inputs,
    token: String,
    broken: Broken,
}

impl Inputs {
    /// A listener on a free port of loopback.
    ///
    /// # Errors
    /// [`FrontError::Bind`].
    pub async fn open() -> Result<(Self, TcpListener), FrontError> {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let bind = |source| FrontError::Bind { address: any, source };
        let listener = TcpListener::bind(any).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        Ok((Self { address, tokens: Arc::default() }, listener))
    }

    /// A URL for `file`.
    pub fn url(&self, file: FileId) -> Input {
        let token = format!("{:032x}", rand::random::<u128>());
        let broken = Broken::default();
        self.lock().insert(token.clone(), (file, Arc::clone(&broken)));
        Input { inputs: self.clone(), token, broken }
    }

    /// The file that `token` names.
    pub fn find(&self, token: &str) -> Option<(FileId, Broken)> {
        self.lock().get(token).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Tokens> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Input {
    /// `http://127.0.0.1:PORT/internal/TOKEN`.
    pub fn url(&self) -> String {
        format!("http://{}/internal/{}", self.inputs.address, self.token)
    }

    /// Whether every answer so far went out as promised, or was left by its reader.
    pub fn is_whole(&self) -> bool {
        !self.broken.load(Ordering::Relaxed)
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        self.inputs.lock().remove(&self.token);
    }
}
