/** Hands a sample of a row's operands and results to PyTorch, as files of raw numbers. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Tensor, tidy } from "../../src/index.js";
import type { Operands, Work } from "./work.js";

interface ArrayFile {
  readonly file: string;
  /** float32 for all floats of up to 32 bits; int32. */
  readonly dtype: "float32" | "int32";
  readonly shape: readonly number[];
}

export interface SampleFiles {
  readonly inputs: readonly ArrayFile[];
  readonly outputs: readonly ArrayFile[];
  /** The names of a network's parameters, which come last among the inputs. */
  readonly names: readonly string[];
}

type Values = Float32Array | Int32Array;

/** The numbers of a tensor, each float exactly. */
function valuesOf(t: Tensor): Values {
  const values = t.detach().dataSync();
  if (t.dtype === "int32") return Int32Array.from(values);
  if (values instanceof Float32Array) return values;
  throw new RangeError(`bench: a sample of ${t.dtype} cannot be written as float32`);
}

/** The results of a sample, to be compared with those of a later run. */
export const resultsOf = (work: Work, operands: Operands, outputs: readonly Tensor[]): Values[] =>
  tidy(() => work.sample(operands, outputs).outputs.map(valuesOf));

/** Whether two samples have the same bits. */
export const sameBits = (a: readonly Values[], b: readonly Values[]): boolean =>
  a.length === b.length &&
  a.every((values, i) => {
    const bytes = (array: Values): Buffer => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
    return bytes(values).equals(bytes(b[i]));
  });

/** Writes the sample of a run. */
export function writeSample(folder: string, work: Work, operands: Operands, outputs: readonly Tensor[]): SampleFiles {
  mkdirSync(folder, { recursive: true });
  return tidy(() => {
    const { inputs, outputs: results } = work.sample(operands, outputs);
    const write = (name: string, tensors: readonly Tensor[]): ArrayFile[] =>
      tensors.map((t, i) => writeArray(join(folder, `${name}-${i}`), t));
    return { inputs: write("input", inputs), outputs: write("output", results), names: operands.names ?? [] };
  });
}

function writeArray(file: string, t: Tensor): ArrayFile {
  const values = valuesOf(t);
  writeFileSync(file, values);
  return { file, dtype: values instanceof Int32Array ? "int32" : "float32", shape: t.shape };
}
