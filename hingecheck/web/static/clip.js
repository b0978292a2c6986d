/* A clip: video, plots and words tied to each other; limits tried at once. */
import { asks_before_leaving, call, colours, data, deletes, follow, keep, keys, say, showing } from "./common.js";
import { limits } from "./limits.js";

let { figure, reps } = data();
const { id, athlete, time_s, score } = data();
const find = name => document.getElementById(name);
const annotated = find("annotated"), original = find("original"), chart = find("chart"), cursor = find("cursor");
const videos = [annotated, original].filter(Boolean); // of a live session there is only what was shown
let video = annotated;

/* Video */

const frameAt = t => {
  let low = 0, high = time_s.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (time_s[middle] <= t + 1e-4) low = middle; else high = middle - 1;
  }
  return low;
};
const shown = () => video?.currentTime ?? 0;

/** Go to a time, s: into the middle of the frame that is on then, so that no rounding shows the one before. */
function seek(t) {
  if (!video) return;
  const frame = frameAt(t), next = time_s[frame + 1] ?? time_s[frame] + 0.02;
  video.currentTime = time_s[frame] + 0.4 * (next - time_s[frame]);
  follow_time();
}
const step = by => { video.pause(); seek(time_s[Math.min(Math.max(frameAt(shown()) + by, 0), time_s.length - 1)]); };
const repAt = t => reps.findLast(rep => rep.start_s <= t + 0.05);
const playing = () => !video.paused && !video.ended;

function go_to_rep(by) {
  const now = repAt(shown()), at = reps.indexOf(now) + by;
  if (reps.length) seek(reps[Math.min(Math.max(at, 0), reps.length - 1)].start_s);
}

async function show_drawn(drawn) {
  const next = drawn ? annotated : original;
  if (next === video) return;
  const before = video, was = playing();
  before.pause();
  next.playbackRate = before.playbackRate;
  next.currentTime = before.currentTime;
  await new Promise(done => { next.addEventListener("seeked", done, { once: true }); setTimeout(done, 600); });
  next.hidden = false;
  before.hidden = true;
  video = next;
  if (was) video.play();
}

function follow_time() {
  const t = shown();
  find("scrub").value = t;
  find("clock").textContent = `${t.toFixed(2)} s · frame ${frameAt(t) + 1}`;
  place_cursor(t);
  const looped = reps.find(rep => String(rep.index) === find("loop").value);
  if (looped && playing() && (t >= looped.end_s || t < looped.start_s - 0.1)) seek(looped.start_s);
}

if (video) {
  const play = find("play"), scrub = find("scrub"), speed = find("speed"), loop = find("loop"), drawn = find("drawn");
  const tick = () => { if (playing()) { follow_time(); requestAnimationFrame(tick); } };
  for (const one of videos) {
    one.addEventListener("loadedmetadata", () => { scrub.max = one.duration; });
    one.addEventListener("play", () => { showing(play, true); requestAnimationFrame(tick); });
    one.addEventListener("pause", () => showing(play, false));
    for (const moment of ["seeked", "timeupdate"]) one.addEventListener(moment, () => { if (one === video) follow_time(); });
    one.addEventListener("error", () => { if (one === video) say("The video cannot be played."); });
    if (one.readyState >= 1) scrub.max = one.duration;
  }
  const play_on = () => video.play().catch(error => { if (error.name !== "AbortError") say(error.message); }); // it was paused meanwhile
  const toggle = () => playing() ? video.pause() : play_on();
  play.addEventListener("click", toggle);
  video.parentElement.addEventListener("click", toggle);
  scrub.addEventListener("input", () => { video.currentTime = Number(scrub.value); });
  find("frame_back").addEventListener("click", () => step(-1));
  find("frame_on").addEventListener("click", () => step(1));
  find("rep_back").addEventListener("click", () => go_to_rep(shown() - (repAt(shown())?.start_s ?? 0) > 0.6 ? 0 : -1));
  find("rep_on").addEventListener("click", () => go_to_rep(1));
  speed.addEventListener("change", () => { for (const one of videos) one.playbackRate = Number(speed.value); });
  loop.addEventListener("change", () => {
    const rep = reps.find(one => String(one.index) === loop.value);
    if (rep) { seek(rep.start_s); play_on(); }
  });
  drawn?.addEventListener("change", () => show_drawn(drawn.checked));
  const whole = () => document.fullscreenElement ? document.exitFullscreen() : video.parentElement.requestFullscreen();
  find("fullscreen").addEventListener("click", whole);
  const change = (select, value) => { select.value = value; select.dispatchEvent(new Event("change")); };
  keys({
    " ": toggle, k: toggle, ",": () => step(-1), ".": () => step(1), f: whole,
    ArrowLeft: () => seek(Math.max(0, shown() - 1)), ArrowRight: () => seek(shown() + 1),
    "[": () => find("rep_back").click(), "]": () => find("rep_on").click(),
    d: () => drawn?.click(),
    l: () => change(loop, loop.value ? "" : String(repAt(shown())?.index ?? reps[0]?.index ?? "")),
    ...Object.fromEntries(["1", "0.5", "0.25", "0.1"].map((value, at) => [at + 1, () => change(speed, value)])),
  });
}

