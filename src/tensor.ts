/**
 * The class Tensor: data, lifetime and gradients of a tensor. Ops are not written here: their methods come from the list in
 * ops/methods.ts. core makes tensors through `setTensorClass`, since it may not import this module.
 */
import { setTensorClass } from "./core/apply.js";
import { type BackwardOptions, backward } from "./core/autograd/grad.js";
import type { Variable } from "./core/autograd/variable.js";
import { context } from "./core/context.js";
import type { DeviceName } from "./core/device.js";
import { type DType, hostArray, isFloat, type TypedArray } from "./core/dtype.js";
import { DisposedError, DTypeError, GradientError, ShapeError } from "./core/errors.js";
import { activeTrackers } from "./core/memory/leaks.js";
import { keep, type Scope, tensorMark } from "./core/memory/scope.js";
import type { Storage } from "./core/memory/storage.js";
import type { Meta } from "./core/op.js";
import { type Shape, show, sizeOf } from "./core/shape.js";
import { formatTensor, type Nested, nest } from "./format.js";
import { fill } from "./ops/creation/fill.js";
import { addMethods, type OpMethods } from "./ops/methods.js";

let made = 0;

/** The op methods, which addMethods puts on the class's prototype. */
export interface Tensor extends OpMethods {}

/**
 * An array of numbers on a device, contiguous in row-major order, with a shape and a dtype.
 *
 * Every op is a method and a function of the same name: `x.exp()` is `exp(x)`. The methods come from the list in
 * ops/methods.ts. A tensor is a value: ops make new ones, and only optimizers and running statistics change one in place.
 * Its memory is freed by the scope or tape it was made in, or by `dispose`.
 */
export class Tensor implements Disposable {
  /** The size of each axis; `[]` for a scalar. */
  readonly shape: Shape;
  /** The type of the elements. */
  readonly dtype: DType;
  /** The sum of the gradients that `backward` has computed, or null. Only leaves that require a gradient have one. */
  grad: Tensor | null = null;
  /** The name of the op that made it. */
  readonly madeBy: string;
  /** @internal */
  readonly [tensorMark] = true;
  /** @internal The scope that will dispose this tensor. */
  scope: Scope | null = null;
  #storage: Storage;
  #variable: Variable | null = null;
  #disposed = false;
  readonly #id = ++made;

