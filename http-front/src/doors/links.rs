//! Signed links: one file's media for whoever holds the link, until it expires.

use hmac::Mac;
use wire::InfoHash;

use crate::doors::mac;

/// Signs and checks links with HMAC-SHA256 over the file and the expiry.
#[derive(Clone)]
pub struct LinkKey([u8; 32]);

impl LinkKey {
    /// A key of 32 secret bytes.
    pub fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    /// Reads the key from `path`, or makes one that only the owner can read: links outlive a
    /// restart.
    ///
    /// # Errors
    /// The file can't be read or written.
    pub fn load(path: &std::path::Path) -> std::io::Result<Self> {
        use std::io::Write;
        use std::os::unix::fs::OpenOptionsExt;
        if let Ok(bytes) = std::fs::read(path)
            && let Ok(secret) = bytes.try_into()
        {
            return Ok(Self(secret));
        }
        let secret: [u8; 32] = rand::random();
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
        file.write_all(&secret)?;
        Ok(Self(secret))
    }

    /// `exp=…&sig=…` for one file until `expires`, in seconds since 1970.
    pub fn sign(&self, info_hash: InfoHash, index: usize, expires: u64) -> String {
        let tag = self.mac(info_hash, index, expires).finalize().into_bytes();
        format!("exp={expires}&sig={}", data_encoding::HEXLOWER.encode(&tag))
    }

    /// Whether `query` carries a valid signature for the file at `now` (seconds since 1970);
    /// compared in constant time.
    pub fn verify(&self, info_hash: InfoHash, index: usize, query: &str, now: u64) -> bool {
        let (mut expires, mut signature) = (None, None);
        for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match key.as_ref() {
                "exp" => expires = value.parse::<u64>().ok(),
                "sig" => {
                    signature = data_encoding::HEXLOWER_PERMISSIVE.decode(value.as_bytes()).ok();
                }
                _ => {}
            }
        }
        let (Some(expires), Some(signature)) = (expires, signature) else {
            return false;
        };
        now < expires && self.mac(info_hash, index, expires).verify_slice(&signature).is_ok()
    }

    fn mac(&self, info_hash: InfoHash, index: usize, expires: u64) -> impl Mac + use<> {
        let mut mac = mac::keyed(&self.0);
        mac.update(&info_hash.0);
        mac.update(&(index as u64).to_be_bytes());
        mac.update(&expires.to_be_bytes());
        mac
    }
}
