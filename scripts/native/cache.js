/**
 * A folder of build products, each in a file that is named by a key: `objects/` has what compilers made (compile.js),
 * `addons/` whole addons (addons.js), `kernels/` verdicts of the check of the kernels. The folder is $WENGERT_CACHE, or
 * build/cache of the checkout. Several processes and checkouts may use it at the same time.
 *
 * An entry is one file: the hash of all that follows it, then a line of JSON, then the products. It is written under a
 * temporary name and renamed, and it is used only if its hash is right. A damaged entry is ignored and deleted.
 *
 * The cache never fails a build: a folder or entry that this user cannot write is used as far as it can be read.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { hashOf } from "./includes.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The folder, absolute. */
export const cacheFolder = () => resolve(root, process.env.WENGERT_CACHE || join("build", "cache"));

const pathOf = (kind, key) => join(cacheFolder(), kind, key.slice(0, 2), key);

/** Writes a file under a temporary name and renames it, so that no reader sees a partial file. */
export function writeWhole(path, data, options = {}) {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, data, options);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Removes a file of the cache. Does nothing if this user may not remove it. */
function remove(path) {
  try {
    rmSync(path, { force: true });
  } catch {
    // The folder belongs to another user; the owner's next build removes the file.
  }
}

/**
 * What is stored under a key: `about`, which is JSON, and `parts`, one Buffer for each product. Undefined if there is
 * nothing, or if it is damaged.
 */
export function load(kind, key) {
  const path = pathOf(kind, key);
  let data;
  try {
    data = readFileSync(path);
  } catch {
    return undefined;
  }
  const body = data.subarray(65);
  if (data.length < 66 || data.toString("latin1", 0, 64) !== hashOf(body)) {
    remove(path);
    return undefined;
  }
  const end = body.indexOf(10);
  const { about, lengths } = JSON.parse(body.toString("utf8", 0, end));
  const parts = [];
  let start = end + 1;
  for (const length of lengths) {
    parts.push(body.subarray(start, start + length));
    start += length;
  }
  try {
    // prune() removes first what was not used for the longest time.
    utimesSync(path, new Date(), new Date());
  } catch {
    // Another process has just removed the entry, or another user owns it. Its contents have been read.
  }
  return { about, parts };
}

/**
 * Stores JSON and products under a key. A full disk or a folder that cannot be written is not an error: nothing is stored,
 * and a line on stderr says why.
 */
export function store(kind, key, about, parts) {
  const line = Buffer.from(`${JSON.stringify({ about, lengths: parts.map(({ length }) => length) })}\n`);
  const body = Buffer.concat([line, ...parts]);
  try {
    writeWhole(pathOf(kind, key), Buffer.concat([Buffer.from(`${hashOf(body)}\n`), body]));
  } catch (error) {
    process.stderr.write(`The build cache could not be written: ${error.message}\n`);
  }
}

const day = 24 * 3600 * 1000;
const kinds = ["objects", "addons", "kernels"];

/** Removes entries that were not used for `days`, and then the oldest until `mostBytes` are left. */
export function prune({ days = 30, mostBytes = 2 * 2 ** 30, now = Date.now() } = {}) {
  // $WENGERT_CACHE may have other files, which are not ours to remove.
  const entries = kinds.flatMap((kind) => filesIn(join(cacheFolder(), kind))).sort((a, b) => b.used - a.used);
  let bytes = 0;
  for (const entry of entries) {
    const most = entry.path.endsWith(".tmp") ? day : days * day;
    if (now - entry.used > most || bytes + entry.bytes > mostBytes) remove(entry.path);
    else bytes += entry.bytes;
  }
}

/** The files below a folder, with their sizes and when each was last used. Without those that this user cannot list. */
function filesIn(folder) {
  const found = [];
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) found.push(...filesIn(path));
      // Another process may have removed it.
      const file = entry.isFile() ? statSync(path, { throwIfNoEntry: false }) : undefined;
      if (file) found.push({ path, bytes: file.size, used: file.mtimeMs });
    }
  } catch {
    // The folder does not exist, or it belongs to another user.
  }
  return found;
}
