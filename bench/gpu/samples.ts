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

/** Writes the sample of one run; null where the row has nothing to compare. */
export function writeSample(
  folder: string,
  work: Work,
  operands: Operands,
  outputs: readonly Tensor[],
): SampleFiles | null {
  if (work.sample === undefined) return null;
  mkdirSync(folder, { recursive: true });
  const { inputs, outputs: results } = tidy(() => {
    const sample = work.sample?.(operands, outputs);
    const write = (name: string, tensors: readonly Tensor[] = []): ArrayFile[] =>
      tensors.map((t, i) => writeArray(join(folder, `${name}-${i}`), t));
    return { inputs: write("input", sample?.inputs), outputs: write("output", sample?.outputs) };
  });
  return { inputs, outputs: results, names: operands.names ?? [] };
}

function writeArray(file: string, t: Tensor): ArrayFile {
  const values = t.detach().dataSync();
  const dtype = t.dtype === "int32" ? "int32" : "float32";
  const array = dtype === "int32" ? Int32Array.from(values) : values instanceof Float32Array ? values : null;
  if (array === null) throw new RangeError(`bench: a sample of ${t.dtype} cannot be written as float32`);
  writeFileSync(file, array);
  return { file, dtype, shape: t.shape };
}
