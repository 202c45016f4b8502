/** Writes the files that examples produce, such as charts. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FileError } from "wengert";
import { makeFolder } from "wengert/io";

/**
 * Writes a text into a folder, which is created if it is missing.
 *
 * @returns the file's path
 * @throws FileError if it cannot be written
 */
export async function writeOutput(folder: string, name: string, content: string): Promise<string> {
  await makeFolder(folder);
  const path = join(folder, name);
  try {
    await writeFile(path, content);
  } catch (error) {
    throw new FileError(`cannot write ${path}: ${(error as Error).message}`, { cause: error });
  }
  return path;
}
