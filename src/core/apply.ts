/**
 * The one way to run an op or an update: check the inputs, promote, infer, allocate, run the kernel, record. Every op
 * function ends here. Code that must run for every op belongs in this file.
 */
import type { Tensor } from "../tensor.js";
import { Entry, type Saved } from "./autograd/variable.js";
import type { Backend, Handle } from "./backend.js";
import { context } from "./context.js";
import { backend } from "./device.js";
import { isFloat } from "./dtype.js";
import { ArgumentError, DeviceError, DisposedError, ShapeError } from "./errors.js";
import { Storage, tick } from "./memory/storage.js";
import type { Meta, Op, OpInputs, Update } from "./op.js";
import { disposePromoted, promoteInputs } from "./promote.js";
import { quote } from "./quote.js";
import { sameShape, show, sizeOf } from "./shape.js";

type MakeTensor = (storage: Storage, meta: Meta, madeBy: string) => Tensor;
let makeTensor: MakeTensor;

/** @internal Called by tensor.ts, which is above core, with its constructor. */
export function setTensorClass(make: MakeTensor): void {
  makeTensor = make;
}

/** The set to which inputs of ops are added while `noteInputs` runs a function; null otherwise. */
let noted: Set<Tensor> | null = null;

/** @internal Runs `fn`, which is synchronous, and adds every tensor that its ops read to `inputs`. */
export function noteInputs<T>(inputs: Set<Tensor>, fn: () => T): T {
  const outer = noted;
  noted = inputs;
  try {
    return fn();
  } finally {
    noted = outer;
    if (outer !== null) for (const x of inputs) outer.add(x);
  }
}

/**
 * Runs an op with one output; see `applyAll`.
 *
 * @param op - the record, made by `defineOp`
 * @param inputs - the inputs in the order of the record; null for one that is left out
 * @param attrs - the attributes of the op
 */
export const apply = <A>(op: Op<A>, inputs: OpInputs, attrs: A, on?: Backend): Tensor =>
  applyAll(op, inputs, attrs, on)[0];

/**
 * Runs one op: promote the inputs, infer the outputs, allocate, run the kernel, record. Every op goes through here.
 *
 * @param given - the inputs in the order of the record; null for one that is left out
 * @param on - the device of an op without inputs (default: the device in use), and the target of a transfer
 * @returns the outputs in the order of the record
 * @throws ArgumentError for inputs that the record does not have, DisposedError, DeviceError if inputs are on different
 *   devices, and the errors of the op's `infer` and kernel; nothing has happened then
 */
export function applyAll<A>(op: Op<A>, given: OpInputs, attrs: A, on?: Backend): Tensor[] {
  const source = checkInputs(op, given);
  const device = (op.transfer ? on : (source ?? on)) ?? backend();
  const inputs = promoteInputs(op, given);
  const named = nameInputs(op, inputs);
  let outputs: Tensor[] = [];
  try {
    const inferred = op.infer(named, attrs);
    if (op.view) outputs = [viewOf(op, inputs[0] as Tensor, inferred as Meta)];
    else if (op.outputs.length === 1) outputs = [allocate(op, device, inferred as Meta)];
    else for (const name of op.outputs) outputs.push(allocate(op, device, (inferred as Record<string, Meta>)[name]));
    if (op.transfer) (inputs[0] as Tensor).storage.copyTo(device, outputs[0].storage.handle);
    else if (!op.view) device.run(op, buffersOf(op, inputs, outputs), op.args(named, inferred, attrs));
    if (context().recording && inputs.some((x) => x?.variable)) record(op, inputs, outputs, attrs);
  } catch (error) {
    for (const y of outputs) y.dispose();
    throw error;
  } finally {
    disposePromoted(given, inputs);
  }
  return outputs;
}

function checkInputs(op: Op, inputs: OpInputs): Backend | null {
  const count = inputs.length;
  if (op.rest < 0 ? count !== op.inputs.length : count < op.rest)
    throw new ArgumentError(
      `${op.name}: expected the inputs (${op.inputs.map(({ name }) => name).join(", ")}), got ${count} inputs`,
    );
  let device: Backend | null = null;
  for (let i = 0; i < count; i++) {
    const x = inputs[i];
    if (x === null && op.inputs[i]?.optional) continue;
    const storage = (x as Tensor | null | undefined)?.storage;
    if (x === null || storage === undefined)
      throw new ArgumentError(`${op.name}: input ${inputName(op, i)} must be a tensor, got ${quote(x)}`);
    if (x.disposed) throw disposed(op.name, `input ${inputName(op, i)}`, x);
    if (device !== null && storage.backend !== device)
      throw new DeviceError(
        `${op.name}: the inputs must be on one device, got ${device.name} and ${storage.backend.name}; copy them with to()`,
      );
    device = storage.backend;
    if (noted !== null) noted.add(x);
  }
  return device;
}

/** The error for a disposed tensor; `name` says which one it is. */
const disposed = (op: string, name: string, x: Tensor): DisposedError =>
  new DisposedError(
    `${op}: ${name} was disposed: ${x.describe()}; call keep() on a tensor that must outlive its scope`,
  );

