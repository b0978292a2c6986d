/* Two reps side by side: the right video keeps step with the left one by the phase of the rep. Phase: 0 start, 1 bottom, 2 end. */
import { call, colours, data, keys, say, showing } from "./common.js";

const sides = data();
const find = name => document.getElementById(name);
const left = find("video_left"), right = find("video_right");
const phase = find("phase"), play = find("play"), clock = find("clock"), loop = find("loop"), speed = find("speed"), cursor = find("cursor");
const choice = [find("rep_left"), find("rep_right")];
const rep = side => sides[side].reps[choice[side].selectedIndex];

/** Phase at a time of a rep, and back: straight from start to bottom and from bottom to end. */
export const phase_of = (rep, t) => t < rep.bottom_s ? (t - rep.start_s) / (rep.bottom_s - rep.start_s) : 1 + (t - rep.bottom_s) / (rep.end_s - rep.bottom_s);
export const time_of = (rep, u) => u < 1 ? rep.start_s + u * (rep.bottom_s - rep.start_s) : rep.bottom_s + (u - 1) * (rep.end_s - rep.bottom_s);
const slope = (from, to, u) => u < 1 ? (to.bottom_s - to.start_s) / (from.bottom_s - from.start_s) : (to.end_s - to.bottom_s) / (from.end_s - from.bottom_s);
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const playing = () => !left.paused && !left.ended;

function show(u) {
  phase.value = u;
  clock.textContent = u < 0.02 ? "start" : Math.abs(u - 1) < 0.03 ? "bottom" : u > 1.98 ? "end" : u < 1 ? `down, ${Math.round(100 * u)} %` : `up, ${Math.round(100 * (u - 1))} %`;
  const axis = find("chart")._fullLayout?.xaxis;
  if (!axis?._length) return;
  cursor.style.display = "block";
  cursor.style.left = `${axis._offset + axis.l2p(u)}px`;
}

function go(u) {
  left.currentTime = time_of(rep(0), u) + 0.005;
  right.currentTime = time_of(rep(1), u) + 0.005;
  show(u);
}

function tick() {
  if (!playing()) return;
  const u = phase_of(rep(0), left.currentTime);
  if (u >= 2) {
    if (loop.checked) go(0); else { pause(); go(2); return; }
  } else {
    const wanted = time_of(rep(1), u), behind = wanted - right.currentTime;
    if (Math.abs(behind) > 0.25) right.currentTime = wanted;
    right.playbackRate = clamp(left.playbackRate * slope(rep(0), rep(1), u) + 2 * behind, 0.07, 8);
    show(clamp(u, 0, 2));
  }
  requestAnimationFrame(tick);
}

function pause() {
  left.pause();
  right.pause();
  showing(play, false);
}
function toggle() {
  if (playing()) {
    pause();
    go(clamp(phase_of(rep(0), left.currentTime), 0, 2));
    return;
  }
  const u = phase_of(rep(0), left.currentTime);
  if (u < 0 || u >= 1.99) go(0);
  left.playbackRate = Number(speed.value);
  showing(play, true);
  Promise.all([left.play(), right.play()]).then(() => requestAnimationFrame(tick), error => say(error.message));
}
function step(by) {
  pause();
  go(clamp(phase_of(rep(0), left.currentTime + by / 25), 0, 2));
}

play.addEventListener("click", toggle);
phase.addEventListener("input", () => { pause(); go(Number(phase.value)); });
speed.addEventListener("change", () => { left.playbackRate = Number(speed.value); });
for (const select of choice) select.addEventListener("change", () => { pause(); go(0); draw(); });
find("drawn").addEventListener("change", event => {
  pause();
  const u = clamp(phase_of(rep(0), left.currentTime), 0, 2);
  [left, right].forEach((video, side) => {
    video.src = `/api/clips/${sides[side].id}/video${event.target.checked ? "?annotated=true" : ""}`;
    video.addEventListener("loadedmetadata", () => { video.currentTime = time_of(rep(side), u) + 0.005; }, { once: true });
  });
});
keys({ " ": toggle, k: toggle, ",": () => step(-1), ".": () => step(1) });

/* Plots over each other */

const ROWS = [["hip_flexion_deg", "Hip flexion, degrees"], ["knee_flexion_deg", "Knee flexion, degrees"], ["spine_lower_deg", "Lower back bend, degrees"], ["spine_upper_deg", "Upper back bend, degrees"]];
let series;
async function draw() {
  series ??= await Promise.all(sides.map(side => call("GET", `/api/clips/${side.id}/series`)));
  const page = colours(), chart = find("chart"), traces = [], layout = {}, notes = [];
  const rows = ROWS.filter(([name]) => series.some(one => one.metrics[name].some(value => value !== null)));
  const pitch = 1 / (rows.length - 0.2);
  rows.forEach(([name, title], row) => {
    const axis = row ? `y${row + 1}` : "y", top = 1 - row * pitch;
    layout[`yaxis${row ? row + 1 : ""}`] = { domain: [Math.max(top - 0.8 * pitch, 0), top], zeroline: false, gridcolor: page.grid, nticks: 5, fixedrange: true, tickfont: { color: page.soft } };
    notes.push({ text: `<b>${title}</b>`, showarrow: false, xref: "paper", x: 0, xanchor: "left", yref: "paper", y: top, yanchor: "bottom" });
    series.forEach((one, side) => {
      const now = rep(side), x = [], y = [];
      one.time_s.forEach((t, at) => {
        const u = phase_of(now, t);
        if (u >= -0.2 && u <= 2.2) { x.push(u); y.push(one.metrics[name][at]); }
      });
      traces.push({ x, y, yaxis: axis, type: "scatter", mode: "lines", name: side ? "right" : "left", hovertemplate: "%{y:.0f}", line: { color: side ? page.right : page.left, width: 2.2, dash: side ? "dash" : "solid" } });
    });
  });
  chart.style.height = `${60 + 160 * rows.length}px`;
  await Plotly.react(chart, traces, {
    ...layout, annotations: notes, showlegend: false, hovermode: "x unified", hoversubplots: "axis", dragmode: false,
    xaxis: { range: [-0.2, 2.2], tickvals: [0, 1, 2], ticktext: ["start", "bottom", "end"], zeroline: false, gridcolor: page.grid, anchor: "free", position: 0, fixedrange: true, tickfont: { color: page.soft }, showspikes: true, spikemode: "across", spikethickness: 1, hoverformat: ".2f" },
    margin: { l: 40, r: 14, t: 52, b: 34 }, paper_bgcolor: page.paper, plot_bgcolor: page.paper,
    font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: page.ink },
  }, { responsive: true, displayModeBar: false });
  show(Number(phase.value));
}
draw().then(() => find("chart").on("plotly_click", event => { pause(); go(clamp(event.points[0].x, 0, 2)); }), error => say(error.message));
for (const video of [left, right]) {
  if (video.readyState >= 1) go(0); else video.addEventListener("loadedmetadata", () => go(0), { once: true });
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
