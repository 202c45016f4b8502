/**
 * Finds the files that a C++ source includes, for the key of its object in the cache (compile.js). It follows #include
 * and __has_include through all branches of #if, so it finds more files than the compiler reads, never fewer. It resolves
 * a name as the compiler does: the folder of the including file first if the name is in quotes, then the include folders
 * in order. Names that are in no such folder are headers of the system, which are not followed.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

const directive = /^[ \t]*#[ \t]*(?:include|include_next|import)\b[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>|(.*))/gm;
const question = /\b__has_include(?:_next)?[ \t]*\([ \t]*(?:"([^"\n]+)"|<([^>\n]+)>)/g;

/** What makes an object depend on more than the text of its sources: the time, and files that are embedded. */
const unpredictable = /\b__(?:DATE|TIME|TIMESTAMP)__\b|\.incbin\b|^[ \t]*#[ \t]*embed\b/m;

export const hashOf = (data) => createHash("sha256").update(data).digest("hex");

const isFile = (path) => existsSync(path) && statSync(path).isFile();

/**
 * The source and all files that it includes, directly or not, in the order in which they are found.
 *
 * @param folders - the folders of -I and -isystem, absolute, in order
 * @param forced - the files of -include, absolute
 * @returns `files`: the hash of each, by its absolute path; `missing`: the names that were not found; `reason`: why the
 *   object cannot be cached, if it cannot
 */
export function scan(source, folders, forced = []) {
  const files = new Map();
  const missing = new Set();
  let reason;
  const find = (name, first) =>
    first
      .concat(folders)
      .map((folder) => resolve(folder, name))
      .find(isFile);
  const waiting = [...forced, source];
  const include = (name, first) => {
    const path = find(name, first);
    if (path === undefined) missing.add(name);
    else if (!files.has(path)) waiting.push(path);
  };
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (files.has(path)) continue;
    const text = readFileSync(path, "utf8");
    files.set(path, hashOf(text));
    if (unpredictable.test(text)) reason ??= `${path} uses the time or embeds a file`;
    for (const [, quoted, angled, other] of text.matchAll(directive)) {
      if (other !== undefined) reason ??= `${path} includes a name that a macro makes: ${other.trim()}`;
      else include(quoted ?? angled, quoted === undefined ? [] : [dirname(path)]);
    }
    for (const [, quoted, angled] of text.matchAll(question))
      include(quoted ?? angled, quoted === undefined ? [] : [dirname(path)]);
  }
  return { files, missing: [...missing].sort(), reason };
}
