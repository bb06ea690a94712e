// Opens what a link points at, sorts tables, chooses trials and neurons, zooms, follows dark mode.
"use strict";
const $ = (id) => document.getElementById(id);
const model = (name) => (window.Bokeh && Bokeh.documents[0]) ? Bokeh.documents[0].get_model_by_name(name) : null;
function models(prefix) { const found = []; for (let k = 0, m; (m = model(prefix + k)); k++) found.push(m); return found; }

function pick(kind, column, value) {
  models("events-").forEach((source, k) => {
    const values = source.data[column], chosen = [];
    for (let i = 0; i < values.length; i++) if (values[i] === value) chosen.push(i);
    const filter = model(kind + "-filter-" + k);
    if (filter) filter.indices = chosen;
  });
}
function showNeuron(index) {
  const article = $("n" + index);
  if (!article) return false;
  document.querySelectorAll("article.neuron.shown").forEach((a) => a.classList.remove("shown"));
  article.classList.add("shown");
  if ($("neuron")) $("neuron").value = String(index);
  pick("neuron", "neuron", index);
  const source = model("neurons");
  if (source && !(source.selected.indices.length === 1 && source.selected.indices[0] === index)) source.selected.indices = [index];
  return true;
}
function follow() {
  const id = decodeURIComponent(location.hash.slice(1)), at = id && $(id);
  if (!at) return;
  for (let e = at; e; e = e.parentElement) if (e.tagName === "DETAILS") e.open = true;
  document.querySelectorAll("tr.here[data-linked]").forEach((r) => { r.classList.remove("here"); delete r.dataset.linked; });
  if (at.tagName === "TR") { at.classList.add("here"); at.dataset.linked = "1"; }
  if (at.matches("article.neuron")) {
    showNeuron(Number(id.slice(1)));
    $("neurons").scrollIntoView();
    at.querySelector("h3").focus({ preventScroll: true });
  } else { at.scrollIntoView(); }
}
addEventListener("hashchange", follow);
// A link to where the page already is fires no hashchange.
document.addEventListener("click", (event) => {
  const link = event.target.closest && event.target.closest("a[href^='#']");
  if (link && link.getAttribute("href") === location.hash) setTimeout(follow);
});

const worth = (text) => {
  const n = parseFloat(text.replace(/\u2212/g, "-").replace(/[^0-9.eE+-].*$/, ""));
  return Number.isNaN(n) ? null : n;
};
document.querySelectorAll("th button").forEach((button) => button.addEventListener("click", () => {
  const th = button.closest("th"), table = th.closest("table"), column = th.cellIndex, body = table.tBodies[0];
  const up = th.getAttribute("aria-sort") === "descending";
  table.querySelectorAll("th").forEach((other) => other.removeAttribute("aria-sort"));
  th.setAttribute("aria-sort", up ? "ascending" : "descending");
  const text = (row) => row.cells[column].textContent.trim(), named = th.classList.contains("t");
  const key = named ? text : (row) => worth(text(row)) ?? -Infinity;
  const order = (a, b) => named ? String(a).localeCompare(String(b), undefined, { numeric: true }) : a - b;
  [...body.rows].map((row) => [key(row), row]).sort((a, b) => (up ? 1 : -1) * order(a[0], b[0])).forEach(([, row]) => body.append(row));
}));

function zoom(name, factor) {
  for (const axis of ["x", "y"]) {
    const range = model(name + "-" + axis);
    if (!range) continue;
    range.home ??= [range.start, range.end];
    if (axis === "y" && name !== "scatter" && name !== "rate" && name !== "off" && factor) continue; // rasters: time only
    const [from, to] = range.home, middle = (range.start + range.end) / 2, half = (range.end - range.start) / 2 * factor;
    const wide = factor && Math.abs(half) * 2 < Math.abs(to - from);
    range.setv(wide ? { start: middle - half, end: middle + half } : { start: from, end: to });
  }
}
document.querySelectorAll("button[data-zoom]").forEach((button) =>
  button.addEventListener("click", () => zoom(button.dataset.range, Number(button.dataset.zoom))));

const dark = matchMedia("(prefers-color-scheme: dark)");
function paint(isDark) {
  if (!window.Bokeh || !Bokeh.documents[0]) return;
  const ink = isDark ? "#c3cad3" : "#3d4650";
  const names = ["axis_label_text_color", "major_label_text_color", "axis_line_color", "major_tick_line_color", "minor_tick_line_color", "bar_line_color", "grid_line_color", "outline_line_color"];
  for (const m of Bokeh.documents[0].all_models ?? []) {
    const change = {};
    for (const name of names) if (m.attributes && name in m.attributes && m.attributes[name] != null) change[name] = ink;
    if (["Label", "Title"].includes(m.type)) change.text_color = ink;
    if (m.type === "Text") change.text_color = { value: ink };
    if (["Span", "Slope"].includes(m.type)) change.line_color = ink;
    if (Object.keys(change).length) m.setv(change);
  }
}
const paper = matchMedia("print");
const repaint = () => {
  paint(dark.matches && !paper.matches);
  if (paper.matches && window.Bokeh) for (const view of Bokeh.index.roots ?? []) view.paint?.(); // printing does not wait for frames
};
dark.addEventListener("change", repaint);
paper.addEventListener("change", repaint);
addEventListener("beforeprint", () => { $("recordings").open = true; repaint(); }); // paper has no links to open
addEventListener("afterprint", repaint);

function start() {
  const ready = !window.Bokeh || (Bokeh.documents.length && Bokeh.documents[0].roots().length);
  if (!ready) return requestAnimationFrame(start);
  repaint();
  if ($("trial")) $("trial").addEventListener("change", () => pick("raster", "trial", Number($("trial").value)));
  if ($("neuron")) $("neuron").addEventListener("change", () => showNeuron(Number($("neuron").value)));
  const source = model("neurons");
  if (source) source.selected.properties.indices.change.connect(() => {
    const chosen = source.selected.indices;
    if (chosen.length === 1 && location.hash !== "#n" + chosen[0] && !$("n" + chosen[0])?.classList.contains("shown")) location.hash = "n" + chosen[0];
  });
  const shown = document.querySelector("article.neuron.shown");
  if (shown) showNeuron(Number(shown.id.slice(1)));
  follow();
  document.documentElement.dataset.ready = "1";
}
start();
