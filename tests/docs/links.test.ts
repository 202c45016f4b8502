/** The links of all Markdown pages lead to files of the project, and their anchors to headings. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { anchorsIn, brokenLinks, linksIn, packageUrl, targetOf } from "./links.js";
import { pages, root } from "./pages.js";

describe("the links of", () => {
  test.each(pages)("%s lead somewhere", (page) => {
    expect(brokenLinks(root, page, readFileSync(join(root, page), "utf8"))).toEqual([]);
  });

  test("the pages are found", () => {
    const links = pages.flatMap((page) => linksIn(readFileSync(join(root, page), "utf8")));
    expect(links.length).toBeGreaterThan(50);
    expect(links.filter((link) => link.includes("#")).length).toBeGreaterThan(3);
  });
});

describe("the check of links", () => {
  test("reads links, images and references, but not code", () => {
    const page = [
      '[a](one.md) and ![b](<two.svg>) and [c](three.md "Title")',
      "`[no](code.md)` and ``[no](`code`.md)``",
      "```md",
      "[no](fence.md)",
      "```",
      "[`code` in text](four.md#part)",
      "[ref]: five.md",
    ].join("\n");
    expect(linksIn(page)).toEqual(["one.md", "two.svg", "three.md", "four.md#part", "five.md"]);
  });

  test("reads the links and headings after a fence that follows an empty line, and after a single backquote", () => {
    const page = "[a](one.md)\n\n```sh\n# no heading\n```\n[b](two.md)\n\n## After\n\nA `\n\n[c](three.md)\n\nA `\n";
    expect(linksIn(page)).toEqual(["one.md", "two.md", "three.md"]);
    expect([...anchorsIn(page)]).toEqual(["after"]);
  });

  test("makes anchors as GitHub does", () => {
    const page = "# The `cpu` loop: a first look\n## Again\n## Again\n```sh\n# not a heading\n```\n### x_y - z\n";
    expect([...anchorsIn(page)]).toEqual(["the-cpu-loop-a-first-look", "again", "again-1", "x_y---z"]);
  });

  test("resolves links from the folder of their page", () => {
    expect(targetOf("docs/how-to/op.md", "../kernels.md#the-map")).toEqual({
      path: "docs/kernels.md",
      anchor: "the-map",
    });
    expect(targetOf("docs/gpu.md", "#tuning")).toEqual({ path: "docs/gpu.md", anchor: "tuning" });
    expect(targetOf("README.md", `${packageUrl}docs/gpu.md`)).toEqual({ path: "docs/gpu.md", anchor: "" });
    expect(targetOf("CHANGELOG.md", "https://semver.org/")).toBe(null);
  });

  test("names each link that leads nowhere, with the reason", () => {
    const text = "## Here\n[a](gpu.md) [b](gone.md) [c](#here) [d](#gone) [e](gpu.md#gone) [f](../../out.md)\n";
    expect(brokenLinks(root, "docs/x.md", text)).toEqual([
      "gone.md: docs/gone.md does not exist",
      "#gone: docs/x.md has no heading #gone",
      "gpu.md#gone: docs/gpu.md has no heading #gone",
      "../../out.md: ../out.md does not exist",
    ]);
  });

  test("refuses relative links in README.md, and absolute ones to files that do not exist", () => {
    const text = `[a](docs/gpu.md) [b](${packageUrl}docs/gpu.md) [c](${packageUrl}docs/gone.md)`;
    expect(brokenLinks(root, "README.md", text)).toEqual([
      `docs/gpu.md: must begin with ${packageUrl}`,
      `${packageUrl}docs/gone.md: docs/gone.md does not exist`,
    ]);
  });
});
