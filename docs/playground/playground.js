// The page of the playground: controls and pictures. Every number comes from worker.js, which runs
// minikeras; the page sends it settings and draws what comes back.

import { VIEW, drawCurve, drawIcons, drawPlane, drawTables, highlight, make, paint, readColours } from "./pictures.js";
import { WORDS } from "./words.js";

const MOST_LAYERS = 5, MOST_UNITS = 8; // as in playground.py
const ACTIVATIONS = ["tanh", "relu", "sigmoid", "leaky_relu", "elu", "gelu", "silu", "linear"];
const LIVE = ["rate", "batch", "gradient"]; // can change while the model learns

const query = new URLSearchParams(location.search);
const lang = (query.get("lang") ?? navigator.language).startsWith("ko") ? "ko" : "en";
const T = WORDS[lang];
const $ = (selector) => document.querySelector(selector);
const all = (selector) => [...document.querySelectorAll(selector)];
const form = $("#settings"), still = matchMedia("(prefers-reduced-motion: reduce)");
const text = (element, words) => { if (element.textContent !== words) element.textContent = words; };
const number = (value, digits = 3) => !Number.isFinite(value) ? "–"
  : Math.abs(value) < 1e5 ? value.toFixed(digits) : value.toExponential(1);
const say = (words) => text($("#status"), words);

function translate() {
  document.documentElement.lang = lang;
  text($("#play span"), T.play);
  const other = $("#language");
  other.addEventListener("click", () => { other.search = address(lang === "ko" ? "en" : "ko"); other.hash = location.hash; });
  if (lang === "en") return;
  Object.assign(other, { textContent: "English", lang: "en", hreflang: "en", search: address("en") });
  document.title = "놀이터 - minikeras";
  for (const [data, attribute] of [["ko", ""], ["koLabel", "aria-label"], ["koTitle", "title"], ["koHref", "href"]]) {
    const name = `data-${data.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`)}`;
    for (const element of all(`[${name}]`)) {
      if (attribute) element.setAttribute(attribute, element.dataset[data]);
      else element.textContent = element.dataset[data];
    }
  }
}

function address(language) { // the query with another language; all else stays
  const changed = new URLSearchParams(query);
  changed.set("lang", language);
  return `?${changed}`;
}

// Settings: the form, the layers and the drawn points; the part of the address after # holds all.

const state = {
  layers: [[4, "tanh"], [3, "tanh"]], own: [], points: new Float32Array(0), frame: null,
  history: [], playing: false, chosen: -1, cross: [0, 0], shown: null, open: null, built: false,
};

function settings() {
  const found = { layers: state.layers, own: state.own };
  for (const [name, value] of new FormData(form)) {
    if (name === "brush") continue;
    found[name] = value !== "" && Number.isFinite(Number(value)) ? Number(value) : value;
  }
  return found;
}

const pack = (value) => String(value).replace("-", "n");
const unpack = (word) => Number(word.replace("n", "-"));

function remember() {
  const { layers, own, ...rest } = settings();
  const parts = Object.entries(rest).map(([name, value]) => `${name}=${value}`);
  parts.push(`layers=${layers.map(([units, activation]) => units + activation).join("-")}`);
  if (rest.data === "own") parts.push(`own=${own.map((point) => point.map(pack).join("_")).join("-")}`);
  history.replaceState(null, "", `#${parts.join("&")}`);
}

function recall() {
  const given = new URLSearchParams(location.hash.slice(1));
  for (const [name, value] of given) {
    const field = form.elements[name];
    if (name === "layers") {
      state.layers = value.split("-").map((word) => /^(\d)([a-z_]+)$/.exec(word)).filter(
        (found) => found && ACTIVATIONS.includes(found[2]) && found[1] >= 1 && found[1] <= MOST_UNITS,
      ).slice(0, MOST_LAYERS).map((found) => [Number(found[1]), found[2]]);
    } else if (name === "own") {
      state.own = value.split("-").map((word) => word.split("_").map(unpack))
        .filter((point) => point.length === 3 && point.every(Number.isInteger));
    } else if (field) {
      const before = field.value;
      field.value = value;
      if (field.value !== value && !(field.type === "range")) field.value = before; // no such choice
    }
  }
}

