/** The format of the pages in docs/how-to: what is read from a page, what is refused, and how a block is applied. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Edit } from "../../scripts/how-to/blocks.js";
import { breakagesOf, idleChecks } from "../../scripts/how-to/break.js";
import { AnchorError, applyBlock, edited } from "../../scripts/how-to/edit.js";
import { readPage } from "../../scripts/how-to/page.js";
import { matches } from "../../scripts/how-to/run.js";

/** A page from parts: the text of each step. */
const pageOf = (...steps: string[]) =>
  readPage("x", ["# Add x", "", ...steps.map((step, i) => `## ${i + 1}. Step\n\n${step}\n`)].join("\n"));

const write = "Append this to `src/x.ts`:\n\n```ts file=src/x.ts\nexport const x = 1;\n```";
const insert = 'Insert it in `src/y.ts`\nafter `"a",`:\n\n```ts file=src/y.ts after=\'  "a",\'\n  "b",\n```';
const check =
  "Run it:\n\n```sh check\nnpx tsc \\\n  -p .\n# a comment\nnpm test\n```\n\n```text output\n... passed\n```";

describe("a page", () => {
  test("is a list of steps", () => {
    const { steps, problems } = pageOf(write, insert, check);
    expect(problems).toEqual([]);
    expect(steps.map(({ number, place }) => `${number} ${place}`)).toEqual([
      "1 docs/how-to/x.md:7",
      "2 docs/how-to/x.md:16",
      "3 docs/how-to/x.md:24",
    ]);
    expect(steps.map(({ block }) => block)).toEqual([
      { kind: "file", path: "src/x.ts", edit: { kind: "append" }, text: "export const x = 1;\n", corruptions: [] },
      { kind: "file", path: "src/y.ts", edit: { kind: "after", anchor: '  "a",' }, text: '  "b",\n', corruptions: [] },
      {
        ...{ kind: "commands", check: true, commands: ["npx tsc -p .", "npm test"] },
        ...{ needsNvcc: false, output: "... passed\n" },
      },
    ]);
  });

  test("may have illustrations, which are not executed", () => {
    const shown = "A program:\n\n```ts\nno();\n```\n\n```text output\n1\n```";
    const { steps, problems } = pageOf(
      `${write}\n\n${shown}`,
      check,
      `Run it:\n\n\`\`\`sh check\nls\n\`\`\`\n\n${shown}`,
    );
    expect(problems).toEqual([]);
    expect(steps.length).toBe(3);
    expect(steps[2].block).toMatchObject({ output: null });
  });

  test.each([
    ["a step without a block", "Do it.", "has no block to execute"],
    ["a second block", `${write}\n\n${write}`, "step 1 has a second block"],
    ["a file that the paragraph does not name", write.replace("`src/x.ts`", "the file"), "does not name `src/x.ts`"],
    ["an anchor that the paragraph does not quote", insert.replace('`"a",`', "it"), 'does not quote `"a",`'],
    ["a block without a paragraph", write.slice(write.indexOf("```")), "a paragraph that says what to do"],
    ["two actions in one block", write.replace("```ts ", "```ts run "), "can have only one of file=, run and check"],
    ["two anchors", insert.replace("after=", "before=x after="), "can have only one of after, before, replace"],
    ["an unknown word", write.replace("```ts ", "```ts fiel=1 oops "), "unknown words in the info string: fiel, oops"],
    ["an unknown tool", "Do:\n\n```sh run needs=gcc\nmake\n```", "needs= must be nvcc, got gcc"],
    ["an anchor without a file", "Do:\n\n```ts after=x\n```", "after needs file="],
    ["an anchor of commands", "Do:\n\n```sh check after=x\nls\n```", "after= needs file="],
    ["a tool for a file", write.replace("```ts ", "```ts needs=nvcc "), "needs= belongs to a block of commands"],
    ["a folder of one command", "Do:\n\n```sh run\ncd src\nls\n```", "each line has its own shell"],
    ["a variable of one command", "Do:\n\n```sh run\nexport A=1\nls\n```", "each line has its own shell"],
    ["an indented block", `${write}\n\n  \`\`\`sh run\n  ls\n  \`\`\``, "a block must begin with ```"],
    ["a block of tildes", `${write}\n\n~~~sh run\nls\n~~~`, "a block must begin with ```"],
    [
      "an option of an output",
      `${check.replace("text output", "text output needs=nvcc")}`,
      "must be ```text output, got",
    ],
    ["an indented break comment", `${write}\n  <!-- break: \`1\` to \`2\` -->`, "must be written as <!-- break"],
    ["a break comment without a space", `${write}\n<!--break: \`1\` to \`2\` -->`, "must be written as <!-- break"],
    ["a path outside of the project", write.replaceAll("src/x.ts", "../x.ts"), "../x.ts is not a path inside"],
    ["an empty list of commands", "Run:\n\n```sh run\n# nothing\n```", "the block has no command"],
    ["an output without commands", `${write}\n\n\`\`\`text output\n1\n\`\`\``, "must follow a command block"],
    ["a malformed break comment", `${write}\n<!-- break x -->`, "must be written as <!-- break"],
    ["a break comment after commands", `${check}\n<!-- break: \`a\` to \`b\` -->`, "must follow a file block"],
    ["a break comment for missing text", `${write}\n<!-- break: \`z\` to \`b\` -->`, "does not have `z` exactly once"],
  ])("is refused with %s", (_, step, problem) => {
    const { problems } = pageOf(step, check);
    expect(problems.join("\n")).toContain(problem);
    expect(problems[0]).toMatch(/^docs\/how-to\/x\.md:\d+: /);
  });

  test("is refused if a step is missing, and if it does not end with a check", () => {
    const text = `## 1. One\n\n${write}\n\n## 3. Three\n\n${write}\n`;
    expect(readPage("x", text).problems).toEqual([
      "docs/how-to/x.md:9: step 3 should be step 2",
      "docs/how-to/x.md: the last step is not a check",
    ]);
    expect(() => readPage("x", "```ts\nno end")).toThrow("line 1: the block is not closed");
  });
});

