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
import type { Axes, Operand, ReduceOptions } from "./ops/index.js";
import * as ops from "./ops/index.js";

let made = 0;

/**
 * An array of numbers on a device, contiguous in row-major order, with a shape and a dtype.
 *
 * Every op is a method and a function of the same name; the function's documentation is in `src/ops/`. A tensor is a
 * value: ops make new ones, and only optimizers and running statistics change one in place. Its memory is freed by
 * the scope or tape it was made in, or by `dispose`.
 */
export class Tensor implements Disposable {
  readonly shape: Shape;
  readonly dtype: DType;
  /** The gradient that `backward` has added up; only leaves that require a gradient get one. */
  grad: Tensor | null = null;
  /** The op that made it. */
  readonly madeBy: string;
  /** @internal */
  readonly [tensorMark] = true;
  /** @internal The scope that will dispose this tensor. */
  scope: Scope | null = null;
  #storage: Storage;
  #variable: Variable | null = null;
  #disposed = false;
  readonly #id = ++made;

  /** Not to be called: tensors are made by `tensor`, `zeros` and the like, and by ops. */
  constructor(storage: Storage, { shape, dtype }: Meta, madeBy: string) {
    this.#storage = storage;
    this.shape = shape;
    this.dtype = dtype;
    this.madeBy = madeBy;
    const { scope } = context();
    if (scope === null) storage.guard();
    else scope.own(this);
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

  /** @internal What gradients flow to; null for a constant. */
  get variable(): Variable | null {
    return this.#variable;
  }

  // ---- lifetime

  /** Whether `dispose`, or the end of a scope, has freed it. */
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

  /** Takes this tensor out of every scope: it lives until `dispose`. */
  keep(): this {
    return keep(this);
  }

  /** @internal Throws DisposedError if the tensor is disposed. */
  checkLive(user: string): void {
    if (this.#disposed) throw new DisposedError(`${user}: ${this.describe()} was used after it was disposed`);
  }

  /** @internal `float32 [2, 3] made by add`, for messages. */
  describe(): string {
    return `${this.dtype} ${show(this.shape)} made by ${this.madeBy}`;
  }

  /** @internal Makes a disposed tensor usable again, until the next `dispose`, while a tape entry holds its buffer. */
  revive(): void {
    this.#storage.retain();
    this.#variable?.entry?.retain();
    this.#disposed = false;
  }

  /** @internal Another tensor of the same buffer and the same variable. */
  alias(): Tensor {
    // Also where this tensor is disposed, while a tape entry still holds the buffer.
    this.#storage.retain();
    const alias = new Tensor(this.#storage, this, this.madeBy);
    alias.attach(this.#variable);
    return alias;
  }

  // ---- gradients

  /** Whether gradients flow to this tensor, as to a leaf or through the result of an op. */
  get requiresGrad(): boolean {
    return this.#variable !== null;
  }

  /** Makes the tensor a leaf that gradients flow to, or a constant. */
  set requiresGrad(value: boolean) {
    this.checkLive("requiresGrad");
    if (value === this.requiresGrad) return;
    if (!value && this.#variable?.entry)
      throw new GradientError(`requiresGrad: ${this.describe()} is a result, not a leaf; use detach() to get a constant`);
    if (value && !isFloat(this.dtype))
      throw new DTypeError(`requiresGrad: only floats have gradients, got ${this.describe()}`);
    this.#variable = value ? { entry: null, shape: this.shape, dtype: this.dtype, leaf: this } : null;
  }

  /** @internal Makes this tensor stand for `variable`. */
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

  /** As `data`, but blocks until the device is done. */
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

  /** As `array`, but blocks until the device is done. */
  arraySync(): Nested {
    return nest(this.dataSync(), this.shape);
  }

  /**
   * The value of a tensor of one element; a bool is 0 or 1. Blocks until the device is done.
   *
   * @throws ShapeError if it has not exactly one element
   */
  item(): number {
    if (this.size !== 1) throw new ShapeError(`item: ${this.describe()} has ${this.size} elements, not one`);
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

  // ---- ops, one a line, by the family they are defined in

  // biome-ignore-start format: one method a line reads as a table
  // fill: on this tensor's device
  zeros(shape = this.shape, dtype = this.dtype): Tensor { return fill(shape, 0, dtype, this.storage.backend); }
  ones(shape = this.shape, dtype = this.dtype): Tensor { return fill(shape, 1, dtype, this.storage.backend); }
  // cast
  cast(dtype: DType): Tensor { return ops.cast(this, dtype); }
  to(device: DeviceName): Tensor { return ops.to(this, device); }
  // unary
  neg(): Tensor { return ops.neg(this); }
  abs(): Tensor { return ops.abs(this); }
  sign(): Tensor { return ops.sign(this); }
  exp(): Tensor { return ops.exp(this); }
  expm1(): Tensor { return ops.expm1(this); }
  log(): Tensor { return ops.log(this); }
  log1p(): Tensor { return ops.log1p(this); }
  sqrt(): Tensor { return ops.sqrt(this); }
  rsqrt(): Tensor { return ops.rsqrt(this); }
  square(): Tensor { return ops.square(this); }
  reciprocal(): Tensor { return ops.reciprocal(this); }
  erf(): Tensor { return ops.erf(this); }
  // trigonometric
  sin(): Tensor { return ops.sin(this); }
  cos(): Tensor { return ops.cos(this); }
  tan(): Tensor { return ops.tan(this); }
  asin(): Tensor { return ops.asin(this); }
  acos(): Tensor { return ops.acos(this); }
  atan(): Tensor { return ops.atan(this); }
  sinh(): Tensor { return ops.sinh(this); }
  cosh(): Tensor { return ops.cosh(this); }
  tanh(): Tensor { return ops.tanh(this); }
  // rounding
  floor(): Tensor { return ops.floor(this); }
  ceil(): Tensor { return ops.ceil(this); }
  round(): Tensor { return ops.round(this); }
  clamp(options: ops.ClampOptions): Tensor { return ops.clamp(this, options); }
  // activation
  sigmoid(): Tensor { return ops.sigmoid(this); }
  relu(): Tensor { return ops.relu(this); }
  leakyRelu(options?: ops.LeakyReluOptions): Tensor { return ops.leakyRelu(this, options); }
  elu(options?: ops.EluOptions): Tensor { return ops.elu(this, options); }
  selu(): Tensor { return ops.selu(this); }
  gelu(options?: ops.GeluOptions): Tensor { return ops.gelu(this, options); }
  silu(): Tensor { return ops.silu(this); }
  softplus(options?: ops.SoftplusOptions): Tensor { return ops.softplus(this, options); }
  // arithmetic
  add(b: Operand): Tensor { return ops.add(this, b); }
  sub(b: Operand): Tensor { return ops.sub(this, b); }
  mul(b: Operand): Tensor { return ops.mul(this, b); }
  div(b: Operand): Tensor { return ops.div(this, b); }
  pow(b: Operand): Tensor { return ops.pow(this, b); }
  maximum(b: Operand): Tensor { return ops.maximum(this, b); }
  minimum(b: Operand): Tensor { return ops.minimum(this, b); }
  atan2(b: Operand): Tensor { return ops.atan2(this, b); }
  mod(b: Operand): Tensor { return ops.mod(this, b); }
  // comparison
  eq(b: Operand): Tensor { return ops.eq(this, b); }
  ne(b: Operand): Tensor { return ops.ne(this, b); }
  lt(b: Operand): Tensor { return ops.lt(this, b); }
  le(b: Operand): Tensor { return ops.le(this, b); }
  gt(b: Operand): Tensor { return ops.gt(this, b); }
  ge(b: Operand): Tensor { return ops.ge(this, b); }
  isNaN(): Tensor { return ops.isNaN(this); }
  isFinite(): Tensor { return ops.isFinite(this); }
  // logical
  logicalAnd(b: Operand): Tensor { return ops.logicalAnd(this, b); }
  logicalOr(b: Operand): Tensor { return ops.logicalOr(this, b); }
  logicalNot(): Tensor { return ops.logicalNot(this); }
  /** As a condition: a where it holds, b elsewhere. */
  where(a: Operand, b: Operand): Tensor { return ops.where(this, a, b); }
  // reduce
  sum(axes?: Axes, options?: ReduceOptions): Tensor { return ops.sum(this, axes, options); }
  sumTo(shape: Shape): Tensor { return ops.sumTo(this, shape); }
  mean(axes?: Axes, options?: ReduceOptions): Tensor { return ops.mean(this, axes, options); }
  prod(axes?: Axes, options?: ReduceOptions): Tensor { return ops.prod(this, axes, options); }
  max(axes?: Axes, options?: ReduceOptions): Tensor { return ops.max(this, axes, options); }
  min(axes?: Axes, options?: ReduceOptions): Tensor { return ops.min(this, axes, options); }
  any(axes?: Axes, options?: ReduceOptions): Tensor { return ops.any(this, axes, options); }
  all(axes?: Axes, options?: ReduceOptions): Tensor { return ops.all(this, axes, options); }
  // argreduce
  argmax(axis?: number, options?: ReduceOptions): Tensor { return ops.argmax(this, axis, options); }
  argmin(axis?: number, options?: ReduceOptions): Tensor { return ops.argmin(this, axis, options); }
  // statistics
  variance(axes?: Axes, options?: ops.VarianceOptions): Tensor { return ops.variance(this, axes, options); }
  std(axes?: Axes, options?: ops.VarianceOptions): Tensor { return ops.std(this, axes, options); }
  logsumexp(axes?: Axes, options?: ReduceOptions): Tensor { return ops.logsumexp(this, axes, options); }
  norm(axes?: Axes, options?: ops.NormOptions): Tensor { return ops.norm(this, axes, options); }
  // scan
  cumsum(axis: number, options?: ops.ScanOptions): Tensor { return ops.cumsum(this, axis, options); }
  cumprod(axis: number, options?: ops.ScanOptions): Tensor { return ops.cumprod(this, axis, options); }
  // sort
  sort(axis?: number, options?: ops.SortOptions): ops.ValuesAndIndices { return ops.sort(this, axis, options); }
  argsort(axis?: number, options?: ops.SortOptions): Tensor { return ops.argsort(this, axis, options); }
  topk(k: number, axis?: number, options?: ops.TopkOptions): ops.ValuesAndIndices { return ops.topk(this, k, axis, options); }
  // shape
  reshape(shape: Shape): Tensor { return ops.reshape(this, shape); }
  expand(shape: Shape): Tensor { return ops.expand(this, shape); }
  flatten(startAxis?: number, endAxis?: number): Tensor { return ops.flatten(this, startAxis, endAxis); }
  squeeze(axes?: Axes): Tensor { return ops.squeeze(this, axes); }
  unsqueeze(axis: number): Tensor { return ops.unsqueeze(this, axis); }
  tile(repeats: readonly number[]): Tensor { return ops.tile(this, repeats); }
  // permute
  permute(axes: readonly number[]): Tensor { return ops.permute(this, axes); }
  transpose(axis1?: number, axis2?: number): Tensor { return ops.transpose(this, axis1, axis2); }
  // slice
  slice(ranges: readonly ops.SliceRange[]): Tensor { return ops.slice(this, ranges); }
  flip(axes?: Axes): Tensor { return ops.flip(this, axes); }
  split(sizeOrSizes: number | readonly number[], axis?: number): Tensor[] { return ops.split(this, sizeOrSizes, axis); }
  chunk(chunks: number, axis?: number): Tensor[] { return ops.chunk(this, chunks, axis); }
  // pad
  pad(padding: readonly ops.Padding[], options?: ops.PadOptions): Tensor { return ops.pad(this, padding, options); }
  // triangle
  tril(diagonal?: number): Tensor { return ops.tril(this, diagonal); }
  triu(diagonal?: number): Tensor { return ops.triu(this, diagonal); }
  // indexing
  gather(axis: number, index: Tensor): Tensor { return ops.gather(this, axis, index); }
  scatterAdd(axis: number, index: Tensor, source: Tensor): Tensor { return ops.scatterAdd(this, axis, index, source); }
  indexSelect(axis: number, index: Tensor): Tensor { return ops.indexSelect(this, axis, index); }
  indexAdd(axis: number, index: Tensor, source: Tensor): Tensor { return ops.indexAdd(this, axis, index, source); }
  oneHot(depth: number, options?: ops.OneHotOptions): Tensor { return ops.oneHot(this, depth, options); }
  // matmul
  matmul(b: Tensor, options?: ops.MatmulOptions): Tensor { return ops.matmul(this, b, options); }
  // linalg
  dot(b: Tensor): Tensor { return ops.dot(this, b); }
  outer(b: Tensor): Tensor { return ops.outer(this, b); }
  linear(weight: Tensor, bias: Tensor | null = null): Tensor { return ops.linear(this, weight, bias); }
  // conv
  conv1d(weight: Tensor, bias: Tensor | null = null, options?: ops.Conv1dOptions): Tensor { return ops.conv1d(this, weight, bias, options); }
  conv2d(weight: Tensor, bias: Tensor | null = null, options?: ops.Conv2dOptions): Tensor { return ops.conv2d(this, weight, bias, options); }
  convTranspose2d(weight: Tensor, bias: Tensor | null = null, options?: ops.ConvTranspose2dOptions): Tensor { return ops.convTranspose2d(this, weight, bias, options); }
  // pool
  maxPool2d(kernelSize: ops.Size2d, options?: ops.MaxPool2dOptions): Tensor { return ops.maxPool2d(this, kernelSize, options); }
  avgPool2d(kernelSize: ops.Size2d, options?: ops.AvgPool2dOptions): Tensor { return ops.avgPool2d(this, kernelSize, options); }
  adaptiveAvgPool2d(outputSize: ops.Size2d): Tensor { return ops.adaptiveAvgPool2d(this, outputSize); }
  // softmax
  softmax(axis?: number): Tensor { return ops.softmax(this, axis); }
  logSoftmax(axis?: number): Tensor { return ops.logSoftmax(this, axis); }
  // normalization
  layerNorm(normalizedShape: number | Shape, options?: ops.LayerNormOptions): Tensor { return ops.layerNorm(this, normalizedShape, options); }
  rmsNorm(normalizedShape: number | Shape, options?: ops.RmsNormOptions): Tensor { return ops.rmsNorm(this, normalizedShape, options); }
  groupNorm(groups: number, options?: ops.GroupNormOptions): Tensor { return ops.groupNorm(this, groups, options); }
  batchNorm(options?: ops.BatchNormOptions): Tensor { return ops.batchNorm(this, options); }
  // dropout
  dropout(p?: number, options?: ops.DropoutOptions): Tensor { return ops.dropout(this, p, options); }
  // embedding: of a tensor of indices
  embedding(weight: Tensor, options?: ops.EmbeddingOptions): Tensor { return ops.embedding(this, weight, options); }
  // attention: of the queries
  scaledDotProductAttention(k: Tensor, v: Tensor, options?: ops.AttentionOptions): Tensor { return ops.scaledDotProductAttention(this, k, v, options); }
  // loss
  mse(target: Tensor, options?: ops.LossOptions): Tensor { return ops.mse(this, target, options); }
  l1(target: Tensor, options?: ops.LossOptions): Tensor { return ops.l1(this, target, options); }
  huber(target: Tensor, options?: ops.HuberOptions): Tensor { return ops.huber(this, target, options); }
  klDivergence(target: Tensor, options?: ops.KlDivergenceOptions): Tensor { return ops.klDivergence(this, target, options); }
  hinge(target: Tensor, options?: ops.HingeOptions): Tensor { return ops.hinge(this, target, options); }
  cosineSimilarity(b: Tensor, axis?: number, options?: ops.CosineSimilarityOptions): Tensor { return ops.cosineSimilarity(this, b, axis, options); }
  binaryCrossEntropy(target: Tensor, options?: ops.BinaryCrossEntropyOptions): Tensor { return ops.binaryCrossEntropy(this, target, options); }
  binaryCrossEntropyWithLogits(target: Tensor, options?: ops.BinaryCrossEntropyWithLogitsOptions): Tensor { return ops.binaryCrossEntropyWithLogits(this, target, options); }
  nll(target: Tensor, options?: ops.LabelOptions): Tensor { return ops.nll(this, target, options); }
  crossEntropy(target: Tensor, options?: ops.CrossEntropyOptions): Tensor { return ops.crossEntropy(this, target, options); }
  // biome-ignore-end format: one method a line reads as a table
}

setTensorClass((storage, meta, madeBy) => new Tensor(storage, meta, madeBy));
