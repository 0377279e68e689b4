// The seek bar: what of the film is downloaded, what the browser has buffered, where it plays.

const video = document.getElementById("video");
const bar = document.getElementById("seek");
const canvas = document.getElementById("seek-map");
const brush = canvas.getContext("2d");
const style = getComputedStyle(document.documentElement);
const color = (name) => style.getPropertyValue(name);
let pieces = null;

// Sets the pieces of the torrent, where the file lies in it, and its plan, if there is one yet.
// Tells whether the file is whole.
export function load(bits, pieceLength, { offset, length, plan }) {
  const first = Math.floor(offset / pieceLength);
  const last = Math.floor(Math.max(offset + length - 1, offset) / pieceLength);
  const have = (piece) => (bits.charCodeAt(piece >> 3) >> (7 - (piece & 7))) & 1;
  pieces = { first, last, have, pieceLength, offset, share: shares(plan, length) };
  draw();
  return runs().every(([from, to]) => from === first && to === last);
}

export function clear() {
  pieces = null;
  bar.disabled = true;
  draw();
}

function draw() {
  const { width, height } = canvas;
  brush.clearRect(0, 0, width, height);
  if (pieces) downloaded(width, height);
  const length = video.duration;
  if (!Number.isFinite(length) || length === 0) return;
  brush.fillStyle = color("--text");
  for (let n = 0; n < video.buffered.length; n += 1) {
    const from = video.buffered.start(n) / length;
    const to = video.buffered.end(n) / length;
    brush.fillRect(from * width, height * 0.75, (to - from) * width, height * 0.25);
  }
  bar.disabled = false;
  bar.max = length;
  if (!bar.matches(":active")) bar.value = video.currentTime;
  bar.setAttribute("aria-valuetext", `${clock(video.currentTime)} of ${clock(length)}`);
}

function downloaded(width, height) {
  const { pieceLength, offset, share } = pieces;
  brush.fillStyle = color("--water");
  for (const [first, last] of runs()) {
    const from = share(first * pieceLength - offset);
    const to = share((last + 1) * pieceLength - offset);
    brush.fillRect(from * width, 0, Math.max((to - from) * width, 1), height * 0.75);
  }
}

// The first and last piece of each stretch that is there.
function runs() {
  const { first, last, have } = pieces;
  const all = [];
  for (let piece = first; piece <= last; piece += 1) {
    if (!have(piece)) continue;
    const begin = piece;
    while (piece < last && have(piece + 1)) piece += 1;
    all.push([begin, piece]);
  }
  return all;
}

// What tells at which share of the film a byte is shown: between keyframes evenly, without any as
// if each second had as many bytes.
function shares(plan, length) {
  const known = (plan?.duration ? plan.keyframes : []).map(([time, byte]) => [time / plan.duration, byte]);
  const points = [[0, 0], ...known, [1, length]];
  return (byte) => {
    const next = points.findIndex(([, end]) => end >= byte);
    if (next <= 0) return next === 0 ? 0 : 1;
    const [[from, begin], [to, end]] = [points[next - 1], points[next]];
    return from + ((to - from) * (byte - begin)) / (end - begin);
  };
}

function clock(seconds) {
  const two = (number) => String(Math.floor(number)).padStart(2, "0");
  const minutes = `${two((seconds / 60) % 60)}:${two(seconds % 60)}`;
  return seconds < 3600 ? minutes : `${Math.floor(seconds / 3600)}:${minutes}`;
}

bar.addEventListener("change", () => {
  video.currentTime = Number(bar.value);
});
for (const event of ["timeupdate", "progress", "durationchange", "seeked"]) video.addEventListener(event, draw);
