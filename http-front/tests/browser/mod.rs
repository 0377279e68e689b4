//! A browser that opens the page.

#![allow(dead_code, missing_docs, unreachable_pub)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test's helpers fail by panicking")]

use std::process::Stdio;
use std::time::Duration;

use fixtures::Result;
use fixtures::server::{Server, ServerOptions};
use fixtures::swarm::Seeders;
use fixtures::torrents::Torrent;
use fixtures::until::until;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// Chromium starts slowly on a busy machine; nothing else takes long.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the page shows.
const SHOWN: &str = "(() => {
    const video = document.getElementById('video');
    const text = (id) => document.getElementById(id)?.textContent;
    return {
        time: video?.currentTime,
        frames: video?.getVideoPlaybackQuality().totalVideoFrames,
        sound: video?.webkitAudioDecodedByteCount,
        error: video?.error?.message ?? null,
        state: text('watch-state'),
        name: text('watch-name'),
        message: text('message'),
        speeds: text('speeds'),
        facts: [...document.querySelectorAll('.facts')].map((one) => one.textContent),
        titles: [...document.querySelectorAll('#torrents h2')].map((one) => one.textContent),
    };
})()";

/// The address that plays a torrent's first file.
pub fn watch(torrent: &Torrent) -> String {
    format!("/?play={}&file=0", torrent.info_hash)
}

/// A number of what the page shows, 0 if it does not.
pub fn number(shown: &Value, field: &str) -> f64 {
    shown[field].as_f64().unwrap_or_default()
}

/// A headless Chromium that is spoken to over a pipe in the DevTools protocol: JSON, each message
/// ended by a NUL.
pub struct Browser {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    calls: u64,
    /// The page that calls go to, once there is one.
    session: Option<String>,
    _profile: TempDir,
}

impl Browser {
    pub async fn start() -> Self {
        let profile = TempDir::new().unwrap();
        // It reads commands from descriptor 3 and answers on 4. As root it has no sandbox.
        let mut child = Command::new("sh")
            .args(["-c", "exec chromium \"$@\" 3<&0 4>&1 </dev/null >/dev/null", "sh"])
            .args(["--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu"])
            .args(["--disable-dev-shm-usage", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update"])
            .args(["--disable-sync", "--autoplay-policy=no-user-gesture-required"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let from = BufReader::new(from);
        let mut browser = Self { child, to, from, calls: 0, session: None, _profile: profile };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"})).await;
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let attached = browser.call("Target.attachToTarget", attach).await;
        browser.session = Some(attached["sessionId"].as_str().unwrap().to_owned());
        browser
    }

    /// A browser that shows the page of a new server, whose scripts run.
    pub async fn at_home() -> Result<(Self, Server)> {
        let mut browser = Self::start().await;
        let server = Server::start(ServerOptions::new(env!("CARGO_BIN_EXE_millrace"))).await?;
        browser.navigate(&server.client().url("/")).await;
        // The first figures stand there when the scripts run.
        browser.until(|shown| shown["speeds"].as_str().is_some_and(|text| !text.is_empty())).await;
        Ok((browser, server))
    }

    /// A browser that plays a new server's only torrent, which comes from these seeders.
    pub async fn playing(torrent: &Torrent, seeders: &Seeders) -> Result<(Self, Server)> {
        let mut browser = Self::start().await;
        let bin = env!("CARGO_BIN_EXE_millrace");
        let server = Server::with(bin, torrent, &seeders.addrs()).await?;
        browser.navigate(&server.client().url(&watch(torrent))).await;
        Ok((browser, server))
    }

    pub async fn navigate(&mut self, url: &str) {
        let answer = self.call("Page.navigate", json!({"url": url})).await;
        assert_eq!(answer["errorText"], Value::Null, "{answer}");
    }

    pub async fn evaluate(&mut self, expression: &str) -> Value {
        let ask = json!({"expression": expression, "returnByValue": true});
        let mut answer = self.call("Runtime.evaluate", ask).await;
        assert_eq!(answer["exceptionDetails"], Value::Null, "{answer}");
        answer["result"]["value"].take()
    }

    /// Looks at the page until `holds` of what it shows.
    pub async fn until(&mut self, holds: impl Fn(&Value) -> bool) -> Value {
        self.until_is(SHOWN, holds).await
    }

    /// Looks at the page until `holds` of what `expression` is.
    pub async fn until_is(&mut self, expression: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let look = async || Ok(self.evaluate(expression).await);
        until("the page", PATIENCE, look, holds).await.unwrap()
    }

    /// Chooses from a list of the page, as a viewer does.
    pub async fn choose(&mut self, list: &str, n: usize) {
        let choose = format!(
            "(() => {{ const choice = document.getElementById('{list}'); \
             choice.selectedIndex = {n}; choice.dispatchEvent(new Event('change')); }})()"
        );
        self.evaluate(&choose).await;
    }

    /// Stops the film at `seconds`.
    pub async fn pause_at(&mut self, seconds: f64) {
        let pause = format!(
            "(() => {{ const video = document.getElementById('video'); \
             video.pause(); video.currentTime = {seconds}; }})()"
        );
        self.evaluate(&pause).await;
        let there = format!("video.paused && !video.seeking && video.currentTime === {seconds}");
        self.until_is(&there, |there| *there == true).await;
    }

    /// Waits until the page has asked for a URL with this part.
    pub async fn asks_for(&mut self, part: &str) {
        let asked = format!(
            "performance.getEntriesByType('resource').some((one) => one.name.includes('{part}'))"
        );
        self.until_is(&asked, |asked| *asked == true).await;
    }

    /// One call, and its result; events are passed over.
    async fn call(&mut self, method: &str, params: Value) -> Value {
        self.calls += 1;
        let mut message = json!({"id": self.calls, "method": method, "params": params});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        let mut text = message.to_string().into_bytes();
        text.push(0);
        self.to.write_all(&text).await.expect("chromium is installed and runs");
        loop {
            let mut text = Vec::new();
            let read = self.from.read_until(0, &mut text);
            let read = tokio::time::timeout(PATIENCE, read).await;
            read.expect("chromium answers").expect("chromium lives");
            assert_eq!(text.pop(), Some(0), "chromium is not installed, or ended");
            let mut answer: Value = serde_json::from_slice(&text).unwrap();
            if answer["id"] == self.calls {
                assert_eq!(answer["error"], Value::Null, "{method}");
                return answer["result"].take();
            }
        }
    }

    pub async fn close(mut self) {
        self.session = None;
        self.call("Browser.close", json!({})).await;
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        ended.expect("chromium ends").unwrap();
    }
}
