/** The mixup transform of batches. Users pass it to the `transforms` option of DataLoader. */

import { ArgumentError } from "../../core/errors.js";
import { checkInteger, checkPositive } from "../../core/option-checks.js";
import type { Generator } from "../../core/random/generator.js";
import { show } from "../../core/shape.js";
import type { HostArray } from "../dataset.js";
import type { BatchTransform } from "../transform.js";

/** Options of `mixup`. */
export interface MixupOptions {
  /** The number of classes: labels become rows of as many probabilities, which `crossEntropy` takes as its target. */
  readonly classes: number;
  /** The parameter of the Beta distribution: the smaller, the less is mixed. Default 0.2. */
  readonly alpha?: number;
  /** The field to mix. Default "x". */
  readonly x?: string;
  /** The field of the labels. Default "y". */
  readonly y?: string;
}

/**
 * Mixes each sample with another one of the batch, and their labels likewise (Zhang, Cisse, Dauphin and Lopez-Paz,
 * "mixup: Beyond Empirical Risk Minimization", 2018): x = lambda x_i + (1 - lambda) x_j with lambda from Beta(alpha,
 * alpha), one for the batch. Labels (B) become float32 (B, classes).
 *
 * @throws ArgumentError unless classes is 1 or more and alpha above 0, and, when it is applied, if a label is out of range
 */
export function mixup({ classes, alpha = 0.2, x = "x", y = "y" }: MixupOptions): BatchTransform {
  checkInteger("mixup", "classes", classes, 1);
  checkPositive("mixup", "alpha", alpha);
  return (batch, generator) => {
    const [inputs, labels] = [field(batch[x], x), field(batch[y], y)];
    const count = labels.data.length;
    if (labels.shape.length !== 1 || inputs.shape[0] !== count)
      throw new ArgumentError(
        `mixup: there must be one label for each sample, got labels ${show(labels.shape)} for inputs ${show(inputs.shape)}`,
      );
    const lambda = beta(alpha, generator);
    const partner = generator.permutation(count);
    const size = inputs.data.length / count;
    const mixed = new Float32Array(inputs.data.length);
    const targets = new Float32Array(count * classes);
    for (let i = 0; i < count; i++) {
      const j = partner[i];
      for (let k = 0; k < size; k++)
        mixed[i * size + k] = lambda * inputs.data[i * size + k] + (1 - lambda) * inputs.data[j * size + k];
      for (const label of [labels.data[i], labels.data[j]])
        if (!Number.isInteger(label) || label < 0 || label >= classes)
          throw new ArgumentError(`mixup: label ${label} is out of range for ${classes} classes`);
      targets[i * classes + labels.data[i]] += lambda;
      targets[i * classes + labels.data[j]] += 1 - lambda;
    }
    return {
      ...batch,
      [x]: { shape: inputs.shape, data: mixed },
      [y]: { shape: [count, classes], data: targets },
    };
  };
}

function field(value: HostArray | undefined, name: string): HostArray {
  if (value === undefined) throw new ArgumentError(`mixup: the batch has no field ${name}`);
  return value;
}

/** A number from Beta(a, a): X / (X + Y) with X and Y from Gamma(a). Jöhnk's method underflows for small a; this does not. */
function beta(a: number, generator: Generator): number {
  const [x, y] = [logGamma(a, generator), logGamma(a, generator)];
  return 1 / (1 + Math.exp(y - x));
}

/**
 * The logarithm of a number from Gamma(a), by Marsaglia and Tsang, "A simple method for generating gamma variables"
 * (2000); a below 1 is raised by one and multiplied by U^(1/a), which here is a sum of logarithms.
 */
function logGamma(a: number, generator: Generator): number {
  if (a < 1) return logGamma(a + 1, generator) + Math.log1p(-generator.uniform()) / a;
  const d = a - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const z = normal(generator);
    const v = (1 + c * z) ** 3;
    if (v > 0 && Math.log1p(-generator.uniform()) < 0.5 * z * z + d - d * v + d * Math.log(v))
      return Math.log(d) + Math.log(v);
  }
}

/** A number from the standard normal distribution (Box and Muller 1958). */
const normal = (generator: Generator): number =>
  Math.sqrt(-2 * Math.log1p(-generator.uniform())) * Math.cos(2 * Math.PI * generator.uniform());
