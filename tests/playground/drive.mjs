// Uses the playground as people do, and writes down what it saw, as JSON; test_browser.py judges.
// node drive.mjs MODULES CHROMIUM URL PICTURES

import { createRequire } from "node:module";
import path from "node:path";

const [modules, executablePath, site, pictures] = process.argv.slice(2);
const { chromium } = createRequire(path.join(modules, "x.js"))("playwright-core");

// No name but this machine's address resolves: nothing can come from elsewhere unnoticed.
const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
});
const seen = { requests: [], console: [] };

async function open(query = "", hash = "", { expectFailure = false, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  if (!expectFailure) {
    context.on("request", (request) => seen.requests.push(request.url()));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) seen.console.push(message.text());
    });
    page.on("pageerror", (error) => seen.console.push(String(error.stack)));
  }
  await page.goto(`${site}playground/index.html?${query || "pyodide=../pyodide/"}${hash && "#"}${hash}`);
  if (!expectFailure) await page.waitForFunction(() => document.querySelector("#code").textContent);
  return page;
}

const text = (page, selector) => page.locator(selector).first().textContent();
const code = (page) => text(page, "#code");
const status = (page) => text(page, "#status");
const saying = (page, words) => page.waitForFunction(
  (wanted) => document.querySelector("#status").textContent.includes(wanted), words);
const active = (page) => page.evaluate(() => {
  const element = document.activeElement;
  return element.id || element.name || element.getAttribute("aria-label") || element.textContent.trim();
});
const picture = (page, name, fullPage = false) => page.screenshot({ path: path.join(pictures, `${name}.png`), fullPage });
const codeChanges = async (page, act) => {
  const before = await code(page);
  await act();
  await page.waitForFunction((old) => document.querySelector("#code").textContent !== old, before);
};
const weights = async (page) => {
  await codeChanges(page, () => page.check("#with-weights"));
  const found = await code(page);
  await codeChanges(page, () => page.uncheck("#with-weights"));
  return found;
};
const at = async (page, x1, x2, options) => { // clicks the picture there
  const side = (await page.locator("#plot canvas").boundingBox()).width;
  const position = { x: ((x1 + 1.5) / 3) * side, y: ((1.5 - x2) / 3) * side };
  await page.locator("#plot canvas").click({ position, ...options });
};

