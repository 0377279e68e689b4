//! Passwords and tokens: argon2 for what people type, constant time for every comparison.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use data_encoding::BASE64;
use hmac::Mac;
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;

use crate::FrontError;
use crate::doors::backoff::Backoff;
use crate::doors::mac;

/// Passwords hashed at once: argon2 takes 19 MiB and some tens of milliseconds of a core for each.
const HASHES: usize = 2;

/// Who may come in.
pub struct Auth {
    user: String,
    /// PHC string; never the password.
    password: String,
    /// Digest of the bearer token, under `key`.
    token: Option<[u8; 32]>,
    /// Random of this process: digests under it are of no use elsewhere.
    key: [u8; 32],
    /// Digest of the credentials that were right last, so that argon2 runs once and not for every
    /// request.
    verified: Mutex<Option<[u8; 32]>>,
    backoff: Mutex<Backoff>,
    hashes: Semaphore,
}

impl Auth {
    /// `password` in the clear or, when it starts with `$argon2`, as a PHC string.
    ///
    /// # Errors
    /// [`FrontError::Config`] for an empty name or password, or a malformed PHC string.
    pub fn new(user: &str, password: &str, token: Option<&str>) -> Result<Self, FrontError> {
        let bad = |what: String| FrontError::Config(what);
        if user.is_empty() || user.contains(':') {
            return Err(bad("the user name must not be empty nor hold a colon".into()));
        }
        if password.is_empty() || token.is_some_and(str::is_empty) {
            return Err(bad("an empty password or token lets everybody in".into()));
        }
        let password = if password.starts_with("$argon2") {
            PasswordHash::new(password).map_err(|e| bad(format!("password hash: {e}")))?;
            password.to_owned()
        } else {
            let hash = Argon2::default().hash_password(password.as_bytes());
            hash.map_err(|e| bad(format!("password: {e}")))?.to_string()
        };
        let key = rand::random();
        Ok(Self {
            user: user.to_owned(),
            password,
            token: token.map(|token| digest(&key, token.as_bytes())),
            key,
            verified: Mutex::new(None),
            backoff: Mutex::default(),
            hashes: Semaphore::new(HASHES),
        })
    }

    /// Checks an `Authorization` header from `address`.
    ///
    /// # Errors
    /// [`FrontError::Unauthorized`] when it is missing or wrong, [`FrontError::RateLimited`] when
    /// this address was wrong too often.
    pub async fn check(
        self: &Arc<Self>,
        header: Option<&str>,
        address: IpAddr,
        now: Instant,
    ) -> Result<(), FrontError> {
        let (scheme, value) = header
            .and_then(|header| header.trim().split_once(' '))
            .ok_or(FrontError::Unauthorized)?;
        let seen = digest(&self.key, value.trim().as_bytes());
        let basic = scheme.eq_ignore_ascii_case("basic");
        if basic && self.seen_before(&seen) {
            return Ok(());
        }
        lock(&self.backoff).check(address, now).map_err(|wait| FrontError::RateLimited { wait })?;
        let right = if basic {
            self.password_is_right(value.trim()).await
        } else if scheme.eq_ignore_ascii_case("bearer") {
            self.token.is_some_and(|token| token.ct_eq(&seen).into())
        } else {
            false
        };
        if !right {
            lock(&self.backoff).failed(address, now);
            return Err(FrontError::Unauthorized);
        }
        lock(&self.backoff).succeeded(address);
        if basic {
            *lock(&self.verified) = Some(seen);
        }
        Ok(())
    }

    fn seen_before(&self, seen: &[u8; 32]) -> bool {
        lock(&self.verified).is_some_and(|verified| verified.ct_eq(seen).into())
    }

    /// Hashes whatever the name is, so that time tells nothing about it.
    async fn password_is_right(self: &Arc<Self>, credentials: &str) -> bool {
        let decoded = BASE64.decode(credentials.as_bytes()).unwrap_or_default();
        let decoded = String::from_utf8(decoded).unwrap_or_default();
        let (user, password) = decoded.split_once(':').unwrap_or_default();
        let user_is_right: bool = user.as_bytes().ct_eq(self.user.as_bytes()).into();
        let Ok(_permit) = self.hashes.acquire().await else {
            return false;
        };
        let (auth, password) = (Arc::clone(self), password.to_owned());
        let verify = tokio::task::spawn_blocking(move || {
            let Ok(hash) = PasswordHash::new(&auth.password) else {
                return false;
            };
            Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
        });
        verify.await.unwrap_or(false) && user_is_right
    }
}

fn digest(key: &[u8; 32], value: &[u8]) -> [u8; 32] {
    let mut mac = mac::keyed(key);
    mac.update(value);
    mac.finalize().into_bytes().into()
}

/// A panic while it was held leaves nothing half-done in what these locks guard.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
