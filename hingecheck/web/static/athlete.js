/* An athlete over time. */
import { call, colours, data, deletes, keep, say } from "./common.js";

const { id, days, scores, reps } = data();
const find = name => document.getElementById(name);
const address = `/api/athletes/${id}`, kept = find("kept"), name = document.querySelector("h1");

keep(find("work_on"), work_on => call("PATCH", address, { work_on }), kept);
keep(find("notes"), notes => call("PATCH", address, { notes }), kept);
keep(find("name"), async value => { name.textContent = (await call("PATCH", address, { name: value })).name; }, kept);
find("stage").addEventListener("change", async event => {
  const stage = event.target.value ? Number(event.target.value) : null;
  await call("PATCH", address, { stage }).then(() => location.reload(), error => say(error.message));
});
find("plan_form").addEventListener("submit", event => event.preventDefault());
find("usual_limits")?.addEventListener("click", async () => {
  await call("PUT", `${address}/limits`, {}).then(() => location.reload(), error => say(error.message));
});
deletes(find("delete"), `Delete ${name.textContent} with all clips for good?`, address, "/");

function draw() {
  const page = colours(), axis = { zeroline: false, gridcolor: page.grid, fixedrange: true, tickfont: { color: page.soft } };
  Plotly.react(find("chart"), [
    { x: days, y: reps, type: "bar", name: "reps", yaxis: "y2", marker: { color: page.soft, opacity: 0.3 }, hovertemplate: "%{y} reps<extra></extra>", width: 0.35 },
    { x: days, y: scores, type: "scatter", mode: "lines+markers", name: "score", line: { color: page.left, width: 3 }, marker: { size: 9 }, hovertemplate: "score %{y}<extra></extra>" },
  ], {
    height: 300, margin: { l: 44, r: 44, t: 16, b: 40 }, showlegend: false, hovermode: "x unified", dragmode: false,
    xaxis: { ...axis, type: "category", tickvals: days, ticktext: days.map(day => day.slice(5)), showgrid: false }, yaxis: { ...axis, range: [0, 105], tickvals: [0, 25, 50, 75, 100], title: { text: "score" }, overlaying: "y2" },
    yaxis2: { ...axis, side: "right", range: [0, 2.2 * Math.max(...reps, 1)], tickformat: "d", nticks: 5, showgrid: false, title: { text: "reps" } },
    paper_bgcolor: page.paper, plot_bgcolor: page.paper, font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: page.ink },
  }, { responsive: true, displayModeBar: false });
}
if (days.length) {
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}