const scenes = {
  async learn() {
    const page = await open("", "data=xor&noise=0&layers=8tanh&batch=10&rate=0.03");
    const facts = { begin: await status(page) };
    for (let i = 0; i < 20 && await text(page, "#wrong") !== "0 of 200"; i++) { // may come and go
      await page.click("#play");
      await page.waitForFunction(() => document.querySelector("#wrong").textContent === "0 of 200");
      facts.playing = [await text(page, "#play"), await status(page)];
      await page.click("#play");
      await saying(page, "Paused");
    }
    await page.waitForTimeout(300);
    await picture(page, "light");
    Object.assign(facts, { end: await status(page), wrong: await text(page, "#wrong"),
      epoch: Number(await text(page, "#epoch")), loss: Number(await text(page, "#loss")),
      code: await code(page), weights: await weights(page),
      alternative: await page.locator("#plot canvas").getAttribute("aria-label"),
      curve: await page.locator("#curve").getAttribute("aria-label") });
    await page.click("#copy");
    await saying(page, "copied");
    facts.copied = await page.evaluate(() => navigator.clipboard.readText());
    await page.click("#play");
    await page.waitForTimeout(3000);
    facts.rate = Number(await text(page, "#rate"));
    return facts;
  },

  async change() { // a neuron, an edge, layers; then what a step of the changed model gives
    const page = await open("", "data=circles&layers=3tanh-2relu");
    const facts = {};
    for (let i = 0; i < 5; i++) await page.click("#step");
    await saying(page, "epoch 5");
    facts.code = await code(page);
    facts.weights = await weights(page);
    await page.locator(".neuron").nth(3).click(); // two inputs, then the second of layer 1
    facts.neuron = await text(page, "#popover-title");
    facts.formula = await text(page, "#formula");
    await page.fill("#value", "1.25");
    await page.waitForFunction(() => document.querySelector("#code-note").textContent);
    facts.note = await text(page, "#code-note");
    await page.keyboard.press("Escape");
    facts.focus = await active(page);
    await page.locator(".edge").nth(1).dispatchEvent("click"); // x1 to the second of layer 1
    facts.edge = await text(page, "#popover-title");
    await page.fill("#value", "-0.75");
    await page.waitForFunction(() => document.querySelector("#numerical").textContent);
    await page.waitForTimeout(500);
    facts.slopes = [Number(await text(page, "#analytic")), Number(await text(page, "#numerical"))];
    await picture(page, "edge");
    await page.click("#close");
    await page.click("#table summary");
    await page.waitForFunction(() => document.querySelector("#table td"));
    facts.table = await page.locator("#table table").first().locator("tr").allInnerTexts();
    facts.changed = await weights(page);
    await codeChanges(page, () => page.click("#add-layer"));
    await codeChanges(page, () => page.getByLabel("One neuron more in hidden layer 3").click());
    await codeChanges(page, () => page.getByLabel("Activation of hidden layer 3").selectOption("gelu"));
    facts.grown = await code(page);
    facts.heads = await page.locator(".head").allTextContents();
    await codeChanges(page, () => page.getByLabel("Remove hidden layer 1").click());
    facts.shrunk = await code(page);
    await codeChanges(page, () => page.check("[name=gradient][value=numerical]"));
    facts.numerical = await code(page);
    await page.click("#step");
    await saying(page, "epoch 1");
    await at(page, 0.5, 0.5); // chooses a point
    await page.click("#forward summary");
    await page.waitForFunction(() => document.querySelector("#forward pre").textContent);
    facts.forward = await text(page, "#forward pre");
    facts.backward = await text(page, "#backward pre");
    await picture(page, "numbers", true);
    return facts;
  },

  async share() {
    const page = await open("", "data=circles");
    await codeChanges(page, () => page.check("[value=own]"));
    await page.click("#clear");
    await saying(page, "no points");
    const facts = { empty: await status(page) };
    await at(page, -0.8, -0.8);
    await saying(page, "1 points");
    await at(page, 0.8, 0.8);
    await page.check("[name=brush][value='1']");
    await at(page, -0.8, 0.8);
    await at(page, 0.8, -0.8);
    await at(page, 0, 0, { modifiers: ["Shift"] });
    await saying(page, "5 points");
    await page.check("[name=brush][value=erase]");
    await at(page, 0.05, 0);
    await saying(page, "4 points");
    await page.locator("[name=penalty]").selectOption("l2");
    await codeChanges(page, () => page.locator("[name=rate]").selectOption("0.1"));
    await page.click("#share");
    await saying(page, "Address copied");
    facts.address = await page.evaluate(() => navigator.clipboard.readText());
    facts.sent = await weights(page);
    const other = await open("", new URL(facts.address).hash.slice(1));
    facts.received = await weights(other);
    facts.shown = await other.locator("[name=rate]").inputValue();
    return facts;
  },

  async keyboard() {
    const page = await open("", "data=xor&layers=3tanh-2tanh");
    const facts = { stops: [], walk: [] };
    await page.keyboard.press("Space");
    await saying(page, "Training");
    facts.playing = await text(page, "#play");
    await page.keyboard.press("Space");
    await saying(page, "Paused");
    facts.paused = await text(page, "#play");
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press("Tab");
      facts.stops.push(await active(page));
      if (facts.stops.at(-1) === "plot") break;
    }
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowRight");
    facts.probe = await status(page);
    await page.locator(".neuron").first().focus();
    for (const key of ["ArrowRight", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowLeft", "End", "Home", "ArrowDown", "ArrowRight"]) {
      await page.keyboard.press(key);
      facts.walk.push(await active(page));
    }
    await page.keyboard.press("Enter");
    facts.field = await active(page);
    await page.keyboard.press("Control+A");
    await page.keyboard.type("2.5");
    await page.waitForFunction(() => document.querySelector("#code-note").textContent);
    await page.keyboard.press("Escape");
    facts.back = await active(page);
    await page.getByLabel("One neuron more in hidden layer 1").focus();
    await codeChanges(page, () => page.keyboard.press("Enter"));
    facts.stays = await active(page);
    await codeChanges(page, async () => {
      await page.locator("[value=xor]").focus();
      await page.keyboard.press("ArrowRight");
    });
    facts.data = (await code(page)).includes("rng.permutation");
    facts.nameless = await page.evaluate(() => [...document.querySelectorAll("button, input, select, textarea, [role=button], canvas[role]")]
      .filter((e) => !(e.getAttribute("aria-label") || e.labels?.[0]?.textContent.trim() || (e.matches("button") && e.textContent.trim())))
      .map((e) => e.outerHTML.slice(0, 80)));
    return facts;
  },

  async korean() {
    const page = await open("pyodide=../pyodide/&lang=ko", "data=moons", { colorScheme: "dark" });
    const begin = await status(page);
    await page.click("#step");
    await saying(page, "멈췄습니다");
    await page.locator(".neuron").nth(2).click();
    await page.waitForFunction(() => document.querySelector("#numerical").textContent);
    await picture(page, "korean-dark");
    return { begin, end: await status(page), lang: await page.getAttribute("html", "lang"),
      body: await page.locator("body").innerText(), other: await page.getAttribute("#language", "href") };
  },

  async phone() {
    const page = await open("", "data=spiral&layers=8tanh-8leaky_relu-8tanh-8sigmoid-8tanh", {
      viewport: { width: 375, height: 812 }, deviceScaleFactor: 2, hasTouch: true });
    const facts = { folded: await page.locator("#settings > details[open]").count() };
    await page.tap("#step");
    await saying(page, "Paused");
    await picture(page, "phone", true);
    for (const summary of await page.locator("summary").all()) await summary.tap();
    await page.locator(".neuron").nth(30).tap();
    await page.waitForTimeout(500);
    facts.width = await page.evaluate(() => document.documentElement.scrollWidth);
    facts.small = await page.evaluate(() => [...document.querySelectorAll("button, select, input:not([type=checkbox])")]
      .map((e) => [e, e.getBoundingClientRect()]).filter(([, box]) => box.width && (box.width < 24 || box.height < 20))
      .map(([e]) => e.outerHTML.slice(0, 80)));
    await page.setViewportSize({ width: 320, height: 640 });
    await page.waitForTimeout(300);
    facts.narrow = await page.evaluate(() => document.documentElement.scrollWidth);
    return facts;
  },

  async colours() {
    const page = await open("", "", { colorScheme: "dark", reducedMotion: "reduce" });
    const back = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const pixel = () => page.evaluate(() => {
      const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
      context.drawImage(document.querySelector("#plot canvas"), 0, 0);
      return [...context.getImageData(9, 40, 1, 1).data];
    });
    const facts = { dark: [await back(), await pixel()] };
    await picture(page, "dark");
    await page.click("#theme");
    facts.light = [await back(), await pixel()];
    await page.evaluate(() => {
      window.shown = 0;
      new MutationObserver(() => { window.shown++; }).observe(document.querySelector("#epoch"), { childList: true, subtree: true, characterData: true });
    });
    await page.click("#play");
    await page.waitForTimeout(3000);
    facts.shown = await page.evaluate(() => window.shown);
    facts.learned = Number(await text(page, "#epoch"));
    await page.click("#play");
    const chosen = async (scheme) => { // on the pages of the site; then the playground is opened
      await page.evaluate((color) => localStorage.setItem(
        `${new URL("..", location.href).pathname}.__palette`, JSON.stringify({ index: 0, color })), { scheme });
      await page.reload();
      return back();
    };
    facts.site = [await chosen("default"), await chosen("slate")];
    return facts;
  },

  async problems() {
    const page = await open("", "optimizer=sgd&rate=10&penalty=l2&strength=1&layers=4relu-4relu&data=nonsense");
    const problem = async () => {
      await page.waitForFunction(() => !document.querySelector("#problem").hidden);
      return text(page, "#problem p");
    };
    const facts = { data: await page.locator("[name=data]:checked").inputValue() };
    await page.click("#play");
    facts.loss = await problem();
    await codeChanges(page, () => page.locator("[name=rate]").selectOption("0.03"));
    facts.over = await page.locator("#problem").isHidden();
    await page.click(".inner summary");
    await page.fill("#csv", "1,2,A\n3,B");
    await page.click("#use-csv");
    await page.waitForFunction(() => document.querySelector("#problem p").textContent.includes("CSV"));
    facts.csv = await problem();
    await picture(page, "problem");
    await page.fill("#csv", "x1,x2,class\n1,2,A\n3,40,B\n5,6,A");
    await page.click("#use-csv");
    await saying(page, "3 points read");
    facts.read = await code(page);
    facts.gone = await page.locator("#problem").isHidden();
    const lost = async (query) => {
      const failed = await open(query, "", { expectFailure: true });
      await failed.waitForFunction(() => !document.querySelector("#problem").hidden);
      return [await text(failed, "#problem p"), await failed.locator("#again").isVisible()];
    };
    facts.missing = await lost("pyodide=../nowhere/");
    facts.foreign = await lost("pyodide=https://evil.example/pyodide/");
    return facts;
  },
};

const facts = {};
for (const [name, scene] of Object.entries(scenes)) {
  try {
    facts[name] = await scene();
  } catch (error) {
    facts[name] = { failed: String(error.stack) };
  }
  for (const context of browser.contexts()) await context.close();
}
await browser.close();
console.log(JSON.stringify({ ...facts, seen }));
