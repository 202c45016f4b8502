/**
 * The GPU benchmark: the rows of bench/rows.json, each timed as Wengert, PyTorch, Wengert, and compared with PyTorch in
 * float64.
 *
 *     WENGERT_DEVICE=cuda npx tsx bench/device.ts [options]
 *
 *   --out FILE       the output file (default bench.json); the table is written next to it, as .md. Both are replaced
 *                    after each row
 *   --append         keep the rows of the same commit that are already in FILE
 *   --quick          measure a dozen rows instead of all
 *   --steps          measure whole training steps instead of single ops, first without and then with torch.compile
 *   --profiled       measure only the rows whose kernels scripts/gpu/profile.sh profiles
 *   --only TEXT      measure only rows whose names contain TEXT; may be repeated
 *   --list           print the row names and exit
 *   --seconds N      start no row after N seconds, and stop waiting for the row in progress
 *   --small          use tiny sizes, to try the program on the emulator; the figures are meaningless
 *   --once           run each row twice without timing it, for a profiler
 *   --python FILE    the Python that has PyTorch (default: $PYTHON, or python3)
 *   --alone          run without PyTorch; nothing is compared
 *
 * The exit status is 1 if a row is wrong, failed or could not be compared, or if the row with a planted error was not reported;
 * 2 if nothing is wrong but no time was left for some rows; otherwise 0.
 */
import { parseArgs } from "node:util";
import { device, Scope, sync } from "../src/index.js";
import { native } from "../tests/support/device.js";
import { Driver } from "./gpu/driver.js";
import { fullEffort, smallEffort } from "./gpu/measure.js";
import { modeOf, useMode } from "./gpu/mode.js";
import { choose, commit, deadlineAfter } from "./gpu/options.js";
import { Peer } from "./gpu/peer.js";
import { lastCommitted, type RowResult, type Run, readRun, replaceFile } from "./gpu/results.js";
import type { Row } from "./gpu/rows.js";
import { addCompiled, type Bench, runRow } from "./gpu/run.js";
import { cellsOf, floorsOf, tableOf } from "./gpu/table.js";
import { workOf } from "./gpu/work.js";

const { values } = parseArgs({
  options: {
    out: { type: "string", default: "bench.json" },
    append: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    steps: { type: "boolean", default: false },
    profiled: { type: "boolean", default: false },
    only: { type: "string", multiple: true, default: [] },
    list: { type: "boolean", default: false },
    seconds: { type: "string", default: "86400" },
    small: { type: "boolean", default: false },
    once: { type: "boolean", default: false },
    python: { type: "string", default: process.env.PYTHON || "python3" },
    alone: { type: "boolean", default: false },
  },
});
const deadline = deadlineAfter(values.seconds);
const chosen = choose(
  (row) =>
    (row.op === "step") === values.steps &&
    (!values.quick || row.quick === true || row.planted === true) &&
    (!values.profiled || row.profile === true),
  values.only,
  values.small,
);

/** Runs a row twice, with the second run marked for a profiler: the first one loads the kernels. */
function runOnce(row: Row): void {
  using _scope = new Scope();
  useMode(native, row);
  const operands = workOf(row).make();
  operands.run();
  sync();
  native.setOptions({ profile: true });
  operands.run();
  sync();
  native.setOptions({ profile: false });
}

/** The rows that a file of the same commit holds. */
function earlierRows(): readonly RowResult[] {
  const run = values.append ? readRun(values.out) : null;
  if (run !== null && run.commit !== commit())
    throw new RangeError(
      `--append: ${values.out} was written at commit ${run.commit}, but this is ${commit()}; choose another file`,
    );
  return run?.rows ?? [];
}

async function runAll(): Promise<number> {
  const earlier = earlierRows();
  const results = new Map(earlier.map((row) => [row.name, row]));
  const done = new Set<string>();
  for (const row of chosen)
    if (!results.has(row.name))
      results.set(row.name, {
        name: row.name,
        op: row.op,
        mode: modeOf(row),
        status: "not run",
        reason: "no time left",
      });
  const info = native.info();
  const committed = lastCommitted(info.name);
  const started = { date: new Date().toISOString(), commit: commit(), node: process.version };
  let torch: Run["torch"] = "not started yet";

  const save = (): Run => {
    const run: Run = { ...started, device: { ...info }, torch, small: values.small, rows: [...results.values()] };
    replaceFile(values.out, `${JSON.stringify(run)}\n`);
    replaceFile(values.out.replace(/(\.json)?$/, ".md"), tableOf(run, committed));
    return run;
  };
  const show = (result: RowResult): void => {
    results.set(result.name, result);
    done.add(result.name);
    const run = save();
    // Printed only after it is on disk.
    console.log(`row: ${cellsOf(result, floorsOf(run), committed).filter(Boolean).join(" | ")}`);
  };

  save();
  const peer = values.alone ? null : new Peer(values.python);
  torch = peer === null ? "disabled by --alone" : await peer.hello(Math.min(60_000, deadline - performance.now()));
  if (typeof torch === "string") console.log(`no PyTorch: ${torch}`);
  const bench: Bench = {
    driver: new Driver(),
    peer: typeof torch === "string" ? null : peer,
    effort: values.small ? smallEffort : fullEffort,
    deadline,
  };
  const timeLeft = (): boolean => performance.now() < deadline;
  for (const row of chosen) if (timeLeft()) show(await runRow(bench, row));
  if (values.steps && !values.small)
    for (const row of chosen.filter(({ compile }) => compile)) {
      const result = results.get(row.name);
      if (result !== undefined && result.status !== "not run" && timeLeft())
        show(await addCompiled(bench, row, result));
    }
  bench.driver.end();
  peer?.end();
  // A row that an earlier run measured, and this one did not, was not run.
  return summarize(chosen.map(({ name }) => (done.has(name) ? results.get(name)?.status : null) ?? "not run"));
}

/** Prints how many rows have each status; returns the status of the program. */
function summarize(statuses: readonly RowResult["status"][]): number {
  const count = (...counted: RowResult["status"][]): number => statuses.filter((one) => counted.includes(one)).length;
  const bad = count("wrong", "failed", "planted error not found") + (values.alone ? 0 : count("unchecked"));
  const counts = [...new Set(statuses)].map((status) => `${count(status)} ${status}`).join(", ");
  const notRun = count("not run");
  const verdict = bad > 0 ? `FAILED: ${bad} rows` : values.alone ? "nothing was compared" : "all comparisons agree";
  console.log(
    `${statuses.length} rows: ${counts}; ${verdict}${notRun > 0 ? `; no time was left for ${notRun} rows` : ""}`,
  );
  return bad > 0 ? 1 : notRun > 0 ? 2 : 0;
}

if (values.list) for (const { name } of chosen) console.log(name);
else if (device() === "cpu")
  throw new RangeError("the benchmark does not run on the cpu; set WENGERT_DEVICE to cuda or emulator");
else if (values.once) chosen.forEach(runOnce);
else process.exitCode = await runAll();
