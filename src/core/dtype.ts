/**
 * The seven dtypes, their sizes, and the rules of promotion. Conversions of 16-bit floats are in half.ts; promote.ts
 * applies the rules to the inputs of an op.
 */
import { DTypeError } from "./errors.js";
import { quote } from "./quote.js";

/** The element types of a tensor, from the narrowest to the widest in promotion. */
export type DType = "bool" | "uint8" | "int32" | "float16" | "bfloat16" | "float32" | "float64";

/** The result of `data()`. 16-bit floats are widened to float32; bool is 0 or 1 in a Uint8Array. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

type Kind = "bool" | "integer" | "float";

interface DTypeInfo {
  /** The row and column of this dtype in the table of promotion. */
  readonly code: number;
  readonly bytes: number;
  readonly kind: Kind;
  /** Bits of the significand, the hidden one included; 0 for bool and integers. */
  readonly significand: number;
}

/** The properties of the dtypes. */
export const dtypeInfo: Readonly<Record<DType, DTypeInfo>> = {
  bool: { code: 0, bytes: 1, kind: "bool", significand: 0 },
  uint8: { code: 1, bytes: 1, kind: "integer", significand: 0 },
  int32: { code: 2, bytes: 4, kind: "integer", significand: 0 },
  float16: { code: 3, bytes: 2, kind: "float", significand: 11 },
  bfloat16: { code: 4, bytes: 2, kind: "float", significand: 8 },
  float32: { code: 5, bytes: 4, kind: "float", significand: 24 },
  float64: { code: 6, bytes: 8, kind: "float", significand: 53 },
};

/** Whether a dtype is one of the four floats. */
export const isFloat = (dtype: DType): boolean => dtypeInfo[dtype].kind === "float";
/** Whether a dtype is int32 or uint8. */
export const isInteger = (dtype: DType): boolean => dtypeInfo[dtype].kind === "integer";
/** Whether a value is the name of a dtype. */
export const isDType = (name: unknown): name is DType => typeof name === "string" && Object.hasOwn(dtypeInfo, name);

/** The array on the host that takes `length` elements: the 16-bit floats widen to float32, bool is 0 or 1. */
export function hostArray(dtype: DType, length: number): TypedArray {
  if (dtype === "float64") return new Float64Array(length);
  if (dtype === "int32") return new Int32Array(length);
  return isFloat(dtype) ? new Float32Array(length) : new Uint8Array(length);
}

/** Throws unless `dtype` is one of the seven names. */
export function checkDType(op: string, dtype: unknown): DType {
  if (isDType(dtype)) return dtype;
  throw new DTypeError(`${op}: unknown dtype ${quote(dtype)}; use one of ${Object.keys(dtypeInfo).join(", ")}`);
}

const order = ["bool", "uint8", "int32", "float16", "bfloat16", "float32", "float64"] as const;
const [b1, u8, i32, f16, b16, f32, f64] = order;

/**
 * The promotion rules: row and column are the dtypes of two tensors, the entry is the dtype that both are converted to.
 * The wider kind wins (bool < integer < float), within a kind the wider type; the two 16-bit floats meet at
 * float32 because neither holds the other. These are PyTorch's rules for tensors of one or more dimensions.
 */
// biome-ignore format: a table
const promotion: readonly (readonly DType[])[] = [
  //          bool uint8 int32 float16 bfloat16 float32 float64
  /* bool  */ [b1,  u8,   i32,  f16,    b16,     f32,    f64],
  /* uint8 */ [u8,  u8,   i32,  f16,    b16,     f32,    f64],
  /* int32 */ [i32, i32,  i32,  f16,    b16,     f32,    f64],
  /* f16   */ [f16, f16,  f16,  f16,    f32,     f32,    f64],
  /* bf16  */ [b16, b16,  b16,  f32,    b16,     f32,    f64],
  /* f32   */ [f32, f32,  f32,  f32,    f32,     f32,    f64],
  /* f64   */ [f64, f64,  f64,  f64,    f64,     f64,    f64],
];

/** The dtype to which tensors of dtypes `a` and `b` are converted when they meet in an op: PyTorch's rules. */
export const promoteTypes = (a: DType, b: DType): DType =>
  a === b ? a : promotion[dtypeInfo[a].code][dtypeInfo[b].code];

/**
 * The dtype in which a tensor meets a plain number. Numbers are weak: they take the tensor's dtype, unless the
 * number is not an integer and the tensor is, which gives float32; a bool meets an integer in int32.
 */
export function promoteNumber(tensor: DType, value: number): DType {
  if (isFloat(tensor)) return tensor;
  if (!Number.isInteger(value)) return "float32";
  return tensor === "bool" ? "int32" : tensor;
}

/** The number as the dtype holds it when it is an operand: float32 for the 16-bit floats, which compute in float32. */
export function roundNumber(dtype: DType, value: number): number {
  return dtype === "float64" || !isFloat(dtype) ? value : Math.fround(value);
}
