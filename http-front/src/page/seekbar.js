// The seek bar: what of the file is downloaded, what the browser has buffered, where it plays.

const video = document.getElementById("video");
const bar = document.getElementById("seek");
const canvas = document.getElementById("seek-map");
const brush = canvas.getContext("2d");
const style = getComputedStyle(document.documentElement);
const color = (name) => style.getPropertyValue(name);
let pieces = null;

// Sets the pieces of the torrent, and where the file lies in it; what is known of them stays.
export function load(bits, pieceLength, offset, length) {
  const first = Math.floor(offset / pieceLength);
  const last = Math.floor(Math.max(offset + length - 1, offset) / pieceLength);
  const have = (piece) => (bits.charCodeAt(piece >> 3) >> (7 - (piece & 7))) & 1;
  pieces = { first, last, have, pieceLength, offset, length };
  draw();
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

// Bytes lie along the bar as if each second had as many.
function downloaded(width, height) {
  const { first, last, have, pieceLength, offset, length } = pieces;
  brush.fillStyle = color("--water");
  for (let piece = first; piece <= last; piece += 1) {
    if (!have(piece)) continue;
    let end = piece;
    while (end < last && have(end + 1)) end += 1;
    const from = Math.max(piece * pieceLength - offset, 0) / length;
    const to = Math.min((end + 1) * pieceLength - offset, length) / length;
    brush.fillRect(from * width, 0, Math.max((to - from) * width, 1), height * 0.75);
    piece = end;
  }
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