// The worker: a question in, a promise of the answer out.

let worker, asked = 0, model = 0;
const waiting = new Map();

function ask(type, details = {}) {
  const id = ++asked;
  worker.postMessage({ id, type, ...details });
  return new Promise((resolve) => waiting.set(id, resolve));
}

function fail(problem) {
  play(false);
  const words = T.errors[problem.error](problem);
  if (problem.error === "not_finite") state.built = false; // only a new model helps
  if (problem.error === "no_points") return say(words); // a blank page is no mistake
  $("#problem").hidden = false;
  return text($("#problem p"), words);
}

function start() {
  const began = performance.now();
  const broken = (error) => {
    $("#loading").hidden = true;
    $("#again").hidden = false;
    fail({ error: "failed", text: error });
  };
  let base = new URL($("meta[name=pyodide]").content, location.href);
  const other = query.get("pyodide") && new URL(query.get("pyodide"), location.href);
  if (other && other.origin === location.origin) base = other; // a link must not run foreign code here
  try {
    worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  } catch (error) {
    return broken(String(error));
  }
  worker.onerror = (event) => broken(event.message ?? "worker.js");
  worker.onmessage = ({ data: { id, answer, stage, ...rest } }) => {
    if (id) {
      waiting.get(id)(answer);
      waiting.delete(id);
    } else if (stage === "failed") broken(rest.text);
    else if (stage === "ready") {
      $("#loading").hidden = true;
      for (const id of ["#play", "#step", "#reset"]) $(id).disabled = false;
      build().then(() => say(T.ready(rest.version, ((performance.now() - began) / 1000).toFixed(1))));
    } else {
      text($("#loading p"), T[stage]);
      $("#loading progress").value = ["python", "numpy", "minikeras"].indexOf(stage) + 1;
    }
  };
  worker.postMessage({ base: base.href });
}

let building = null;

async function build(type = "build") { // "change" keeps the weights
  if (building) { // more came while Python was busy: once again with the newest
    building = building === "build" ? "build" : type;
    return;
  }
  building = "none";
  remember();
  const mine = ++model;
  const answer = await ask(type, { settings: settings() });
  const again = building;
  building = null;
  if (again !== "none") return build(again);
  if (mine !== model) return undefined;
  if (answer.error) {
    if (answer.error === "no_points") Object.assign(state, { points: new Float32Array(0), frame: null });
    state.built = false;
    drawPlot();
    return fail(answer);
  }
  $("#problem").hidden = true;
  if (type === "build") {
    Object.assign(state, { history: [], chosen: -1, built: false });
    say(T.built);
  }
  state.points = answer.points;
  const shape = JSON.stringify(state.layers.map((layer) => layer[0]));
  if (state.shape !== shape) {
    state.shape = shape;
    layNetwork();
  }
  state.built = true;
  take(answer);
  if (state.playing) showCode();
  return settle();
}

// Playing: two steps are under way, so that Python computes while the page draws.

let counted = [], flying = 0;

function play(on) {
  if (state.playing === on || (on && !state.built)) return;
  state.playing = on;
  document.body.classList.toggle("playing", on);
  text($("#play span"), on ? T.pause : T.play);
  if (!on) return;
  say(T.playing);
  spoken = performance.now();
  counted = [];
  while (flying < 2) fly();
}

async function fly() {
  flying++;
  const mine = model;
  const answer = await ask("advance", { epochs: Number($("#pace").value), seconds: 0.025 });
  if (mine === model && answer.error) fail(answer);
  else if (mine === model) take(answer);
  if (state.playing) await new Promise(requestAnimationFrame); // no faster than the screen
  flying--;
  if (state.playing) fly();
  else if (!flying && state.built && !answer.error) rest();
}

