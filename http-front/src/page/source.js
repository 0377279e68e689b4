// How the video element gets its bytes: the file as it is, or HLS.

const video = document.getElementById("video");
// The server may take long over a segment whose bytes come from peers.
const PATIENT = {
  default: {
    maxTimeToFirstByteMs: 60000,
    maxLoadTimeMs: 120000,
    timeoutRetry: { maxNumRetry: 10, retryDelayMs: 0, maxRetryDelayMs: 0 },
    errorRetry: { maxNumRetry: 20, retryDelayMs: 1000, maxRetryDelayMs: 8000 },
  },
};
let hls = null;
let text = null;

export function detach() {
  hls?.destroy();
  hls = null;
  video.removeAttribute("src");
  video.load();
}

export function direct(url, at) {
  detach();
  video.src = url;
  if (at > 0) video.currentTime = at;
}

// Plays a master playlist from `at` seconds; `failed` hears of an end that nothing mends.
export async function playlist(url, at, failed) {
  detach();
  const { default: Hls } = await import("/assets/hls.min.mjs");
  if (!Hls.isSupported()) {
    direct(url, at);
    return;
  }
  const made = new Hls({
    startPosition: at,
    enableWorker: false,
    backBufferLength: 60,
    fragLoadPolicy: PATIENT,
    playlistLoadPolicy: PATIENT,
    manifestLoadPolicy: PATIENT,
  });
  hls = made;
  let mended = false;
  made.on(Hls.Events.ERROR, (_, error) => {
    if (!error.fatal || hls !== made) return;
    if (error.frag?.type === "subtitle") {
      // A text that does not come is no reason to stop.
      made.startLoad();
      return;
    }
    if (error.type === Hls.ErrorTypes.MEDIA_ERROR && !mended) {
      mended = true;
      made.recoverMediaError();
      return;
    }
    failed(error);
  });
  // Its subtitles are known with its first level.
  made.once(Hls.Events.LEVEL_LOADED, showText);
  made.loadSource(url);
  made.attachMedia(video);
}

// The sound of HLS by its number in the file; false if the video is not HLS or has no such.
export function audio(index) {
  if (!hls?.audioTracks[index]) return false;
  hls.audioTrack = index;
  return true;
}

// Shows the subtitles of this number, or none for null; false if the video is not HLS.
export function subtitles(index) {
  text = index;
  if (!hls) return false;
  showText();
  return true;
}

function showText() {
  hls.subtitleTrack = hls.subtitleTracks.findIndex((track) => track.url.includes(`/s/${text}/`));
}

export const isPlaylist = () => hls !== null;
