/**
 * Finds the files that a C++ source includes, for the key of its object in the cache (compile.js). It follows #include
 * and __has_include through all branches of #if, so it may find more files than the compiler reads. It resolves a name as
 * the compiler does: the folder of the including file first if the name is in quotes, then the include folders in order.
 * Names that are in no such folder are system headers, which are not followed.
 *
 * It does not preprocess. An #include or __has_include that it can see but not read gives a reason not to cache, and so
 * does a __has_include of a system header, which may be installed later. It does not see an #include with a comment before
 * or inside the word; compile.js finds the file of the project that is included so in the compiler's list of dependencies.
 * It does not see a __has_include or __DATE__ that is split over two lines by a backslash or made with ##.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

const directive = /^[ \t]*#[ \t]*(?:include|include_next|import)\b[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>|(.*))/gm;

/** Each __has_include; its name is missing if it is in another form. "#ifdef __has_include" does not ask for a header. */
const question =
  /(?<!\b(?:ifdef|ifndef|defined)[ \t(]*)\b__has_include(?:_next\b|\b(?:[ \t]*\([ \t]*(?:"([^"\n]+)"|<([^>\n]+)>))?)/g;

/** Text that makes an object depend on more than its sources: the time, and files that are embedded. */
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
    return path !== undefined;
  };
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (files.has(path)) continue;
    const text = readFileSync(path, "utf8");
    files.set(path, hashOf(text));
    if (unpredictable.test(text)) reason ??= `${path} uses the time or embeds a file`;
    for (const [, quoted, angled, other] of text.matchAll(directive)) {
      if (other !== undefined) reason ??= `${path} includes a file that a macro names: ${other.trim()}`;
      else include(quoted ?? angled, quoted === undefined ? [] : [dirname(path)]);
    }
    for (const [whole, quoted, angled] of text.matchAll(question)) {
      const name = quoted ?? angled;
      if (name === undefined) reason ??= `${path} asks for a header in a form that is not read: ${whole}`;
      else if (!include(name, quoted === undefined ? [] : [dirname(path)]))
        reason ??= `${path} asks whether there is a system header: ${name}`;
    }
  }
  return { files, missing: [...missing].sort(), reason };
}