function tally(now) { // how many pictures the last second brought
  counted = [...counted.filter((time) => now - time < 1000), now];
  const span = now - counted[0];
  if (span > 500) text($("#rate"), String(Math.round((1000 * (counted.length - 1)) / span)));
}

async function step() {
  play(false);
  if (!state.built) return;
  const mine = model;
  const answer = await ask("advance", { epochs: Number($("#pace").value), seconds: 60 });
  if (mine !== model) return;
  if (answer.error) return fail(answer);
  take(answer);
  rest();
}

async function rest() {
  const mine = model;
  if (state.frame.epoch % 1 && $("#pace").value !== "0") { // end on a whole epoch, if that is soon
    const answer = await ask("advance", { epochs: null, seconds: 2 });
    if (mine !== model || state.playing) return;
    if (answer.error) return fail(answer);
    take(answer);
  }
  const { epoch, loss, wrong, count } = state.frame;
  say(T.paused(number(epoch, epoch % 1 ? 2 : 0), number(loss, 4), T.wrong(wrong, count)));
  settle();
}

let drawn = 0, spoken = 0, due = false;

function take(frame) { // draw it with the screen's next picture
  state.frame = frame;
  const { epoch, loss, held_loss: held } = frame;
  const last = state.history.at(-1);
  if (!last || last[0] < epoch) state.history.push([epoch, loss, held]);
  else state.history[state.history.length - 1] = [epoch, loss, held];
  if (state.history.length > 1200) state.history = state.history.filter((_, i) => i % 2 === 0);
  if (due) return;
  due = true;
  const wait = state.playing && still.matches ? Math.max(0, drawn + 1000 - performance.now()) : 0;
  setTimeout(() => requestAnimationFrame(() => { due = false; draw(); }), wait);
}

function draw() {
  drawn = performance.now();
  const { epoch, loss, held_loss: held, wrong, count } = state.frame;
  if (state.playing) {
    tally(drawn);
    if (drawn - spoken > 10_000) { // often enough to follow by ear
      spoken = drawn;
      say(T.progress(number(epoch, 0), number(loss, 4), T.wrong(wrong, count)));
    }
  }
  text($("#epoch"), number(epoch, epoch % 1 && !state.playing ? 2 : 0));
  text($("#loss"), number(loss, 4));
  text($("#held-loss"), number(held, 4));
  text($("#wrong"), T.wrong(wrong, count));
  drawPlot();
  drawNetwork();
  drawCurve($("#curve"), state.history);
  if (!state.playing) $("#curve").setAttribute("aria-label", T.curve(number(loss), number(held)));
  if (state.open && performance.now() - state.open.asked > 400) readSlopes();
}

// What is renewed when the model stands still.

async function showCode() {
  const mine = model;
  const { code, touched, error } = await ask("code", { weights: $("#with-weights").checked });
  if (error || mine !== model) return;
  $("#code").replaceChildren(...highlight(code));
  const hand = touched.map((name) => T.touched[name]).join(", ");
  text($("#code-note"), hand && !$("#with-weights").checked ? T.note(hand) : "");
}

async function settle() {
  if (!state.built || state.playing) return;
  const mine = model;
  label();
  showCode();
  ask("look").then((answer) => { // a finer picture
    if (mine === model && !state.playing && !answer.error) take(answer);
  });
  if ($("#table").open) drawTables($("#table div"), state.frame.weights, sizes, T);
  if ($("#forward").open || $("#backward").open || state.chosen >= 0) {
    const answer = await ask("trace", { x1: state.cross[0], x2: state.cross[1] });
    if (answer.error || mine !== model) return;
    state.chosen = answer.index;
    text($("#forward pre"), answer.forward);
    text($("#backward pre"), answer.backward);
    drawPlot();
  }
}

// The network: columns of neurons and, between them, of edges. All are in `columns`, for the keys.

let columns = [], wires = [], cells = [];
let sizes = []; // neurons in each layer of the network that is drawn, which may be a moment old

function nameOf(layer, unit) {
  if (layer === 0) return T.input(unit + 1);
  return layer > state.layers.length ? T.outputNeuron : T.neuron(unit + 1, layer);
}

