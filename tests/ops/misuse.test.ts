import { describe, expect, test } from "vitest";
import { DisposedError, memory, Tape, tidy } from "../../src/index.js";
import { caseFileNames, samplesOf } from "../support/goldens.js";
import { withKernels } from "../support/kernels.js";
import { inputsOf, outputsOf, wrtOf } from "../support/run.js";

/** Rules that hold for every op, regardless of what it computes. The plain case represents the op. */
const ops = caseFileNames.flatMap((file) => {
  const first = new Map(
    samplesOf(file)
      .map((s) => [s.op, s] as const)
      .reverse(),
  );
  return [...first.values()].filter(({ sample }) => Object.keys(sample.inputs).length > 0);
});

describe("every op", () => {
  for (const { op, sample } of ops) {
    test(`${op}: a disposed input is a DisposedError, whichever it is`, () => {
      const before = memory();
      for (const name of Object.keys(sample.inputs)) {
        tidy(() => {
          const inputs = inputsOf(op, sample, "float32");
          inputs[name].dispose();
          expect(() => outputsOf(sample, inputs)).toThrow(DisposedError);
        });
      }
      expect(memory()).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
    });

    test(`${op}: forward and backward inside a tape leave nothing behind`, (context) => {
      const before = memory();
      withKernels(context, () => {
        tidy(() => {
          using tape = new Tape();
          const inputs = inputsOf(op, sample, "float32");
          const wrt = wrtOf(sample).map((name) => tape.watch(inputs[name]));
          for (const y of outputsOf(sample, inputs))
            if (y.requiresGrad) tape.gradients(y.sum(), wrt, { unused: "zeros" });
        });
      });
      expect(memory()).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
    });
  }
});
