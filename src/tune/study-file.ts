/** Reads and writes study files: JSON with one line for each trial. Used by Study, which decides when to write. */
import { isDeepStrictEqual } from "node:util";
import { FileError, FormatError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import { readBytes } from "../io/files.js";
import type { FinishedTrial } from "./search.js";
import { pointRule, type Space } from "./space.js";
import type { StudyOptions } from "./study.js";

type Json = Readonly<Record<string, unknown>>;

/** The options of a study in the form in which its file holds them. */
function headOf({ space, search, direction, seed }: Required<StudyOptions<Space>>): Json {
  // A list: the order of the parameters counts, and JSON objects keep it only by custom.
  return { space: Object.entries(space), search: search.name, options: search.options, direction, seed };
}

/** The file of a study: JSON, one line a trial. */
export function encodeStudy<S extends Space>(
  study: Required<StudyOptions<S>>,
  trials: readonly FinishedTrial<S>[],
): Uint8Array {
  const head = Object.entries(headOf(study)).map(
    ([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`,
  );
  const lines = trials.map((trial) => `  ${JSON.stringify(trial)}`);
  const list = lines.length === 0 ? "[]" : `[\n${lines.join(",\n")}\n]`;
  return new TextEncoder().encode(`{\n"format": "wengert-study-1",\n${head.join(",\n")},\n"trials": ${list}\n}\n`);
}

/** The trials in a file of this study; none if there is no file. */
export async function readStudy<S extends Space>(
  path: string,
  study: Required<StudyOptions<S>>,
): Promise<FinishedTrial<S>[]> {
  let bytes: Uint8Array;
  try {
    bytes = await readBytes("Study.open", path);
  } catch (error) {
    if (error instanceof FileError && (error.cause as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  const refuse = (rule: string): never => {
    throw new FormatError(`Study.open: ${path}: ${rule}`);
  };
  const file = parse(bytes);
  if (file?.format !== "wengert-study-1" || !Array.isArray(file.trials)) return refuse("the file is not a study");
  // As JSON gives it back: undefined options are left out there.
  const head = JSON.parse(JSON.stringify(headOf(study))) as Json;
  const different = Object.keys(head).filter((name) => !isDeepStrictEqual(head[name], file[name]));
  if (different.length > 0) {
    const differences = different.map(
      (name) => `${name} is ${JSON.stringify(head[name])}, but ${JSON.stringify(file[name]) ?? "missing"} in the file`,
    );
    return refuse(`the file belongs to another study: ${differences.join("; ")}`);
  }
  file.trials.forEach((trial: unknown, i) => {
    const rule = trialRule(study.space, trial, i);
    if (rule !== null) refuse(`trial ${i} is damaged: ${rule}`);
  });
  return file.trials as FinishedTrial<S>[];
}

function parse(bytes: Uint8Array): Json | null {
  try {
    const file: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return isRecord(file) ? file : null;
  } catch {
    return null;
  }
}

const isRecord = (value: unknown): value is Json => typeof value === "object" && value !== null;

/** The reason why a trial of a file is invalid; null if it is valid. */
function trialRule(space: Space, trial: unknown, i: number): string | null {
  if (!isRecord(trial)) return "it is not an object";
  const { number, params, budget, parent, score, seconds } = trial;
  if (number !== i) return `invalid number: ${quote(number)}`;
  if (!isRecord(params)) return `invalid params: ${quote(params)}`;
  if (!(typeof budget === "number" && budget > 0)) return `invalid budget: ${quote(budget)}`;
  if (parent !== null && !(Number.isInteger(parent) && (parent as number) >= 0 && (parent as number) < i))
    return `invalid parent: ${quote(parent)}`;
  if (score !== null && typeof score !== "number") return `invalid score: ${quote(score)}`;
  if (typeof seconds !== "number") return `invalid number of seconds: ${quote(seconds)}`;
  return pointRule(space, params);
}
