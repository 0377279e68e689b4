// The player: a video element on /stream/proxy, and a line that says what it waits for.

import * as api from "./api.js";

const section = document.getElementById("watch");
const name = document.getElementById("watch-name");
const video = document.getElementById("video");
const state = document.getElementById("watch-state");
let playing = null;
// The latest wish to play; an earlier one that still waits for metadata gives up.
let latest = null;

export async function play(hash, index, muted = false) {
  const asked = {};
  latest = asked;
  const files = await known(hash, asked);
  if (!files) return;
  const playable = files.filter((file) => file.isVideo || file.isAudio);
  const largest = (all) => all.reduce((best, file) => (file.length > best.length ? file : best));
  const file = index === undefined ? largest(playable.length ? playable : files) : files[index];
  if (!file) throw new Error("the torrent has no such file");
  playing = { hash, index: file.index };
  name.textContent = file.name;
  state.textContent = "opening…";
  state.className = "";
  section.hidden = false;
  video.muted = muted;
  video.src = file.streamUrl;
  section.scrollIntoView({ block: "start" });
  // A browser may want a click first; the controls are there.
  await video.play().catch(() => {});
}

// The torrent's files as soon as its metadata is here.
async function known(hash, asked) {
  for (;;) {
    const { files } = await api.files(hash);
    if (latest !== asked) return null;
    if (files.length) return files;
    section.hidden = false;
    name.textContent = "";
    state.textContent = "waiting for the torrent's metadata";
    state.className = "";
    await new Promise((wake) => setTimeout(wake, 500));
  }
}

export function close() {
  latest = null;
  playing = null;
  video.removeAttribute("src");
  video.load();
  section.hidden = true;
}

export const isPlaying = (hash) => playing?.hash === hash;

// What the player waits for, asked of the server that knows.
export async function tell() {
  if (!playing) return;
  if (video.error) {
    state.textContent = "This browser can't play the file. Open its stream in mpv or VLC.";
    state.className = "bad";
    return;
  }
  const [streams, { torrents }] = await Promise.all([api.streams(), api.torrents()]);
  if (!playing) return;
  const torrent = torrents.find((one) => one.infoHash === playing.hash);
  const stream = streams.findLast((one) => one.infoHash === playing.hash && one.fileIndex === playing.index);
  state.textContent = line(torrent, stream);
}

function line(torrent, stream) {
  if (!torrent) return "The torrent was removed.";
  const peers = `${torrent.peers} ${torrent.peers === 1 ? "peer" : "peers"}`;
  const from = `${peers}, ${api.speed(torrent.downloadSpeed)}`;
  const waits = video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA && !video.ended;
  if (waits && stream?.stallReason) return `waiting: ${stream.stallReason} (${from})`;
  if (waits && torrent.peers === 0 && torrent.progress !== "100.00") return "waiting for a peer";
  if (waits) return `waiting for data (${from})`;
  if (torrent.progress === "100.00") return `complete, ${peers}`;
  const buffered = stream ? `, ${api.size(stream.bufferedAhead)} ready ahead` : "";
  return `${from}${buffered}`;
}

document.getElementById("watch-close").addEventListener("click", close);
