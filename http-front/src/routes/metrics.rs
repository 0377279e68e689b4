//! `/metrics`: what is counted as it happens, and how things stand now, as Prometheus text.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use engine::picker::WaitReason;
use engine::view::{CacheStats, Status, TorrentView};
use http::header::CONTENT_TYPE;
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::FrontError;
use crate::app::App;
use crate::error::Envelope;
use crate::routes::Shared;
use crate::routes::torrents::speeds;

/// Upper bounds of the classes of waits: seconds.
const BUCKETS: [f64; 9] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0];

/// The process's recorder: there is one, however many servers a test runs.
static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// Counts from now on; what happened before is not counted.
pub fn install() {
    RECORDER.get_or_init(|| {
        let builder = PrometheusBuilder::new();
        let builder = match builder.set_buckets(&BUCKETS) {
            Ok(builder) => builder,
            Err(_) => PrometheusBuilder::new(),
        };
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("something else counts already: /metrics will miss what it counts");
        }
        describe();
        for reason in WaitReason::ALL {
            counter!("millrace_stalls_total", "reason" => reason.slug()).increment(0);
        }
        handle
    });
}

fn describe() {
    describe_counter!(
        "millrace_stalls_total",
        "Waits of streams of 0.1 s or more after their first byte, by cause"
    );
    describe_histogram!("millrace_stall_seconds", Unit::Seconds, "What those waits took");
    describe_histogram!(
        "millrace_first_byte_seconds",
        Unit::Seconds,
        "From a request to its first byte, where somebody watches"
    );
    describe_counter!("millrace_streams_total", "Streams opened");
    describe_counter!("millrace_actor_restarts_total", "Actors restarted after a panic");
    describe_counter!("millrace_reads_total", "Stretches given to readers, by where they were");
    describe_counter!("millrace_read_bytes_total", Unit::Bytes, "Bytes in them");
    describe_counter!("millrace_evicted_pieces_total", "Pieces dropped from memory");
    describe_counter!("millrace_refetched_bytes_total", Unit::Bytes, "Dropped and fetched again");
    describe_gauge!("millrace_actors", "Actors alive");
    describe_gauge!("millrace_streams", "Open streams");
    describe_gauge!("millrace_streams_stalled", "Open streams that wait");
    describe_gauge!("millrace_torrents", "Torrents by status");
    describe_gauge!("millrace_peers", "Connected peers");
    describe_gauge!("millrace_download_speed", "Bytes a second from peers");
    describe_gauge!("millrace_upload_speed", "Bytes a second to peers");
    describe_gauge!("millrace_ram_used", Unit::Bytes, "Piece memory in use");
    describe_gauge!("millrace_ram_budget", Unit::Bytes, "Piece memory at most");
    describe_gauge!("millrace_disk_used", Unit::Bytes, "Torrents' bytes on disk");
    describe_gauge!("millrace_disk_free", Unit::Bytes, "Bytes free there");
    describe_gauge!("millrace_dht_nodes", "Nodes in the routing table");
}

/// Prometheus text
#[utoipa::path(get, path = "/metrics", tag = "system", responses(
    (status = 200, description = "Prometheus text format", content_type = "text/plain",
        body = String),
    (status = 503, body = Envelope)))]
pub async fn metrics(State(app): Shared) -> Result<Response, FrontError> {
    look(&app).await?;
    let text = RECORDER.get().map(|recorder| {
        recorder.run_upkeep();
        recorder.render()
    });
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4")], text.unwrap_or_default()).into_response())
}

/// How things stand now.
async fn look(app: &App) -> Result<(), FrontError> {
    let view = app.engine.status().await?;
    for actor in view.actors.into_iter().chain(app.ledger.view()) {
        gauge!("millrace_actors", "actor" => actor.name.clone()).set(actor.alive as f64);
        counter!("millrace_actor_restarts_total", "actor" => actor.name).absolute(actor.restarts);
    }
    let CacheStats { hits, used, budget, evicted, refetched, .. } = view.cache;
    for (found, count) in [("ram", hits.ram), ("disk", hits.disk), ("network", hits.network)] {
        counter!("millrace_reads_total", "found" => found).absolute(count.reads);
        counter!("millrace_read_bytes_total", "found" => found).absolute(count.bytes);
    }
    counter!("millrace_evicted_pieces_total").absolute(evicted);
    counter!("millrace_refetched_bytes_total").absolute(refetched);
    set("millrace_ram_used", used);
    set("millrace_ram_budget", budget);
    set("millrace_disk_used", view.disk.0);
    set("millrace_disk_free", view.disk.1);
    set("millrace_dht_nodes", view.dht.nodes as u64);
    let streams = app.engine.streams().await?;
    set("millrace_streams", streams.len() as u64);
    let stalled = streams.iter().filter(|stream| stream.stalled.is_some());
    set("millrace_streams_stalled", stalled.count() as u64);
    look_at_torrents(&app.engine.list().await?);
    Ok(())
}

fn look_at_torrents(torrents: &[TorrentView]) {
    let (down, up) = speeds(torrents);
    set("millrace_download_speed", down);
    set("millrace_upload_speed", up);
    set("millrace_peers", torrents.iter().map(|torrent| torrent.peers as u64).sum());
    let mut by_status: BTreeMap<&'static str, u64> =
        Status::ALL.iter().map(|status| (status.as_str(), 0)).collect();
    for torrent in torrents {
        *by_status.entry(torrent.status.as_str()).or_default() += 1;
    }
    for (status, count) in by_status {
        gauge!("millrace_torrents", "status" => status).set(count as f64);
    }
}

fn set(name: &'static str, value: u64) {
    gauge!(name).set(value as f64);
}
