// The choice of sound and subtitles.

const video = document.getElementById("video");
const sound = document.getElementById("audio");
const texts = document.getElementById("subtitles");
// A track inside a file that still comes grows: it is asked for again after so many looks.
const GROWS = 15;
let tracks = [];
let looks = 0;

function label(track, number) {
  const name = [language(track.language), track.title].filter(Boolean).join(" · ");
  const channels = track.channels > 2 ? ` (${track.channels} channels)` : "";
  return (name || `Track ${number + 1}`) + channels + (track.forced ? " (forced)" : "");
}

function language(code) {
  if (!code) return "";
  try {
    return new Intl.DisplayNames([navigator.language], { type: "language" }).of(code);
  } catch {
    return code;
  }
}

function fill(select, first, all) {
  const options = all.map((track, number) => new Option(label(track, number), track.index));
  select.replaceChildren(...first, ...options);
}

// Offers the sound tracks of a file; `choose` hears which one is wanted.
export function offerAudio(all, choose) {
  fill(sound, [], all);
  const standard = all.findIndex((track) => track.default);
  sound.selectedIndex = Math.max(standard, 0);
  sound.parentElement.hidden = all.length < 2;
  sound.onchange = () => choose(Number(sound.value));
}

// Offers the subtitles of a file; those shown are the browser's own.
export function offerSubtitles(all) {
  tracks = all;
  fill(texts, [new Option("Off", "")], all);
  texts.parentElement.hidden = all.length === 0;
  const forced = all.find((track) => track.forced && track.default);
  texts.value = forced?.index ?? "";
  show();
}

export function clear() {
  tracks = [];
  texts.parentElement.hidden = true;
  sound.parentElement.hidden = true;
  show();
}

function show() {
  looks = 0;
  for (const old of video.querySelectorAll("track")) old.remove();
  const chosen = tracks.find((track) => String(track.index) === texts.value);
  if (chosen) video.append(shown(chosen));
}

function shown(chosen) {
  const element = document.createElement("track");
  element.kind = "subtitles";
  element.label = chosen.title ?? "";
  element.srclang = chosen.language ?? "";
  // What was asked for before may be less than what is there now.
  element.src = `${chosen.url}?${Date.now()}`;
  element.track.mode = "showing";
  return element;
}

// Called now and then while the file still comes.
export function grow() {
  looks += 1;
  const chosen = tracks.find((track) => String(track.index) === texts.value);
  if (looks < GROWS || chosen?.source !== "embedded") return;
  looks = 0;
  const [old] = video.querySelectorAll("track");
  const next = shown(chosen);
  // The old one stays until the new one is whole.
  next.addEventListener("load", () => old?.remove());
  video.append(next);
}

texts.addEventListener("change", show);
