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
  const at = await position.open(hash, file.index).catch(() => 0);
  // What nobody can say how to play may play as it is.
  const refused = ({ message }) => ({ mode: "direct", audioTracks: [], keyframes: [], refusal: message });
  const plan = await api.plan(hash, file.index, capabilities()).catch(refused);
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
async function begin(playlist, at, paused = false) {
  const { file, plan } = playing;
  why.textContent = plan.mode === "hls" ? plan.reasonText : "";
  playing.failed = null;
  if (playlist) {
    const begun = playing;
    const failed = async (error) => {
      // The server says in words what the status alone does not.
      const asked = api.call("GET", api.here(error.url ?? playlist));
      begun.failed = await asked.then(() => error.details, (refusal) => refusal.message);
    };
    await source.playlist(api.here(playlist), at, failed);
  } else {
    source.direct(file.streamUrl, at);
  }
  tracks.show();
  if (paused) return;
  // Without a click the browser may refuse sound, not pictures.
  await video.play().catch(async (error) => {
    if (error.name !== "NotAllowedError") return;
    video.muted = true;
    await video.play().catch(() => {});
  });
}

// Another sound track: HLS has them all, a file played as it is only its first.
function listen(index) {
  const { hash, file } = playing;
  playing.listens = true;
  if (source.audio(index)) return;
  begin(`/api/stream/${hash}/${file.index}/master.m3u8?audio=${index}`, video.currentTime);
}

// HLS that was only to last until the file is whole ends at a pause or a seek, where nobody sees
// it. A chosen sound stays: the file as it is has only its first.
async function handOver() {
  const handed = playing;
  if (!handed?.whole || handed.plan?.reason !== "file-incomplete" || handed.listens) return;
  const plan = await api.plan(handed.hash, handed.file.index, capabilities());
  if (playing !== handed || plan.mode !== "direct" || !source.isPlaylist()) return;
  handed.plan = plan;
  await begin(null, video.currentTime, video.paused);
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
  const told = playing;
  const { hash, file } = told;
  if (told.failed || video.error) {
    const reason = told.failed ?? told.plan?.refusal ?? "this browser knows no such film";
    say(`Can't play it: ${reason}. mpv and VLC play its stream.`, true);
    return;
  }
  const [streams, { torrents }, pieces] = await Promise.all([api.streams(), api.torrents(), api.pieces(hash)]);
  if (playing !== told) return;
  const place = { offset: file.offset, length: file.length, plan: told.plan };
  told.whole = seekbar.load(atob(pieces.have), pieces.pieceLength, place);
  const torrent = torrents.find((one) => one.infoHash === hash);
  const stream = streams.findLast((one) => one.infoHash === hash && one.fileIndex === file.index);
  tracks.grow(told.whole);
  if (video.paused) await handOver();
  say(line(torrent, stream, told.whole));
}

function line(torrent, stream, whole) {
  if (!torrent) return "The torrent was removed.";
  const peers = `${torrent.peers} ${torrent.peers === 1 ? "peer" : "peers"}`;
  const from = `${peers}, ${api.speed(torrent.downloadSpeed)}`;
  const waits = video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA && !video.ended;
  if (waits && stream?.stallReason) return `waiting: ${stream.stallReason} (${from})`;
  if (waits && torrent.peers === 0 && !whole) return "waiting for a peer";
  if (waits && whole && source.isPlaylist()) return "waiting for the conversion";
  if (waits) return `waiting for data (${from})`;
  if (whole) return `complete, ${peers}`;
  const buffered = stream ? `, ${api.size(stream.bufferedAhead)} ready ahead` : "";
  return `${from}${buffered}`;
}

for (const event of ["pause", "seeking"]) video.addEventListener(event, () => handOver().catch(() => {}));
document.getElementById("watch-close").addEventListener("click", close);