function layNetwork() {
  const box = $("#network"), svg = $("#network svg");
  const counts = sizes = [2, ...state.layers.map((layer) => layer[0]), 1];
  closePopover();
  box.querySelectorAll("button, .head").forEach((element) => element.remove());
  svg.replaceChildren();
  columns = [];
  wires = [];
  cells = [];
  let index = 0, cell = 0;
  const weightOf = []; // for each layer: where its kernel and its biases begin
  counts.forEach((count, layer) => {
    if (layer > 0) {
      weightOf[layer] = index + counts[layer - 1] * count;
      const edges = [];
      for (let from = 0; from < counts[layer - 1]; from++) {
        for (let to = 0; to < count; to++) {
          const line = make("path", { class: "line" }), hit = make("path", { class: "hit" });
          const edge = make("g", { class: "edge", tabindex: -1, role: "button" }, hit, line);
          const wire = { element: edge, line, hit, layer, from, to, index: index++ };
          edge.wire = wire;
          wires.push(wire);
          edges.push(edge);
          svg.append(edge);
        }
      }
      index += count;
      columns.push(edges);
    }
    const head = make("span", { class: "head", "aria-hidden": true });
    box.append(head);
    const neurons = Array.from({ length: count }, (_, unit) => {
      const canvas = make("canvas", { width: 30, height: 30, "aria-hidden": true });
      const element = make("button", { type: "button", class: "neuron", tabindex: -1 }, canvas);
      const middle = layer > 0 && layer < counts.length - 1;
      element.neuron = { element, canvas, layer, unit, cell: middle ? cell++ : null,
        index: layer ? weightOf[layer] + unit : null };
      if (layer) element.append(make("i", { class: "bias" }));
      else element.append(make("span", { class: "name", "aria-hidden": true }, `x${unit + 1}`));
      cells.push(element.neuron);
      box.append(element);
      return element;
    });
    neurons.head = head;
    columns.push(neurons);
  });
  columns[0][0].tabIndex = 0;
  place();
}

