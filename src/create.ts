/**
 * Tensors of given values: from data, of one value, and ranges. Users import these functions; the random ones are in
 * random.ts, and the records of `fill` and `arange` in ops/creation.
 */
import { backend, type DeviceName } from "./core/device.js";
import { checkDType, type DType, isFloat } from "./core/dtype.js";
import { ArgumentError, DTypeError, ShapeError } from "./core/errors.js";
import { Scope } from "./core/memory/scope.js";
import { Storage } from "./core/memory/storage.js";
import { quote } from "./core/quote.js";
import { checkShape, maxRank, type Shape, show, sizeOf } from "./core/shape.js";
import { fill, ramp } from "./ops/creation/fill.js";
import { Tensor } from "./tensor.js";

/** A number or boolean, arrays of them nested as deep as the tensor has axes, or a typed array for one axis. */
export type TensorData = number | boolean | (ArrayBufferView & ArrayLike<number>) | readonly TensorData[];

/** The options of every function that makes a tensor. */
export interface CreateOptions {
  /** The dtype. Default: float32; for typed arrays and booleans their own dtype. */
  readonly dtype?: DType;
  /** The device that holds the tensor. Default: the device in use. */
  readonly device?: DeviceName;
  /** Make the tensor a leaf, to which gradients flow. Only for floats. Default false. */
  readonly requiresGrad?: boolean;
}

/** The options of `tensor`. */
export interface TensorOptions extends CreateOptions {
  /** The shape, for flat data. Default: the nesting of the arrays. */
  readonly shape?: Shape;
}

/**
 * A tensor of the given values: a number, nested arrays, or a typed array.
 *
 * ```ts
 * tensor([[1, 2], [3, 4]]);                                // float32 [2, 2]
 * tensor(new Int32Array([1, 2, 3, 4]), { shape: [2, 2] }); // int32 [2, 2]
 * ```
 *
 * @throws ShapeError if nested arrays are ragged or the shape does not fit; DTypeError if a value is not a number, or
 *   is one that an integer dtype cannot hold
 */
export function tensor(data: TensorData, options: TensorOptions = {}): Tensor {
  const { values, shape: ownShape, dtype: ownDType } = readData(data);
  const dtype = chooseDType("tensor", options, ownDType);
  const shape = options.shape === undefined ? ownShape : checkShape("tensor", options.shape);
  if (sizeOf(shape) !== values.length)
    throw new ShapeError(`tensor: shape ${show(shape)} needs ${sizeOf(shape)} values, got ${values.length}`);
  return fromValues("tensor", values, shape, dtype, options);
}

/**
 * @internal A tensor of numbers that fill the shape, for a function named `op`.
 *
 * @throws DTypeError if a value is one that an integer dtype cannot hold
 */
export function fromValues(
  op: string,
  values: ArrayLike<number>,
  shape: Shape,
  dtype: DType,
  options: CreateOptions,
): Tensor {
  checkValues(op, values, dtype);
  const storage = new Storage(backend(options.device), values.length, dtype);
  storage.backend.write(storage.handle, dtype === "bool" ? Array.from(values, (x) => (x === 0 ? 0 : 1)) : values);
  return finish(new Tensor(storage, { shape, dtype }, op), options);
}

/** @internal The dtype of the options, or `byDefault`. Throws before anything is made. */
export function chooseDType(op: string, { dtype, requiresGrad }: CreateOptions, byDefault: DType): DType {
  const chosen = dtype === undefined ? byDefault : checkDType(op, dtype);
  if (requiresGrad && !isFloat(chosen))
    throw new DTypeError(`${op}: only float tensors can require a gradient, got ${chosen}`);
  return chosen;
}

/** @internal Makes a new tensor a leaf if the options request it. */
export function finish(made: Tensor, { requiresGrad = false }: CreateOptions): Tensor {
  if (requiresGrad) made.requiresGrad = true;
  return made;
}

interface Data {
  readonly values: ArrayLike<number>;
  readonly shape: Shape;
  readonly dtype: DType;
}

function readData(data: TensorData): Data {
  if (ArrayBuffer.isView(data))
    return { values: data as ArrayLike<number>, shape: [(data as Uint8Array).length], dtype: typeOfArray(data) };
  const shape: number[] = [];
  for (let level: unknown = data; Array.isArray(level) || ArrayBuffer.isView(level); level = (level as unknown[])[0]) {
    if (shape.push((level as ArrayLike<unknown>).length) > maxRank)
      throw new ShapeError(
        `tensor: data can be nested at most ${maxRank} levels deep; check whether an array contains itself`,
      );
  }
  const values: number[] = [];
  let booleans = 0;
  const visit = (item: unknown, axis: number): void => {
    if (Array.isArray(item) || ArrayBuffer.isView(item)) {
      const list = item as ArrayLike<unknown>;
      if (list.length !== shape[axis])
        throw new ShapeError(
          `tensor: data is ragged: axis ${axis} has an array of length ${list.length}, expected ${shape[axis] === undefined ? "a number" : `length ${shape[axis]}`}`,
        );
      for (let i = 0; i < list.length; i++) visit(list[i], axis + 1);
      return;
    }
    if (axis !== shape.length)
      throw new ShapeError(`tensor: data is ragged: axis ${axis} has ${quote(item)}, expected an array`);
    if (typeof item !== "number" && typeof item !== "boolean")
      throw new DTypeError(`tensor: values must be numbers or booleans, got ${typeof item} ${quote(item)}`);
    if (typeof item === "boolean") booleans++;
    values.push(Number(item));
  };
  visit(data, 0);
  return { values, shape, dtype: booleans > 0 && booleans === values.length ? "bool" : "float32" };
}

