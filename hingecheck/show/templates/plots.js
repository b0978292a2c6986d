/* Draws what report/plots.py made, with Plotly. `colours`: of a page that is not white. Returns when it is drawn. */
function drawPlots(chart, figure, colours = { ink: "#1d2733", soft: "#536170", grid: "#e4e8ec", paper: "#fff" }) {
  const narrow = chart.clientWidth < 600;
  const axis = { zeroline: false, gridcolor: colours.grid, tickfont: { color: colours.soft } };
  const crowded = narrow && figure.annotations.filter(note => note.xref === "x").length > 12;
  const layout = {
    shapes: figure.shapes, annotations: figure.annotations.filter(note => !crowded || note.xref !== "x"),
    xaxis: { ...axis, anchor: "free", position: 0, ticksuffix: " s", hoverformat: ".2f", showspikes: true, spikemode: "across", spikethickness: 1 },
    hovermode: "x unified", hoversubplots: "axis", showlegend: false,
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
    margin: { l: narrow ? 38 : 48, r: narrow ? 66 : 96, t: 52, b: 34 },
    font: { family: getComputedStyle(document.body).fontFamily, size: narrow ? 11 : 13, color: colours.ink },
    paper_bgcolor: colours.paper, plot_bgcolor: colours.paper,
  };
  for (const [name, place] of Object.entries(figure.axes)) layout[name] = { ...axis, ...place, fixedrange: true, nticks: 5 };
  if (!chart.dataset.printed) {
    chart.dataset.printed = "resized";
    for (const moment of ["beforeprint", "afterprint"]) addEventListener(moment, () => Plotly.Plots.resize(chart));
  }
  return Plotly.react(chart, figure.data, layout, { responsive: true, displayModeBar: false });
}
