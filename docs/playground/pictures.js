// What arrays look like: the plane, neurons and the loss on canvases, weights in tables; and code.
// Colours are those of the style sheet, so that they follow light and dark.

export const VIEW = 1.5; // the plane goes from -VIEW to VIEW on both axes, as in playground.py
const ink = {};
const shades = new Uint32Array(256); // of a value from -1 to 1, as pixels

export function make(tag, attributes = {}, ...children) { // an element of HTML or SVG
  const svg = ["g", "path"].includes(tag);
  const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function readColours() {
  const probe = document.body.appendChild(make("i"));
  for (const name of ["neg", "mid", "pos", "text", "soft", "line", "card"]) {
    probe.style.color = `var(--${name})`;
    ink[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  const [neg, mid, pos] = ["neg", "mid", "pos"].map((name) => ink[name].match(/[\d.]+/g).map(Number));
  for (let i = 0; i < 256; i++) {
    const value = (i - 127.5) / 127.5, end = value < 0 ? neg : pos;
    const mix = (k) => mid[k] + (end[k] - mid[k]) * 0.62 * Math.abs(value);
    shades[i] = 0xff000000 | (mix(2) << 16) | (mix(1) << 8) | mix(0);
  }
}

export function paint(canvas, value) { // one pixel for each value(i) from -1 to 1
  const { width, height } = canvas, context = canvas.getContext("2d");
  if (canvas.image?.width !== width) canvas.image = context.createImageData(width, height);
  const { image } = canvas;
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < pixels.length; i++) {
    pixels[i] = shades[Math.max(0, Math.min(255, Math.round(127.5 + 127.5 * value(i))))];
  }
  context.putImageData(image, 0, 0);
}

function sharp(canvas) { // a cleared context that counts in CSS pixels, and its size
  const scale = devicePixelRatio || 1, wide = canvas.clientWidth, tall = canvas.clientHeight;
  const width = Math.round(wide * scale), height = Math.round(tall * scale);
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, wide, tall);
  context.font = "11px system-ui, sans-serif";
  return [context, wide, tall];
}

function trace(context, points) { // a line through points
  context.beginPath();
  points.forEach(([x, y], i) => context[i ? "lineTo" : "moveTo"](x, y));
  context.stroke();
}

const plane = make("canvas");

// The network's output of grid x grid values from -1 to 1, or one neuron's picture; and the points.
export function drawPlane(canvas, { output, grid, neuron, points, chosen, cross }) {
  const [context, side] = sharp(canvas);
  if (!side) return;
  const at = (v) => ((v + VIEW) / (2 * VIEW)) * side;
  context.fillStyle = ink.mid;
  context.fillRect(0, 0, side, side);
  context.imageSmoothingQuality = "high";
  if (neuron) context.drawImage(neuron, 0, 0, side, side);
  else if (output) {
    if (plane.width !== grid) plane.width = plane.height = grid;
    paint(plane, output);
    context.drawImage(plane, 0, 0, side, side);
    drawBorder(context, side / grid, grid, output);
  }
  context.fillStyle = ink.text;
  context.textAlign = "center";
  for (const tick of [-1, 0, 1]) {
    const name = String(tick).replace("-", "−");
    context.fillText(name, at(tick), side - 6);
    if (tick) context.fillText(name, 10, at(-tick) + 4);
  }
  context.fillText("x1", side - 11, side - 6);
  context.fillText("x2", 11, 14);
  for (let i = 0; i < points.length; i += 4) {
    const [a, b, kind, held] = points.subarray(i, i + 4), x = at(a), y = at(-b);
    const own = kind ? ink.pos : ink.neg;
    context.beginPath();
    if (kind) context.rect(x - 3.2, y - 3.2, 6.4, 6.4);
    else context.arc(x, y, 3.6, 0, 7);
    [context.fillStyle, context.strokeStyle] = held ? [ink.card, own] : [own, ink.card];
    context.lineWidth = held ? 2 : 1;
    context.fill();
    context.stroke();
  }
  context.strokeStyle = ink.text;
  context.lineWidth = 1.5;
  if (chosen >= 0 && 4 * chosen < points.length) {
    context.beginPath();
    context.arc(at(points[4 * chosen]), at(-points[4 * chosen + 1]), 8, 0, 7);
    context.stroke();
  }
  if (cross) {
    const [x, y] = [at(cross[0]), at(-cross[1])];
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      trace(context, [[x + 4 * dx, y + 4 * dy], [x + 12 * dx, y + 12 * dy]]);
    }
  }
}

function drawBorder(context, cell, grid, output) { // where one class ends and the other begins
  const share = (a, b) => a / (a - b);
  context.beginPath();
  for (let row = 0; row < grid - 1; row++) {
    for (let column = 0; column < grid - 1; column++) {
      const i = grid * row + column; // the corners of a square, clockwise from its upper left
      const [a, b, c, d] = [i, i + 1, i + grid + 1, i + grid].map(output), ends = [];
      if (a < 0 !== b < 0) ends.push([share(a, b), 0]);
      if (b < 0 !== c < 0) ends.push([1, share(b, c)]);
      if (d < 0 !== c < 0) ends.push([share(d, c), 1]);
      if (a < 0 !== d < 0) ends.push([0, share(a, d)]);
      ends.forEach(([x, y], k) => {
        context[k % 2 ? "lineTo" : "moveTo"]((column + 0.5 + x) * cell, (row + 0.5 + y) * cell);
      });
    }
  }
  context.strokeStyle = ink.text;
  context.lineWidth = 1.2;
  context.stroke();
}

