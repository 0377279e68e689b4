//! File, environment and flags: the later wins; what can't be is refused.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

use std::path::PathBuf;

use clap::Parser;
use http_front::FrontError;
use http_front::cli::{Backend, Cli};
use http_front::config::{Config, Dht, load};
use http_front::server::listen::Wish;
use http_front::settings::trackers::WELL_KNOWN;

fn with(yaml: &str, variables: &[(&str, &str)], flags: &[&str]) -> Result<Config, FrontError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("millrace.yaml");
    std::fs::write(&file, yaml).unwrap();
    let file = file.to_str().unwrap().to_owned();
    let mut args = vec!["millrace".to_owned(), "--config".to_owned(), file];
    args.extend(flags.iter().map(|flag| flag.to_string()));
    let cli = Cli::parse_from(args);
    let find = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.to_string())
    };
    load(&cli.serve, find)
}

fn refused(yaml: &str, variables: &[(&str, &str)], flags: &[&str]) -> String {
    match with(yaml, variables, flags) {
        Err(FrontError::Config(what)) => what,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn without_anything_it_is_loopback() {
    let config = with("{}", &[], &[]).unwrap();
    assert_eq!(config.bind.to_string(), "127.0.0.1:8080");
    assert_eq!(config.wish, Wish::Default);
    assert_eq!(config.peers.port, 6881);
    assert_eq!(config.data_dir, PathBuf::from("data"));
    assert!(config.credentials.is_none() && !config.peers.allow_local);
}

#[test]
fn a_variable_beats_the_file_and_a_flag_beats_both() {
    let yaml = "server: {port: 1001}\nstorage: {data_dir: /file}\npeers: {port: 1}";
    let file = with(yaml, &[], &[]).unwrap();
    assert_eq!(file.bind.to_string(), "127.0.0.1:1001");
    assert_eq!((file.wish, file.data_dir), (Wish::Explicit, PathBuf::from("/file")));
    let variables = [
        ("MILLRACE_SERVER_PORT", "1002"),
        ("MILLRACE_STORAGE_DATA_DIR", "/env"),
        ("MILLRACE_PEERS_BIND", "127.0.0.1, ::1"),
        ("MILLRACE_PEERS_ALLOW_LOCAL", "true"),
    ];
    let env = with(yaml, &variables, &[]).unwrap();
    assert_eq!((env.bind.port(), env.data_dir), (1002, PathBuf::from("/env")));
    assert_eq!((env.peers.port, env.peers.binds.len(), env.peers.allow_local), (1, 2, true));
    let flags = ["--bind", "127.0.0.2:1003", "--data-dir", "/flag", "--peer-port", "3"];
    let flag = with(yaml, &variables, &flags).unwrap();
    assert_eq!(flag.bind.to_string(), "127.0.0.2:1003");
    assert_eq!((flag.data_dir, flag.peers.port), (PathBuf::from("/flag"), 3));
}

#[test]
fn a_setting_that_means_nothing_is_refused() {
    assert!(refused("server: {prot: 1}", &[], &[]).contains("prot"));
    assert!(refused("server: {port: many}", &[], &[]).contains("port"));
    assert!(refused("{}", &[("MILLRACE_SERVER_PORT", "70000")], &[]).contains("port"));
    assert!(refused("server: [", &[], &[]).contains("configuration"));
}

#[test]
fn settings_start_from_file_or_variable_within_bounds() {
    let usual = with("{}", &[], &[]).unwrap().settings;
    assert_eq!((usual.ram_buffer_mb, usual.max_connections_per_torrent), (256, 50));
    let yaml = "settings: {ram_buffer_mb: 64, max_connections_per_torrent: 7}";
    let file = with(yaml, &[], &[]).unwrap().settings;
    assert_eq!((file.ram_buffer_mb, file.max_connections_per_torrent), (64, 7));
    let variables = [("MILLRACE_RAM_BUFFER_MB", "65536")];
    let env = with(yaml, &variables, &[]).unwrap().settings;
    assert_eq!((env.ram_buffer_mb, env.max_connections_per_torrent), (65_536, 7));
    for value in ["7", "65537", "-1", "many"] {
        let told = refused("{}", &[("MILLRACE_RAM_BUFFER_MB", value)], &[]);
        assert!(told.contains("ram_buffer_mb"), "{told}");
    }
    assert!(refused("settings: {max_connections_per_torrent: 0}", &[], &[]).contains("1000"));
}

#[test]
fn pieces_are_kept_on_disk_unless_told_otherwise() {
    assert_eq!(with("{}", &[], &[]).unwrap().backend, Backend::Disk);
    let yaml = "{storage: {backend: memory}}";
    assert_eq!(with(yaml, &[], &[]).unwrap().backend, Backend::Memory);
    let variables = [("MILLRACE_STORAGE_BACKEND", "disk")];
    assert_eq!(with(yaml, &variables, &[]).unwrap().backend, Backend::Disk);
    let flags = ["--storage", "memory"];
    assert_eq!(with(yaml, &variables, &flags).unwrap().backend, Backend::Memory);
    assert!(refused("{storage: {backend: tape}}", &[], &[]).contains("tape"));
}

#[test]
fn default_trackers_and_the_dht_can_be_done_without() {
    let usual = with("{}", &[], &[]).unwrap();
    assert_eq!(usual.settings.trackers, WELL_KNOWN);
    assert_eq!(usual.peers.dht, Some(Dht { port: 6882, bootstrap: None }));
    for (yaml, variables, flags) in [
        ("{}", &[][..], &["--no-dht", "--no-default-trackers"][..]),
        ("{dht: {enabled: false}, peers: {default_trackers: false}}", &[], &[]),
        (
            "{}",
            &[("MILLRACE_DHT_ENABLED", "false"), ("MILLRACE_PEERS_DEFAULT_TRACKERS", "false")],
            &[],
        ),
    ] {
        let config = with(yaml, variables, flags).unwrap();
        assert_eq!((config.peers.dht, config.settings.trackers.len()), (None, 0), "{yaml}");
    }
}

#[test]
fn trackers_and_dht_nodes_can_be_named() {
    let yaml = "settings: {trackers: ['udp://file:1']}\ndht: {port: 7, bootstrap: ['file:1']}";
    let node = |port, name: &str| Some(Dht { port, bootstrap: Some(vec![name.to_owned()]) });
    let file = with(yaml, &[], &[]).unwrap();
    assert_eq!(file.settings.trackers, ["udp://file:1"]);
    assert_eq!(file.peers.dht, node(7, "file:1"));
    let variables = [("MILLRACE_TRACKERS", "udp://env:1, http://env:2")];
    let env = with(yaml, &variables, &["--no-default-trackers"]).unwrap();
    assert_eq!(env.settings.trackers, ["udp://env:1", "http://env:2"]);
    let flags = ["--trackers", "https://flag", "--dht-bootstrap", "flag:1", "--dht-port", "8"];
    let flag = with(yaml, &variables, &flags).unwrap();
    assert_eq!(flag.settings.trackers, ["https://flag"]);
    assert_eq!(flag.peers.dht, node(8, "flag:1"));
    assert!(refused("{}", &[], &["--trackers", "ftp://x"]).contains("ftp://x"));
}

#[test]
fn hostile_49_beyond_loopback_needs_a_password() {
    for bind in ["0.0.0.0:0", "[::]:0", "192.168.1.2:80"] {
        assert!(refused("{}", &[], &["--bind", bind]).contains("--insecure"), "{bind}");
        assert!(with("{}", &[], &["--bind", bind, "--insecure"]).is_ok());
        let password = [("MILLRACE_AUTH_PASSWORD", "secret")];
        assert!(with("{}", &password, &["--bind", bind, "--user", "anna"]).is_ok());
    }
    for bind in ["127.0.0.9:0", "[::1]:0", "[::ffff:127.0.0.1]:0"] {
        assert!(with("{}", &[], &["--bind", bind]).is_ok(), "{bind}");
    }
}

#[test]
fn half_of_the_credentials_is_refused() {
    refused("auth: {username: anna}", &[], &[]);
    refused("auth: {password: secret}", &[], &[]);
    refused("{}", &[("MILLRACE_API_TOKEN", "t")], &[]);
    refused("auth: {username: anna, password_file: /nowhere}", &[], &[]);
    let config = with("auth: {username: anna, password: secret, token: t}", &[], &[]).unwrap();
    let credentials = config.credentials.unwrap();
    assert_eq!((credentials.user.as_str(), credentials.password.as_str()), ("anna", "secret"));
    assert!(!format!("{credentials:?}").contains("secret"));
}
