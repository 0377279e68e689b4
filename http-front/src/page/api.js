// Calls of the API; every failure is an Error with the server's own words.

export async function call(method, path, body, type) {
  const headers = {};
  if (body !== undefined) headers["Content-Type"] = type ?? "application/json";
  const response = await fetch(path, { method, headers, body });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? `the server answered ${response.status}`);
  return answer.data ?? answer;
}

export const torrents = () => call("GET", "/api/torrents");
export const torrent = (hash) => call("GET", `/api/torrents/${hash}`);
export const files = (hash) => call("GET", `/api/torrents/${hash}/files`);
export const streams = () => call("GET", "/streams");
export const remove = (hash) => call("DELETE", `/api/torrents/${hash}`);
export const pause = (hash) => call("PUT", `/api/torrents/${hash}/pause`);
export const resume = (hash) => call("PUT", `/api/torrents/${hash}/resume`);
export const add = (file) => call("POST", "/api/torrents", file, "application/x-bittorrent");
// A magnet link, an info hash or a URL; the list tells how its metadata comes.
export function addReference(text) {
  if (/^https?:/i.test(text)) return call("POST", "/api/torrents?wait=0", JSON.stringify({ url: text }));
  return call("POST", "/api/torrents?wait=0", text, "text/plain");
}

export const pieces = (hash) => call("GET", `/api/torrents/${hash}/pieces`);
export const settings = () => call("GET", "/api/settings");
export const subtitles = (hash, index) => call("GET", `/api/stream/${hash}/${index}/subtitles`);

// How a file is to be played; as it is when nobody can say.
export async function plan(hash, index, capabilities) {
  const ask = { sourceKey: hash, fileIndex: index, capabilities };
  const unknown = { mode: "direct", audioTracks: [] };
  return call("POST", "/api/playback-plan", JSON.stringify(ask)).catch(() => unknown);
}

const place = (hash, index) => `/api/playback/${hash}/${index}/progress`;
export const progress = (hash, index) => call("GET", place(hash, index));
export async function saveProgress(hash, index, position, keepalive) {
  const body = JSON.stringify(position);
  await fetch(place(hash, index), { method: "PUT", keepalive, body });
}

// A URL of the server's as a path of this origin.
export function here(url) {
  const { pathname, search } = new URL(url, location.href);
  return pathname + search;
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];

export function size(bytes) {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(unit > 0 && value < 100 ? 1 : 0)} ${UNITS[unit]}`;
}

export const speed = (bytes) => `${size(bytes)}/s`;
