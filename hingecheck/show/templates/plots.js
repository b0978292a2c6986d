/* Draws what report/plots.py made, with Plotly. `colours`: of a page that is not white. Returns when it is drawn. */
async function drawPlots(chart, figure, colours = { ink: "#1d2733", soft: "#536170", grid: "#e4e8ec", paper: "#fff" }) {
  const narrow = chart.clientWidth < 600;
  const axis = { zeroline: false, gridcolor: colours.grid, tickfont: { color: colours.soft } };
  const layout = {
    shapes: figure.shapes, annotations: figure.annotations.filter(note => note.xref !== "x"),
    xaxis: { ...axis, range: figure.range_s, anchor: "free", position: 0, ticksuffix: " s", hoverformat: ".2f", showspikes: true, spikemode: "across", spikethickness: 1 },
    hovermode: "x unified", hoversubplots: "axis", showlegend: false,
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
    margin: { l: narrow ? 38 : 48, r: narrow ? 66 : 96, t: 52, b: 34 },
    font: { family: getComputedStyle(document.body).fontFamily, size: narrow ? 11 : 13, color: colours.ink },
    paper_bgcolor: colours.paper, plot_bgcolor: colours.paper,
  };
  for (const [name, place] of Object.entries(figure.axes)) layout[name] = { ...axis, ...place, fixedrange: true, nticks: 5 };
  await Plotly.react(chart, figure.data, layout, { responsive: true, displayModeBar: false });
  chart.labels = figure.annotations;
  await labelPlots(chart);
  if (!chart.dataset.printed) {
    chart.dataset.printed = "resized";
    for (const moment of ["beforeprint", "afterprint"]) addEventListener(moment, () => Plotly.Plots.resize(chart));
    chart.on("plotly_relayout", () => labelPlots(chart));
    chart.on("plotly_afterplot", () => { clearTimeout(chart.waits); chart.waits = setTimeout(() => labelPlots(chart), 60); });
  }
}

/* Shows the labels of reps and faults that have room; those of a row that would overlap the one before are left out. */
function labelPlots(chart) {
  const { xaxis, font } = chart._fullLayout, [from, to] = xaxis.range, pen = document.createElement("canvas").getContext("2d");
  pen.font = `${font.size}px ${font.family}`;
  const rows = new Map(), kept = [];
  for (const note of chart.labels) {
    if (note.xref !== "x") { kept.push(note); continue; }
    const row = `${note.yref} ${note.y}`;
    if (note.x >= from && note.x <= to) rows.set(row, [...rows.get(row) ?? [], note]);
  }
  const fitting = row => {
    let edge = 0;
    return row.filter(note => {
      const middle = xaxis.l2p(note.x), half = pen.measureText(note.text).width / 2;
      if (middle - half < edge) return false;
      edge = middle + half + 6;
      return true;
    });
  };
  for (const row of rows.values()) {
    row.sort((one, other) => one.x - other.x);
    let shown = fitting(row);
    if (shown.length < row.length && row[0].yref === "paper") shown = fitting(row.map(note => ({ ...note, text: note.text.replace("rep ", "") })));
    kept.push(...shown);
  }
  const text = JSON.stringify(kept);
  if (chart.dataset.labels === text) return null;
  chart.dataset.labels = text;
  return Plotly.relayout(chart, { annotations: kept });
}
