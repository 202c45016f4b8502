import type { Tensor } from "../tensor.js";
import { type DType, isFloat, isInteger, promoteTypes } from "./dtype.js";
import { DTypeError } from "./errors.js";
import type { InputType, Op } from "./op.js";

const inGroup = (type: InputType): boolean => type === "any" || type === "numeric" || type === "float";

/**
 * Brings an op's inputs to the dtypes its record asks for: those of type any, numeric and float meet in one dtype
 * (the table in dtype.ts), indices become int32. The conversion is the `cast` op, so gradients flow through it.
 */
export function promoteInputs(op: Op, inputs: readonly (Tensor | null)[]): readonly (Tensor | null)[] {
  const wanted = commonDType(op, inputs);
  let result: (Tensor | null)[] | null = null;
  for (let i = 0; i < inputs.length; i++) {
    const x = inputs[i];
    if (x === null) continue;
    const type = typeOf(op, i);
    const dtype = inGroup(type) ? (wanted as DType) : ownDType(op, i, type, x.dtype);
    if (dtype === x.dtype) continue;
    result ??= [...inputs];
    result[i] = x.cast(dtype);
  }
  return result ?? inputs;
}

const typeOf = (op: Op, i: number): InputType => op.inputs[Math.min(i, op.inputs.length - 1)].type;

/** The dtype in which the inputs that take part in promotion meet. */
function commonDType(op: Op, inputs: readonly (Tensor | null)[]): DType | null {
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

function ownDType(op: Op, i: number, type: InputType, dtype: DType): DType {
  const name = op.inputs[Math.min(i, op.inputs.length - 1)].name;
  if (type === "index") {
    if (!isInteger(dtype)) throw new DTypeError(`${op.name}: ${name} holds indices and must be int32 or uint8, got ${dtype}`);
    return "int32";
  }
  if (type === "bool" && dtype !== "bool")
    throw new DTypeError(`${op.name}: ${name} is a mask and must be bool, got ${dtype}; use cast("bool") or a comparison`);
  return dtype;
}
