/**
 * File operations that all writers share: folders, whole-file reads, atomic writes, and system errors as FileError.
 * Used by io, data, train and tune. It knows no file format.
 */
import { type FileHandle, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { FileError } from "../core/errors.js";
import { removeStale, temporaryPath } from "./temporary.js";

/** @internal A system error as a FileError that names the function, the action and the file. Other errors are returned unchanged. */
export function fileError(action: string, path: string, error: unknown): unknown {
  const isSystemError = error instanceof Error && "code" in error;
  return isSystemError ? new FileError(`${action} ${path}: ${error.message}`, { cause: error }) : error;
}

const codeOf = (error: unknown): unknown => (error as NodeJS.ErrnoException).code;

const isFolder = (path: string): Promise<boolean> =>
  stat(path)
    .then((found) => found.isDirectory())
    .catch(() => false);

/**
 * Makes a folder, and those above it that are missing; one that is there already is left alone.
 *
 * @param op - who wants it, for messages
 * @throws FileError with the system's error as its cause
 */
export async function makeFolder(folder: string, op = "makeFolder"): Promise<void> {
  try {
    await makeFolders(folder);
  } catch (error) {
    throw fileError(`${op}: cannot create`, folder, error);
  }
}

/** Not `mkdir` with `recursive`: under a folder that is there but takes no other, as in /proc, it never returns. */
async function makeFolders(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    if (codeOf(error) === "EEXIST" && (await isFolder(folder))) return;
    const above = dirname(resolve(folder));
    if (codeOf(error) !== "ENOENT" || (await isFolder(above))) throw error;
    await makeFolders(above);
    await mkdir(folder);
  }
}

/** @internal The whole file. */
export async function readBytes(op: string, path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw fileError(`${op}: cannot read`, path, error);
  }
}

/**
 * Writes a file whole or not at all: to a temporary file in the same folder, which is flushed to the disk and then
 * takes the place of `path` in one step. Programs that read `path` in the meantime see the previous file, and
 * it stays if anything fails, such as a full disk. Temporary files that killed programs left in the folder are removed.
 *
 * @param op - who writes, for messages
 * @throws FileError with the system's error as its cause; the temporary file is gone by then
 */
export async function writeAtomic(op: string, path: string, chunks: Iterable<Uint8Array>): Promise<void> {
  const folder = dirname(path);
  const temporary = temporaryPath(folder);
  await removeStale(folder); // first: the disk may be full of them
  try {
    // "wx": never through a file or link that somebody else put there.
    await withFile(temporary, "wx", async (file) => {
      for (const chunk of chunks) await file.writeFile(chunk);
      await file.sync();
    });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw fileError(`${op}: cannot write`, path, error);
  }
  await syncFolder(folder);
}

/** @internal Runs `fn` on an open file and always closes it. */
export async function withFile<T>(path: string, flags: string, fn: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, flags);
  let result: T;
  try {
    result = await fn(file);
  } catch (error) {
    await file.close().catch(() => {}); // the first error is the one to report
    throw error;
  }
  await file.close();
  return result;
}

/** Makes the new name last through a power cut. Not every system lets a folder be flushed; the file is whole anyway. */
async function syncFolder(folder: string): Promise<void> {
  try {
    await withFile(folder, "r", (handle) => handle.sync());
  } catch {}
}
