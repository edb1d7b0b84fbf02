// Runs Python away from the page, which therefore never freezes: a message in, an answer out.

let playground; // the Python object that answers

const beside = (name) => new URL(name, import.meta.url).href;

async function get(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.status} ${url}`);
  return response;
}

async function start(base) {
  const report = (stage) => postMessage({ stage });
  report("python");
  // Everything is on its way at once; Python is by far the largest.
  const wheel = get(beside("wheel.json"))
    .then((response) => response.json())
    .then(({ wheel }) => get(beside(wheel)))
    .then((response) => response.arrayBuffer());
  const source = get(beside("playground.py")).then((response) => response.text());
  wheel.catch(() => {}); // awaited below
  source.catch(() => {});
  const { loadPyodide } = await import(new URL("pyodide.mjs", base).href);
  const python = await loadPyodide({ indexURL: base, packages: ["numpy"] });
  if (!python.loadedPackages.numpy) throw new Error(`NumPy, ${base}`);
  report("minikeras");
  python.unpackArchive(await wheel, "wheel");
  python.FS.writeFile("playground.py", await source);
  playground = python.runPython("import playground; playground.Playground()");
  const version = python.runPython("import minikeras; minikeras.__version__");
  return { stage: "ready", version, toPython: python.toPy.bind(python) };
}

let starting;

onmessage = async ({ data: { id, base, ...message } }) => {
  if (base) {
    starting = start(base);
    try {
      const { toPython, ...ready } = await starting;
      postMessage(ready);
    } catch (error) {
      postMessage({ stage: "failed", text: String(error.message ?? error) });
    }
    return;
  }
  const { toPython } = await starting;
  const asked = toPython(message);
  const proxy = playground.handle(asked);
  const answer = proxy.toJs({ dict_converter: Object.fromEntries }); // arrays become typed arrays
  proxy.destroy();
  asked.destroy();
  const buffers = Object.values(answer).filter(ArrayBuffer.isView).map((array) => array.buffer);
  postMessage({ id, answer }, buffers);
};
