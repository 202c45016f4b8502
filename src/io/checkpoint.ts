/**
 * Checkpoints: the parts of a training run in one safetensors file, written atomically and compared before anything is
 * restored. Used by Trainer and by users with their own loops. The parts themselves are in parts.ts.
 */
import { ArgumentError, FormatError } from "../core/errors.js";
import { outsideScopes } from "../core/memory/scope.js";
import type { Meta } from "../core/op.js";
import { quote } from "../core/quote.js";
import { sameShape, show } from "../core/shape.js";
import type { Tensor } from "../tensor.js";
import { loadSafetensors, saveSafetensors } from "./safetensors.js";
import { decodeValue, encodeValue, type Value } from "./values.js";

/** The state of one part of a run: tensors by name, and plain values. */
export interface SavedState {
  /** The tensors by name. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Everything else: plain data. */
  readonly values: Value;
}

/** A part of a run whose state can be saved and restored. */
export interface CheckpointPart {
  /** The current state. The tensors may be the part's own; they are read before anything else happens. */
  state(): SavedState;
  /** The reasons, in words, why a saved state does not fit; none if it can be restored. Changes nothing. */
  differences(saved: SavedState): string[];
  /**
   * Restores a state that has no differences. The tensors are freed afterwards.
   *
   * @throws FormatError if it does not fit after all; nothing has changed then, if this is the first part
   */
  restore(saved: SavedState): void;
}

/** Parts by name. */
export type CheckpointParts = Readonly<Record<string, CheckpointPart>>;

/** Marks a file as a checkpoint, and says which parts it has. */
const partsKey = "wengert.parts";
const valuesKey = (part: string): string => `wengert.values.${part}`;

/**
 * Saves all parts of a run in one safetensors file, whose tensors are named `part/name`. The file is written whole or
 * not at all: killed at any time, it is the previous one or the new one.
 *
 * ```ts
 * await saveCheckpoint("last.safetensors", { model: modulePart(model), generator: generatorPart(defaultGenerator) });
 * ```
 *
 * @throws FileError if the file cannot be written; ArgumentError if a name is not valid
 */
export async function saveCheckpoint(path: string, parts: CheckpointParts): Promise<void> {
  const tensors = new Map<string, Tensor>();
  const metadata: Record<string, string> = { [partsKey]: JSON.stringify(Object.keys(parts)) };
  for (const [part, { state }] of Object.entries(parts).map(
    ([name, part]) => [name, { state: part.state() }] as const,
  )) {
    if (part.includes("/"))
      throw new ArgumentError(`saveCheckpoint: ${quote(part)} is not a valid name for a part: it contains "/"`);
    metadata[valuesKey(part)] = encodeValue(state.values);
    for (const [name, tensor] of state.tensors) tensors.set(`${part}/${name}`, tensor);
  }
  await saveSafetensors(path, tensors, metadata);
}

/**
 * Restores the parts of a run from a file. Everything in the file is compared with the parts first: if anything
 * differs, nothing has changed.
 *
 * @throws FormatError that names the differences, or describes the damage of the file; FileError if it cannot be read
 */
export async function loadCheckpoint(path: string, parts: CheckpointParts): Promise<void> {
  const source = `loadCheckpoint: ${path}`;
  const { tensors, metadata } = await loadSafetensors(path);
  try {
    const saved = readParts(source, tensors, metadata);
    const differences = [
      ...nameDifferences("the checkpoint", Object.keys(parts), [...saved.keys()]),
      ...Object.entries(parts).flatMap(([name, part]) => {
        const state = saved.get(name);
        return state ? part.differences(state).map((difference) => `${name}: ${difference}`) : [];
      }),
    ];
    if (differences.length > 0)
      throw new FormatError(`${source} belongs to another run; nothing was changed: ${brief(differences, "; ")}`);
    outsideScopes(() => {
      for (const [name, part] of Object.entries(parts)) {
        try {
          part.restore(saved.get(name) as SavedState);
        } catch (error) {
          if (!(error instanceof FormatError)) throw error;
          throw new FormatError(`${source} belongs to another run: ${name}: ${error.message}`, { cause: error });
        }
      }
    });
  } finally {
    for (const tensor of tensors.values()) tensor.dispose();
  }
}

function readParts(
  source: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>>,
): Map<string, SavedState> {
  if (!Object.hasOwn(metadata, partsKey))
    throw new FormatError(
      `${source}: the file is a safetensors file, but not a checkpoint: it does not list its parts`,
    );
  const names = decodeValue(source, metadata[partsKey]);
  if (!Array.isArray(names)) throw new FormatError(`${source}: the names of the parts are not a list`);
  const parts = new Map<string, { tensors: Map<string, Tensor>; values: Value }>();
  for (const name of names) {
    const values = metadata[valuesKey(String(name))];
    if (values === undefined) throw new FormatError(`${source}: part ${quote(name)} has no values`);
    parts.set(String(name), { tensors: new Map(), values: decodeValue(source, values) });
  }
  for (const [fullName, tensor] of tensors) {
    const slash = fullName.indexOf("/");
    const part = parts.get(fullName.slice(0, Math.max(0, slash)));
    if (!part) throw new FormatError(`${source}: tensor ${quote(fullName)} does not belong to any part`);
    part.tensors.set(fullName.slice(slash + 1), tensor);
  }
  return parts;
}

/** Names that are missing or too many, in words. */
export function nameDifferences(where: string, current: readonly string[], given: readonly string[]): string[] {
  const missing = current.filter((name) => !given.includes(name));
  const unexpected = given.filter((name) => !current.includes(name));
  return [
    ...(missing.length > 0 ? [`${where} is missing ${brief(missing)}`] : []),
    ...(unexpected.length > 0 ? [`${where} has unexpected ${brief(unexpected)}`] : []),
  ];
}

/** What differs between tensors here and in a file, or elsewhere: names, shapes, dtypes. */
export function compareTensors(
  current: ReadonlyMap<string, Meta>,
  saved: ReadonlyMap<string, Meta>,
  where = "the file",
): string[] {
  const pairs = [...current].flatMap(([name, here]) => {
    const there = saved.get(name);
    return there ? [{ name, here, there }] : [];
  });
  const changed = pairs.filter(({ here, there }) => here.dtype !== there.dtype || !sameShape(here.shape, there.shape));
  const rows = changed.map(
    ({ name, here, there }) =>
      `${name} is ${here.dtype} ${show(here.shape)}, but ${there.dtype} ${show(there.shape)} in ${where}`,
  );
  return [...nameDifferences(where, [...current.keys()], [...saved.keys()]), ...(rows.length > 0 ? [brief(rows)] : [])];
}

/** The first ten of a list, for messages. */
const brief = (items: readonly string[], separator = ", "): string =>
  items.slice(0, 10).join(separator) + (items.length > 10 ? `${separator}and ${items.length - 10} more` : "");
