import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { ArgumentError, EventWriter, FileError, TensorBoard } from "../../src/index.js";
import { crc32c } from "../../src/train/crc32c.js";
import { encodeEvent, encodeRecord } from "../../src/train/event-format.js";
import { withFolder } from "../support/disk.js";
import { setting } from "./setting.js";

interface Golden {
  readonly crc32c: Readonly<Record<string, number>>;
  readonly events: readonly {
    readonly wallTime: number;
    readonly step: number;
    readonly fileVersion?: string;
    readonly restarted?: boolean;
    readonly scalars?: Readonly<Record<string, string>>;
    readonly record: string;
  }[];
}

const golden: Golden = JSON.parse(readFileSync(new URL("../goldens/events.json", import.meta.url), "utf8"));

describe("event files, byte for byte as TensorBoard's own writer makes them", () => {
  test.each(Object.entries(golden.crc32c))("the checksum of %j", (text, expected) => {
    expect(crc32c(new TextEncoder().encode(text))).toBe(expected);
  });

  test.each(golden.events)("step $step", ({ record, scalars = {}, ...event }) => {
    const numbers = Object.entries(scalars).map(([tag, value]) => [tag, value === "inf" ? Infinity : Number(value)]);
    const encoded = encodeRecord(encodeEvent({ ...event, scalars: Object.fromEntries(numbers) }));
    expect(Buffer.from(encoded).toString("hex")).toBe(record);
  });
});

/** What TensorBoard's own reader finds in a folder: for each tag, the steps and values. */
const reader = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0}, purge_orphaned_data=True).Reload()
print(json.dumps({tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]}))
`;

/** A Python with tensorboard, named by PYTHON or on the path; null if there is none. */
function findPython(): string | null {
  for (const python of [process.env.PYTHON, "python3"]) {
    if (!python) continue;
    try {
      execFileSync(python, ["-c", "import tensorboard"], { stdio: "ignore" });
      return python;
    } catch {
      // No such program, or no tensorboard in it: the next one.
    }
  }
  return null;
}

const python = findPython();

describe("TensorBoard", () => {
  test("its own reader gives back what a run wrote, without the steps that a resumed run took again", async ({
    skip,
  }) => {
    if (python === null) return skip("no Python with tensorboard");
    await withFolder(async (folder) => {
      const { trainer, train, validation } = setting({ callbacks: [new TensorBoard(folder)] });
      const { epochs } = await trainer.fit(train, { epochs: 2, validation });
      // A run that goes on from step 9, as after a kill -9 in step 12.
      const resumed = await EventWriter.create(folder, { restartAt: 10 });
      resumed.add(10, { "step/loss": 0.125 });
      await resumed.close();
      const found: Record<string, [number, number][]> = JSON.parse(
        execFileSync(python, ["-c", reader, folder], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }),
      );
      expect(Object.keys(found).sort()).toEqual([
        ...["epoch/accuracy", "epoch/loss", "epoch/lr", "epoch/valAccuracy", "epoch/valLoss", "step/loss", "step/lr"],
      ]);
      expect(found["step/loss"].map(([step]) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      expect(found["step/loss"].at(-1)).toEqual([10, 0.125]);
      expect(found["epoch/valLoss"]).toEqual([[6, Math.fround(epochs[0].logs.valLoss)]]);
    });
  });

  test("each run has its own file, which has whole records even while it is written", async () => {
    await withFolder(async (folder) => {
      const writers = [await EventWriter.create(folder), await EventWriter.create(folder)];
      for (let step = 1; step <= 50; step++) writers[0].add(step, { loss: 1 / step }, step);
      expect(writers[0].isFull).toBe(false);
      await Promise.all([writers[0].flush(), writers[0].flush()]);
      const names = await readdir(folder);
      expect(names).toHaveLength(2);
      for (const name of names) expect(name).toMatch(/^events\.out\.tfevents\.\d{10}\..+/);
      const bytes = await readFile(writers[0].path);
      let records = 0;
      for (let at = 0; at < bytes.length; records++) at += 16 + Number(bytes.readBigUInt64LE(at));
      expect(records).toBe(51);
      await Promise.all(writers.map((writer) => writer.close()));
    });
  });

  test("refuses what makes no sense", async () => {
    await withFolder(async (folder) => {
      const writer = await EventWriter.create(folder);
      expect(() => writer.add(-1, {})).toThrow(ArgumentError);
      await writer.close();
      await expect(EventWriter.create(writer.path)).rejects.toThrow(FileError);
      expect(() => new TensorBoard(folder, { everySteps: 0 })).toThrow("everySteps must be a positive integer");
    });
  });
});
