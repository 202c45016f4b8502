/** Reads the golden values of cases from tests/goldens. The files are made by scripts/goldens.sh. */
import { readFileSync } from "node:fs";
import { type Case, seedOf, valuesOf } from "../cases/case.js";
import { caseFiles } from "../cases/index.js";

/** PyTorch's results for one case, in float64. */
export interface Golden {
  /** Of the case's inputs and expression. If it differs, the file is out of date. */
  readonly hash: number;
  readonly outputs: readonly { readonly shape: readonly number[]; readonly values: readonly number[] }[];
  readonly grads: Readonly<Record<string, readonly number[]>>;
}

export interface Sample {
  readonly op: string;
  /** `op/name`, as in test names and golden files. */
  readonly key: string;
  readonly sample: Case;
}

/** The files of cases, as `family/file`. */
export const caseFileNames: readonly string[] = [...caseFiles.keys()];

/** All cases of a file, with a failure for two of one name. */
export function samplesOf(file: string): Sample[] {
  const byOp = caseFiles.get(file);
  if (byOp === undefined) throw new Error(`no file of cases ${file}; known: ${caseFileNames.join(", ")}`);
  const samples = Object.entries(byOp).flatMap(([op, list]) =>
    list.map((sample) => ({ op, key: `${op}/${sample.name}`, sample })),
  );
  const keys = new Set(samples.map(({ key }) => key));
  if (keys.size !== samples.length) throw new Error(`${file}: two cases have the same name`);
  return samples;
}

/** JSON has no NaN and no infinities, and drops the sign of -0; they travel as strings. */
const encode = (x: number): number | string => (Object.is(x, -0) ? "-0.0" : Number.isFinite(x) ? x : String(x));

/** The input of make.py. */
export function dump(file: string): Record<string, unknown> {
  return Object.fromEntries(
    samplesOf(file).map(({ op, key, sample }) => {
      const values = valuesOf(op, sample);
      const inputs = Object.fromEntries(
        Object.entries(sample.inputs).map(([name, { shape, dtype }]) => [
          name,
          { shape, dtype, values: values[name].map(encode) },
        ]),
      );
      return [key, { inputs, torch: sample.torch, wrt: sample.wrt ?? null, hash: hashOf(op, sample) }];
    }),
  );
}

/** Changes when a case's inputs or expression change. */
export function hashOf(op: string, sample: Case): number {
  const inputs = Object.entries(sample.inputs).map(([name, { shape, dtype }]) => [name, shape, dtype]);
  const values = Object.values(valuesOf(op, sample)).flat().map(String);
  return seedOf(JSON.stringify([inputs, values, sample.torch, sample.wrt ?? null]));
}

const special: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
};

/** The text of the golden file of a file of cases. */
export const goldenText = (file: string): string =>
  readFileSync(new URL(`../goldens/${file}.json`, import.meta.url), "utf8");

/** The golden values of a file of cases. */
export function readGoldens(file: string, text = goldenText(file)): ReadonlyMap<string, Golden> {
  const revive = (_: string, value: unknown) =>
    typeof value === "string" && value in special ? special[value] : value;
  return new Map(Object.entries(JSON.parse(text, revive) as Record<string, Golden>));
}

/** The cases without golden values, and the golden values of no case. */
export function unmatched(file: string, goldens = readGoldens(file)): string[] {
  const keys = new Set(samplesOf(file).map(({ key }) => key));
  return [...[...keys].filter((key) => !goldens.has(key)), ...[...goldens.keys()].filter((key) => !keys.has(key))];
}
