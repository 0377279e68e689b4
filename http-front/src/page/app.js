// The page: add, list, play. Text from torrents only ever becomes text.

import * as api from "./api.js";
import { refresh } from "./list.js";
import * as player from "./player.js";

const PERIOD = 1000;
const message = document.getElementById("message");
const input = document.getElementById("file");
const link = document.getElementById("link");
const reference = document.getElementById("reference");
const drop = document.querySelector(".drop");

function say(text, bad = false) {
  message.textContent = text;
  message.className = bad ? "bad" : "";
}

const failed = (error) => say(error.message, true);

const on = {
  failed,
  play: (hash, index) => player.play(hash, index).catch(failed),
  act: (order) => order.then(update).catch(failed),
  async remove(hash, name) {
    if (!confirm(`Remove "${name}"? Its files stay on disk.`)) return;
    try {
      if (player.isPlaying(hash)) player.close();
      await api.remove(hash);
      await update();
    } catch (error) {
      failed(error);
    }
  },
};

async function addAll(files) {
  for (const file of files) {
    try {
      tell(await api.add(file));
    } catch (error) {
      say(`${file.name}: ${error.message}`, true);
    }
  }
  await update();
}

function tell(added) {
  say(added.cached ? `${added.name} was here already.` : `${added.name} added.`);
}

async function update() {
  await refresh(on);
  await player.tell();
}

input.addEventListener("change", async () => {
  await addAll([...input.files]).catch(failed);
  input.value = "";
});
link.addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = reference.value.trim();
  if (!text) return;
  try {
    tell(await api.addReference(text));
    reference.value = "";
    await update();
  } catch (error) {
    failed(error);
  }
});
addEventListener("dragover", (event) => {
  event.preventDefault();
  drop.classList.add("over");
});
addEventListener("dragleave", () => drop.classList.remove("over"));
addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  addAll([...event.dataTransfer.files]).catch(failed);
});

async function poll() {
  let lost = false;
  for (;;) {
    try {
      if (!document.hidden) await update();
      if (lost) say("");
      lost = false;
    } catch {
      lost = true;
      say("The server does not answer.", true);
    }
    await new Promise((wake) => setTimeout(wake, PERIOD));
  }
}

poll();
watchWanted(new URLSearchParams(location.search)).catch(failed);

// What the address asks for: `/?play=HASH&file=N`, or `/watch?magnet=URI`.
async function watchWanted(wanted) {
  if (wanted.has("play")) {
    const index = wanted.has("file") ? Number(wanted.get("file")) : undefined;
    await player.play(encodeURIComponent(wanted.get("play")).toLowerCase(), index);
  } else if (wanted.has("magnet")) {
    const magnet = wanted.get("magnet");
    // Another site may lead here, but not add a torrent in the user's name.
    const foreign = document.body.hasAttribute("data-foreign");
    if (foreign && !confirm(`Add and play this?\n\n${magnet}`)) return;
    const added = await api.addReference(magnet);
    tell(added);
    await player.play(added.infoHash);
  }
}
