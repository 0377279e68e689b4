// The list of torrents: one element each, updated in place so that focus stays where it is.

import * as api from "./api.js";

const list = document.getElementById("torrents");
const empty = document.getElementById("empty");
const speeds = document.getElementById("speeds");
const rows = new Map();

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function button(text, act, quiet = true) {
  const made = element("button", { textContent: text, type: "button" });
  if (quiet) made.className = "quiet";
  made.addEventListener("click", act);
  return made;
}

function row(torrent, on) {
  const hash = torrent.infoHash;
  const parts = {
    name: element("h2"),
    facts: element("p", { className: "facts" }),
    bar: element("progress", { max: 100, value: 0 }),
    files: element("ul", { className: "files", hidden: true }),
    status: torrent.status,
  };
  parts.hold = button("Pause", () => on.act(parts.status === "paused" ? api.resume(hash) : api.pause(hash)));
  const actions = element(
    "div",
    { className: "actions" },
    button("Play", () => on.play(hash), false),
    button("Files", () => showFiles(hash, parts.files, on)),
    parts.hold,
    button("Remove", () => on.remove(hash, parts.name.textContent)),
  );
  parts.root = element("li", {}, parts.name, parts.facts, parts.bar, actions, parts.files);
  list.append(parts.root);
  return parts;
}

async function showFiles(hash, place, on) {
  place.hidden = !place.hidden;
  if (place.hidden) return;
  try {
    const { files } = await api.files(hash);
    place.replaceChildren(...files.map((file) => {
      const line = element("li", {}, element("span", { textContent: file.path }), element("span", { textContent: api.size(file.length) }));
      if (file.isVideo || file.isAudio) line.append(button("Play", () => on.play(hash, file.index)));
      return line;
    }));
  } catch (error) {
    on.failed(error);
  }
}

// What a torrent does; without metadata or in error, what it waits for and why.
async function facts(torrent) {
  const peers = torrent.peers === 1 ? "1 peer" : `${torrent.peers} peers`;
  const known = torrent.length > 0;
  const progress = `${torrent.progress} % of ${api.size(torrent.length)}`;
  const does = known ? [progress, peers, api.speed(torrent.downloadSpeed)] : [peers, "asking for metadata"];
  if (torrent.status === "paused" && !known) does.pop();
  if (torrent.status === "error" || torrent.status === "connecting") {
    const { error } = await api.torrent(torrent.infoHash).catch(() => ({}));
    if (error) does.push(error);
  }
  return [torrent.status, ...does].join(" · ");
}

export async function refresh(on) {
  const { torrents, downloadSpeed, uploadSpeed } = await api.torrents();
  speeds.textContent = `↓ ${api.speed(downloadSpeed)}  ↑ ${api.speed(uploadSpeed)}`;
  empty.hidden = torrents.length > 0;
  const seen = new Set();
  for (const torrent of torrents) {
    seen.add(torrent.infoHash);
    if (!rows.has(torrent.infoHash)) rows.set(torrent.infoHash, row(torrent, on));
    const parts = rows.get(torrent.infoHash);
    parts.status = torrent.status;
    parts.name.textContent = torrent.name;
    parts.facts.textContent = await facts(torrent);
    parts.bar.value = Number(torrent.progress);
    parts.bar.setAttribute("aria-label", `${torrent.progress} % of ${torrent.name}`);
    parts.hold.textContent = torrent.status === "paused" ? "Resume" : "Pause";
  }
  for (const [hash, parts] of rows) {
    if (seen.has(hash)) continue;
    parts.root.remove();
    rows.delete(hash);
  }
}
