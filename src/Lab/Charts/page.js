// The report's behaviour. Without it everything is still there: charts, tables, and the browser's own tooltips.
"use strict";

// Theme: the system's, until the reader chooses.
const themes = ["system", "light", "dark"];
const themeButton = document.getElementById("theme");

function remember(theme) {
  try { localStorage.setItem("heartwood-theme", theme); } catch { /* a file opened from a mail may have no storage */ }
}

function remembered() {
  try { return localStorage.getItem("heartwood-theme"); } catch { return null; }
}

function show(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  themeButton.textContent = `Theme: ${theme}`;
}

let theme = themes.includes(remembered()) ? remembered() : "system";
show(theme);
themeButton.hidden = false;
themeButton.addEventListener("click", () => {
  theme = themes[(themes.indexOf(theme) + 1) % themes.length];
  show(theme);
  remember(theme);
});

// Marks: what a mark says stands in its <title>; it is shown in a box of our own, by pointer, finger or keyboard.
const tip = document.getElementById("tip");
const say = document.getElementById("say");
let here = null;

for (const mark of document.querySelectorAll(".mark")) {
  const title = mark.querySelector("title");
  mark.dataset.tip = title.textContent;
  title.remove();
}

function leave() {
  if (here) here.classList.remove("here");
  here = null;
  tip.hidden = true;
}

function visit(mark, aloud) {
  if (mark === here) return;
  leave();
  here = mark;
  mark.classList.add("here");
  tip.textContent = mark.dataset.tip;
  tip.hidden = false;
  const at = shape(mark).getBoundingClientRect();
  const box = tip.getBoundingClientRect();
  const left = Math.min(Math.max(8, at.left + at.width / 2 - box.width / 2), document.documentElement.clientWidth - box.width - 8);
  const above = at.top - box.height - 8;
  tip.style.left = `${left}px`;
  tip.style.top = `${above > 8 ? above : at.bottom + 8}px`;
  if (aloud) say.textContent = mark.dataset.tip;
}

const shape = mark => mark.querySelector(".fill, .open, .heat");

function nearest(plot, x, y) {
  let best = null;
  let least = 16;
  for (const mark of plot.querySelectorAll(".mark")) {
    const box = shape(mark).getBoundingClientRect();
    const distance = Math.hypot(Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom));
    if (distance < least) { best = mark; least = distance; }
  }
  return best;
}

function follow(event) {
  const mark = nearest(event.currentTarget, event.clientX, event.clientY);
  if (mark) visit(mark, false);
  else leave();
}

function walk(event) {
  const marks = [...event.currentTarget.querySelectorAll(".mark")];
  const at = marks.indexOf(here);
  const next = {
    ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at < 0 ? marks.length - 1 : at - 1, ArrowUp: at < 0 ? marks.length - 1 : at - 1,
    Home: 0, End: marks.length - 1,
  }[event.key];
  if (event.key === "Escape") leave();
  if (next === undefined || marks.length === 0) return;
  event.preventDefault();
  const mark = marks[(next + marks.length) % marks.length];
  shape(mark).scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
  visit(mark, true);
}

for (const plot of document.querySelectorAll(".plot")) {
  plot.addEventListener("pointermove", follow);
  plot.addEventListener("pointerdown", follow);
  plot.addEventListener("pointerleave", leave);
  plot.addEventListener("keydown", walk);
  plot.addEventListener("blur", leave);
}
addEventListener("scroll", () => { if (here && !here.closest(".plot").matches(":focus")) leave(); }, { passive: true });

// Long tables come as lines of cells with tabs between them; rows are made of them when somebody wants the table.
const fourDigits = new Intl.NumberFormat("en", { minimumFractionDigits: 4, maximumFractionDigits: 4, useGrouping: false });
const short = value => value !== 0 && Math.abs(value) < 5e-4 ? value.toExponential(1) : fourDigits.format(value).replace("-", "−");

function cellOf(text, kind) {
  const cell = document.createElement("td");
  cell.textContent = text !== "" && kind === "r" ? short(Number(text)) : text;
  if (text !== "" && kind !== "t") cell.className = "n";
  if (text !== "" && kind === "r") cell.dataset.v = text;
  return cell;
}

function fill(table) {
  const lines = table.parentElement.querySelector(".lines");
  if (!lines) return;
  const rows = document.createDocumentFragment();
  for (const line of lines.textContent.split("\n")) {
    const row = rows.appendChild(document.createElement("tr"));
    row.append(...line.split("\t").map((text, i) => cellOf(text, lines.dataset.kinds[i])));
  }
  table.tBodies[0].append(rows);
  lines.remove();
}

for (const lines of document.querySelectorAll(".lines")) {
  const table = lines.previousElementSibling;
  lines.closest("details").addEventListener("toggle", () => fill(table), { once: true });
}

// Tables: a click on a column's name sorts by it, another click turns the order round. Empty cells stay last.
const valueOf = cell => cell.dataset.v ?? cell.textContent;

function compare(a, b) {
  const x = Number(a);
  const y = Number(b);
  return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b, "en", { numeric: true }) : x - y;
}

function sort(event) {
  const head = event.currentTarget.parentElement;
  const table = head.closest("table");
  fill(table);
  const column = head.cellIndex;
  const direction = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  for (const other of table.querySelectorAll("th")) other.setAttribute("aria-sort", "none");
  head.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
  const rows = [...table.tBodies[0].rows].map(row => ({ row, value: valueOf(row.cells[column]) }));
  rows.sort((a, b) => a.value === "" || b.value === "" ? (a.value === "") - (b.value === "") : direction * compare(a.value, b.value));
  table.tBodies[0].append(...rows.map(r => r.row));
}

for (const button of document.querySelectorAll("th button")) button.addEventListener("click", sort);

// CSV as RFC 4180 has it, rows in the order shown, numbers in full precision.
const quoted = text => /[",\r\n]/.test(text) ? `"${text.replaceAll("\"", "\"\"")}"` : text;

function csvOf(table) {
  return [...table.rows].map(row => [...row.cells].map(cell => quoted(valueOf(cell))).join(",") + "\r\n").join("");
}

let offered = "";

// the file before is let go, never by a clock: a busy machine may be slow to fetch one
function download(event) {
  const table = document.getElementById(event.currentTarget.dataset.table);
  fill(table);
  const link = document.createElement("a");
  URL.revokeObjectURL(offered);
  link.href = offered = URL.createObjectURL(new Blob([csvOf(table)], { type: "text/csv" }));
  link.download = `${table.dataset.name}.csv`;
  link.click();
}

for (const button of document.querySelectorAll("button.csv")) button.addEventListener("click", download);
