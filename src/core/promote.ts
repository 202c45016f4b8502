/**
 * Converts the inputs of an op to the dtypes that its record asks for. Only apply.ts calls it; the table of
 * promotion is in dtype.ts.
 */
import type { Tensor } from "../tensor.js";
import { type DType, isFloat, isInteger, promoteTypes } from "./dtype.js";
import { DTypeError } from "./errors.js";
import type { InputType, Op, OpInputs } from "./op.js";

const inGroup = (type: InputType): boolean => type === "any" || type === "numeric" || type === "float";

/**
 * Brings an op's inputs to the dtypes its record asks for: those of type any, numeric and float meet in one dtype
 * (the table in dtype.ts), indices become int32. The conversion is the `cast` op, so gradients flow through it.
 *
 * @returns `inputs` itself if nothing had to be converted
 * @throws DTypeError; nothing has been converted then
 */
export function promoteInputs(op: Op, inputs: OpInputs): OpInputs {
  const common = commonDType(op, inputs);
  let agree = true;
  for (let i = 0; i < inputs.length; i++) {
    const x = inputs[i];
    if (x !== null && wantedDType(op, i, x.dtype, common) !== x.dtype) agree = false;
  }
  if (agree) return inputs;
  const promoted: (Tensor | null)[] = [];
  try {
    for (const [i, x] of inputs.entries())
      promoted.push(x === null ? null : x.cast(wantedDType(op, i, x.dtype, common)));
  } catch (error) {
    disposePromoted(inputs, promoted);
    throw error;
  }
  return promoted;
}

/** Disposes the conversions that `promoteInputs` made. Values that the tape saved from them stay. */
export function disposePromoted(given: OpInputs, promoted: OpInputs): void {
  if (promoted === given) return;
  for (let i = 0; i < promoted.length; i++) if (promoted[i] !== given[i]) promoted[i]?.dispose();
}

function wantedDType(op: Op, i: number, dtype: DType, common: DType | null): DType {
  const type = typeOf(op, i);
  return inGroup(type) ? (common as DType) : unpromotedDType(op, i, type, dtype);
}

const typeOf = (op: Op, i: number): InputType => op.inputs[Math.min(i, op.inputs.length - 1)].type;

/** The dtype in which the inputs that take part in promotion meet. */
function commonDType(op: Op, inputs: OpInputs): DType | null {
  let dtype: DType | null = null;
  let strictest: InputType = "any";
  for (let i = 0; i < inputs.length; i++) {
    const x = inputs[i];
    if (x === null) continue;
    const type = typeOf(op, i);
    if (!inGroup(type)) continue;
    dtype = dtype === null ? x.dtype : promoteTypes(dtype, x.dtype);
    if (type === "float" || strictest === "any") strictest = type;
  }
  if (dtype === null) return null;
  if (strictest === "float" && !isFloat(dtype)) return "float32";
  if (strictest === "numeric" && dtype === "bool") return "int32";
  return dtype;
}

function unpromotedDType(op: Op, i: number, type: InputType, dtype: DType): DType {
  const name = op.inputs[Math.min(i, op.inputs.length - 1)].name;
  if (type === "index") {
    if (!isInteger(dtype))
      throw new DTypeError(
        `${op.name}: ${name} holds indices and must be int32 or uint8, got ${dtype}; use cast("int32")`,
      );
    return "int32";
  }
  if (type === "bool" && dtype !== "bool")
    throw new DTypeError(
      `${op.name}: ${name} is a mask and must be bool, got ${dtype}; use cast("bool") or a comparison`,
    );
  return dtype;
}
