import { readdirSync, readFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { describe, expect, test } from "vitest";
import { hitsIn, phrases } from "./glossary.js";
import { pages, root } from "./pages.js";
import { type Kind, type Prose, proseOf } from "./prose.js";

const endings = [".ts", ".mjs", ".cjs", ".js", ".cu", ".cuh", ".cc", ".cpp", ".h", ".sh", ".py"];

/** The sources in no folder of sources. */
const otherSources = [
  ".ci/run",
  ".github/workflows/ci.yml",
  "CMakeLists.txt",
  "cmake/sources.cmake",
  "vitest.config.ts",
];

/** The sources under a folder, by path from the root. scripts/gpu/test.js is generated. */
const sourcesIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.includes(extname(entry.name)))
    .map(({ parentPath, name }) => relative(root, join(parentPath, name)).split(sep).join("/"))
    .filter((path) => path !== "scripts/gpu/test.js");

/** The phrases in one kind of prose, each with its place and the words to use instead. */
const wrongIn = (path: string, proses: readonly Prose[], kind: Kind): string[] =>
  proses
    .filter((prose) => prose.kind === kind)
    .flatMap((prose) => hitsIn(prose.text))
    .map(({ line, phrase, instead }) => `${path}:${line}: "${phrase}": write ${instead}`);

/** The prose of the files read so far. Several tests look at the same files. */
const known = new Map<string, readonly Prose[]>();

function read(path: string): readonly Prose[] {
  const proses = known.get(path) ?? proseOf(path, readFileSync(join(root, path), "utf8"));
  known.set(path, proses);
  return proses;
}

const wrongInFiles = (paths: readonly string[], kind: Kind): string[] =>
  paths.flatMap((path) => wrongIn(path, read(path), kind));

const folders = ["src", "native", "kernels", "scripts", "bench", "examples"];

describe("no phrase of the glossary is in", () => {
  test.each([...pages, "kernels/tuning/README.md"])("%s", (page) => {
    expect(wrongInFiles([page], "page")).toEqual([]);
  });

  test.each(folders)("the messages of %s", (folder) => {
    expect(wrongInFiles(sourcesIn(folder), "message")).toEqual([]);
  });

  test.each([...folders, "tests"])("the comments of %s", (folder) => {
    expect(wrongInFiles(sourcesIn(folder), "comment")).toEqual([]);
  });

  test.each(["message", "comment"] as const)("the %ss of the sources outside these folders", (kind) => {
    expect(wrongInFiles(otherSources, kind)).toEqual([]);
  });

  test("the names of tests", () => {
    expect(folders.filter((folder) => sourcesIn(folder).length < 10)).toEqual([]);
    expect(wrongInFiles(sourcesIn("tests"), "test name")).toEqual([]);
  });
});

describe("the glossary", () => {
  test.each(phrases)("finds $pattern in one sentence and nothing in another", ({ pattern, wrong, right }) => {
    expect(wrong).toMatch(new RegExp(pattern));
    expect(hitsIn(wrong)).not.toEqual([]);
    expect(hitsIn(right)).toEqual([]);
  });

  test.each([
    "What lies on the device is not copied.",
    "Where a file lacks it, it is 0.",
    "Nor is it freed.",
    "Were it so, it would be freed.",
  ])("finds %s at the start of a text, a string, a paragraph, an item of a list and a sentence", (sentence) => {
    for (const before of ["", '\0"', "\0", "One.\n\n", "One:\n\n- ", "One. "])
      expect(hitsIn(before + sentence)).not.toEqual([]);
  });

  test("finds real clauses at the start of a block comment, but not its title", () => {
    const found = (comment: string) => hitsIn(proseOf("a.ts", `/** ${comment} */\nf();`)[2].text);
    expect(found("What lies on the device is not copied.")).toHaveLength(1);
    expect(found("Should it fail, it is run again.")).toHaveLength(1);
    expect(found("What a test needs.")).toEqual([]);
  });

  test("finds a phrase that continues on the next line, but not in the next paragraph", () => {
    expect(hitsIn("One.\nIt runs in a process of\n  its own.")).toMatchObject([{ line: 2, phrase: "of its own" }]);
    expect(hitsIn("It runs in a process of\n\nits own.")).toEqual([]);
  });
});

describe("the search for prose", () => {
  /** The lines on which the check finds `anew` in a source. */
  const linesOf = (path: string, kind: Kind, ...lines: string[]): number[] =>
    wrongIn(path, proseOf(path, lines.join("\n")), kind).map((problem) => Number(/:(\d+): "anew"/.exec(problem)?.[1]));

  test("of a page skips code, but not quotations, tables and the text of links", () => {
    const page = [
      "anew",
      "`anew` and ``a ` anew``",
      "```ts",
      "anew",
      "```",
      "",
      "    anew",
      "",
      "[a](anew.md)",
      "| anew |",
    ];
    expect(linesOf("a.md", "page", ...page)).toEqual([1, 10]);
    expect(
      linesOf("a.md", "page", '"anew"', "- a", "  - anew", "[anew](a.md)", "<!-- anew -->", "`a", "anew`"),
    ).toEqual([1, 3, 4]);
  });

  const script = [
    "#!/usr/bin/env node",
    "/**",
    " * anew",
    " * `anew`",
    " */",
    `const anew = \`anew $\{anew(\`$\{anew} anew\`)} \`;`,
    "export const b = \"anew\" + 'anew'; // anew",
    "// ```ts anew ```",
    'test("anew", () => expect(/anew/).toBe("anew"));',
    'describe.each([["anew"]])(`anew %s`, () => {});',
    "",
  ];

  test("of a script finds strings, names of tests, and comments", () => {
    expect(linesOf("a.ts", "message", ...script)).toEqual([6, 6, 7, 7, 9, 10]);
    expect(linesOf("a.ts", "test name", ...script)).toEqual([9, 10]);
    expect(linesOf("a.ts", "comment", ...script)).toEqual([3, 7]);
  });

  test("of a script does not join a backquote of one string to one of another", () => {
    expect(linesOf("a.ts", "message", 'f("`");', 'f("anew");', 'f("`");', 'f("`anew`");')).toEqual([2]);
  });

  test("of C++ finds strings and comments", () => {
    const source = [
      "// anew",
      '#include "b.h"',
      "/// `anew`",
      'throw E("anew " + anew, \'"\', "\\"anew"); /* anew */ anew;',
    ];
    expect(linesOf("a.cu", "message", ...source, 'R"(', 'anew)";')).toEqual([4, 4, 6]);
    expect(linesOf("a.cu", "comment", ...source)).toEqual([1, 4]);
  });

  test("of a shell script finds strings and comments", () => {
    const source = ["#!/bin/sh", "# anew", "anew $# 'anew' \"$anew it's anew\"", "anew # anew"];
    expect(linesOf("a.sh", "message", ...source)).toEqual([3, 3, 3]);
    expect(linesOf("a.sh", "comment", ...source)).toEqual([2, 4]);
  });

  test("joins the lines of a comment", () => {
    const found = (path: string, text: string): string[] => wrongIn(path, proseOf(path, text), "comment");
    expect(found("a.ts", "/**\n * in a process of\n * its own.\n */\nf();")).toEqual([
      'a.ts:2: "of its own": write its own ..., a separate ..., or on its own',
    ]);
    expect(found("a.h", "// in a process of\n// its own.")).toHaveLength(1);
    expect(found("a.h", "// in a process of\nint x;\n// its own.")).toEqual([]);
  });
});
