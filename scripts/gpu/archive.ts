/**
 * Packs a folder part by part into a .tar.xz, and returns the size of each part. A part is a run of whole blocks of
 * the archive; xz compresses blocks side by side.
 */
import { execFileSync } from "node:child_process";
import { rmSync, statSync } from "node:fs";

/** Files and folders of the archive that are counted together, named from the folder that is packed. */
export interface Part {
  readonly name: string;
  readonly paths: readonly string[];
}

export interface PartSize {
  readonly name: string;
  /** Bytes before and after compression. */
  readonly bytes: number;
  readonly packed: number;
}

/** A block has at most this many bytes: the largest file would otherwise keep one core busy and the others idle. */
const blockBytes = 44 * 2 ** 20;

/** Two zeroed records end a tar file; the next part overwrites them. */
const endBytes = 1024;

/** The filter for x86 code saves 3% of node. Higher presets save another 1% and take half as long again. */
const compression = ["--x86", "--lzma2=preset=6"];

/**
 * Packs parts of `folder` into `archive`, in their order.
 *
 * @throws Error if tar or xz fails, or if a part has no files
 */
export function pack(folder: string, parts: readonly Part[], archive: string): PartSize[] {
  const tar = archive.replace(/\.xz$/, "");
  rmSync(tar, { force: true });
  const blocks: { readonly part: number; readonly bytes: number }[] = [];
  let end = 0;
  parts.forEach(({ name, paths }, part) => {
    if (paths.length === 0) throw new Error(`bundle: the part "${name}" has no files`);
    const owner = ["--owner=0", "--group=0", "--numeric-owner", "--sort=name"];
    execFileSync("tar", ["-b", "1", ...owner, "-C", folder, "-rf", tar, ...paths]);
    const grown = statSync(tar).size - endBytes;
    for (let left = grown - end; left > 0; left -= blockBytes) blocks.push({ part, bytes: Math.min(left, blockBytes) });
    end = grown;
  });
  const list = blocks.map(({ bytes }) => bytes).join(",");
  execFileSync("xz", ["-f", "-T0", `--block-size=${blockBytes}`, `--block-list=${list},0`, ...compression, tar]);
  const rows = execFileSync("xz", ["--robot", "--list", "-vv", archive], { encoding: "utf8" }).split("\n");
  // block, stream, number in the stream, number, offset packed, offset unpacked, bytes packed, bytes unpacked, ...
  const packed = rows.filter((row) => row.startsWith("block\t")).map((row) => Number(row.split("\t")[6]));
  return parts.map(({ name }, part) => {
    const own = blocks.flatMap((block, i) => (block.part === part ? [{ bytes: block.bytes, packed: packed[i] }] : []));
    const sum = (of: (block: { bytes: number; packed: number }) => number): number =>
      own.reduce((total, block) => total + of(block), 0);
    return { name, bytes: sum((block) => block.bytes), packed: sum((block) => block.packed) };
  });
}

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1).padStart(8);

/** A line for each part and one for the whole, in MiB. */
export function sizeTable(sizes: readonly PartSize[], archive: string): string[] {
  const row = (name: string, bytes: number, packed: number): string =>
    `${name.padEnd(24)}${mebibytes(bytes)}${mebibytes(packed)}`;
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  return [
    `${"MiB".padEnd(24)}${"unpacked".padStart(8)}${"packed".padStart(8)}`,
    ...sizes.map(({ name, bytes, packed }) => row(name, bytes, packed)),
    row("whole archive", total, statSync(archive).size),
  ];
}
