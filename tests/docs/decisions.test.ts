/** Each record in docs/decisions has its sections and its row in the list, and superseded records name their successor. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { linksIn } from "./links.js";
import { root } from "./pages.js";

const folder = join(root, "docs/decisions");
const read = (file: string): string => readFileSync(join(folder, file), "utf8");
const records = readdirSync(folder)
  .filter((file) => file !== "README.md")
  .sort();

const sections = ["Status", "Context", "Decision", "Consequences", "Alternatives"];

/** The errors in the form of a record. */
function faults(text: string): string[] {
  const lines = text.trimEnd().split("\n");
  const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  const bodies = text.split(/^## .+$/m).slice(1);
  const [status = ""] = bodies;
  return [
    ...(/^# \S/.test(text) ? [] : ["the first line is not a title"]),
    ...(headings.join() === sections.join() ? [] : [`the sections are ${headings.join(", ")}`]),
    ...headings.filter((_, i) => bodies[i].trim() === "").map((heading) => `${heading} is empty`),
    ...(/^\s*(Accepted|Superseded by \[)/.test(status)
      ? []
      : ["the status is neither Accepted nor Superseded by a link"]),
    ...(lines.length > 60 ? [`${lines.length} lines, at most 60`] : []),
  ];
}

describe("the records of decisions", () => {
  test("are numbered without gaps", () => {
    expect(records.length).toBeGreaterThan(15);
    records.forEach((file, i) => {
      expect(file).toMatch(new RegExp(`^${String(i + 1).padStart(4, "0")}-[a-z0-9-]+\\.md$`));
    });
  });

  test.each(records)("%s has a title, a status and all sections", (file) => {
    expect(faults(read(file))).toEqual([]);
  });

  test("are all in the list, with their titles", () => {
    const titles = records.map((file) => `| [${file.slice(0, 4)}](${file}) | ${/^# (.+)$/m.exec(read(file))?.[1]} |`);
    const rows = read("README.md")
      .split("\n")
      .filter((line) => /^\| \[/.test(line));
    expect(rows).toEqual(titles);
    expect(linksIn(read("README.md"))).toEqual(records);
  });

  test("are refused without a section, a status or a title", () => {
    const right = `# Title\n\n${sections.map((name) => `## ${name}\n\n${name === "Status" ? "Accepted." : "Text."}\n`).join("\n")}`;
    expect(faults(right)).toEqual([]);
    expect(faults(right.replace("# Title", "Title"))).toEqual(["the first line is not a title"]);
    expect(faults(right.replace("Accepted", "Maybe"))).toEqual([
      "the status is neither Accepted nor Superseded by a link",
    ]);
    expect(faults(right.replace("## Decision\n\nText.\n", ""))).toEqual([
      "the sections are Status, Context, Consequences, Alternatives",
    ]);
    expect(faults(right.replace("## Context\n\nText.", "## Context\n"))).toEqual(["Context is empty"]);
    expect(faults(right + "\nText.".repeat(60))).toEqual(["82 lines, at most 60"]);
  });
});
