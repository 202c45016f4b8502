/**
 * Finds the links of a Markdown page and the ones that lead nowhere. Used by the test of all links and, for README.md, by
 * scripts/pack-test.ts.
 */
import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

/** README.md is also the page of the package on npm, where relative links do not work. Its links begin with this. */
export const packageUrl = "https://unpkg.com/wengert/";

/** The text without fenced code, in which `#` does not start a heading. The indent is spaces and tabs, not empty lines. */
const withoutFences = (page: string): string => page.replace(/^([ \t]*)(`{3,}|~{3,}).*\n[\s\S]*?^\1\2[ \t]*$/gm, "");

/** The text without fenced code and code in backquotes, in which brackets are not links. An empty line ends such code. */
const withoutCode = (page: string): string =>
  withoutFences(page).replace(/(?<!`)(`+)(?!`)(?:[^\n]|\n(?!\s*\n))+?(?<!`)\1(?!`)/g, "code");

/** The targets of the links in a page, in order: `[text](target)`, images too, and `[text]: target`. */
export function linksIn(page: string): string[] {
  const text = withoutCode(page);
  const inline = [...text.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)];
  const references = [...text.matchAll(/^\[[^\]]+\]:\s*<?([^\s>]+)>?/gm)];
  return [...inline, ...references].sort((a, b) => a.index - b.index).map(([, target]) => target);
}

/** The anchors of a page's headings, made as GitHub makes them. */
export function anchorsIn(page: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading] of withoutFences(page).matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const slug = plain.replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, "").replaceAll(" ", "-");
    let anchor = slug;
    for (let n = 1; anchors.has(anchor); n++) anchor = `${slug}-${n}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** A file that a link names, by its path from the root, and its anchor, or "" if it has none. */
interface Target {
  readonly path: string;
  readonly anchor: string;
}

/** The file of the project that a link of a page leads to; null if the link leads out of the project. */
export function targetOf(page: string, link: string): Target | null {
  const inPackage = link.startsWith(packageUrl);
  if (!inPackage && /^[a-z][a-z\d+.-]*:/i.test(link)) return null;
  const [path, anchor = ""] = (inPackage ? link.slice(packageUrl.length) : link).split("#");
  if (path === "" && !inPackage) return { path: page, anchor };
  return { path: inPackage ? posix.normalize(path) : posix.join(posix.dirname(page), path), anchor };
}

/** The links of a page that lead nowhere, each with the reason. README.md may only have absolute ones. */
export function brokenLinks(root: string, page: string, text: string): string[] {
  return linksIn(text).flatMap((link) => {
    const target = targetOf(page, link);
    if (target === null) return [];
    if (page === "README.md" && !link.startsWith(packageUrl)) return [`${link}: must begin with ${packageUrl}`];
    const file = join(root, target.path);
    const isPage = target.path === page;
    const exists = isPage || (!target.path.startsWith("../") && existsSync(file));
    if (!exists) return [`${link}: ${target.path} does not exist`];
    if (target.anchor === "") return [];
    return anchorsIn(isPage ? text : readFileSync(file, "utf8")).has(target.anchor)
      ? []
      : [`${link}: ${target.path} has no heading #${target.anchor}`];
  });
}
