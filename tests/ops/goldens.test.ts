import { describe, expect, test } from "vitest";
import { tidy } from "../../src/index.js";
import { expectClose } from "../support/compare.js";
import { caseFileNames, hashOf, readGoldens, samplesOf } from "../support/goldens.js";
import { withKernels } from "../support/kernels.js";
import { floatsOf, gradientsOf, inputsOf, isFloatTensor, outputsOf, wrtOf } from "../support/run.js";

for (const file of caseFileNames) {
  const goldens = readGoldens(file);
  describe(file, () => {
    for (const { op, key, sample } of samplesOf(file)) {
      test(key, (context) => {
        withKernels(context, () => {
          const golden = goldens.get(key);
          if (golden?.hash !== hashOf(op, sample))
            throw new Error(`${key}: out of date; run npm run goldens -- ${file}`);
          for (const float of floatsOf(sample)) {
            tidy(() => {
              const outputs = outputsOf(sample, inputsOf(op, sample, float));
              expect(outputs.map(({ shape }) => shape)).toEqual(golden.outputs.map(({ shape }) => shape));
              outputs.forEach((y, i) => {
                expectClose(
                  `${key} in ${float}, output ${i}`,
                  y.dataSync(),
                  golden.outputs[i].values,
                  y.dtype,
                  "value",
                  sample.slack,
                );
              });
              if (
                Object.keys(sample.inputs).length > 0 &&
                float !== "float32" &&
                outputs.some(isFloatTensor) &&
                allFloat(sample)
              )
                expect(outputs.filter(isFloatTensor).every((y) => y.dtype === float)).toBe(true);
            });
            tidy(() => {
              const grads = gradientsOf(op, sample, float);
              expect(Object.keys(grads ?? {})).toEqual(Object.keys(golden.grads));
              for (const name of grads ? wrtOf(sample) : []) {
                const g = (grads as Record<string, ReturnType<typeof outputsOf>[number]>)[name];
                expectClose(
                  `${key} in ${float}, gradient of ${name}`,
                  g.dataSync(),
                  golden.grads[name],
                  g.dtype,
                  "gradient",
                  sample.slack,
                );
              }
            });
          }
        });
      });
    }
  });
}

/** A case of float inputs alone: its float results are of the same dtype. */
function allFloat(sample: { inputs: Readonly<Record<string, { dtype: string }>> }): boolean {
  return Object.values(sample.inputs).every(({ dtype }) => dtype === "float");
}
