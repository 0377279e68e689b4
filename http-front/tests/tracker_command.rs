//! `millrace tracker`: says where it answers, answers over HTTP and UDP, fails as told, stops when
//! asked.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use tracker::{Client, Event, Request, TrackerError, Transfer};
use url::Url;
use wire::{AddressPolicy, InfoHash, PeerId};

/// The command and its announce URLs, HTTP's first.
struct Running {
    child: Child,
    urls: [Url; 2],
}

impl Running {
    fn start(args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_millrace"))
            .args(["tracker", "--bind", "127.0.0.1:0", "--log", "off"])
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let urls = [0, 1].map(|_| Url::parse(&lines.next().unwrap().unwrap()).unwrap());
        Self { child, urls }
    }

    /// Asks it to stop, and says whether it ended well.
    fn stop(mut self) -> bool {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.child.wait().unwrap().success()
    }
}

fn request(port: u16) -> Request {
    Request {
        info_hash: InfoHash([1; 20]),
        peer_id: PeerId::ours(port.to_string().repeat(12).as_bytes()[..12].try_into().unwrap()),
        port,
        key: 1,
        transfer: Transfer { left: 9, ..Transfer::default() },
        event: Event::Started,
        numwant: 50,
        tracker_id: None,
    }
}

#[tokio::test]
async fn both_transports_answer_where_it_says() {
    let running = Running::start(&[]);
    let [http, udp] = &running.urls;
    assert_eq!((http.scheme(), udp.scheme()), ("http", "udp"));
    assert_eq!(http.port(), udp.port());
    let client = Client::new(AddressPolicy::LOCAL_TOO);
    client.announce(http, &request(6881)).await.unwrap();
    let answer = client.announce(udp, &request(6882)).await.unwrap().answer;
    assert_eq!(answer.peers, ["127.0.0.1:6881".parse().unwrap()]);
    assert!(running.stop());
}

#[tokio::test]
async fn it_fails_as_told() {
    let running = Running::start(&["--fault", "error=closed"]);
    let client = Client::new(AddressPolicy::LOCAL_TOO);
    for url in &running.urls {
        let refused = client.announce(url, &request(6881)).await.unwrap_err();
        assert_eq!(refused, TrackerError::Refused("closed".to_owned()));
    }
    assert!(running.stop());
}

#[test]
fn a_wrong_switch_is_named() {
    let output = Command::new(env!("CARGO_BIN_EXE_millrace"))
        .args(["tracker", "--fault", "dorp=0.1"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("dorp=0.1"), "{output:?}");
}
