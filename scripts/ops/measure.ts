/**
 * Measures the table of docs/ops.md on the device in use: the marks of every op in every dtype, with notes, and the
 * updates that have a kernel. docs.ts and the tests call it. How the table is written is in table.ts.
 */
import { cuda, type DType, device, emulator } from "../../src/index.js";
import type { Case } from "../../tests/cases/case.js";
import { caseFiles } from "../../tests/cases/index.js";
import { isFloat, type Level, levelOf, type Stage } from "./level.js";

/** The short names of the dtypes, which are in the heads of the columns. */
export const dtypes: Readonly<Record<DType, string>> = {
  float64: "f64",
  float32: "f32",
  bfloat16: "bf16",
  float16: "f16",
  int32: "i32",
  uint8: "u8",
  bool: "bool",
};
export const columns = Object.keys(dtypes) as readonly DType[];

/** What a device does with an op: a mark for each of `columns`, and a note, which may be empty. */
export interface Row {
  readonly marks: readonly string[];
  readonly note: string;
}

/** The columns of a device: rows by op, and by update whether there is a kernel. */
export interface Measured {
  readonly ops: ReadonlyMap<string, Row>;
  readonly updates: ReadonlyMap<string, string>;
}

/** One case represents an op: the first of its list, except for these. */
const representatives: Readonly<Record<string, string>> = {
  // The first case converts to int32, which has no gradient.
  cast: "gradient through another float",
  // The first case has fractions for bounds, so that integers become float32.
  clamp: "max below min",
};

function representative(op: string, cases: readonly Case[]): Case {
  const name = representatives[op];
  const found = name === undefined ? cases[0] : cases.find((sample) => sample.name === name);
  if (found === undefined)
    throw new Error(`${op}: there is no case ${name}; choose another case in scripts/ops/measure.ts`);
  return found;
}

const markOf: Readonly<Record<Stage, string>> = { none: "-", forward: "F", gradient: "1", "second gradient": "2" };
/** The name of the next stage, for the note that explains why it was not reached. */
const next: Readonly<Record<Stage, string>> = {
  none: "",
  forward: "gradient: ",
  gradient: "second gradient: ",
  "second gradient": "",
};

/** Notes, each with the dtypes it applies to. */
class Notes {
  readonly #dtypes = new Map<string, DType[]>();

  add(note: string, dtype: DType): void {
    this.#dtypes.set(note, [...(this.#dtypes.get(note) ?? []), dtype]);
  }

  /** A note that is true for all float dtypes does not list them. */
  toString(): string {
    const all = columns.filter(isFloat);
    return [...this.#dtypes]
      .map(([note, found]) =>
        all.every((dtype) => found.includes(dtype)) ? note : `${note} (${found.map((d) => dtypes[d]).join(", ")})`,
      )
      .join("; ");
  }
}

/** The reason that is worth a note: a refused dtype is not, since the mark says it. */
const noteOf = ({ stage, reason }: Level): string =>
  reason === "" || (stage === "none" && !reason.startsWith("no kernel")) ? "" : `${next[stage]}${reason}`;

/** Notes the cases that get further than the representative, or less far: an option that takes another path. */
function noteOthers(op: string, cases: readonly Case[], dtype: DType, { stage }: Level, notes: Notes): void {
  const groups = new Map<string, string[]>();
  for (const sample of cases) {
    if (!Object.values(sample.inputs).some((input) => input.dtype === "float")) continue;
    const level = levelOf(op, sample, dtype);
    if (level.stage === stage || (level.stage === "forward" && !level.hasGradient)) continue;
    const why = noteOf(level);
    const text = `${markOf[level.stage]}${why === "" ? "" : `, ${why}`}`;
    groups.set(text, [...(groups.get(text) ?? []), sample.name]);
  }
  for (const [text, names] of groups) notes.add(`${text} in ${names.map((name) => `"${name}"`).join(", ")}`, dtype);
}

/** How far the representative case of an op gets, for each of `columns`. */
const levelsOf = (op: string, cases: readonly Case[]): Level[] =>
  columns.map((dtype) => levelOf(op, representative(op, cases), dtype));

function toMarks(levels: readonly Level[]): string[] {
  // The results of comparisons are bools, and those of argmax int32, for any input.
  const keepsDType = levels[columns.indexOf("float32")].result === "float32";
  return levels.map(({ stage, result }, i) => {
    const converted = keepsDType && !isFloat(columns[i]) && result !== null && result !== columns[i];
    return converted ? dtypes[result] : markOf[stage];
  });
}

/** The marks of an op: how far its representative case gets. */
export const marksOf = (op: string, cases: readonly Case[]): string[] => toMarks(levelsOf(op, cases));

/** The marks of an op with its note: why it stops there, and which of its cases differ in a float dtype. */
export function measureOp(op: string, cases: readonly Case[]): Row {
  const levels = levelsOf(op, cases);
  const notes = new Notes();
  columns.forEach((dtype, i) => {
    const note = noteOf(levels[i]);
    if (note !== "") notes.add(note, dtype);
    if (isFloat(dtype)) noteOthers(op, cases, dtype, levels[i], notes);
  });
  return { marks: toMarks(levels), note: String(notes) };
}

/** Measures the columns of the device in use. */
export function measure(updates: readonly string[]): Measured {
  const ops = new Map<string, Row>();
  for (const byOp of caseFiles.values())
    for (const [op, cases] of Object.entries(byOp)) ops.set(op, measureOp(op, cases));
  const name = device();
  const missing = new Set(name === "cpu" ? [] : (name === "cuda" ? cuda : emulator).missing());
  return { ops, updates: new Map(updates.map((update) => [update, missing.has(update) ? "-" : "yes"])) };
}
