/**
 * Initial values of parameters: Kaiming's initializers, `gain` and `fans` for users, and the helpers with which the
 * layers of src/nn make their parameters. Other initializers are in initializers.ts.
 */
import type { DeviceName } from "../../core/device.js";
import { checkDType, type DType, isFloat } from "../../core/dtype.js";
import { ArgumentError, DTypeError, ShapeError } from "../../core/errors.js";
import { checkNonNegative, integerFrom } from "../../core/option-checks.js";
import type { Generator } from "../../core/random/generator.js";
import { checkShape, type Shape, show, sizeOf } from "../../core/shape.js";
import { full } from "../../create.js";
import { rand, randn } from "../../random.js";
import type { Tensor } from "../../tensor.js";
import { parameter } from "../parameter.js";

/** Options of initializers and layers: the generator, dtype and device of new parameters. */
export interface InitOptions {
  /** The generator of random numbers. Default: the default generator, which `manualSeed` seeds. */
  readonly generator?: Generator;
  /** The dtype of the parameters. Default float32. */
  readonly dtype?: DType;
  /** The device of the parameters. Default: the device in use. */
  readonly device?: DeviceName;
}

/** Options of `kaimingUniform` and `kaimingNormal`. */
export interface KaimingOptions extends InitOptions {
  /**
   * Keep the variance of activations ("fanIn"), or of the gradients that flow back ("fanOut"). Default "fanIn".
   */
  readonly mode?: "fanIn" | "fanOut";
  /** The factor for the nonlinearity that follows; see `gain`. Default: that of ReLU, the root of 2. */
  readonly gain?: number;
}

/** The nonlinearities for which `gain` has a factor. */
export type Nonlinearity = "linear" | "sigmoid" | "tanh" | "relu" | "leakyRelu" | "selu";

/**
 * The factor on the standard deviation of a weight that makes up for the nonlinearity after it.
 *
 * @param slope - the slope of leakyRelu below 0. Default 0.01
 */
export function gain(nonlinearity: Nonlinearity, slope = 0.01): number {
  const gains = {
    linear: 1,
    sigmoid: 1,
    tanh: 5 / 3,
    relu: Math.SQRT2,
    leakyRelu: Math.sqrt(2 / (1 + slope ** 2)),
    selu: 3 / 4,
  };
  if (!Object.hasOwn(gains, nonlinearity))
    throw new ArgumentError(
      `gain: nonlinearity must be one of ${Object.keys(gains).join(", ")}, got ${String(nonlinearity)}`,
    );
  return gains[nonlinearity];
}

/**
 * The number of inputs of each output of a weight (fanIn), and of outputs of each input (fanOut).
 *
 * @param shape - (out, in), or (out, in, ...kernel) for a convolution
 */
export function fans(shape: Shape): { readonly fanIn: number; readonly fanOut: number } {
  checkShape("fans", shape);
  if (shape.length < 2)
    throw new ShapeError(`fans: a weight must have at least two axes, (out, in, ...kernel), got ${show(shape)}`);
  const kernel = sizeOf(shape.slice(2));
  return { fanIn: shape[1] * kernel, fanOut: shape[0] * kernel };
}

/** gain / sqrt(fan): the standard deviation that keeps variances as they are. 0 for a weight of no elements. */
function deviationOf(op: string, shape: Shape, { mode = "fanIn", gain = Math.SQRT2 }: KaimingOptions): number {
  if (mode !== "fanIn" && mode !== "fanOut")
    throw new ArgumentError(`${op}: mode must be "fanIn" or "fanOut", got ${String(mode)}`);
  checkNonNegative(op, "gain", gain);
  const fan = fans(shape)[mode];
  return fan === 0 ? 0 : gain / Math.sqrt(fan);
}

/**
 * A weight drawn uniformly from [-b, b), b = gain sqrt(3 / fan), so that its variance is gain^2 / fan: He et al.,
 * "Delving deep into rectifiers" (2015).
 *
 * @param shape - (out, in), or (out, in, ...kernel) for a convolution
 * @throws ShapeError for fewer than two axes, ArgumentError for options out of range
 */
export function kaimingUniform(shape: Shape, options: KaimingOptions = {}): Tensor {
  const bound = Math.sqrt(3) * deviationOf("kaimingUniform", shape, options);
  return rand(shape, { ...options, low: -bound, high: bound });
}

/** As `kaimingUniform`, but from the normal distribution of mean 0 and variance gain^2 / fan. */
export function kaimingNormal(shape: Shape, options: KaimingOptions = {}): Tensor {
  return randn(shape, { ...options, std: deviationOf("kaimingNormal", shape, options) });
}

/**
 * The parameters of a linear or convolutional layer as PyTorch starts them: both uniform from
 * [-1 / sqrt(fanIn), 1 / sqrt(fanIn)), which for the weight is Kaiming's bound with a gain of sqrt(1 / 3).
 *
 * @param outputs - the size of the bias; null for none
 */
export function defaultParameters(
  shape: Shape,
  outputs: number | null,
  { generator, dtype, device }: InitOptions,
): { readonly weight: Tensor; readonly bias: Tensor | null } {
  const options = { generator, dtype, device };
  const weight = parameter(kaimingUniform(shape, { ...options, gain: Math.sqrt(1 / 3) }));
  const bound = 1 / Math.sqrt(fans(shape).fanIn);
  return { weight, bias: outputs === null ? null : uniformParameter([outputs], bound, options) };
}

/** A parameter drawn uniformly from [-bound, bound). */
export const uniformParameter = (shape: Shape, bound: number, { generator, dtype, device }: InitOptions): Tensor =>
  parameter(rand(shape, { generator, dtype, device, low: -bound, high: bound }));

/** A parameter of one value, such as the scale or the shift of a normalization. */
export function filledParameter(layer: string, shape: Shape, value: number, { dtype, device }: InitOptions): Tensor {
  if (dtype !== undefined && !isFloat(checkDType(layer, dtype)))
    throw new DTypeError(`${layer}: parameters must have a float dtype, got ${dtype}`);
  return parameter(full(shape, value, { dtype, device }));
}

/** Throws ArgumentError unless a layer's size is a positive integer. */
export function checkSize(layer: string, name: string, size: number): void {
  if (!Number.isInteger(size) || size < 1)
    throw new ArgumentError(`${layer}: ${name} must be ${integerFrom(1)}, got ${size}`);
}
