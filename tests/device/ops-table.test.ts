/** Tests that the columns of cuda in docs/ops.md are what the device in use, a GPU or the emulator, can do. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { levelOf } from "../../scripts/ops/level.js";
import { marksOf, measure } from "../../scripts/ops/measure.js";
import { readLayout } from "../../scripts/ops/source.js";
import { pageFile, parse, withColumns } from "../../scripts/ops/table.js";
import { apply, defineOp, device, emulator } from "../../src/index.js";
import { uniform } from "../cases/case.js";
import { caseFiles } from "../cases/index.js";

const page = readFileSync(pageFile, "utf8");
const layout = await readLayout();

test.runIf(device() !== "cpu")("docs/ops.md is up to date for cuda", () => {
  const measured = measure(layout.updates.map(({ name }) => name));
  expect(withColumns(layout, page, "cuda", measured), "out of date: run npm run docs:ops").toBe(page);
});

test.runIf(device() === "emulator")("a GPU of compute capability 7.5 has the same marks", () => {
  const { capability } = emulator.info();
  emulator.setOptions({ capability: 75 });
  try {
    expect(emulator.info().capability).toBe("7.5");
    const { ops } = parse(page, "cuda");
    for (const byOp of caseFiles.values())
      for (const [op, cases] of Object.entries(byOp)) expect(marksOf(op, cases), op).toEqual(ops.get(op)?.marks);
  } finally {
    emulator.setOptions({ capability: Math.round(10 * Number(capability)) });
  }
});

test.runIf(device() !== "cpu")("a missing kernel is the reason for a mark", () => {
  const withoutKernel = defineOp({
    ...{ name: "withoutKernel", inputs: ["x"], cpu: () => undefined, vjp: { x: null } },
    infer: ({ x }) => ({ shape: x.shape, dtype: x.dtype }),
  });
  const sample = { name: "plain", inputs: { x: uniform([3]) }, torch: "" };
  expect(levelOf("op", { ...sample, run: ({ x }) => apply(withoutKernel, [x], undefined) }, "float32")).toMatchObject({
    ...{ stage: "none", reason: "no kernel for `withoutKernel`" },
  });
});
