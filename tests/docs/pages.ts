/** Finds the Markdown pages that are written by hand. Used by the tests of their paths and links. */
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the project. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** The pages outside docs/. */
const projectPages = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"];

/** The pages in docs/ and its folders. docs/api is generated. */
const docsPages = readdirSync(join(root, "docs"), { recursive: true, withFileTypes: true })
  .map(({ parentPath, name }) => relative(root, join(parentPath, name)).replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".md") && !path.startsWith("docs/api/"))
  .sort();

/** All pages, by their paths from the root. */
export const pages: readonly string[] = [...projectPages, ...docsPages];
