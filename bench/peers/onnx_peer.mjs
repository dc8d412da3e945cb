// ONNX Runtime as a peer of the benchmark: reads cases on stdin, answers on stdout (bench/Harness/PeerProcess.cs states the
// protocol). A case is a function in the exported `cases` of a file onnx_*.mjs or node_*.mjs beside this one; it gets the request and returns its
// configurations: an object from name to an async function that sets up and returns an async function that does the work once.
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const cases = {};
for (const file of readdirSync(import.meta.dirname)) {
  if (/^(onnx|node)_.*\.mjs$/.test(file) && file !== "onnx_peer.mjs") Object.assign(cases, (await import(`./${file}`)).cases);
}
const ready = new Map();
const BRIEF = 0.05, TRIALS = 3; // seconds of a trial; trials of what takes less

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};

async function measured(run, passes, repeats) {
  for (let i = 0; i < passes; i++) await run();
  const each = [];
  for (let i = 0; i < repeats; i++) {
    const begin = performance.now();
    await run();
    each.push((performance.now() - begin) / 1000);
  }
  return median(each);
}

async function tried(run) {
  await run();
  const once = await measured(run, 0, 1);
  const repeats = Math.max(1, Math.min(50, Math.floor(BRIEF / Math.max(once, 1e-6))));
  let best = Infinity;                                       // of some trials: what slows one shall not decide
  for (let trial = 0; trial < (once > BRIEF ? 1 : TRIALS); trial++) best = Math.min(best, await measured(run, 0, repeats));
  return best;
}

async function prepared(request) {
  const prepare = cases[request.case];
  if (!prepare) throw new Error(`there is no case '${request.case}'`);
  let best = null;
  const failures = [];
  for (const [name, setUp] of Object.entries(prepare(request))) {
    try {
      const run = await setUp();
      const seconds = await tried(run);
      if (!best || seconds < best.seconds) best = { name, run, seconds };
    } catch (failure) {
      failures.push(`${name}: ${failure.message}`);
    }
  }
  if (!best) throw new Error(failures.join("; "));
  ready.set(request.id, best.run);
  return { ready: best.name, seconds: best.seconds };
}

async function answer(line) {
  const words = line.split(" ");
  if (words[0] === "go") return String(await measured(ready.get(Number(words[1])), Number(words[2]), Number(words[3])));
  if (words[0] === "drop") {
    ready.delete(Number(words[1]));
    return "dropped";
  }
  try {
    return JSON.stringify(await prepared(JSON.parse(line)));
  } catch (failure) {
    console.error(failure);
    return JSON.stringify({ error: String(failure.message).replaceAll("\n", " ") });
  }
}

const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json");
console.log(JSON.stringify({ onnxruntime: version, node: process.versions.node }));
for await (const line of createInterface({ input: process.stdin })) console.log(await answer(line));
