//! Who watches: a cookie of ours in browsers, address and agent for everything else.

use std::net::IpAddr;

use data_encoding::HEXLOWER;
use http::header::{COOKIE, USER_AGENT};
use http::{HeaderMap, HeaderValue};
use sha2::{Digest, Sha256};

const NAME: &str = "session_id";
/// The longest user agent kept.
const AGENT_LIMIT: usize = 200;

/// The session that a browser's cookie (RFC 6265) names: 32 hex digits.
pub fn of_cookie(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.trim() == NAME)?;
    let value = value.trim();
    let ours = value.len() == 32 && HEXLOWER.decode(value.as_bytes()).is_ok();
    ours.then_some(value)
}

/// `Set-Cookie` for a browser that has no session yet, for a year. It says who watched, and gives
/// no right.
pub fn new_cookie() -> Option<HeaderValue> {
    let id: [u8; 16] = rand::random();
    let id = HEXLOWER.encode(&id);
    let cookie = format!("{NAME}={id}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax");
    HeaderValue::from_str(&cookie).ok()
}

/// The user agent, cut to what is kept of it.
pub fn agent(headers: &HeaderMap) -> String {
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
    agent.unwrap_or_default().chars().take(AGENT_LIMIT).collect()
}

/// Whose connections they are: one browser's session, else one program's at one address. A
/// session is not told, only its digest.
pub fn viewer(headers: &HeaderMap, address: IpAddr) -> String {
    let who = match of_cookie(headers) {
        Some(session) => session.to_owned(),
        None => format!("{address}|{}", agent(headers)),
    };
    let digest = Sha256::digest(who);
    HEXLOWER.encode(&digest).chars().take(12).collect()
}
