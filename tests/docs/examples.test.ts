import { describe, expect, test } from "vitest";
import { examplesIn, examplesOf, run, typeErrors } from "./examples.js";

const pages = ["layers", "training", "data", "tuning", "how-to/op"];
const examples = pages.flatMap(examplesOf);

/** A page that the runner itself is tested with. */
const page = [
  "Text.",
  "```ts",
  'import { tensor } from "wengert";',
  "console.log(tensor([1, 2]).sum().item(), await Promise.resolve(4));",
  "```",
  "",
  "```text output",
  "3 4",
  "```",
  "```js",
  "no();",
  "```",
  "```ts",
  "throw new Error(String(1 + 1));",
  "```",
  "```ts",
  'const x: number = "one";',
  "```",
].join("\n");
const found = examplesIn("docs/x.md", page);

describe("the examples of the docs", () => {
  test("are found", () => {
    expect(examples.length).toBeGreaterThan(5);
  });

  test("compile, except for the line that the test adds", () => {
    expect(typeErrors([...examples, ...found])).toEqual([
      "docs/x.md:16+1: Type 'string' is not assignable to type 'number'.",
    ]);
  }, 240_000);

  test.each(examples.map((example) => [example.place, example] as const))(
    "%s runs, and prints what it says",
    async (_, example) => {
      const printed = await run(example);
      if (example.output !== null) expect(printed.trimEnd()).toBe(example.output.trimEnd());
    },
  );
});

describe("the runner", () => {
  test("finds programs, their places, and the output that they state", () => {
    expect(found.map(({ place, output }) => [place, output])).toEqual([
      ["docs/x.md:2", "3 4\n"],
      ["docs/x.md:13", null],
      ["docs/x.md:16", null],
    ]);
  });

  test("runs them", async () => {
    expect(await run(found[0])).toBe("3 4");
    await expect(run(found[1])).rejects.toThrow("2");
  });
});