export function drawCurve(canvas, rows) { // rows of epoch, training loss, held-out loss or NaN
  const [context, wide, tall] = sharp(canvas);
  if (!wide || !rows.length) return;
  const left = 36, bottom = 18, end = Math.max(1, rows.at(-1)[0]);
  const top = 1.05 * Math.max(...rows.flatMap((row) => row.slice(1)).filter(Number.isFinite)) || 1;
  const x = (epoch) => left + (epoch / end) * (wide - left - 6);
  const y = (loss) => 8 + (1 - loss / top) * (tall - bottom - 8);
  context.strokeStyle = ink.line;
  context.fillStyle = ink.soft;
  context.textAlign = "right";
  for (const loss of [0, top / 2, top]) {
    trace(context, [[left, y(loss)], [wide - 6, y(loss)]]);
    context.fillText(loss < 1000 ? loss.toFixed(2) : loss.toExponential(0), left - 5, y(loss) + 4);
  }
  context.fillText(String(Math.round(end)), wide - 6, tall - 4);
  context.textAlign = "left";
  context.fillText("0", left, tall - 4);
  context.lineWidth = 1.6;
  for (const [which, colour, dash] of [[2, ink.soft, [5, 3]], [1, ink.text, []]]) {
    context.strokeStyle = colour;
    context.setLineDash(dash);
    trace(context, rows.filter((row) => Number.isFinite(row[which])).map((row) => [x(row[0]), y(row[which])]));
  }
  context.setLineDash([]);
}

export function drawIcons(svgs) { // what the points of each data set look like
  const ring = (n, r, [x, y] = [20, 20], from = 0, span = 2 * Math.PI) => Array.from({ length: n },
    (_, i) => [x + r * Math.cos(from + (span * i) / n), y - r * Math.sin(from + (span * i) / n)]);
  const blob = (x, y) => [[x, y], ...ring(5, 4.5, [x, y], 0.3)];
  const arm = (turn) => Array.from({ length: 11 }, (_, i) => ring(1, 3 + 1.3 * i, [20, 20], turn + 0.42 * i)[0]);
  const dots = { // of class A, of class B
    circles: [ring(14, 16), [[20, 20], ...ring(5, 6)]],
    xor: [[...blob(11, 29), ...blob(29, 11)], [...blob(11, 11), ...blob(29, 29)]],
    gaussians: [[...blob(12, 28), [18, 31], [9, 21]], [...blob(28, 12), [22, 9], [31, 19]]],
    moons: [ring(9, 12, [15, 23], 0, Math.PI + 0.3), ring(9, 12, [25, 17], Math.PI, Math.PI + 0.3)],
    spiral: [arm(0), arm(Math.PI)],
    own: [[[10, 26], [15, 33]], [[29, 30]]],
  };
  for (const svg of svgs) {
    const name = svg.closest("label").querySelector("input").value;
    const path = (kind, d) => svg.append(make("path", { class: kind, d }));
    dots[name].forEach((list, kind) => path("ab"[kind], list.map(([x, y]) => `M${x.toFixed(1)} ${y.toFixed(1)}h.01`).join("")));
    if (name === "own") path("pencil", "M17 25l2-6L30 8l4 4-11 11z");
  }
}

export function drawTables(box, weights, sizes, words) { // a table for each layer, biases last
  const numbers = weights.values();
  box.replaceChildren(...sizes.slice(1).map((units, i) => {
    const name = words.kernelOf(i === sizes.length - 2 ? words.output : words.hidden(i + 1));
    const columns = Array.from({ length: units }, (_, unit) => unit + 1);
    const head = make("tr", {}, make("td", {}, words.from), ...columns.map((unit) => make("th", { scope: "col" }, String(unit))));
    const rows = Array.from({ length: sizes[i] + 1 }, (_, from) => {
      const source = from === sizes[i] ? words.bias : i === 0 ? `x${from + 1}` : String(from + 1);
      const cells = columns.map(() => make("td", {}, numbers.next().value.toFixed(4)));
      return make("tr", {}, make("th", { scope: "row" }, source), ...cells);
    });
    const table = make("table", {}, make("caption", {}, name), make("thead", {}, head), make("tbody", {}, ...rows));
    return make("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": name }, table);
  }));
}

export function highlight(code) {
  const kinds = /(?<string>f?"[^"\n]*")|(?<keyword>\b(?:import|from|as)\b)|(?<number>\b\d[\d.e+-]*\b)/g;
  const parts = [];
  let end = 0;
  for (const found of code.matchAll(kinds)) {
    const [kind] = Object.entries(found.groups).find(([, value]) => value);
    parts.push(code.slice(end, found.index), make("span", { class: kind }, found[0]));
    end = found.index + found[0].length;
  }
  return [...parts, code.slice(end)];
}
