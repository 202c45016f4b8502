/** Helpers to describe the layers that are compared with PyTorch. Used by models.ts and sequence-models.ts. */
import { type DType, type Layer, type Module, type Tensor, tensor } from "../../src/index.js";

/** The dtype of parameters, for options. */
export type Options = { readonly dtype: DType };

/** One of the layers of tests/goldens/nn.py. */
export interface Model {
  readonly module: Module;
  /** Everything that the layer gives, for inputs of the shapes below. */
  readonly call: (...xs: Tensor[]) => Tensor[];
}

/** The shape of floats, or of integers below a bound. */
export type Input = readonly number[] | { readonly shape: readonly number[]; readonly below: number };

/** A model to compare, and the inputs to call it with. */
export type ModelCase = readonly [make: (options: Options) => Model, ...inputs: Input[]];

export const layer = (make: (options: Options) => Layer, ...inputs: Input[]): ModelCase => [
  (options) => {
    const module = make(options);
    return { module, call: (x) => [module.forward(x)] };
  },
  ...inputs,
];

/** A module whose forward takes other arguments; `call` calls it. */
export const called = <M extends Module>(
  make: (options: Options) => M,
  call: (module: M, ...xs: Tensor[]) => Tensor[],
  ...inputs: Input[]
): ModelCase => [
  (options) => {
    const module = make(options);
    return { module, call: (...xs) => call(module, ...xs) };
  },
  ...inputs,
];

/** The formula of nn.py. */
export function values(shape: readonly number[], a: number, b: number, m: number, scale: number): Tensor {
  const n = shape.reduce((product, size) => product * size, 1);
  const data = Float64Array.from({ length: n }, (_, i) => (((a * i + b) % m) - Math.floor(m / 2)) / scale);
  return tensor(data, { shape });
}
