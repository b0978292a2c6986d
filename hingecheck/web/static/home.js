/* The start: clips dropped upon the page are uploaded two at a time, then followed until they are analysed. */
import { asks_before_leaving, call, choosing, follow, line, renew, say, share, standing, token, words } from "./common.js";
import { day_of } from "./filmed.js";

const drop = document.getElementById("drop"), files = document.getElementById("files"), athlete = document.getElementById("athlete");
const list = document.getElementById("under_way");
const AT_ONCE = 2;
const unnamed = [], waiting = [], uploaded = new Set(); // files: whose athlete is not named yet, that wait for their turn, that are there
let sending = 0, number = 0;
asks_before_leaving(() => sending || waiting.length || unnamed.length);

drop.addEventListener("click", event => { if (event.target.tagName !== "LABEL" && event.target !== files) files.click(); });
files.addEventListener("change", () => { take(files.files); files.value = ""; });
for (const kind of ["dragenter", "dragover"]) {
  addEventListener(kind, event => { event.preventDefault(); drop.classList.add("over"); });
}
addEventListener("dragleave", event => { if (!event.relatedTarget) drop.classList.remove("over"); });
addEventListener("drop", event => { event.preventDefault(); drop.classList.remove("over"); take(event.dataTransfer.files); });

/** Take files in. Those without an athlete wait until one is named. */
function take(chosen) {
  for (const file of chosen) {
    const one = { file, id: `upload-${number++}` };
    unnamed.push(one);
    row(one, "whose clip is it? Name the athlete", 0);
  }
  if (athlete.value.trim()) named();
  else if (unnamed.length) {
    athlete.focus();
    say("Say whose clips these are, and they are uploaded.");
  }
}

/** The files that waited for a name have one. */
function named() {
  const name = athlete.value.trim();
  if (!name) return;
  for (const one of unnamed.splice(0)) {
    one.athlete = name;
    waiting.push(one);
    row(one, "waiting to be uploaded", 0);
  }
  next();
}
athlete.addEventListener("change", named);
athlete.addEventListener("keydown", event => { if (event.key === "Enter") named(); });

/** The line of a file that is not on the server yet, with a button that takes it back or tries it again. */
function row(one, text, part, failed = false) {
  const item = line(list, one.id, one.file.name, text, part);
  item.children[1].className = failed ? "wrong" : "soft";
  let button = item.querySelector("button");
  if (!button) {
    button = document.createElement("button");
    button.type = "button";
    button.className = "plain";
    item.append(button);
  }
  button.textContent = failed ? "Try again" : "Cancel";
  button.setAttribute("aria-label", `${button.textContent}: ${one.file.name}`);
  button.onclick = () => failed ? again(one) : cancel(one);
  return item;
}

function cancel(one) {
  for (const line_up of [unnamed, waiting]) if (line_up.includes(one)) line_up.splice(line_up.indexOf(one), 1);
  one.cancelled = true;
  one.request?.abort();
  list.querySelector(`[data-id="${one.id}"]`)?.remove();
}

function again(one) {
  waiting.push(one);
  row(one, "waiting to be uploaded", 0);
  next();
}

function next() {
  while (sending < AT_ONCE && waiting.length) {
    sending += 1;
    send(waiting.shift()).finally(() => { sending -= 1; next(); });
  }
}

async function send(one, renewed = false) {
  const day = await day_of(one.file);
  if (one.cancelled) return;
  await new Promise(resolve => {
    const request = one.request = new XMLHttpRequest();
    request.open("POST", `/api/clips?${new URLSearchParams({ name: one.file.name, athlete: one.athlete, day })}`);
    request.setRequestHeader("X-CSRF-Token", token());
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.addEventListener("progress", event => {
      const part = event.loaded / event.total;
      if (!one.cancelled) row(one, `uploading, ${Math.round(100 * part)} %`, part);
    });
    request.addEventListener("loadend", async () => {
      const content = (() => { try { return JSON.parse(request.responseText); } catch { return null; } })();
      if (one.cancelled) {
        if (request.status === 201) await call("DELETE", `/api/clips/${content.id}`).catch(() => null); // it was there before it was taken back
        return resolve();
      }
      if (request.status === 403 && !renewed && await renew()) return resolve(send(one, true));
      if (request.status === 201) {
        const item = line(list, one.id, one.file.name, "", 1);
        item.querySelector("button")?.remove();
        item.dataset.id = content.id;
        uploaded.add(content.id);
        watch();
      } else row(one, request.status ? words(content, request.status) : "the upload broke off.", undefined, true);
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
