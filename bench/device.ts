/**
 * The GPU benchmark: the rows of bench/rows.json, each timed as ours, PyTorch, ours, and compared with PyTorch in float64.
 *
 *     WENGERT_DEVICE=cuda npx tsx bench/device.ts [options]
 *
 *   --out FILE       bench.json by default; the table goes beside it, with the ending .md. Both are rewritten after each row
 *   --append         keep the rows that FILE already has
 *   --quick          a dozen rows instead of all
 *   --steps          whole training steps instead of single ops, and then under torch.compile
 *   --only TEXT      rows whose name contains it; may be repeated
 *   --seconds N      start no row after so long
 *   --small          tiny sizes, to try the program on the emulator: its figures mean nothing
 *   --once           run each row once and time nothing, for a profiler
 *   --python FILE    the Python that has PyTorch; default: $PYTHON, or python3
 *
 * The status is 1 if a row is wrong or failed, or if the row with a planted error was not reported.
 */
import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { device, Scope, sync } from "../src/index.js";
import { native } from "../tests/support/device.js";
import { fullEffort, smallEffort } from "./gpu/measure.js";
import { Peer } from "./gpu/peer.js";
import { lastCommitted, type RowResult, type Run, readRun, replaceFile } from "./gpu/results.js";
import { type Row, reduce, rows } from "./gpu/rows.js";
import { addCompiled, type Bench, modeOf, runRow, useMode } from "./gpu/run.js";
import { cellsOf, floorsOf, tableOf } from "./gpu/table.js";
import { workOf } from "./gpu/work.js";

const { values } = parseArgs({
  options: {
    out: { type: "string", default: "bench.json" },
    append: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    steps: { type: "boolean", default: false },
    only: { type: "string", multiple: true, default: [] },
    seconds: { type: "string", default: "86400" },
    small: { type: "boolean", default: false },
    once: { type: "boolean", default: false },
    python: { type: "string", default: process.env.PYTHON || "python3" },
  },
});
const seconds = Number(values.seconds);
if (!(seconds > 0)) throw new RangeError(`--seconds must be a positive number, got ${values.seconds}`);
if (device() === "cpu")
  throw new RangeError("the benchmark needs a device that an addon drives: set WENGERT_DEVICE to cuda or emulator");
const deadline = performance.now() + seconds * 1000;

const chosen = rows
  .filter((row) => (row.op === "step") === values.steps)
  .filter((row) => !values.quick || row.quick || row.planted)
  .filter(({ name }) => values.only.length === 0 || values.only.some((text) => name.includes(text)))
  .map((row) => (values.small ? reduce(row) : row));
if (chosen.length === 0) throw new RangeError(`no row has a name that contains ${values.only.join(" or ")}`);

/** The commit that is measured; a bundle has no repository, but says which it is of. */
function commit(): string | null {
  if (process.env.WENGERT_COMMIT) return process.env.WENGERT_COMMIT;
  try {
    return execFileSync("git", ["rev-parse", "HEAD"], { encoding: "utf8", stdio: "pipe" }).trim();
  } catch {
    return null;
  }
}

/** Two calls of each row: the first loads the kernels. */
function runOnce(row: Row): void {
  using _scope = new Scope();
  useMode(native, row);
  const operands = workOf(row).make();
  sync();
  operands.run();
  sync();
  native.setOptions({ profile: true });
  operands.run();
  native.setOptions({ profile: false });
  sync();
}

async function runAll(): Promise<boolean> {
  const peer = new Peer(values.python);
  const torch = await peer.hello(60_000);
  const bench: Bench = {
    native,
    peer: typeof torch === "string" ? null : peer,
    effort: values.small ? smallEffort : fullEffort,
  };
  if (typeof torch === "string") console.log(`no PyTorch: ${torch}`);
  const { info } = { info: native.info() };
  const kept = values.append ? (readRun(values.out)?.rows ?? []) : [];
  const results = new Map<string, RowResult>(kept.map((row) => [row.name, row]));
  for (const row of chosen)
    results.set(row.name, { name: row.name, op: row.op, mode: modeOf(row), status: "not run", reason: "no time left" });
  const committed = lastCommitted(info.name);
  const date = new Date().toISOString();

  const show = (result: RowResult): void => {
    results.set(result.name, result);
    const run: Run = {
      ...{ date, commit: commit(), node: process.version, device: { ...info }, torch, small: values.small },
      rows: [...results.values()],
    };
    replaceFile(values.out, `${JSON.stringify(run)}\n`);
    replaceFile(values.out.replace(/(\.json)?$/, ".md"), tableOf(run, committed));
    // Only what is on the disk is said to be there.
    console.log(`row: ${cellsOf(result, floorsOf(run), committed).filter(Boolean).join(" | ")}`);
  };

  const timeLeft = (): boolean => performance.now() < deadline;
  for (const row of chosen) if (timeLeft()) show(await runRow(bench, row));
  if (values.steps && !values.small)
    for (const row of chosen.filter(({ compile }) => compile)) {
      const result = results.get(row.name);
      if (result !== undefined && result.status !== "not run" && timeLeft())
        show(await addCompiled(bench, row, result));
    }
  peer.end();

  const own = chosen.map(({ name }) => results.get(name)?.status ?? "not run");
  const count = (status: RowResult["status"]): number => own.filter((one) => one === status).length;
  const bad = count("wrong") + count("failed") + count("planted error not found");
  const planted = chosen.some((row) => row.planted) && bench.peer !== null && count("wrong as planted") === 0;
  console.log(
    `${own.length} rows: ${[...new Set(own)].map((status) => `${count(status)} ${status}`).join(", ")}; ${bad === 0 && !planted ? "nothing is wrong that should be right" : "SOMETHING IS WRONG"}`,
  );
  return bad === 0 && !(planted && timeLeft());
}

if (values.once) chosen.forEach(runOnce);
else process.exitCode = (await runAll()) ? 0 : 1;
