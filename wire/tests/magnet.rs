//! Magnet links (BEP 9, BEP 53), and HOSTILE 14, 15.

use std::net::SocketAddr;

use proptest::prelude::*;
use wire::magnet::{MAX_LEN, MAX_PEERS, MAX_RANGES, MAX_TRACKERS};
use wire::{InfoHash, Magnet, MagnetError};

const HEX: &str = "0123456789abcdef0123456789ABCDEF01234567";

#[test]
fn a_full_link() {
    let link = format!(
        "magnet:?xt=urn:btih:{HEX}&dn=A+film%20%E2%80%93&tr=http%3A%2F%2Ft%2Fa&tr.1=udp://u:1\
         &tr=udp://u:1&ws=http://w/&x.pe=1.2.3.4:6881&x.pe=[::1]:5&x.pe=host:1&so=0,2,4-6&unknown"
    );
    let magnet = Magnet::parse(&link).unwrap();
    assert_eq!(magnet.info_hash, InfoHash::parse(HEX).unwrap());
    assert_eq!(magnet.name.as_deref(), Some("A film –"));
    assert_eq!(magnet.trackers, ["http://t/a", "udp://u:1"]);
    assert_eq!(magnet.web_seeds, ["http://w/"]);
    assert_eq!(magnet.peers, ["1.2.3.4:6881".parse().unwrap(), "[::1]:5".parse().unwrap()]);
    assert_eq!(magnet.selected, Some(vec![0..=0, 2..=2, 4..=6]));
}

#[test]
fn base32_and_case() {
    let base32 = data_encoding::BASE32.encode(&[0xab; 20]).to_lowercase();
    let magnet = Magnet::parse(&format!("MAGNET:?XT=x&xt=URN:BTIH:{base32}")).unwrap();
    assert_eq!(magnet.info_hash, InfoHash([0xab; 20]));
    assert_eq!(magnet.selected, None);
}

#[test]
fn row_14_malformed_hashes_have_their_error() {
    let v2 = format!("urn:btmh:1220{}", "ab".repeat(32));
    for (xt, error) in [
        (format!("urn:btih:{HEX}0"), MagnetError::InfoHash),
        (format!("urn:btih:{}", &HEX[1..]), MagnetError::InfoHash),
        (format!("urn:btih:{}", HEX.replace('0', "g")), MagnetError::InfoHash),
        (format!("urn:btih:{}", "1".repeat(32)), MagnetError::InfoHash),
        (format!("urn:btih:{}", "é".repeat(20)), MagnetError::InfoHash),
        ("urn:btih:".into(), MagnetError::InfoHash),
        ("urn:sha1:abc".into(), MagnetError::NoInfoHash),
        (String::new(), MagnetError::NoInfoHash),
        (v2[..v2.len() - 2].to_owned(), MagnetError::InfoHash),
        (format!("{v2}00"), MagnetError::InfoHash),
        (v2.clone(), MagnetError::OnlyV2),
    ] {
        assert_eq!(Magnet::parse(&format!("magnet:?xt={xt}")), Err(error), "{xt}");
    }
    assert_eq!(Magnet::parse("magnet:?dn=x"), Err(MagnetError::NoInfoHash));
    assert_eq!(Magnet::parse("http://x/?xt=urn:btih:"), Err(MagnetError::NotMagnet));
    let both = format!("magnet:?xt={v2}&xt=urn:btih:{HEX}");
    assert!(Magnet::parse(&both).is_ok());
}

#[test]
fn row_15_length_and_lists_are_capped() {
    let start = format!("magnet:?xt=urn:btih:{HEX}");
    let long = format!("{start}&dn={}", "x".repeat(1 << 20));
    assert_eq!(Magnet::parse(&long), Err(MagnetError::TooLong));
    let trackers: String = (0..500).map(|n| format!("&tr=t{n}")).collect();
    let peers: String = (1..150).map(|n| format!("&x.pe=1.2.3.4:{n}")).collect();
    let many = format!("{start}{trackers}{peers}");
    assert!(many.len() <= MAX_LEN);
    let magnet = Magnet::parse(&many).unwrap();
    assert_eq!(magnet.trackers.len(), MAX_TRACKERS);
    assert_eq!(magnet.peers.len(), MAX_PEERS);
}

#[test]
fn rows_14_and_15_peers_are_addresses_with_a_port() {
    let peers = [
        "1.2.3.4:6881",
        "[2001:db8::1]:5",
        "host.example:1",
        "1.2.3.4",
        "1.2.3.4:0",
        "1.2.3.4:65536",
        "2001:db8::1:5",
        "[2001:db8::1]",
        "",
    ];
    let peers: String = peers.iter().map(|peer| format!("&x.pe={peer}")).collect();
    let magnet = Magnet::parse(&format!("magnet:?xt=urn:btih:{HEX}{peers}")).unwrap();
    let kept: [SocketAddr; 2] =
        ["1.2.3.4:6881".parse().unwrap(), "[2001:db8::1]:5".parse().unwrap()];
    assert_eq!(magnet.peers, kept);
}

#[test]
fn row_15_a_selection_is_capped() {
    let many: Vec<String> = (0..500).map(|n| (2 * n).to_string()).collect();
    let link = format!("magnet:?xt=urn:btih:{HEX}&so={}", many.join(","));
    let magnet = Magnet::parse(&link).unwrap();
    assert_eq!(magnet.selected.as_ref().unwrap().len(), MAX_RANGES);
    assert_eq!(magnet.selected_indices(1000).unwrap().len(), MAX_RANGES);
}

#[test]
fn row_15_what_a_selection_selects_is_bounded_by_the_files() {
    let selected = |so: &str, files| {
        let link = format!("magnet:?xt=urn:btih:{HEX}&so={so}");
        Magnet::parse(&link).unwrap().selected_indices(files)
    };
    assert_eq!(selected("4,0-1,1-2,9", 5), Some(vec![0, 1, 2, 4]));
    assert_eq!(selected("0-4294967295", 3), Some(vec![0, 1, 2]));
    assert_eq!(selected("7", 3), Some(vec![]));
    assert_eq!(selected("", 3), None);
}

#[test]
fn a_link_is_written_with_everything_in_it() {
    let link = format!(
        "magnet:?xt=urn:btih:{}&dn=A%20film%20%26%20more%2B&tr=http%3A%2F%2Ft%2Fa%3Fb%3Dc\
         &ws=http%3A%2F%2Fw%2F&x.pe=%5B%3A%3A1%5D%3A5&so=0,4-6",
        HEX.to_lowercase()
    );
    let magnet = Magnet::parse(&link).unwrap();
    assert_eq!(magnet.name.as_deref(), Some("A film & more+"));
    assert_eq!(magnet.to_uri(), link);
}

#[test]
fn a_link_of_a_hash_alone_says_nothing_else() {
    let magnet = Magnet::of(InfoHash::parse(HEX).unwrap());
    assert_eq!(magnet.to_uri(), format!("magnet:?xt=urn:btih:{}", HEX.to_lowercase()));
    assert_eq!(Magnet::parse(&magnet.to_uri()), Ok(magnet));
}

#[test]
fn malformed_selections_are_refused() {
    for so in ["x", "3-1", "-1", "4294967296", "1-2-3"] {
        let link = format!("magnet:?xt=urn:btih:{HEX}&so={so}");
        assert_eq!(Magnet::parse(&link), Err(MagnetError::Selection), "{so}");
    }
}

proptest! {
    #[test]
    fn any_text_is_answered(text in "(magnet:\\?)?\\PC{0,200}") {
        let _ = Magnet::parse(&text);
    }
}
