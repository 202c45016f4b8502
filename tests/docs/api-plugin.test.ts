/** scripts/typedoc-methods.mjs on planted programs: what it shows, and what it refuses. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Reference, reference, root, show, signatureOf, summaryOf } from "./reference.js";

/** The functions of the planted program; all but `hidden` are exported from its entry point. */
const ops = `
import type { Tensor } from "./tensor.js";
/**
 * Adds up.
 *
 * @param t - the first
 * @param scale - of each
 * @param more - the others
 * @returns the sum
 */
export function total(t: Tensor, scale = 1, ...more: Tensor[]): Tensor { return more[scale] ?? t; }
/** Goes away. */
export const alone = (x: Tensor): number => x.size;
/** Has an option. */
export function option(x: Tensor, name?: string): Tensor { return name ? x : x; }

/** Has a pattern. */
export function pattern(x: Tensor, { by = 1 }: { by?: number } = {}): Tensor { return by ? x : x; }
export function silent(x: Tensor): Tensor { return x; }
/** Takes a number. */
export function twice(x: Tensor, by: number): Tensor;
/** Takes a tensor. */
export function twice(x: Tensor, by: Tensor): Tensor;
export function twice(x: Tensor, by: number | Tensor): Tensor { return by ? x : x; }
/** Takes any number. */
export function others(x: Tensor, ...xs: Tensor[]): Tensor { return xs[0] ?? x; }
/** Is exported nowhere. */
export function hidden(x: Tensor): Tensor { return x; }
`;

const tensor = (methods: readonly string[]) => `
import type * as ops from "./ops.js";
type Bound<F> = F extends (x: Tensor, ...rest: infer Rest) => infer Result ? (...rest: Rest) => Result : never;
type BoundEach<T, Names extends keyof T> = { [Name in Names]: Bound<T[Name]> };
type OpMethods = BoundEach<typeof ops, ${methods.map((name) => `"${name}"`).join(" | ") || "never"}>;
export interface Tensor extends OpMethods {}
/** A tensor. */
export class Tensor {
  /** The number of elements. */
  size = 1;
}
`;

/** The reference of a program whose class Tensor has these methods. */
async function referenceWith(methods: readonly string[]): Promise<Reference> {
  const folder = await mkdtemp(join(tmpdir(), "wengert-typedoc-"));
  const exported = "total, alone, option, pattern, silent, twice, others";
  const compilerOptions = { strict: true, module: "NodeNext", target: "ES2022", lib: ["ES5"], types: [] };
  const options = {
    entryPoints: ["index.ts"],
    tsconfig: "tsconfig.json",
    plugin: [join(root, "scripts/typedoc-methods.mjs")],
    validation: { notExported: false },
    disableGit: true,
    sourceLinkTemplate: "{path}",
  };
  const files = {
    "package.json": '{ "name": "planted", "type": "module" }',
    "tsconfig.json": JSON.stringify({ compilerOptions, include: ["*.ts"] }),
    "typedoc.json": JSON.stringify(options),
    "ops.ts": ops,
    "tensor.ts": tensor(methods),
    "index.ts": `export { ${exported} } from "./ops.js";\nexport { Tensor } from "./tensor.js";\n`,
  };
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    return await reference(join(folder, "typedoc.json"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test("methods have names, default values and rest parameters", async () => {
  const { members, messages } = await referenceWith(["total", "alone", "option"]);
  expect(messages).toEqual([]);
  const shown = ["total", "alone", "option"].map((name) => {
    const { parameters = [], type } = signatureOf(members.get(name));
    return `${name}(${parameters.map(show).join(", ")}): ${type}`;
  });
  expect(shown).toEqual([
    "total(scale: number = 1, ...more: Tensor[]): Tensor",
    "alone(): number",
    "option(name?: string): Tensor",
  ]);
  const { comment, parameters } = signatureOf(members.get("total"));
  expect(summaryOf(comment)).toBe("Adds up.\n\n`t` is this tensor: the first");
  expect(parameters?.map((one) => summaryOf(one.comment))).toEqual(["of each", "the others"]);
  expect(comment?.blockTags.map(({ tag }) => tag)).toEqual(["@returns"]);
});

test("functions that cannot be shown as methods are errors", async () => {
  const { messages } = await referenceWith(["total", "pattern", "silent", "twice", "others", "hidden"]);
  expect(messages.filter((message) => message.startsWith("typedoc-methods")).sort()).toEqual([
    "typedoc-methods: Tensor.hidden: its op function is not exported",
    "typedoc-methods: Tensor.others: its parameters are (rest), but its function has (xs)",
    "typedoc-methods: Tensor.pattern: a parameter of its op function is a pattern and has no name",
    "typedoc-methods: Tensor.silent: its op function has no documentation",
    "typedoc-methods: Tensor.twice: its op function has overloads, but a mapped type keeps only the last one",
  ]);
});

test("a class without op methods is an error", async () => {
  const { messages } = await referenceWith([]);
  expect(messages).toEqual(["typedoc-methods: there is no class with op methods of the type OpMethods"]);
});
