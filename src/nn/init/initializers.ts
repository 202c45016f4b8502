/**
 * Initializers besides Kaiming's: Xavier's, constant, truncated normal and orthogonal. Users assign their results to
 * parameters; MultiHeadAttention starts from `xavierUniform`.
 */
import { checkDType, isFloat } from "../../core/dtype.js";
import { ArgumentError, DTypeError, ShapeError } from "../../core/errors.js";
import { checkNonNegative } from "../../core/option-checks.js";
import { checkShape, type Shape, show, sizeOf } from "../../core/shape.js";
import { full, tensor } from "../../create.js";
import { rand, randn } from "../../random.js";
import type { Tensor } from "../../tensor.js";
import { fans, type InitOptions } from "./init.js";
import { normalProbability, normalQuantile } from "./normal.js";

/** Options of `xavierUniform` and `xavierNormal`. */
export interface XavierOptions extends InitOptions {
  /** The factor for the nonlinearity that follows; see `gain`. Default 1. */
  readonly gain?: number;
}

/** gain sqrt(2 / (fanIn + fanOut)). 0 for a weight of no elements. */
function xavierDeviation(op: string, shape: Shape, gain = 1): number {
  const { fanIn, fanOut } = fans(shape);
  checkNonNegative(op, "gain", gain);
  return fanIn + fanOut === 0 ? 0 : gain * Math.sqrt(2 / (fanIn + fanOut));
}

/**
 * A weight drawn uniformly from [-b, b), b = gain sqrt(6 / (fanIn + fanOut)): Glorot and Bengio, "Understanding the
 * difficulty of training deep feedforward neural networks" (2010).
 *
 * @param shape - (out, in), or (out, in, ...kernel) for a convolution
 * @throws ShapeError for fewer than two axes, ArgumentError for a gain out of range
 */
export function xavierUniform(shape: Shape, { gain, ...options }: XavierOptions = {}): Tensor {
  const bound = Math.sqrt(3) * xavierDeviation("xavierUniform", shape, gain);
  return rand(shape, { ...options, low: -bound, high: bound });
}

/** As `xavierUniform`, but from the normal distribution of mean 0 and variance gain^2 2 / (fanIn + fanOut). */
export function xavierNormal(shape: Shape, { gain, ...options }: XavierOptions = {}): Tensor {
  return randn(shape, { ...options, std: xavierDeviation("xavierNormal", shape, gain) });
}

/** A tensor of one value, such as a bias of zeros: `full` with the options of an initializer. */
export function constant(shape: Shape, value: number, { dtype, device }: InitOptions = {}): Tensor {
  checkFloat("constant", dtype);
  return full(shape, value, { dtype, device });
}

/** Options of `truncatedNormal`. */
export interface TruncatedNormalOptions extends InitOptions {
  /** The mean before it is cut off. Default 0. */
  readonly mean?: number;
  /** The standard deviation before it is cut off. Default 1. */
  readonly std?: number;
  /** The least value. Default -2. */
  readonly low?: number;
  /** The largest value. Default 2. */
  readonly high?: number;
}

/**
 * Numbers from the normal distribution, given that they lie in [low, high]: the quantile function of the normal at
 * uniform probabilities between those of the bounds. As in PyTorch, the bounds are values, not deviations.
 *
 * @throws ArgumentError unless all are finite, std is above 0 and low below high, and if the normal has almost no
 *   values between the bounds
 */
export function truncatedNormal(shape: Shape, options: TruncatedNormalOptions = {}): Tensor {
  const { mean = 0, std = 1, low = -2, high = 2, generator, dtype, device } = options;
  const bounds = `mean ${mean}, std ${std}, low ${low}, high ${high}`;
  if (![mean, std, low, high].every(Number.isFinite) || std <= 0 || low >= high)
    throw new ArgumentError(
      `truncatedNormal: mean, std, low and high must be finite, with std > 0 and low < high, got ${bounds}`,
    );
  checkFloat("truncatedNormal", dtype);
  // In the lower tail, where probabilities are exact: the upper one is its mirror image.
  const flipped = low > mean;
  const [from, to] = flipped ? [mean - high, mean - low] : [low - mean, high - mean];
  const [p, q] = [normalProbability(from / std), normalProbability(to / std)];
  if (!(q > p))
    throw new ArgumentError(
      `truncatedNormal: low and high are too far from the mean to draw numbers between them: ${bounds}`,
    );
  const values = drawOnHost(rand, shape, generator);
  for (let i = 0; i < values.length; i++) {
    const z = std * normalQuantile(p + values[i] * (q - p));
    values[i] = Math.min(high, Math.max(low, mean + (flipped ? -z : z)));
  }
  return tensor(values, { shape, dtype: dtype ?? "float32", device });
}

/** Options of `orthogonal`. */
export interface OrthogonalOptions extends InitOptions {
  /** A factor on the matrix. Default 1. */
  readonly gain?: number;
}

/**
 * A matrix with orthonormal rows, or columns if it has more rows than columns, drawn uniformly from all such matrices: Saxe,
 * McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks"
 * (2013, arXiv:1312.6120).
 *
 * @param shape - two axes or more; those after the first count as one
 * @throws ShapeError for fewer than two axes, ArgumentError for a gain out of range
 */
export function orthogonal(shape: Shape, { gain = 1, generator, dtype, device }: OrthogonalOptions = {}): Tensor {
  checkShape("orthogonal", shape);
  if (shape.length < 2) throw new ShapeError(`orthogonal: a weight must have at least two axes, got ${show(shape)}`);
  checkNonNegative("orthogonal", "gain", gain);
  checkFloat("orthogonal", dtype);
  const [rows, columns] = [shape[0], sizeOf(shape.slice(1))];
  const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
  const vectors = orthonormal(drawOnHost(randn, [count, length], generator), count, length);
  const values = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++)
      values[i * columns + j] = gain * vectors[rows <= columns ? i * length + j : j * length + i];
  return tensor(values, { shape, dtype: dtype ?? "float32", device });
}

/** Makes `count` vectors orthonormal by Gram and Schmidt, each projection done twice against rounding. */
function orthonormal(vectors: Float64Array, count: number, length: number): Float64Array {
  for (let i = 0; i < count; i++) {
    const vector = vectors.subarray(i * length, (i + 1) * length);
    for (let pass = 0; pass < 2; pass++)
      for (let j = 0; j < i; j++) {
        const other = vectors.subarray(j * length, (j + 1) * length);
        let dot = 0;
        for (let k = 0; k < length; k++) dot += vector[k] * other[k];
        for (let k = 0; k < length; k++) vector[k] -= dot * other[k];
      }
    const norm = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
    for (let k = 0; k < length; k++) vector[k] /= norm;
  }
  return vectors;
}

/** Random numbers on the host, in float64: the same on every device. */
function drawOnHost(from: typeof rand | typeof randn, shape: Shape, generator: InitOptions["generator"]): Float64Array {
  using numbers = from(shape, { dtype: "float64", device: "cpu", generator });
  return numbers.dataSync() as Float64Array;
}

function checkFloat(op: string, dtype: InitOptions["dtype"]): void {
  if (dtype !== undefined && !isFloat(checkDType(op, dtype)))
    throw new DTypeError(`${op}: weights must have a float dtype, got ${dtype}`);
}
