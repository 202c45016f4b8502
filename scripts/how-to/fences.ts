/** Finds the fenced blocks of a Markdown page. Used by page.ts, which gives them a meaning. */

/** A line of a page. */
export interface Line {
  readonly text: string;
  /** The number of the block that the line belongs to, from 0; null outside of blocks. */
  readonly fence: number | null;
}

/** A fenced block. */
export interface Fence {
  /** The index of its first line, which has the info string. */
  readonly start: number;
  /** The text after the opening backquotes. */
  readonly info: string;
  /** The lines between the fences, each with its newline. */
  readonly text: string;
}

/**
 * Splits a page into lines and blocks.
 *
 * @throws Error if a block is not closed
 */
export function fencesIn(page: string): { lines: Line[]; fences: Fence[] } {
  const lines: Line[] = [];
  const fences: Fence[] = [];
  let open: { start: number; info: string; body: string[] } | null = null;
  for (const text of page.split("\n")) {
    const mark = /^```(.*)$/.exec(text);
    if (open === null && mark) {
      lines.push({ text, fence: fences.length });
      open = { start: lines.length - 1, info: mark[1].trim(), body: [] };
      continue;
    }
    lines.push({ text, fence: open === null ? null : fences.length });
    if (open === null) continue;
    if (mark?.[1].trim() === "") {
      fences.push({ start: open.start, info: open.info, text: open.body.map((line) => `${line}\n`).join("") });
      open = null;
    } else open.body.push(text);
  }
  if (open !== null) throw new Error(`line ${open.start + 1}: the block is not closed`);
  return { lines, fences };
}