/** On a small screen, where the video does not stay in view, bring it there. */
function show_screen() {
  if (matchMedia("(max-width: 900px)").matches) video?.parentElement.scrollIntoView({ block: "start" });
}

/* Whatever names a time leads to it. */
addEventListener("click", event => {
  const link = event.target.closest("[data-at_s]");
  if (!link) return;
  event.preventDefault();
  video?.pause();
  seek(Number(link.dataset.at_s));
  show_screen();
  document.querySelectorAll(".moment.now").forEach(one => one.classList.remove("now"));
  link.closest(".moment")?.classList.add("now");
});

/* Plots */

async function draw() {
  if (!chart || !figure) return;
  chart.style.height = `${figure.height_px}px`;
  const page = colours(), dark = matchMedia("(prefers-color-scheme: dark)").matches && !matchMedia("print").matches;
  const recolour = value => dark ? JSON.parse(JSON.stringify(value).replaceAll("#1d2733", page.ink).replaceAll("rgba(29,39,51,.06)", "rgba(232,237,242,.08)")
    .replaceAll("rgba(255,255,255,.75)", "rgba(23,29,36,.75)").replaceAll("#0072b2", "#56b4e9").replaceAll("#8a4a86", "#cc79a7")
    .replaceAll("rgba(213,94,0,.28)", "rgba(213,94,0,.45)")) : value;
  await drawPlots(chart, recolour(figure), page);
  place_cursor(shown());
}

function place_cursor(t) {
  const axis = chart?._fullLayout?.xaxis;
  if (!axis?._length) return;
  const x = axis.l2p(t);
  cursor.style.display = x >= 0 && x <= axis._length ? "block" : "none";
  cursor.style.left = `${axis._offset + x}px`;
}

if (chart) {
  draw().then(() => {
    chart.on("plotly_click", event => { video?.pause(); seek(event.points[0].x); show_screen(); });
    chart.on("plotly_relayout", () => place_cursor(shown()));
    chart.on("plotly_afterplot", () => place_cursor(shown()));
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}

/* Limits */

/** Show the verdict under limits that are tried. */
async function show_verdict(answer) {
  for (const part of ["verdict", "faults", "details"]) find(`${part}_part`).innerHTML = answer[part];
  ({ figure, reps } = answer);
  await draw();
}
const panel = limits({ id, athlete, judged: { score, reps }, show: show_verdict, saved: () => watch() });
asks_before_leaving(panel.unsaved);

/* Faults and reps that the coach rejects, or takes back */

addEventListener("click", async event => {
  const { reject, restore } = event.target.dataset ?? {};
  if (!reject && !restore) return;
  const address = `/api/clips/${id}/corrections`, one = JSON.parse(reject ?? restore);
  const other = given => given.bottom_s !== one.bottom_s || given.cue !== one.cue || given.direction !== one.direction;
  try {
    const others = (await call("GET", address)).filter(other);
    await call("PUT", address, reject ? [...others, one] : others);
    await panel.judge();
    watch();
  } catch (error) { say(error.message); }
});

/* While the video is drawn again under saved limits */

const chip = find("again_drawn");
let ends;
function watch() {
  if (ends) return;
  chip.hidden = false;
  ends = follow(clips => {
    if (clips.some(clip => clip.id === id)) return;
    ends();
    ends = undefined;
    chip.hidden = true;
    if (annotated) {
      const t = annotated.currentTime;
      annotated.src = `/api/clips/${id}/video?annotated=true&drawn=${Date.now()}`;
      annotated.addEventListener("loadedmetadata", () => { annotated.currentTime = t; }, { once: true });
    }
    panel.judge();
  });
}
if (!chip.hidden) watch();

/* Notes, name, day, delete */

const kept = find("kept");
keep(find("notes"), notes => call("PATCH", `/api/clips/${id}`, { notes }), kept);
keep(find("name"), async name => { document.querySelector("h1").textContent = (await call("PATCH", `/api/clips/${id}`, { name })).name; }, kept);
keep(find("day"), async day => { if (day) await call("PATCH", `/api/clips/${id}`, { day }); }, kept);
deletes(find("delete"), `Delete ${document.querySelector("h1").textContent} for good?`, `/api/clips/${id}`, `/athletes/${athlete}`);