function typeOfArray(array: ArrayBufferView): DType {
  if (array instanceof Float32Array) return "float32";
  if (array instanceof Float64Array) return "float64";
  if (
    array instanceof Int32Array ||
    array instanceof Int16Array ||
    array instanceof Int8Array ||
    array instanceof Uint16Array
  )
    return "int32";
  if (array instanceof Uint8Array || array instanceof Uint8ClampedArray) return "uint8";
  throw new DTypeError(
    `tensor: ${array.constructor.name} is not supported; use a Float32Array, Float64Array, Int32Array or Uint8Array`,
  );
}

/** @internal Throws a DTypeError if an integer dtype cannot hold one of the values. Floats and bool hold all. */
export function checkValues(op: string, values: ArrayLike<number>, dtype: DType): void {
  if (isFloat(dtype) || dtype === "bool") return;
  const [low, high] = dtype === "uint8" ? [0, 255] : [-(2 ** 31), 2 ** 31 - 1];
  for (let i = 0; i < values.length; i++)
    if (!Number.isInteger(values[i]) || values[i] < low || values[i] > high)
      throw new DTypeError(
        `${op}: ${dtype} cannot hold ${values[i]}; to drop fractions, create a float tensor and cast it`,
      );
}

/**
 * A tensor with one value everywhere. Default dtype: float32, and bool for a boolean value.
 *
 * @throws ShapeError if `shape` is not a list of sizes; DTypeError if the value is not a number or boolean, or is one
 *   that an integer dtype cannot hold
 */
export const full = (shape: Shape, value: number | boolean, options: CreateOptions = {}): Tensor =>
  filled("full", shape, value, options);

/**
 * A tensor of zeros. Default dtype: float32.
 *
 * @throws ShapeError if `shape` is not a list of sizes
 */
export const zeros = (shape: Shape, options: CreateOptions = {}): Tensor => filled("zeros", shape, 0, options);

/**
 * A tensor of ones. Default dtype: float32.
 *
 * @throws ShapeError if `shape` is not a list of sizes
 */
export const ones = (shape: Shape, options: CreateOptions = {}): Tensor => filled("ones", shape, 1, options);

function filled(op: string, shape: Shape, value: number | boolean, options: CreateOptions): Tensor {
  if (typeof value !== "number" && typeof value !== "boolean")
    throw new DTypeError(`${op}: value must be a number or a boolean, got ${quote(value)}`);
  const dtype = chooseDType(op, options, typeof value === "boolean" ? "bool" : "float32");
  const number = Number(value);
  checkValues(op, [number], dtype);
  const stored = dtype === "bool" && number !== 0 ? 1 : number;
  return finish(fill(checkShape(op, shape), stored, dtype, backend(options.device)), options);
}

/** Zeros of the shape and dtype of `x`, on its device. */
export const zerosLike = (x: Tensor): Tensor => x.zeros();

/** Ones of the shape and dtype of `x`, on its device. */
export const onesLike = (x: Tensor): Tensor => x.ones();

/**
 * The numbers start, start + step, ... up to but not including stop; `arange(n)` is 0, 1, ..., n - 1. Default dtype:
 * int32 if start, stop and step are integers, otherwise float32.
 *
 * @throws ArgumentError for a step of 0 and for numbers that are not finite; DTypeError for bool and for numbers that
 *   an integer dtype cannot hold
 */
export function arange(startOrStop: number, stop?: number, step = 1, options: CreateOptions = {}): Tensor {
  const [start, end] = stop === undefined ? [0, startOrStop] : [startOrStop, stop];
  if (![start, end, step].every(Number.isFinite) || step === 0)
    throw new ArgumentError(
      `arange: start, stop and step must be finite and step must not be 0, got ${start}, ${end}, ${step}`,
    );
  const integers = [start, end, step].every(Number.isInteger);
  const length = Math.max(0, Math.ceil((end - start) / step));
  checkShape("arange", [length]);
  const dtype = chooseDType("arange", options, integers ? "int32" : "float32");
  if (dtype === "bool") throw new DTypeError("arange: dtype must be a number type, got bool");
  checkValues("arange", [start, start + step, start + (length - 1) * step].slice(0, length), dtype);
  return finish(ramp(length, start, step, dtype, backend(options.device)), options);
}

/**
 * `count` numbers from start to stop, both included, evenly spaced. Default dtype: float32.
 *
 * @throws ArgumentError for numbers that are not finite; ShapeError if the count is not a size; DTypeError for numbers
 *   that an integer dtype cannot hold
 */
export function linspace(start: number, stop: number, count: number, options: CreateOptions = {}): Tensor {
  if (!Number.isFinite(start) || !Number.isFinite(stop))
    throw new ArgumentError(`linspace: start and stop must be finite, got ${quote(start)} and ${quote(stop)}`);
  checkShape("linspace", [count]);
  const dtype = chooseDType("linspace", options, "float32");
  const step = count > 1 ? (stop - start) / (count - 1) : 0;
  const values = Float64Array.from({ length: count }, (_, i) =>
    i === count - 1 && count > 1 ? stop : start + i * step,
  );
  return fromValues("linspace", values, [count], dtype, options);
}

/**
 * The identity matrix, or an n x m matrix with ones on the main diagonal. Default dtype: float32.
 *
 * @throws ShapeError if n or m is not a size
 */
export function eye(n: number, m: number = n, options: CreateOptions = {}): Tensor {
  checkShape("eye", [n, m]);
  const dtype = chooseDType("eye", options, "float32");
  const { device } = options;
  using scope = new Scope();
  const rows = arange(0, n, 1, { device }).reshape([n, 1]);
  const columns = arange(0, m, 1, { device });
  return finish(scope.keep(rows.eq(columns).cast(dtype)), options);
}
