/**
 * Kills scripts/gpu.sh at random moments and checks that no finished row is lost:
 *
 *     npx tsx scripts/gpu/kill-test.ts [--runs 20] [--seed 1]
 *
 * Needs a bundle (npm run gpu:bundle); it runs on the emulator, in tiny sizes. After each kill every JSON file must be
 * whole, every row that the log names must be in bench.json or tune.json, and there must be at most eight files.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Generator } from "../../src/index.js";

const { values } = parseArgs({
  options: { runs: { type: "string", default: "20" }, seed: { type: "string", default: "1" } },
});
const script = fileURLToPath(new URL("../gpu.sh", import.meta.url));
const generator = new Generator(Number(values.seed));
/** Starts the script in a session of its own, kills all of its processes after so long, and waits until none is left. */
async function killAfter(milliseconds: number, out: string): Promise<boolean> {
  const child = spawn("setsid", ["bash", script, "all"], {
    env: { ...process.env, GPU_SH_DEVICE: "emulator", OUT: out },
    stdio: "ignore",
  });
  const ended = new Promise<boolean>((resolve) => child.once("exit", () => resolve(true)));
  const finished = await Promise.race([ended, sleep(milliseconds, false)]);
  const session = String(child.pid);
  spawnSync("pkill", ["-KILL", "-s", session]);
  while (spawnSync("pgrep", ["-s", session]).status === 0) await sleep(20);
  return finished;
}

/** What is wrong with the files that are left; and how many rows the log says are finished. */
function examine(out: string): { faults: string[]; rows: number } {
  const files = readdirSync(out);
  const faults = files.length > 8 ? [`${files.length} files: ${files.join(" ")}`] : [];
  const held = new Map<string, string>();
  for (const file of files.filter((name) => name.endsWith(".json"))) {
    const text = readFileSync(join(out, file), "utf8");
    try {
      JSON.parse(text);
      held.set(file, text);
    } catch {
      faults.push(`${file} is not whole`);
    }
  }
  const log = files.includes("log.txt") ? readFileSync(join(out, "log.txt"), "utf8") : "";
  const finished = log.split("\n").flatMap((line) => /^row: ([^|]*\S) +\|/.exec(line)?.[1] ?? []);
  const kept: { name: string; status: string }[] = JSON.parse(held.get("bench.json") ?? '{"rows":[]}').rows;
  for (const name of finished)
    if (!kept.some((row) => row.name === name && row.status !== "not run")) faults.push(`row "${name}" is lost`);
  return { faults, rows: finished.length };
}

/** Runs the script in a folder that is removed afterwards; says what came of it. */
async function tryOnce(milliseconds: number): Promise<{ finished: boolean; faults: string[]; rows: number }> {
  const out = mkdtempSync(join(tmpdir(), "wengert-kill-"));
  try {
    return { finished: await killAfter(milliseconds, out), ...examine(out) };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

const start = performance.now();
const whole = await tryOnce(120_000);
const longest = performance.now() - start;
if (!whole.finished || whole.rows === 0) throw new Error("a run that is not killed must end within 120 s, with rows");
console.log(`a whole run takes ${(longest / 1000).toFixed(1)} s and has ${whole.rows} finished rows`);
let bad = whole.faults.length > 0 ? 1 : 0;
for (let run = 0; run < Number(values.runs); run++) {
  const after = Math.round(generator.uniform() * longest);
  const { finished, faults, rows } = await tryOnce(after);
  if (faults.length > 0) bad++;
  const what = finished ? "had ended" : `was killed after ${(after / 1000).toFixed(1)} s`;
  console.log(`run ${run + 1}: ${what}, ${rows} finished rows, ${faults.join("; ") || "none is lost"}`);
}
console.log(`${Number(values.runs) - bad} of ${values.runs} runs lost nothing`);
process.exitCode = bad > 0 ? 1 : 0;
