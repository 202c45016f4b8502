/** Runs an example as a child process. Used by the tests of examples. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { drawDigits } from "../../src/data/index.js";
import { bundleExample, type Compiled } from "../support/compiled.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * The examples that were compiled, by name. Each is compiled once for a test file, because tsx takes more than a second to
 * load all sources of the library. Only decay.ts is run through tsx, as a user does.
 */
const compiled = new Map<string, Compiled>();
afterAll(() => {
  for (const each of compiled.values()) each.remove();
});

function programOf(name: string): string[] {
  if (name === "decay") return ["--import", "tsx", `examples/${name}.ts`];
  const example = compiled.get(name) ?? bundleExample(name);
  compiled.set(name, example);
  return [join(example.folder, "main.js")];
}

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs `examples/<name>.ts`, from the sources.
 *
 * @param whileRunning - gets what was printed so far, whenever there is more
 */
export function runExample(
  name: string,
  args: readonly string[],
  whileRunning: (child: ChildProcess, stdout: string, stderr: string) => void = () => {},
): Promise<Result> {
  // A compiled example is elsewhere than the sources, which look for the addons by a relative path.
  const env = { ...process.env, WENGERT_NATIVE: process.env.WENGERT_NATIVE || join(root, "build", "Release") };
  const child = spawn(process.execPath, [...programOf(name), ...args], { cwd: root, env });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text) => {
    stdout += text;
    whileRunning(child, stdout, stderr);
  });
  child.stderr.on("data", (text) => {
    stderr += text;
    whileRunning(child, stdout, stderr);
  });
  return new Promise((done) => child.on("close", (code) => done({ code, stdout, stderr })));
}

/** A folder of drawn digits under MNIST's names: `count` in one split. */
export function writeDigits(folder: string, count: number, split: "train" | "t10k" = "t10k"): string {
  const { images, labels } = drawDigits(count, 3);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${split}-images-idx3-ubyte`), idx([count, 28, 28], images));
  writeFileSync(join(folder, `${split}-labels-idx1-ubyte`), idx([count], labels));
  return folder;
}

/** Two zero bytes, the type, the number of axes, the sizes, the bytes. */
function idx(shape: readonly number[], bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header[2] = 8;
  header[3] = shape.length;
  shape.forEach((size, axis) => {
    header.writeUInt32BE(size, 4 + 4 * axis);
  });
  return Buffer.concat([header, bytes]);
}