const inputName = (op: Op, i: number): string =>
  op.rest >= 0 && i >= op.rest ? `${op.inputs[op.rest].name}[${i - op.rest}]` : op.inputs[i].name;

/** The inputs by name. A tensor is its own Meta, so nothing is copied. */
function nameInputs(op: Op, inputs: OpInputs): Record<string, Saved> {
  const named: Record<string, Saved> = {};
  for (let i = 0; i < op.inputs.length; i++)
    named[op.inputs[i].name] = i === op.rest ? (inputs.slice(i) as Tensor[]) : (inputs[i] ?? undefined);
  return named;
}

function allocate(op: Op, device: Backend, meta: Meta): Tensor {
  const size = sizeOf(meta.shape);
  if (!Number.isSafeInteger(size) || size < 0)
    throw new ShapeError(`${op.name}: the result would have too many elements: ${show(meta.shape)}`);
  return makeTensor(new Storage(device, size, meta.dtype), meta, op.name);
}

function viewOf(op: Op, x: Tensor, meta: Meta): Tensor {
  x.storage.retain();
  return makeTensor(x.storage, meta, op.name);
}

function buffersOf(op: Op, inputs: OpInputs, outputs: readonly Tensor[]): (Handle | null | Handle[])[] {
  const fixed = op.rest >= 0 ? op.rest : inputs.length;
  const buffers: (Handle | null | Handle[])[] = [];
  for (let i = 0; i < fixed; i++) buffers.push(inputs[i]?.storage.handle ?? null);
  if (op.rest >= 0) buffers.push(inputs.slice(op.rest).map((x) => (x as Tensor).storage.handle));
  for (const y of outputs) buffers.push(y.storage.handle);
  return buffers;
}

/** Writes the op on the Wengert list: the outputs become variables of a new entry. */
function record(op: Op, inputs: OpInputs, outputs: readonly Tensor[], attrs: unknown): void {
  if (!outputs.some((y, i) => op.differentiable[i] && isFloat(y.dtype))) return;
  // By position in `op.save`: names are put to them only when a rule asks.
  const values = op.save.map(({ input, output }): Saved => {
    if (output >= 0) return outputs[output];
    return input === op.rest ? (inputs.slice(input) as Tensor[]) : (inputs[input] ?? undefined);
  });
  const variables = inputs.map((x) => (x === null ? null : x.variable));
  const entry = new Entry(op, variables, outputs, values, attrs);
  for (let i = 0; i < outputs.length; i++)
    if (op.differentiable[i] && isFloat(outputs[i].dtype)) outputs[i].attach(entry.outputs[i]);
  for (let { tape } = context(); tape; tape = tape.outer) tape.write(entry);
}

/**
 * Runs an in-place update. `tensors` has a list for each name of `inputs` and `targets`, and the lists belong together
 * element by element; for each name of `shared` it has one tensor.
 *
 * @throws ShapeError if the lists do not fit each other, DisposedError, DeviceError; nothing has happened then
 */
export function applyUpdate<I extends string, T extends string, A, G extends string = never>(
  update: Update<I, T, A, G>,
  tensors: Readonly<Record<I | T, readonly Tensor[]>> & Readonly<Record<G, Tensor>>,
  attrs: A,
): void {
  const lists: Readonly<Record<I | T, readonly Tensor[]>> = tensors;
  const singles: Readonly<Record<G, Tensor>> = tensors;
  const names: readonly (I | T)[] = [...update.inputs, ...update.targets];
  const first = lists[names[0]];
  for (const name of names)
    if (lists[name].length !== first.length)
      throw new ShapeError(
        `${update.name}: the lists must have the same length, got ${first.length} ${names[0]} and ${lists[name].length} ${name}`,
      );
  if (first.length === 0) return;
  const device = first[0].storage.backend;
  const check = (t: Tensor, name: string): void => {
    if (t.disposed) throw disposed(update.name, name, t);
    if (t.storage.backend !== device)
      throw new DeviceError(
        `${update.name}: all tensors must be on one device, but ${name} is on ${t.storage.backend.name} and ${names[0]}[0] is on ${device.name}`,
      );
  };
  for (const name of names) {
    lists[name].forEach((t, i) => {
      check(t, `${name}[${i}]`);
      if (!sameShape(t.shape, first[i].shape))
        throw new ShapeError(
          `${update.name}: ${names[0]}[${i}] and ${name}[${i}] must have the same shape, got ${show(first[i].shape)} and ${show(t.shape)}`,
        );
    });
  }
  for (const name of update.shared) check(singles[name], name);
  const args = update.args(attrs);
  const buffers = [
    ...names.map((name) => lists[name].map((t) => t.storage.handle)),
    ...update.shared.map((name) => singles[name].storage.handle),
  ];
  const now = tick();
  for (const name of update.targets) for (const t of lists[name]) t.storage.writtenAt = now;
  for (const name of update.shared) singles[name].storage.writtenAt = now;
  device.run(update, buffers, args);
}
