import { type ChildProcess, spawn } from "node:child_process";
import { watch } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Generator, loadSafetensors } from "../../src/index.js";
import { bundle, type Compiled } from "../support/compiled.js";
import { withFolder } from "../support/disk.js";

let compiled: Compiled;
beforeAll(() => {
  compiled = bundle("tests/train/kill/main.ts");
});
afterAll(() => compiled.remove());

interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program in `folder`; `look` sees what it has printed so far. */
function run(folder: string, look: (child: ChildProcess, stdout: string) => void = () => {}): Promise<Outcome> {
  const child = spawn(process.execPath, [join(compiled.folder, "main.js"), folder]);
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text) => {
    stdout += text;
    look(child, stdout);
  });
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  return new Promise((done) => child.on("close", (code, signal) => done({ code, signal, stdout, stderr })));
}

const stepsIn = (stdout: string): number[] => Array.from(stdout.matchAll(/^step (\d+)$/gm), ([, step]) => Number(step));
const weightsIn = (stdout: string): string | undefined => /^weights (.*)$/m.exec(stdout)?.[1];
const temporaries = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name.startsWith(".wengert-"));

const kills = 20;

describe("a run that is killed", () => {
  test(`${kills} times with kill -9, some of them while a checkpoint is written, ends with the same weights`, async () => {
    await withFolder(async (folder) => {
      await mkdir(join(folder, "whole"));
      await mkdir(join(folder, "killed"));
      const whole = await run(join(folder, "whole"));
      expect(whole).toMatchObject({ code: 0, stderr: "" });
      const steps = stepsIn(whole.stdout);
      expect(steps).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));

      const own = join(folder, "killed");
      const generator = new Generator(1);
      let done = 0;
      // A kill in the middle of writing leaves its temporary file, and nobody takes it for a checkpoint.
      const unfinished = new Set<string>();
      for (let kill = 0; kill < kills; kill++) {
        // Up to three steps from where it goes on, so that 20 kills fit into the run.
        const wanted = 1 + generator.integer(3);
        const wait = generator.integer(12);
        // Every other time, from then on, as soon as a file is being written.
        const writing = kill % 2 === 0;
        let armed = false;
        let end = (): void => {};
        const watcher = watch(own, (_, name) => {
          if (armed && writing && name?.startsWith(".wengert-")) end();
        });
        const { signal, stdout } = await run(own, (child, text) => {
          end = () => void child.kill("SIGKILL");
          armed = stepsIn(text).length >= wanted;
          if (armed && !writing) setTimeout(end, wait);
        });
        watcher.close();
        expect([signal, weightsIn(stdout)]).toEqual(["SIGKILL", undefined]);
        done += stepsIn(stdout).length;
        for (const name of (await readdir(own)).filter((entry) => entry.endsWith(".safetensors")))
          for (const tensor of (await loadSafetensors(join(own, name))).tensors.values()) tensor.dispose();
        for (const name of await temporaries(own)) unfinished.add(name);
      }
      const end = await run(own);
      expect(end).toMatchObject({ code: 0, stderr: "" });
      expect(weightsIn(end.stdout)).toBe(weightsIn(whole.stdout));
      expect(stepsIn(end.stdout).at(-1)).toBe(60);
      expect(done + stepsIn(end.stdout).length).toBeGreaterThan(60); // some steps were done again
      expect(unfinished.size).toBeGreaterThanOrEqual(3);
      expect(await temporaries(own)).toEqual([]); // the next to save has removed them
    });
  }, 600_000);

  test("with Ctrl-C finishes its step, saves, says how to resume, and then ends with the same weights", async () => {
    await withFolder(async (folder) => {
      await mkdir(join(folder, "whole"));
      await mkdir(join(folder, "own"));
      const whole = await run(join(folder, "whole"));
      const own = join(folder, "own");
      // Once, since a second Ctrl-C ends the program; and several steps may arrive in one piece of output.
      let sent = false;
      const first = await run(own, (child, text) => {
        if (sent || stepsIn(text).length < 9) return;
        sent = true;
        child.kill("SIGINT");
      });
      expect(first.code).toBe(0);
      const last = join(own, "last.safetensors");
      const step = stepsIn(first.stdout).at(-1);
      expect(step).toBeLessThan(12);
      expect(first.stderr).toContain(
        "interrupted: finishing the step and saving; press Ctrl-C again to quit immediately",
      );
      expect(first.stderr).toContain(
        `interrupted after step ${step} in epoch 2: saved ${last}; to continue, call fit with resume: ${JSON.stringify(last)}`,
      );
      expect(await temporaries(own)).toEqual([]);
      const second = await run(own);
      expect(stepsIn(second.stdout)[0]).toBe((step ?? 0) + 1);
      expect(weightsIn(second.stdout)).toBe(weightsIn(whole.stdout));
    });
  }, 120_000);
});
