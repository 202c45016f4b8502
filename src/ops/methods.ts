/**
 * The list of ops. Every op function is in it once: in `methods` if it is also a method of Tensor, otherwise in
 * `functionsOnly`. tensor.ts makes the methods from it; the case list and the tables in docs/ follow it. Signatures,
 * documentation and records are in the family folders, not here.
 */
import type { Tensor } from "../tensor.js";
import * as ops from "./index.js";

/** The op functions that are methods of Tensor: `x.name(...)` is `name(x, ...)`. */
export const methods = [
  // elementwise
  "sigmoid",
  "relu",
  "leakyRelu",
  "elu",
  "selu",
  "gelu",
  "silu",
  "softplus",
  "add",
  "sub",
  "mul",
  "div",
  "pow",
  "maximum",
  "minimum",
  "atan2",
  "mod",
  "cast",
  "eq",
  "ne",
  "lt",
  "le",
  "gt",
  "ge",
  "isNaN",
  "isFinite",
  "logicalAnd",
  "logicalOr",
  "logicalNot",
  "where",
  "floor",
  "ceil",
  "round",
  "clamp",
  "sin",
  "cos",
  "tan",
  "asin",
  "acos",
  "atan",
  "sinh",
  "cosh",
  "tanh",
  "neg",
  "abs",
  "sign",
  "exp",
  "expm1",
  "log",
  "log1p",
  "sqrt",
  "rsqrt",
  "square",
  "reciprocal",
  "erf",
  // reduction
  "argmax",
  "argmin",
  "sum",
  "sumTo",
  "mean",
  "prod",
  "max",
  "min",
  "any",
  "all",
  "cumsum",
  "cumprod",
  "variance",
  "std",
  "logsumexp",
  "norm",
  // movement
  "embedding",
  "gather",
  "scatterAdd",
  "indexSelect",
  "indexAdd",
  "oneHot",
  "pad",
  "permute",
  "transpose",
  "reshape",
  "expand",
  "flatten",
  "squeeze",
  "unsqueeze",
  "tile",
  "slice",
  "flip",
  "split",
  "chunk",
  "sort",
  "argsort",
  "topk",
  "to",
  "tril",
  "triu",
  // matmul
  "dot",
  "outer",
  "linear",
  "matmul",
  // convolution
  "avgPool2d",
  "adaptiveAvgPool2d",
  "conv2d",
  "conv1d",
  "convTranspose2d",
  "maxPool2d",
  // normalization
  "batchNorm",
  "groupNorm",
  "layerNorm",
  "rmsNorm",
  "softmax",
  "logSoftmax",
  // attention
  "scaledDotProductAttention",
  // random
  "dropout",
  // loss
  "binaryCrossEntropy",
  "binaryCrossEntropyWithLogits",
  "crossEntropy",
  "mse",
  "l1",
  "huber",
  "klDivergence",
  "hinge",
  "cosineSimilarity",
  "nll",
] as const satisfies readonly (keyof typeof ops)[];

/**
 * The op functions that are not derived as methods, because they take any number of tensors, or have overloads. If a
 * function with overloads must be a method, its method is written by hand in tensor.ts.
 */
export const functionsOnly = ["concat", "einsum", "stack"] as const satisfies readonly (keyof typeof ops)[];

/** The name of an op function. */
export type OpName = (typeof methods | typeof functionsOnly)[number];

type OpFunction = {
  [K in keyof typeof ops]: (typeof ops)[K] extends (...args: never[]) => unknown ? K : never;
}[keyof typeof ops];

type Nothing<T extends never> = T;

/** @internal The op functions in neither list: none. If there are some, this does not compile, and the error names them. */
export type Unlisted = Nothing<Exclude<OpFunction, OpName>>;

/** A function of a tensor and more, as a method of the tensor. */
type Bound<F> = F extends (x: Tensor, ...rest: infer Rest) => infer Result ? (...rest: Rest) => Result : never;

// In this form the properties keep the declarations of T's: editors show the function's documentation on a method, and
// "go to definition" opens the function.
type BoundEach<T, Names extends keyof T> = { -readonly [Name in Names]: Bound<T[Name]> };

/**
 * The op methods of Tensor. To TypeScript they are properties that hold functions: a subclass overrides one with a field,
 * not with a method.
 */
export type OpMethods = BoundEach<typeof ops, (typeof methods)[number]>;

type AnyFunction = (...args: unknown[]) => unknown;

/**
 * Adds the methods to the prototype of Tensor. No op function takes more than five arguments. Arguments that a caller
 * leaves out are passed on as undefined, which costs less than a rest parameter; default values apply to them. The
 * `length` of every method is 4.
 */
export function addMethods(prototype: object): void {
  const functions = ops as unknown as Readonly<Record<string, AnyFunction>>;
  for (const name of methods) {
    const op = functions[name];
    const value = function (this: unknown, a: unknown, b: unknown, c: unknown, d: unknown): unknown {
      return op(this, a, b, c, d);
    };
    Object.defineProperty(value, "name", { value: name });
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  }
}