function place() { // where everything is, for the width that there is
  const box = $("#network"), counts = sizes, width = box.clientWidth;
  if (!width || !columns.length) return;
  const wide = width / counts.length;
  const size = Math.round(Math.max(26, Math.min(44, wide * 0.56, 304 / Math.max(...counts) - 8)));
  const pitch = size + (size > 36 ? 12 : 8), top = 26, tall = Math.max(...counts) * pitch + top;
  box.style.height = `${tall}px`;
  box.style.setProperty("--size", `${size}px`);
  const x = (layer) => 18 + (layer * (width - size - 24)) / (counts.length - 1);
  const y = (layer, unit) => top + (tall - top - counts[layer] * pitch) / 2 + unit * pitch + (pitch - size) / 2;
  counts.forEach((count, layer) => {
    const neurons = columns[2 * layer];
    const name = layer === 0 ? T.inputs : layer === counts.length - 1 ? T.output
      : wide > 84 ? T.layer(layer) : String(layer);
    text(neurons.head, name);
    neurons.head.style.left = `${x(layer) + size / 2}px`;
    neurons.forEach((element, unit) => {
      element.style.left = `${x(layer)}px`;
      element.style.top = `${y(layer, unit)}px`;
    });
  });
  for (const { line, hit, layer, from, to } of wires) {
    const x1 = x(layer - 1) + size, y1 = y(layer - 1, from) + size / 2;
    const x2 = x(layer), y2 = y(layer, to) + size / 2, bend = (x2 - x1) / 2;
    const d = `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
    line.setAttribute("d", d);
    hit.setAttribute("d", d);
  }
}

function drawNetwork() {
  const { weights, hidden } = state.frame;
  const most = Math.max(1, ...weights.map(Math.abs)), step = grid() / 30;
  for (const { line, index } of wires) {
    const size = Math.abs(weights[index]);
    line.setAttribute("stroke", weights[index] < 0 ? "var(--neg)" : "var(--pos)");
    line.setAttribute("stroke-width", (0.6 + (6 * size) / Math.max(3, most)).toFixed(2));
    line.setAttribute("stroke-opacity", (0.25 + 0.75 * Math.min(1, size)).toFixed(2));
  }
  for (const { element, canvas, layer, unit, cell, index } of cells) {
    const picture = cell !== null ? hidden.subarray(900 * cell, 900 * (cell + 1)) : null;
    const centre = layer && layer <= state.layers.length && state.layers[layer - 1][1] === "sigmoid";
    if (layer === 0) paint(canvas, (i) => (unit ? 0.5 - Math.floor(i / 30) / 29 : (i % 30) / 29 - 0.5) * 2);
    else if (picture) paint(canvas, centre ? (i) => 2 * picture[i] - 1 : (i) => picture[i]);
    else paint(canvas, (i) => outputAt(step * (Math.floor(i / 30) * 30 * step + (i % 30))));
    if (index !== null) element.lastChild.style.background = weights[index] < 0 ? "var(--neg)" : "var(--pos)";
  }
  const { open } = state;
  if (open?.index != null && document.activeElement !== $("#value")) {
    $("#value").value = weights[open.index].toPrecision(6).replace(/\.?0+$/, "");
    $("#value-slider").value = weights[open.index];
  }
}

const grid = () => Math.sqrt(state.frame?.output.length ?? 0);
const hinge = () => form.elements.loss.value === "hinge";
const outputAt = (i) => hinge() ? state.frame.output[i] : 2 * state.frame.output[i] - 1; // -1 to 1

function describe({ wire, neuron }) {
  const { weights } = state.frame ?? {};
  if (wire) {
    const name = T.edge(nameOf(wire.layer - 1, wire.from), nameOf(wire.layer, wire.to));
    return weights ? `${name}: ${number(weights[wire.index])}` : name;
  }
  const name = nameOf(neuron.layer, neuron.unit);
  return neuron.index === null || !weights ? name : `${name}, ${T.bias} ${number(weights[neuron.index])}`;
}

function label() {
  for (const element of columns.flat()) element.setAttribute("aria-label", describe(element));
}

const target = (event) => event.target.closest?.(".neuron, .edge");

function point(element) { // the pointer or the focus is here
  state.shown = element?.neuron?.cell != null ? element.neuron : null;
  text($("#hint"), element ? describe(element) : "");
  if (state.frame) drawPlot();
}

function focusOn(element) {
  for (const other of columns.flat()) other.tabIndex = other === element ? 0 : -1;
  element.setAttribute("aria-label", describe(element));
  element.focus();
}

function walk(event) {
  const element = target(event);
  if (!element) return;
  const c = columns.findIndex((column) => column.includes(element)), r = columns[c].indexOf(element);
  const { wire } = element, unit = element.neuron?.unit;
  const to = { ArrowUp: [c, r - 1], ArrowDown: [c, r + 1], Home: [0, 0], End: [columns.length - 1, 0],
    ArrowRight: wire ? [c + 1, wire.to] : [c + 1, unit * (columns[c + 2]?.length ?? 0)],
    ArrowLeft: wire ? [c - 1, wire.from] : [c - 1, unit] }[event.key];
  if (to) {
    event.preventDefault();
    const next = columns[to[0]]?.[to[1]];
    if (next) focusOn(next);
  } else if (wire && (event.key === "Enter" || event.key === " ")) {
    event.preventDefault();
    openPopover(element);
  }
}

// The small window in which a value is read and changed.

function openPopover(element) {
  if (!state.frame) return;
  const { wire, neuron } = element, box = $("#popover"), index = (wire ?? neuron).index;
  state.open = { element, index, asked: 0 };
  text($("#popover-title"), wire ? T.edge(nameOf(wire.layer - 1, wire.from), nameOf(wire.layer, wire.to))
    : nameOf(neuron.layer, neuron.unit));
  for (const id of ["#value-label", "#value-slider", "#slopes"]) $(id).hidden = index === null;
  const name = wire ? T.weight : T.bias;
  text($("#value-label span"), name);
  $("#value-slider").setAttribute("aria-label", name);
  writeFormula();
  box.hidden = false;
  placePopover();
  all(".chosen").forEach((other) => other.classList.remove("chosen"));
  element.classList.add("chosen");
  for (const other of columns.flat()) other.tabIndex = other === element ? 0 : -1;
  drawNetwork();
  readSlopes();
  (index === null ? $("#close") : $("#value")).focus();
}

function placePopover() { // below what it belongs to, within the card
  const box = $("#popover"), { wire, neuron } = state.open.element;
  const card = box.offsetParent.getBoundingClientRect();
  const at = (wire?.line ?? neuron.element).getBoundingClientRect();
  const left = at.left - card.left + at.width / 2 - box.offsetWidth / 2;
  box.style.left = `${Math.max(8, Math.min(card.width - box.offsetWidth - 8, left))}px`;
  box.style.top = `${at.top - card.top + (wire ? at.height / 2 + 12 : at.height + 8)}px`;
}

function writeFormula() {
  const { neuron } = state.open.element, { weights } = state.frame;
  if (!neuron) return text($("#formula"), "");
  if (!neuron.layer) return text($("#formula"), T.inputIs);
  const before = sizes[neuron.layer - 1];
  const signed = (value) => `${value < 0 ? "− " : "+ "}${Math.abs(value).toFixed(2)}`;
  const terms = wires.filter((wire) => wire.layer === neuron.layer && wire.to === neuron.unit)
    .map((wire) => `${signed(weights[wire.index])}·${before === 2 && neuron.layer === 1 ? "x" : "z"}${wire.from + 1}`);
  const activation = state.layers[neuron.layer - 1]?.[1] ?? (hinge() ? "tanh" : "sigmoid");
  const sum = [...terms, signed(weights[neuron.index])].join(" ").replace(/^\+ /, "");
  text($("#formula"), `${activation}(${sum})`);
}

async function readSlopes() {
  const { open } = state;
  if (!open || open.index === null || open.asking) return;
  open.asked = performance.now();
  open.asking = true;
  writeFormula();
  const answer = await ask("gradient", { index: open.index });
  open.asking = false;
  if (answer.error || state.open !== open) return;
  text($("#analytic"), answer.analytic.toPrecision(5));
  text($("#numerical"), answer.numerical.toPrecision(5));
}

async function setValue(value) {
  const { open } = state, mine = model;
  if (!open || value === "") return;
  const answer = await ask("weight", { index: open.index, value: Number(value) });
  if (mine !== model) return;
  if (answer.error) return fail(answer);
  take(answer);
  open.asked = 0;
  if (!state.playing) settle();
}

function closePopover(back = false) {
  if (!state.open) return;
  const { element } = state.open;
  state.open = null;
  $("#popover").hidden = true;
  element.classList.remove("chosen");
  if (back) focusOn(element);
}

function drawPlot() {
  const { frame, points, shown, chosen, cross } = state;
  const canvas = $("#plot canvas"), aimed = document.activeElement === $("#plot");
  drawPlane(canvas, { output: frame && outputAt, grid: grid(), neuron: shown?.canvas, points, chosen, cross: aimed ? cross : null });
  text($("#shown"), shown ? nameOf(shown.layer, shown.unit) : "");
  if (frame && !state.playing) canvas.setAttribute("aria-label", T.boundary(frame.wrong, frame.count, number(frame.epoch, 0)));
}

// Controls.

function showSettings() {
  const own = form.elements.data.value === "own";
  $("#drawing").hidden = !own;
  $(".made").hidden = own;
  $("#plot").classList.toggle("draws", own);
  form.elements.strength.disabled = form.elements.penalty.value === "none";
  for (const output of form.querySelectorAll(".slider output")) text(output, output.closest("label").querySelector("input").value);
  $("#add-layer").disabled = state.layers.length >= MOST_LAYERS;
}

function showLayers() {
  const button = (name, words, off, act) => {
    const made = make("button", { type: "button", class: "icon", "aria-label": words, title: words }, name);
    made.disabled = off;
    made.addEventListener("click", () => { act(); showLayers(); build(); });
    return made;
  };
  const at = document.activeElement?.closest?.("#layers") && all("#layers button, #layers select").indexOf(document.activeElement);
  $("#layers").replaceChildren(...state.layers.map((layer, i) => {
    const select = make("select", { "aria-label": T.activation(i + 1) });
    for (const name of ACTIVATIONS) select.add(new Option(name, name, false, name === layer[1]));
    select.addEventListener("change", () => { layer[1] = select.value; build(); });
    return make("div", { class: "layer", role: "group", "aria-label": T.hidden(i + 1) },
      make("span", { class: "layer-name" }, T.layer(i + 1)),
      make("span", { class: "stepper" },
        button("−", T.fewer(i + 1), layer[0] <= 1, () => layer[0]--),
        make("span", { class: "units" }, make("span", { "aria-hidden": true }, String(layer[0])), make("span", { class: "hidden" }, T.units(layer[0]))),
        button("+", T.more(i + 1), layer[0] >= MOST_UNITS, () => layer[0]++)),
      select,
      button("×", T.remove(i + 1), false, () => state.layers.splice(i, 1)));
  }));
  if (typeof at === "number" && at >= 0) { // the focus stays where it was
    const now = all("#layers button, #layers select");
    const next = now[at]?.disabled ? now[at === 0 ? 1 : at - 1] : now[at] ?? now.at(-1);
    (next && !next.disabled ? next : $("#add-layer")).focus();
  }
  showSettings();
}

function changed(event) {
  const { name } = event.target;
  if (!name || name === "brush" || !form.reportValidity()) return;
  if (name === "data" && event.target.value === "own" && !state.own.length) {
    state.own = Array.from({ length: state.points.length / 4 }, (_, i) => { // what was there is a start
      const [a, b, kind] = state.points.subarray(4 * i, 4 * i + 3);
      return [...[a, b].map((v) => Math.round(100 * Math.max(-VIEW, Math.min(VIEW, v)))), kind];
    });
  }
  showSettings();
  build(LIVE.includes(name) && state.built ? "change" : "build");
}

function setOwn(own, type = state.built && own.length ? "change" : "build") {
  state.own = own;
  form.elements.data.value = "own";
  showSettings();
  return build(type);
}

function hand(x1, x2, other = false) { // a click, or Enter
  state.cross = [x1, x2];
  if (form.elements.data.value !== "own") {
    state.chosen = 0;
    return settle();
  }
  const brush = form.elements.brush.value, spot = [x1, x2].map((v) => Math.round(100 * v));
  if (brush === "erase") {
    const distances = state.own.map(([a, b]) => Math.hypot(a - spot[0], b - spot[1]));
    const near = distances.indexOf(Math.min(...distances));
    if (near < 0 || distances[near] > 20) return undefined;
    const own = state.own.filter((_, i) => i !== near);
    return setOwn(own).then(() => say(T.erased(state.own.length)));
  }
  const kind = Number(brush) ^ (other ? 1 : 0), own = [...state.own, [...spot, kind]];
  return setOwn(own).then(() => say(T.added("AB"[kind], state.own.length)));
}

function probe(x1, x2, aloud = false) {
  if (!state.frame) return;
  const cell = (v) => Math.max(0, Math.min(grid() - 1, Math.floor(((v + VIEW) / (2 * VIEW)) * grid())));
  const i = grid() * cell(-x2) + cell(x1), words = T.probe(number(x1, 2), number(x2, 2), number(state.frame.output[i]), outputAt(i) < 0 ? "A" : "B");
  text($("#probe"), words);
  if (aloud) say(words);
}

async function copy(words, yes, no) {
  try {
    await navigator.clipboard.writeText(words);
    say(yes);
  } catch {
    say(no);
  }
}

function wire() {
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", changed);
  const on = (selector, act, type = "click") => $(selector).addEventListener(type, act);
  on("#play", () => play(!state.playing));
  on("#step", step);
  on("#reset", () => build());
  on("#again", () => location.reload());
  on("#dice", () => { form.elements.seed.value = Math.floor(Math.random() * 1000); build(); });
  on("#clear", () => setOwn([]));
  on("#use-csv", async () => {
    const answer = await ask("csv", { text: $("#csv").value });
    if (answer.error) return fail(answer);
    const own = Array.from({ length: answer.own.length / 3 }, (_, i) => [...answer.own.subarray(3 * i, 3 * i + 3)]);
    return setOwn(own, "build").then(() => say(T.csvRead(own.length)));
  });
  on("#add-layer", () => { state.layers.push([...(state.layers.at(-1) ?? [4, "tanh"])]); showLayers(); build(); });
  on("#with-weights", () => state.built && showCode(), "change");
  on("#copy", () => copy($("#code").textContent, T.copied, T.notCopied));
  on("#share", () => copy(location.href, T.shared, T.sharedByHand));
  on("#theme", () => {
    const { dataset } = document.documentElement;
    const dark = dataset.theme ? dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    dataset.theme = dark ? "light" : "dark";
    recolour();
  });
  for (const id of ["#table", "#forward", "#backward"]) on(id, () => $(id).open && settle(), "toggle");
  on("#network", (event) => target(event) && openPopover(target(event)));
  on("#network", walk, "keydown");
  on("#network", (event) => point(target(event)), "pointerover");
  on("#network", () => point(null), "pointerleave");
  on("#network", (event) => point(target(event)), "focusin");
  on("#network", () => point(null), "focusout");
  on("#close", () => closePopover(true));
  on("#value", (event) => setValue(event.target.value), "input");
  on("#value-slider", (event) => { $("#value").value = event.target.value; setValue(event.target.value); }, "input");
  on("#popover", (event) => event.key === "Escape" && closePopover(true), "keydown");
  document.addEventListener("pointerdown", (event) => {
    if (!event.target.closest("#popover, .neuron, .edge")) closePopover();
  });
  const where = (event) => {
    const box = $("#plot canvas").getBoundingClientRect();
    return [event.clientX - box.left, box.bottom - event.clientY].map((v) => Math.max(-VIEW, Math.min(VIEW, (v / box.width) * 2 * VIEW - VIEW)));
  };
  on("#plot", (event) => hand(...where(event), event.shiftKey));
  on("#plot", (event) => probe(...where(event)), "pointermove");
  on("#plot", () => drawPlot(), "focus");
  on("#plot", () => drawPlot(), "blur");
  on("#plot", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (way) {
      event.preventDefault();
      state.cross = state.cross.map((v, k) => Math.max(-VIEW, Math.min(VIEW, Math.round(20 * v + (event.shiftKey ? 5 : 1) * way[k]) / 20)));
      probe(...state.cross, true);
      drawPlot();
    } else if (event.key === "Enter") hand(...state.cross);
  }, "keydown");
  document.addEventListener("keydown", (event) => {
    const own = event.target.closest("button, input, select, textarea, summary, a, [role=button]");
    if (event.key !== " " || own || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    if (!$("#play").disabled) play(!state.playing);
  });
  addEventListener("hashchange", () => { recall(); showLayers(); build(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  new ResizeObserver(() => {
    place();
    if (state.open) placePopover();
    redraw();
  }).observe($("#main"));
}

function siteColours() { // what was chosen on the pages of the site, which the theme keeps here
  try {
    const kept = JSON.parse(localStorage.getItem(`${new URL("..", location.href).pathname}.__palette`));
    if (kept) document.documentElement.dataset.theme = kept.color.scheme === "slate" ? "dark" : "light";
  } catch { /* no storage, or nothing that we know: the colours of the device */ }
}

function redraw() {
  if (state.frame) draw();
  else drawPlot();
}

function recolour() {
  readColours();
  redraw();
}

translate();
siteColours();
drawIcons(all(".kinds svg"));
recall();
if (innerWidth < 720) all("#settings > details").forEach((card) => { card.open = false; });
readColours();
showLayers();
layNetwork();
wire();
start();
