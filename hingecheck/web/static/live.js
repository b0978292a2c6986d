/* A live session: frames of the webcam go to the server, what it has drawn comes back onto the canvas, and the browser speaks. */
import { say } from "./common.js";

const find = name => document.getElementById(name);
const form = find("start"), go = find("go"), stop = find("stop"), camera = find("camera"), canvas = find("canvas");
const which = find("which_camera"), whole = find("whole"), mirror = find("mirror");
const small = document.createElement("canvas");
const LONG_SIDE = 960, EVERY_MS = 40, LOST_MS = 400; // frames are sent no faster than that, and not while one is unanswered for less
let socket, stream, next, sent_ms = 0, answered = true, told;

form.addEventListener("submit", async event => {
  event.preventDefault();
  find("ended").replaceChildren();
  if (!navigator.mediaDevices) {
    say("The browser lends its camera only to https pages, or on this computer. Serve with --certificate.");
    return;
  }
  if (!await open_camera()) return;
  const query = new URLSearchParams({ athlete: find("athlete").value, minutes: find("minutes").value, keep: find("keep").checked });
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live?${query}`);
  socket.binaryType = "blob";
  socket.addEventListener("message", hear);
  socket.addEventListener("close", event => end(event.code === 1013 ? "Another session is going on." : event.code === 1000 ? "" : "The connection broke off."));
  running(true);
  find("step").textContent = "Starting…";
  speak(" "); // browsers speak only once asked to by a click
});
/** Look through the chosen camera, or say why not. */
async function open_camera() {
  const deviceId = which.value ? { exact: which.value } : undefined;
  let opened;
  try {
    opened = await navigator.mediaDevices.getUserMedia({ audio: false, video: { deviceId, width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } } });
  } catch (error) {
    say(error.name === "NotAllowedError" ? "The camera may not be used. Allow it in the address bar." : `No camera (${error.message}).`);
    return false;
  }
  stream?.getTracks().forEach(track => track.stop());
  stream = opened;
  camera.srcObject = stream;
  await camera.play();
  await list_cameras();
  return true;
}

/** Offer the cameras where there are several. Browsers name them only once one may be used. */
async function list_cameras() {
  const cameras = (await navigator.mediaDevices?.enumerateDevices() ?? []).filter(one => one.kind === "videoinput" && one.deviceId);
  const chosen = stream?.getVideoTracks()[0]?.getSettings().deviceId ?? which.value;
  which.replaceChildren(...cameras.map((one, at) => new Option(one.label || `Camera ${at + 1}`, one.deviceId, false, one.deviceId === chosen)));
  find("which").hidden = cameras.length < 2;
}
list_cameras();
navigator.mediaDevices?.addEventListener("devicechange", list_cameras);
which.addEventListener("change", () => { if (stream?.active) open_camera(); });

/* Full screen: of the window where the browser cannot fill the screen, as on an iPhone. */
function fill(on) {
  mirror.classList.toggle("filled", on);
  whole.setAttribute("aria-pressed", on);
  if (on) mirror.requestFullscreen?.().catch(() => null); else if (document.fullscreenElement) document.exitFullscreen();
}
whole.addEventListener("click", () => fill(true));
find("leave").addEventListener("click", () => fill(false));
addEventListener("fullscreenchange", () => { if (!document.fullscreenElement) fill(false); }, true);
addEventListener("keydown", event => { if (event.key === "Escape" && mirror.classList.contains("filled")) fill(false); });

stop.addEventListener("click", () => {
  clearTimeout(next);
  next = null;
  find("step").textContent = "Summing up…";
  stop.disabled = true;
  socket?.send(new Blob([]));
});

function running(on) {
  go.hidden = on;
  stop.hidden = !on;
  stop.disabled = false;
  for (const field of form.querySelectorAll("input:not(#aloud)")) field.disabled = on;
  if (on) stop.focus();
}

/** Send the newest frame when the last one was answered, and go on. */
function send() {
  const now = performance.now();
  if (next === null || socket.readyState !== WebSocket.OPEN) return;
  const due = (answered && now - sent_ms >= EVERY_MS) || now - sent_ms > LOST_MS;
  if (due && camera.videoWidth && socket.bufferedAmount < 65536) {
    const scale = Math.min(1, LONG_SIDE / Math.max(camera.videoWidth, camera.videoHeight));
    small.width = Math.round(camera.videoWidth * scale);
    small.height = Math.round(camera.videoHeight * scale);
    small.getContext("2d").drawImage(camera, 0, 0, small.width, small.height);
    sent_ms = now;
    answered = false;
    small.toBlob(blob => { if (blob && socket.readyState === WebSocket.OPEN) socket.send(blob); }, "image/jpeg", 0.85);
  }
  next = setTimeout(send, 8);
}

async function hear(event) {
  if (event.data instanceof Blob) {
    answered = true;
    const picture = await createImageBitmap(event.data);
    if (canvas.width !== picture.width || canvas.height !== picture.height) [canvas.width, canvas.height] = [picture.width, picture.height];
    canvas.getContext("2d").drawImage(picture, 0, 0);
    picture.close();
    return;
  }
  told = JSON.parse(event.data);
  if (told.kind === "ready") { next = undefined; send(); }
  if (told.kind === "shown") {
    find("reps").textContent = told.reps;
    find("score").textContent = told.score ?? "–";
    if (next !== null) find("step").textContent = told.practising ? "" : told.step;
    if (told.say) {
      find("told").textContent = told.say;
      if (find("aloud").checked) speak(told.say);
    }
  }
  if (told.kind === "done") {
    const link = document.createElement("a");
    link.href = `/clips/${told.id}`;
    link.id = "saved";
    link.textContent = `${told.reps} ${told.reps === 1 ? "rep" : "reps"}${told.score === null ? "" : `, score ${told.score}`}: open the session`;
    find("ended").replaceChildren("Saved. ", link);
  }
  if (told.kind === "failed") say(told.why);
}

function speak(words) {
  if (!("speechSynthesis" in window)) return;
  speechSynthesis.cancel(); // what is late is wrong
  const said = new SpeechSynthesisUtterance(words);
  said.lang = "en";
  speechSynthesis.speak(said);
}

function end(why) {
  clearTimeout(next);
  stream?.getTracks().forEach(track => track.stop());
  find("step").textContent = "";
  running(false);
  if (why) say(why);
}
addEventListener("pagehide", () => socket?.close());
