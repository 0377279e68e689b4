// The player: a file as the plan says, from where it was left, and a line that says what it waits for.

import * as api from "./api.js";
import { capabilities } from "./capabilities.js";
import * as position from "./position.js";
import * as seekbar from "./seekbar.js";
import * as source from "./source.js";
import * as tracks from "./tracks.js";

const section = document.getElementById("watch");
const name = document.getElementById("watch-name");
const video = document.getElementById("video");
const state = document.getElementById("watch-state");
const why = document.getElementById("watch-why");
let playing = null;
// The latest wish to play; an earlier one that still waits for something gives up.
let latest = null;

export async function play(hash, index) {
  const asked = {};
  latest = asked;
  const files = await known(hash, asked);
  if (!files) return;
  const playable = files.filter((file) => file.isVideo || file.isAudio);
  const largest = (all) => all.reduce((best, file) => (file.length > best.length ? file : best));
  const file = index === undefined ? largest(playable.length ? playable : files) : files[index];
  if (!file) throw new Error("the torrent has no such file");
  stop();
  open(file.name, "opening…");
  playing = { hash, file, plan: null };
  history.replaceState(null, "", `/?play=${hash}&file=${file.index}`);
  section.scrollIntoView({ block: "start" });
  const at = await position.open(hash, file.index);
  const plan = await api.plan(hash, file.index, capabilities());
  if (latest !== asked) return;
  playing.plan = plan;
  tracks.offerAudio(plan.audioTracks, listen);
  // Whatever is wrong with the subtitles, the film plays.
  api.subtitles(hash, file.index).then((all) => latest === asked && tracks.offerSubtitles(all), () => {});
  await begin(plan.mode === "hls" ? plan.hlsUrl : null, at);
}

function open(title, says) {
  section.hidden = false;
  name.textContent = title;
  why.textContent = "";
  say(says);
}

function say(text, bad = false) {
  state.textContent = text;
  state.className = bad ? "bad" : "";
}

// Plays the playlist, or without one the file as it is.
async function begin(playlist, at) {
  const { file, plan } = playing;
  why.textContent = playlist ? plan.reasonText : "";
  playing.failed = null;
  if (playlist) {
    const failed = (error) => {
      playing.failed = error.response?.text || error.details;
    };
    await source.playlist(api.here(playlist), at, failed);
  } else {
    source.direct(file.streamUrl, at);
  }
  // Without a click the browser may refuse sound, not pictures.
  await video.play().catch(async (error) => {
    if (error.name !== "NotAllowedError") return;
    video.muted = true;
    await video.play().catch(() => {});
  });
}

// Another sound track: HLS has them all, a file played as it is only its first.
function listen(index) {
  if (source.audio(index)) return;
  const { hash, file } = playing;
  begin(`/api/stream/${hash}/${file.index}/master.m3u8?audio=${index}`, video.currentTime);
}

// The torrent's files as soon as its metadata is here.
async function known(hash, asked) {
  for (;;) {
    const { files } = await api.files(hash);
    if (latest !== asked) return null;
    if (files.length) return files;
    open("", "waiting for the torrent's metadata");
    await new Promise((wake) => setTimeout(wake, 500));
  }
}

// What played is saved where it is, and nothing of it is left.
function stop() {
  playing = null;
  position.close();
  tracks.clear();
  source.detach();
  seekbar.clear();
}

export function close() {
  latest = null;
  stop();
  section.hidden = true;
  history.replaceState(null, "", "/");
}

export const isPlaying = (hash) => playing?.hash === hash;

// What the player waits for, asked of the server that knows.
export async function tell() {
  if (!playing) return;
  const { hash, file } = playing;
  if (playing.failed || video.error) {
    const reason = playing.failed ?? "This browser can't play the file.";
    say(`${reason} Open its stream in mpv or VLC.`, true);
    return;
  }
  const [streams, { torrents }, pieces] = await Promise.all([api.streams(), api.torrents(), api.pieces(hash)]);
  if (playing?.hash !== hash) return;
  seekbar.load(atob(pieces.have), pieces.pieceLength, file.offset, file.length);
  const torrent = torrents.find((one) => one.infoHash === hash);
  const stream = streams.findLast((one) => one.infoHash === hash && one.fileIndex === file.index);
  if (torrent?.progress !== "100.00") tracks.grow();
  say(line(torrent, stream));
}

function line(torrent, stream) {
  if (!torrent) return "The torrent was removed.";
  const peers = `${torrent.peers} ${torrent.peers === 1 ? "peer" : "peers"}`;
  const from = `${peers}, ${api.speed(torrent.downloadSpeed)}`;
  const waits = video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA && !video.ended;
  const whole = torrent.progress === "100.00";
  if (waits && stream?.stallReason) return `waiting: ${stream.stallReason} (${from})`;
  if (waits && torrent.peers === 0 && !whole) return "waiting for a peer";
  if (waits && whole && source.isPlaylist()) return "waiting for the first converted seconds";
  if (waits) return `waiting for data (${from})`;
  if (whole) return `complete, ${peers}`;
  const buffered = stream ? `, ${api.size(stream.bufferedAhead)} ready ahead` : "";
  return `${from}${buffered}`;
}

document.getElementById("watch-close").addEventListener("click", close);
