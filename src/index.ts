/**
 * Wengert: a deep-learning engine for Node.js.
 *
 * @module
 */
import "./backends/index.js";

export {
  cuda,
  type DeviceInfo,
  emulator,
  type LaunchedProduct,
  type NativeDevice,
  type NativeMemory,
  type NativeOptions,
  type ProductKernel,
  type ProductKey,
  type TuningFile,
  type TuningRow,
} from "./backends/native/index.js";
export { apply, applyAll, applyUpdate } from "./core/apply.js";
export { checkpoint } from "./core/autograd/checkpoint.js";
export {
  type BackwardOptions,
  backward,
  enableGrad,
  grad,
  isGradEnabled,
  noGrad,
  valueAndGrad,
  vjp,
} from "./core/autograd/grad.js";
export { type GradientsOptions, Tape } from "./core/autograd/tape.js";
export type { Composite, Entry, Saved, Variable } from "./core/autograd/variable.js";
export type { Backend, Buffers, Handle, KernelArgs } from "./core/backend.js";
export { type DeviceName, type DeviceStatus, device, devices, emptyCache, setDevice, sync } from "./core/device.js";
export { type DType, promoteTypes, type TypedArray } from "./core/dtype.js";
export * from "./core/errors.js";
export type { Numbers } from "./core/loops/numbers.js";
export { type Leak, type LeakTracker, trackLeaks } from "./core/memory/leaks.js";
export { keep, Scope, tidy } from "./core/memory/scope.js";
export { type MemoryInfo, memory, resetPeak } from "./core/memory/storage.js";
export {
  defineOp,
  defineUpdate,
  type InputType,
  type Meta,
  type Op,
  type OpDefinition,
  type OpInputs,
  type Update,
  type UpdateDefinition,
  type Vjp,
} from "./core/op.js";
export { defaultGenerator, Generator, type GeneratorState, manualSeed } from "./core/random/generator.js";
export type { Shape } from "./core/shape.js";
export {
  arange,
  type CreateOptions,
  eye,
  full,
  linspace,
  ones,
  onesLike,
  type TensorData,
  type TensorOptions,
  tensor,
  zeros,
  zerosLike,
} from "./create.js";
export * from "./data/index.js";
export type { Nested } from "./format.js";
export * from "./io/index.js";
export * from "./metrics/index.js";
export * from "./nn/index.js";
export * from "./ops/index.js";
export * from "./optim/index.js";
export * from "./random.js";
export { Tensor } from "./tensor.js";
export * from "./train/index.js";
