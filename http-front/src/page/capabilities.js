// What this browser plays, asked of itself: what the playback plan is made from.

const CONTAINERS = ["video/mp4", "video/webm", "video/x-matroska", "video/quicktime", "video/ogg",
  "audio/mpeg", "audio/flac", "audio/wav", "audio/aac"];
const VIDEO = ["avc1.640028", "hvc1.1.6.L120.90", "vp8", "vp09.00.40.08", "av01.0.08M.08", "mp4v.20.9"];
const AUDIO = ["mp4a.40.2", "ac-3", "ec-3", "opus", "vorbis", "flac", "mp3", "dtsc"];

const element = document.createElement("video");
const plays = (type) => element.canPlayType(type) !== "";
// Some codecs live in MP4 alone, some in WebM or Ogg alone.
const inFiles = (codec) => ["video/mp4", "video/webm", "audio/mp4", "audio/webm"].some((box) => plays(`${box}; codecs="${codec}"`));
const inSegments = (codec) => globalThis.MediaSource?.isTypeSupported(`video/mp4; codecs="${codec}"`);

export const capabilities = () => ({
  containers: CONTAINERS.filter(plays),
  video: VIDEO.filter(inFiles),
  audio: AUDIO.filter(inFiles),
  mse: [...VIDEO, ...AUDIO].filter(inSegments),
});
