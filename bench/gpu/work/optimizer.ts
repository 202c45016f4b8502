/** One step of AdamW on the parameters of a whole network. Called by ../work.ts. */
import { noGrad, type Tensor } from "../../../src/index.js";
import { AdamW } from "../../../src/optim/index.js";
import { type Row, size } from "../rows.js";
import type { Work } from "../work.js";
import { random, sampleOf } from "./operands.js";

/** The shapes of GPT-2's parameters (Radford and others 2019); the output shares the table of tokens. */
function gpt2Shapes(row: Row): number[][] {
  const width = size(row, "width");
  const block = [
    ...[[width], [width]], // layer norm
    ...[[3 * width, width], [3 * width]], // queries, keys, values
    ...[[width, width], [width]], // projection
    ...[[width], [width]], // layer norm
    ...[[4 * width, width], [4 * width]],
    ...[[width, 4 * width], [width]],
  ];
  const tables = [
    [size(row, "classes"), width],
    [size(row, "tokens"), width],
  ];
  return [...tables, ...Array.from({ length: size(row, "layers") }, () => block).flat(), [width], [width]];
}

const sampled = 1024;

export function adamWWork(row: Row): Work {
  const shapes = gpt2Shapes(row);
  const count = shapes.reduce((sum, shape) => sum + shape.reduce((p, n) => p * n, 1), 0);
  return {
    bytes: 28 * count, // reads parameter, gradient and two averages, writes all but the gradient
    flops: 0,
    repeatable: false,
    make() {
      const [parameters, gradients] = [0, 1].map(() => shapes.map((shape) => random("float32", ...shape)));
      for (const p of parameters) p.requiresGrad = true;
      const optimizer = new AdamW(parameters, { lr: 1e-3, weightDecay: 0.1 });
      const flat = (p: Tensor): Tensor => sampleOf(p.detach().reshape([p.size]), 0, sampled);
      // A copy: the parameters change in place.
      const before = noGrad(() => flat(parameters[0]).add(0));
      return {
        tensors: [before, noGrad(() => flat(gradients[0]))],
        run() {
          optimizer.step(gradients);
          return [];
        },
        // Three steps, with another gradient in between: after one step, the averages do not matter yet.
        first() {
          optimizer.step(gradients);
          optimizer.step(gradients.map((g) => g.mul(-0.5)));
          optimizer.step(gradients);
          return [noGrad(() => flat(parameters[0]).sub(before))];
        },
      };
    },
    sample: ({ tensors }, outputs) => ({ inputs: tensors, outputs }),
  };
}