  /** For the engine. Programs make tensors with `tensor`, `zeros` and similar functions, and with ops. */
  constructor(storage: Storage, { shape, dtype }: Meta, madeBy: string) {
    this.#storage = storage;
    this.shape = shape;
    this.dtype = dtype;
    this.madeBy = madeBy;
    const { scope } = context();
    if (scope === null) storage.addToNet();
    else scope.adopt(this);
    if (activeTrackers.size > 0) for (const tracker of activeTrackers) tracker.made(this.#id, this);
  }

  /** The number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** The number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** The device that holds the data. */
  get device(): DeviceName {
    return this.#storage.backend.name as DeviceName;
  }

  /** @internal */
  get storage(): Storage {
    return this.#storage;
  }

  /** @internal The variable that gradients flow to; null for a constant. */
  get variable(): Variable | null {
    return this.#variable;
  }

  // ---- lifetime

  /** Whether `dispose` or the end of a scope has freed it. */
  get disposed(): boolean {
    return this.#disposed;
  }

  /** Frees the memory, unless a view or a tape still needs it. Using the tensor afterwards throws DisposedError. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#variable?.entry?.unretain();
    this.#storage.release();
    if (activeTrackers.size > 0) for (const tracker of activeTrackers) tracker.disposed(this.#id);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Takes this tensor out of every scope, so that it lives until `dispose`. */
  keep(): this {
    return keep(this);
  }

  /** @internal Throws DisposedError if the tensor is disposed. */
  checkLive(user: string): void {
    if (this.#disposed)
      throw new DisposedError(
        `${user}: ${this.describe()} was used after it was disposed; call keep() on a tensor that must outlive its scope`,
      );
  }

  /** @internal `float32 [2, 3] created by add`, for messages. */
  describe(): string {
    return `${this.dtype} ${show(this.shape)} created by ${this.madeBy}`;
  }

  /** @internal Makes a disposed tensor usable again, until the next `dispose`, while a tape entry holds its buffer. */
  revive(): void {
    this.#storage.retain();
    this.#variable?.entry?.retain();
    this.#disposed = false;
  }

  /** @internal Another tensor of the same buffer and the same variable. */
  alias(): Tensor {
    // This tensor may be disposed, as long as a tape entry still holds the buffer.
    this.#storage.retain();
    const alias = new Tensor(this.#storage, this, this.madeBy);
    alias.attach(this.#variable);
    return alias;
  }

  // ---- gradients

  /** Whether gradients flow to this tensor: it is a leaf that requires one, or the result of an op on such a tensor. */
  get requiresGrad(): boolean {
    return this.#variable !== null;
  }

  /** Makes the tensor a leaf that gradients flow to, or a constant. */
  set requiresGrad(value: boolean) {
    this.checkLive("requiresGrad");
    if (value === this.requiresGrad) return;
    if (!value && this.#variable?.entry)
      throw new GradientError(
        `requiresGrad: ${this.describe()} is the result of an op, not a leaf; use detach() to get a constant`,
      );
    if (value && !isFloat(this.dtype))
      throw new DTypeError(`requiresGrad: only float tensors can require a gradient, got ${this.describe()}`);
    this.#variable = value ? { entry: null, shape: this.shape, dtype: this.dtype, leaf: this } : null;
  }

  /** @internal Makes this tensor represent `variable`. */
  attach(variable: Variable | null): void {
    variable?.entry?.retain();
    this.#variable?.entry?.unretain();
    this.#variable = variable;
  }

  /** A constant that shares this tensor's buffer. */
  detach(): Tensor {
    this.checkLive("detach");
    this.#storage.retain();
    return new Tensor(this.#storage, this, this.madeBy);
  }

  /** Adds the gradient of this scalar to the `grad` of every leaf it depends on. See `backward`. */
  backward(options?: BackwardOptions): void {
    backward(this, options);
  }

  // ---- values

  /**
   * The elements in row-major order, copied from the device without blocking the event loop. The 16-bit floats widen to
   * float32; bool is 0 or 1 in a Uint8Array.
   */
  async data(): Promise<TypedArray> {
    this.checkLive("data");
    this.#storage.retain();
    try {
      return await this.#storage.backend.read(this.#storage.handle);
    } finally {
      this.#storage.release();
    }
  }

  /** Like `data`, but blocks until the device is done. */
  dataSync(): TypedArray {
    this.checkLive("dataSync");
    const target = hostArray(this.dtype, this.size);
    this.#storage.backend.readSync(this.#storage.handle, target);
    return target;
  }

  /** The elements as nested arrays; a number for a scalar. */
  async array(): Promise<Nested> {
    return nest(await this.data(), this.shape);
  }

  /** Like `array`, but blocks until the device is done. */
  arraySync(): Nested {
    return nest(this.dataSync(), this.shape);
  }

  /**
   * The value of a tensor of one element; a bool is 0 or 1. Blocks until the device is done.
   *
   * @throws ShapeError unless it has exactly one element
   */
  item(): number {
    if (this.size !== 1)
      throw new ShapeError(`item: the tensor must have exactly one element, got ${this.describe()}; use data()`);
    return this.dataSync()[0];
  }

  /** Dtype, shape and elements, for people to read; long axes are cut in the middle. Blocks until the device is done. */
  toString(): string {
    if (this.#disposed) return `Tensor(disposed, ${this.describe()})`;
    return formatTensor(this.dataSync(), this.shape, this.dtype);
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /**
   * Zeros on this tensor's device.
   *
   * @param shape - default: the shape of this tensor
   * @param dtype - default: the dtype of this tensor
   */
  zeros(shape = this.shape, dtype = this.dtype): Tensor {
    return fill(shape, 0, dtype, this.storage.backend);
  }

  /**
   * Ones on this tensor's device.
   *
   * @param shape - default: the shape of this tensor
   * @param dtype - default: the dtype of this tensor
   */
  ones(shape = this.shape, dtype = this.dtype): Tensor {
    return fill(shape, 1, dtype, this.storage.backend);
  }
}

addMethods(Tensor.prototype);
setTensorClass((storage, meta, madeBy) => new Tensor(storage, meta, madeBy));
