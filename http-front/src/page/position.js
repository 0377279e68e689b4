// Where a film is left: saved while it plays, on a pause, and when the page goes.

import * as api from "./api.js";

const video = document.getElementById("video");
// So near to an end one begins anew.
const EDGE = 10;
let place = null;
let saved = null;
let timer = 0;

// Where to begin `file`; from now on its position is saved.
export async function open(hash, index) {
  const { position_sec: at, duration_sec: length } = await api.progress(hash, index);
  const left = at > EDGE && (length === null || at < length - EDGE);
  place = { hash, index };
  saved = at;
  const seconds = await interval();
  if (place?.hash === hash && place.index === index) timer = setInterval(() => save(), seconds * 1000);
  return left ? at : 0;
}

const interval = () => api.settings().then((settings) => settings.playback_save_interval_sec, () => 10);

export function close() {
  save();
  clearInterval(timer);
  place = null;
}

function save(keepalive = false) {
  const at = video.currentTime;
  // Before it plays it is at 0, which nobody means.
  if (!place || video.readyState === 0 || at === 0 || at === saved) return;
  saved = at;
  const length = Number.isFinite(video.duration) ? video.duration : undefined;
  api.saveProgress(place.hash, place.index, { position_sec: at, duration_sec: length }, keepalive).catch(() => {});
}

video.addEventListener("pause", () => save());
addEventListener("pagehide", () => save(true));
