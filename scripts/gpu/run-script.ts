/**
 * Runs scripts/gpu.sh on the emulator, ends it early if asked, and examines the files that it leaves. Used by kill-test.ts
 * and tests/scripts/bundle.test.ts.
 */
import { spawn, spawnSync } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Run } from "../../bench/gpu/results.js";
import type { Measured } from "../../bench/gpu/variants.js";
import type { FileResult } from "./test-report.js";

const script = fileURLToPath(new URL("../gpu.sh", import.meta.url));

export interface Outcome {
  /** What the script printed, on both streams. */
  readonly printed: string;
  /** Its status; null if a signal killed it. */
  readonly status: number | null;
  readonly milliseconds: number;
  /** Milliseconds from the signal to the end of the script; 0 if it ended by itself. */
  readonly ending: number;
  /** Processes of the script that were still there after it had ended by itself or by SIGTERM. */
  readonly leftOver: string;
  readonly files: readonly string[];
  /** Errors in the files; and how many results the log says are finished. */
  readonly errors: readonly string[];
  readonly finished: number;
  /** The text of a file that the script wrote, or null. */
  readonly read: (file: string) => string | null;
}

export interface Stop {
  readonly signal: "SIGKILL" | "SIGTERM";
  readonly afterMilliseconds: number;
}

/** The processes of a session, a line each, without those that have ended and wait to be collected. */
function processesOf(session: string): string {
  const { stdout } = spawnSync("pgrep", ["-a", "-s", session], { encoding: "utf8" });
  return stdout
    .split("\n")
    .filter((line) => !line.endsWith("<defunct>"))
    .join("\n");
}

/** Runs all steps. SIGKILL goes to all processes of the script at once, SIGTERM only to the script itself. */
export async function runScript(env: NodeJS.ProcessEnv, stop?: Stop): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "wengert-gpu-sh-"));
  const out = join(folder, "out");
  mkdirSync(out);
  const output = openSync(join(folder, "printed.txt"), "w");
  try {
    const start = performance.now();
    // In a separate session: its number finds all processes. TMPDIR: a killed script cannot remove its files.
    const child = spawn("setsid", ["bash", script, "all"], {
      env: { ...process.env, ...env, GPU_SH_DEVICE: "emulator", OUT: out, TMPDIR: folder },
      stdio: ["ignore", output, output],
    });
    const session = String(child.pid);
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    let stopped = 0;
    if (stop) {
      const isRunning = await Promise.race([ended.then(() => false), sleep(stop.afterMilliseconds, true)]);
      if (isRunning) {
        stopped = performance.now();
        if (stop.signal === "SIGKILL") spawnSync("pkill", ["-KILL", "-s", session]);
        else child.kill(stop.signal);
      }
    }
    const status = await ended;
    const end = performance.now();
    if (stop?.signal === "SIGKILL") while (processesOf(session) !== "") await sleep(20);
    const leftOver = processesOf(session);
    spawnSync("pkill", ["-KILL", "-s", session]);
    const files = readdirSync(out);
    const texts = new Map(files.map((file) => [file, readFileSync(join(out, file), "utf8")]));
    return {
      ...{ status, leftOver, files, milliseconds: end - start, ending: stopped > 0 ? end - stopped : 0 },
      ...examine(texts),
      printed: readFileSync(join(folder, "printed.txt"), "utf8"),
      read: (file) => texts.get(file) ?? null,
    };
  } finally {
    closeSync(output);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** How often each text occurs. */
function tally(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}

/**
 * Compares the log with the other files, by their names and texts. Each result that the log says is finished must be in
 * its file, every JSON file must be whole, and there must be at most eight files.
 */
export function examine(texts: ReadonlyMap<string, string>): { errors: string[]; finished: number } {
  const errors = texts.size > 8 ? [`${texts.size} files: ${[...texts.keys()].join(" ")}`] : [];
  const parsed = (file: string): unknown => {
    const text = texts.get(file);
    if (text === undefined) return {};
    try {
      return JSON.parse(text);
    } catch {
      errors.push(`${file} is not complete`);
      return {};
    }
  };
  const lines = (texts.get("log.txt") ?? "").split("\n");
  // "row: NAME | not run" is a row that the end of the time cut short.
  const inLog = (pattern: RegExp): string[] => lines.flatMap((line) => pattern.exec(line)?.[1] ?? []);
  const bench = parsed("bench.json") as Partial<Run>;
  const tune = parsed("tune.json") as { readonly measured?: readonly Measured[] };
  const tests = parsed("test.json") as { readonly files?: readonly FileResult[] };
  const smoke = parsed("smoke.json") as object;
  const kinds = [
    {
      ...{ kind: "row", file: "bench.json", logged: [...new Set(inLog(/^row: ([^|]*\S) +\|(?! not run)/))] },
      kept: (bench.rows ?? []).filter(({ status }) => status !== "not run").map(({ name }) => name),
    },
    // A row can have several products.
    {
      ...{ kind: "product of the row", file: "tune.json", logged: inLog(/^tune: ([^|]*\S) +\|/) },
      kept: (tune.measured ?? []).map(({ name }) => name),
    },
    {
      ...{
        kind: "test file",
        file: "test.json",
        logged: inLog(/^(?:ok|FAILED|CRASHED|TIMED OUT) +(\S+\.test\.js) {2}/),
      },
      kept: (tests.files ?? []).flatMap(({ file, status }) => (/not run|unfinished/.test(status) ? [] : [file])),
    },
    {
      ...{ kind: "part", file: "smoke.json" },
      logged: [
        ...new Set(
          inLog(/^(device|without a kernel|idle clocks|clocks after the product|copy|launch|product|conformance): /),
        ),
      ],
      kept: Object.keys(smoke),
    },
  ];
  for (const { kind, file, logged, kept } of kinds) {
    const counts = tally(kept);
    for (const [name, count] of tally(logged))
      if ((counts.get(name) ?? 0) < count)
        errors.push(`${kind} "${name}" is finished in the log but missing in ${file}`);
  }
  return { errors, finished: kinds.reduce((sum, { logged }) => sum + logged.length, 0) };
}
