//! HOSTILE 16: which addresses a stranger can make us contact.

#![allow(clippy::unwrap_used)]

use std::net::IpAddr;

use wire::AddressPolicy;
use wire::address_policy::{AddressClass, is_global};

fn classes(class: AddressClass, ips: &[&str]) {
    for ip in ips {
        let ip: IpAddr = ip.parse().unwrap();
        assert_eq!(AddressClass::of(ip), class, "{ip}");
        assert_eq!(is_global(ip), class == AddressClass::Global);
    }
}

#[test]
fn row_16_global() {
    classes(
        AddressClass::Global,
        &[
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "198.17.255.255",
            "223.255.255.255",
            "2606:4700::1111",
            "2001:200::1",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "2002:808:808::1",
        ],
    );
}

#[test]
fn row_16_local() {
    classes(
        AddressClass::Local,
        &[
            "127.0.0.1",
            "127.255.255.254",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "169.254.1.1",
            "198.18.0.1",
            "::1",
            "fe80::1",
            "fec0::1",
            "fc00::1",
            "fdff::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
        ],
    );
}

#[test]
fn row_16_metadata() {
    classes(
        AddressClass::Metadata,
        &[
            "169.254.169.254",
            "169.254.170.2",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "fd00:ec2::254",
            "::ffff:169.254.169.254",
        ],
    );
}

#[test]
fn row_16_never() {
    classes(
        AddressClass::Never,
        &[
            "0.0.0.0",
            "0.1.2.3",
            "192.0.2.1",
            "192.88.99.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::127.0.0.1",
            "::8.8.8.8",
            "64:ff9b::127.0.0.1",
            "64:ff9b::169.254.169.254",
            "64:ff9b:1::1",
            "2002:7f00:1::1",
            "2002:a00:1::1",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
            "ff02::1",
            "100::1",
            "5f00::1",
        ],
    );
}

#[test]
fn row_16_policies() {
    let permits = |policy: AddressPolicy, ip: &str| policy.permits(ip.parse().unwrap());
    for (ip, globally, locally) in [
        ("8.8.8.8", true, true),
        ("127.0.0.1", false, true),
        ("::ffff:192.168.1.1", false, true),
        ("169.254.169.254", false, false),
        ("224.0.0.1", false, false),
        ("0.0.0.0", false, false),
    ] {
        assert_eq!(permits(AddressPolicy::GLOBAL, ip), globally, "{ip}");
        assert_eq!(permits(AddressPolicy::LOCAL_TOO, ip), locally, "{ip}");
    }
    assert_eq!(AddressPolicy::default(), AddressPolicy::GLOBAL);
    for (peer, ok) in [("127.0.0.1:1", true), ("127.0.0.1:0", false), ("224.0.0.1:6881", false)] {
        assert_eq!(AddressPolicy::LOCAL_TOO.permits_peer(peer.parse().unwrap()), ok, "{peer}");
    }
}
