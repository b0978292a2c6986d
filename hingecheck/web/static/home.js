/* The start: clips dropped upon the page are uploaded two at a time, then followed until they are analysed. */
import { call, choosing, follow, line, renew, say, share, standing, token, words } from "./common.js";

const drop = document.getElementById("drop"), files = document.getElementById("files"), athlete = document.getElementById("athlete");
const list = document.getElementById("under_way");
const AT_ONCE = 2;
const waiting = [], uploaded = new Set();
let sending = 0, number = 0;

drop.addEventListener("click", event => { if (event.target.tagName !== "LABEL" && event.target !== files) files.click(); });
files.addEventListener("change", () => { take(files.files); files.value = ""; });
for (const kind of ["dragenter", "dragover"]) {
  addEventListener(kind, event => { event.preventDefault(); drop.classList.add("over"); });
}
addEventListener("dragleave", event => { if (!event.relatedTarget) drop.classList.remove("over"); });
addEventListener("drop", event => { event.preventDefault(); drop.classList.remove("over"); take(event.dataTransfer.files); });

function take(chosen) {
  const name = athlete.value.trim();
  if (!name) {
    athlete.focus();
    say("Say first whose clips these are.");
    return;
  }
  for (const file of chosen) waiting.push({ file, athlete: name, id: `upload-${number++}` });
  for (const one of waiting) line(list, one.id, one.file.name, "waiting to be uploaded", 0);
  next();
}

function next() {
  while (sending < AT_ONCE && waiting.length) {
    sending += 1;
    send(waiting.shift()).finally(() => { sending -= 1; next(); });
  }
}

function send(one, again = true) {
  return new Promise(resolve => {
    const request = new XMLHttpRequest();
    const day = new Date(one.file.lastModified - new Date().getTimezoneOffset() * 60000).toISOString().slice(0, 10);
    request.open("POST", `/api/clips?${new URLSearchParams({ name: one.file.name, athlete: one.athlete, day })}`);
    request.setRequestHeader("X-CSRF-Token", token());
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.addEventListener("progress", event => {
      const part = event.loaded / event.total;
      line(list, one.id, one.file.name, `uploading, ${Math.round(100 * part)} %`, part);
    });
    request.addEventListener("loadend", async () => {
      const content = (() => { try { return JSON.parse(request.responseText); } catch { return null; } })();
      if (request.status === 403 && again && await renew()) return resolve(send(one, false));
      const item = line(list, one.id, one.file.name, "", 1);
      if (request.status === 201) {
        item.dataset.id = content.id;
        uploaded.add(content.id);
        watch();
      } else {
        const why = request.status ? words(content, request.status) : "the upload broke off. Try it again.";
        line(list, one.id, one.file.name, why, undefined).children[1].className = "wrong";
      }
      resolve();
    });
    request.send(one.file);
  });
}

let watching = false, seen = new Map(), ends;
function watch() {
  if (watching) return;
  watching = true;
  ends = follow(show);
}

async function show(clips) {
  const now = new Map(clips.map(clip => [clip.id, clip]));
  for (const clip of clips) line(list, clip.id, clip.name, standing(clip), share(clip));
  for (const id of new Set([...seen.keys(), ...uploaded])) {
    if (now.has(id)) continue;
    const clip = await call("GET", `/api/clips/${id}`).catch(() => null);
    if (clip && ["queued", "running"].includes(clip.work)) continue;
    finish(id, clip);
    refresh();
  }
  seen = now;
  if (!clips.length && !uploaded.size && !sending && !waiting.length) {
    ends();
    watching = false;
  }
}

/** Show the lists as they are now. */
async function refresh() {
  const page = new DOMParser().parseFromString(await (await fetch("/")).text(), "text/html");
  for (const name of ["athletes", "clips"]) {
    const fresh = page.getElementById(name), stale = document.getElementById(name);
    if (fresh && !stale.parentElement.contains(document.activeElement)) stale.parentElement.replaceWith(document.adoptNode(fresh.parentElement));
  }
  choosing();
}

function finish(id, clip) {
  uploaded.delete(id);
  seen.delete(id);
  if (!clip) {
    list.querySelector(`[data-id="${id}"]`)?.remove();
    return;
  }
  const item = line(list, id, clip.name, "", undefined);
  if (clip.work === "failed") {
    item.children[1].className = "wrong";
    item.children[1].textContent = clip.error;
    return;
  }
  const link = document.createElement("a");
  link.href = `/clips/${id}`;
  link.textContent = `${clip.reps} ${clip.reps === 1 ? "rep" : "reps"}${clip.score === null ? ", not scored" : `, score ${clip.score}`}: open`;
  item.children[1].replaceChildren(link);
}

if (document.querySelector(".chip.busy") || [...document.querySelectorAll(".chip")].some(chip => chip.textContent === "waiting")) watch();
