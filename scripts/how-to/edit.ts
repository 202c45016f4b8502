/** Puts the text of a page's block into a file, at the place that the block names. Called by run.ts. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Edit, FileBlock } from "./blocks.js";

/** The text at which a block must be inserted is missing, or is there more than once. */
export class AnchorError extends Error {
  override readonly name = "AnchorError";
}

/** The only index for which a condition holds, or -1. */
function onlyIndex(lines: readonly string[], holds: (line: string) => boolean): number {
  const found = lines.flatMap((line, i) => (holds(line) ? [i] : []));
  return found.length === 1 ? found[0] : -1;
}

/**
 * The text of a file after an edit.
 *
 * @param path - the name of the file in errors
 * @throws AnchorError if the anchor is not there exactly once
 */
export function edited(path: string, before: string, edit: Edit, text: string): string {
  if (edit.kind === "append") return before === "" || before.endsWith("\n") ? before + text : `${before}\n${text}`;
  const { anchor } = edit;
  if (edit.kind === "replace") {
    const parts = before.split(anchor);
    if (parts.length !== 2) {
      const times = parts.length === 1 ? "does not occur" : `occurs ${parts.length - 1} times`;
      throw new AnchorError(`\`${anchor}\` ${times} in ${path}; it must occur once`);
    }
    return parts.join(text.replace(/\n$/, ""));
  }
  const lines = before.split("\n");
  const wanted = anchor.trim();
  const equal = onlyIndex(lines, (line) => line.trim() === wanted);
  const at = equal >= 0 ? equal : onlyIndex(lines, (line) => line.includes(wanted));
  if (at < 0) throw new AnchorError(`${path} does not have \`${wanted}\` in exactly one line`);
  lines.splice(edit.kind === "after" ? at + 1 : at, 0, text.replace(/\n$/, ""));
  return lines.join("\n");
}

/**
 * Applies a block to the project in `folder`.
 *
 * @throws AnchorError if the place of the block is not found
 */
export function applyBlock(folder: string, { path, edit, text }: FileBlock): void {
  const file = join(folder, path);
  if (edit.kind !== "append" && !existsSync(file)) throw new AnchorError(`${path} does not exist`);
  const before = existsSync(file) ? readFileSync(file, "utf8") : "";
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, edited(path, before, edit, text));
}
