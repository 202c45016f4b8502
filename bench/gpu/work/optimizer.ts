/** One step of AdamW on the parameters of a whole network. */
import { noGrad, type Tensor } from "../../../src/index.js";
import { AdamW } from "../../../src/optim/index.js";
import type { Row } from "../rows.js";
import type { Work } from "../work.js";
import { ends, random } from "./operands.js";

/** The shapes of GPT-2 124M's parameters (Radford and others 2019); the output shares the table of tokens. */
export function gpt2Shapes(layers: number, width: number, classes: number, tokens: number): number[][] {
  const block = [
    ...[[width], [width]], // layer norm
    ...[[3 * width, width], [3 * width]], // queries, keys, values
    ...[[width, width], [width]], // projection
    ...[[width], [width]], // layer norm
    ...[[4 * width, width], [4 * width]],
    ...[[width, 4 * width], [width]],
  ];
  return [[classes, width], [tokens, width], ...Array.from({ length: layers }, () => block).flat(), [width], [width]];
}

const sampled = 1024;

export function adamWWork(row: Row): Work {
  const shapes = row.small ? gpt2Shapes(1, 8, 19, 8) : gpt2Shapes(12, 768, 50257, 1024);
  const count = shapes.reduce((sum, shape) => sum + shape.reduce((p, n) => p * n, 1), 0);
  return {
    bytes: 28 * count, // reads parameter, gradient and two averages, writes all but the gradient
    flops: 0,
    make() {
      const [parameters, gradients] = [0, 1].map(() => shapes.map((shape) => random("float32", ...shape)));
      for (const p of parameters) p.requiresGrad = true;
      const optimizer = new AdamW(parameters, { lr: 1e-3, weightDecay: 0.1 });
      // The parameters change in place, so the sample is a copy of what they were before any step.
      const before = noGrad(() => flatEnds([parameters[0], gradients[0]]).map((x) => x.add(0)));
      return {
        tensors: before,
        run() {
          optimizer.step(gradients);
          return [parameters[0].detach()];
        },
      };
    },
    sample: ({ tensors }, outputs) => ({ inputs: tensors, outputs: flatEnds(outputs) }),
  };
}

const flatEnds = (xs: readonly Tensor[]): Tensor[] => xs.map((x) => ends(x.detach().reshape([x.size]), 0, sampled));