describe("a block", () => {
  const apply = (text: string, edit: Edit): string => edited("x.ts", text, edit, "new\n");

  test("is put where its info string says", () => {
    expect(apply("a\nb\n", { kind: "append" })).toBe("a\nb\nnew\n");
    expect(apply("a", { kind: "append" })).toBe("a\nnew\n");
    expect(apply("", { kind: "append" })).toBe("new\n");
    expect(apply("a\nb\n", { kind: "after", anchor: "a" })).toBe("a\nnew\nb\n");
    expect(apply("a\nb\n", { kind: "before", anchor: "b" })).toBe("a\nnew\nb\n");
    expect(apply("say a word\n", { kind: "replace", anchor: "a word" })).toBe("say new\n");
  });

  test("prefers the line that equals the anchor to those that contain it", () => {
    expect(apply('"asin",\n  "sin",\n', { kind: "after", anchor: '"sin",' })).toBe('"asin",\n  "sin",\nnew\n');
  });

  test("reports how often the text to replace occurs", () => {
    const replace = (text: string) => () => apply(text, { kind: "replace", anchor: "a" });
    expect(replace("a a a\n")).toThrow("`a` occurs 3 times in x.ts; it must occur once");
    expect(replace("b\n")).toThrow("`a` does not occur in x.ts; it must occur once");
  });

  test.each([
    ["after", "x", "a\nb\n"],
    ["after", "a", "a 1\na 2\n"],
    ["before", "a", "a\na\n"],
    ["replace", "a", "a a\n"],
    ["replace", "x", "a\n"],
  ] as const)("%s `%s` is an error in %j", (kind, anchor, text) => {
    expect(() => apply(text, { kind, anchor })).toThrow(AnchorError);
  });

  test("creates files and folders, but not for an anchor", () => {
    const folder = mkdtempSync(join(tmpdir(), "wengert-format-"));
    try {
      const block = { kind: "file", path: "a/b/c.ts", edit: { kind: "append" }, text: "1\n", corruptions: [] } as const;
      applyBlock(folder, block);
      applyBlock(folder, block);
      expect(readFileSync(join(folder, "a/b/c.ts"), "utf8")).toBe("1\n1\n");
      writeFileSync(join(folder, "d.ts"), "one\n");
      applyBlock(folder, { ...block, path: "d.ts", edit: { kind: "after", anchor: "one" } });
      expect(readFileSync(join(folder, "d.ts"), "utf8")).toBe("one\n1\n");
      const missing = { ...block, path: "e.ts", edit: { kind: "after", anchor: "one" } } as const;
      expect(() => applyBlock(folder, missing)).toThrow("e.ts does not exist");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test("an output may have wildcards", () => {
  expect(matches("1 passed\n", "1 passed  \n")).toBe(true);
  expect(matches("...\n2 passed (...)\n...", "x\n\n2 passed (5 ms)\nend\n")).toBe(true);
  expect(matches("1 passed", "11 passed")).toBe(false);
  expect(matches("a.c", "abc")).toBe(false);
});

test("the breakages of a page are its steps left out, and its break comments", () => {
  const page = pageOf(`${write}\n<!-- break: \`1\` to \`2\` -->`, "Do:\n\n```sh run\nmake\n```", check);
  expect(page.problems).toEqual([]);
  expect(breakagesOf(page).map(({ name }) => name)).toEqual([
    "step 1 (Step) left out",
    "step 1 (Step) with `1` as `2`",
    "step 2 (Step) left out",
  ]);
  const failure = { step: page.steps[2], kind: "command", message: "" } as const;
  expect(idleChecks(page, [null, failure])).toEqual([]);
  expect(idleChecks(page, [null])).toEqual([3]);
});
