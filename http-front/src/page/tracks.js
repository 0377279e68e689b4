// The choice of sound and subtitles.

import * as source from "./source.js";

const video = document.getElementById("video");
const sound = document.getElementById("audio");
const texts = document.getElementById("subtitles");
// A track inside a file that still comes grows: it is asked for again after so many looks.
const GROWS = 15;
let tracks = [];
// What shows the chosen one beside the file as it is; HLS brings its own.
let element = null;
let looks = 0;
// What is shown was asked for when the file was whole.
let settled = false;

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

// Offers the subtitles of a file.
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

const chosen = () => tracks.find((track) => String(track.index) === texts.value);

// Shows the chosen one in the way that suits how the video plays.
export function show() {
  looks = 0;
  settled = false;
  element?.remove();
  element = null;
  const track = chosen();
  if (!source.subtitles(track?.index ?? null) && track) append(track);
}

function append(track) {
  element = document.createElement("track");
  element.kind = "subtitles";
  element.label = track.title ?? "";
  element.srclang = track.language ?? "";
  // What was asked for before may be less than what is there now.
  element.src = `${track.url}?${Date.now()}`;
  element.track.mode = "showing";
  video.append(element);
}

// Called now and then with whether the file is whole.
export function grow(whole) {
  looks += 1;
  const track = chosen();
  if (settled || looks < GROWS || !element || track.source !== "embedded") return;
  looks = 0;
  settled = whole;
  const old = element;
  append(track);
  // The old one stays until the new one is whole.
  element.addEventListener("load", () => old.remove());
}

texts.addEventListener("change", show);
