/** The optimizer runs that tests/goldens/optim.py also makes in PyTorch. */
import {
  Adagrad,
  type AdagradOptions,
  Adam,
  type AdamOptions,
  AdamW,
  type DType,
  Lion,
  type LionOptions,
  type Optimizer,
  RMSprop,
  type RMSpropOptions,
  SGD,
  type SGDOptions,
  type Tensor,
  tensor,
} from "../../src/index.js";

// The same formulas as in tests/goldens/optim.py.
export const shapes = [[3, 2], [4], []];
export const steps = 20;
const sizeOf = (shape: readonly number[]): number => shape.reduce((n, size) => n * size, 1);
export const skipped = (k: number, step: number): boolean => k === 1 && (step < 2 || step % 7 === 6);

export const parameter = (k: number, dtype: DType): Tensor => {
  const values = Float64Array.from({ length: sizeOf(shapes[k]) }, (_, i) => (((5 * i + 3 * k + 2) % 9) - 4) / 4);
  return tensor(values, { shape: shapes[k], dtype, requiresGrad: true });
};

export const gradient = (k: number, step: number, dtype: DType): Tensor => {
  const values = Float64Array.from(
    { length: sizeOf(shapes[k]) },
    (_, i) => (((7 * i + 5 * k + 13 * step + 3) % 11) - 5) / 8 + 1 / 16,
  );
  return tensor(values, { shape: shapes[k], dtype });
};

/** One step of all parameters; of some runs without those that are skipped. */
export const takeStep = (optimizer: Optimizer, step: number, dtype: DType, skips: boolean): void =>
  optimizer.step(shapes.map((_, k) => (skips && skipped(k, step) ? null : gradient(k, step, dtype))));

export type Make = (parameters: Tensor[]) => Optimizer;

const sgd = (options: SGDOptions) => (parameters: Tensor[]) => new SGD(parameters, options);
const adam = (options: AdamOptions) => (parameters: Tensor[]) => new Adam(parameters, options);
const adamW = (options: AdamOptions) => (parameters: Tensor[]) => new AdamW(parameters, options);
const rmsprop = (options: RMSpropOptions) => (parameters: Tensor[]) => new RMSprop(parameters, options);
const adagrad = (options: AdagradOptions) => (parameters: Tensor[]) => new Adagrad(parameters, options);
const lion = (options: LionOptions) => (parameters: Tensor[]) => new Lion(parameters, options);

export const variants: Readonly<Record<string, Make>> = {
  SGD: sgd({ lr: 0.1 }),
  "SGD weightDecay": sgd({ lr: 0.1, weightDecay: 0.05 }),
  "SGD momentum": sgd({ lr: 0.05, momentum: 0.9 }),
  "SGD dampening": sgd({ lr: 0.05, momentum: 0.9, dampening: 0.3 }),
  "SGD nesterov": sgd({ lr: 0.05, momentum: 0.9, nesterov: true }),
  "SGD nesterov weightDecay": sgd({ lr: 0.05, momentum: 0.8, nesterov: true, weightDecay: 0.1 }),
  Adam: adam({}),
  "Adam lr betas eps": adam({ lr: 0.05, betas: [0.8, 0.95], eps: 1e-3 }),
  "Adam weightDecay": adam({ lr: 0.02, weightDecay: 0.1 }),
  "Adam amsgrad": adam({ lr: 0.02, betas: [0.9, 0.5], amsgrad: true }),
  AdamW: adamW({ lr: 0.02 }),
  "AdamW weightDecay": adamW({ lr: 0.02, weightDecay: 0.3 }),
  "AdamW amsgrad": adamW({ lr: 0.02, betas: [0.9, 0.5], weightDecay: 0.1, amsgrad: true }),
  "Adam zero beta1": adam({ lr: 0.02, betas: [0, 0.999] }),
  RMSprop: rmsprop({}),
  "RMSprop alpha eps weightDecay": rmsprop({ lr: 0.02, alpha: 0.8, eps: 1e-3, weightDecay: 0.1 }),
  "RMSprop momentum": rmsprop({ lr: 0.02, alpha: 0.9, momentum: 0.7 }),
  "RMSprop centered": rmsprop({ lr: 0.02, alpha: 0.9, centered: true }),
  "RMSprop centered momentum": rmsprop({ alpha: 0.9, momentum: 0.7, centered: true, weightDecay: 0.1 }),
  Adagrad: adagrad({}),
  "Adagrad lrDecay weightDecay": adagrad({ lr: 0.2, lrDecay: 0.1, weightDecay: 0.1, eps: 1e-3 }),
  "Adagrad initialAccumulatorValue": adagrad({ lr: 0.2, initialAccumulatorValue: 0.5 }),
  Lion: lion({}),
  "Lion lr betas weightDecay": lion({ lr: 0.02, betas: [0.5, 0.8], weightDecay: 0.3 }),
};

/** The first parameter in a group, and the others in a group with other options. */
const split = <O>([first, ...others]: Tensor[], own: O) => [{ params: [first] }, { params: others, ...own }];

/** Their learning rate is cut to a quarter after ten steps. */
export const grouped: Readonly<Record<string, Make>> = {
  "SGD groups": (p) => new SGD(split(p, { lr: 0.02, momentum: 0, weightDecay: 0.1 }), { lr: 0.1, momentum: 0.9 }),
  "AdamW groups": (p) => new AdamW(split(p, { weightDecay: 0, amsgrad: true }), { lr: 0.02, weightDecay: 0.3 }),
  "RMSprop groups": (p) => new RMSprop(split(p, { lr: 0.05, centered: true, momentum: 0.5 })),
  "Adagrad groups": (p) => new Adagrad(split(p, { lr: 0.1, lrDecay: 0.2 }), { lr: 0.2 }),
  "Lion groups": (p) => new Lion(split(p, { lr: 0.03, betas: [0.7, 0.9] as const }), { lr: 0.01 }),
};
