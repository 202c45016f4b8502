/**
 * The four official MNIST files: names, checksums, mirrors and the cache folder. Used by mnist.ts, which decodes them.
 */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { DownloadError, FileError } from "../../core/errors.js";
import { makeFolder, writeAtomic } from "../../io/files.js";
import { download, isIntact, type RemoteFile } from "./download.js";

/** The official files. */
export const mnistFiles: readonly RemoteFile[] = [
  {
    name: "train-images-idx3-ubyte.gz",
    bytes: 9_912_422,
    sha256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
  },
  {
    name: "train-labels-idx1-ubyte.gz",
    bytes: 28_881,
    sha256: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
  },
  {
    name: "t10k-images-idx3-ubyte.gz",
    bytes: 1_648_877,
    sha256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
  },
  {
    name: "t10k-labels-idx1-ubyte.gz",
    bytes: 4_542,
    sha256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
  },
];

/** The folders with the files, tried in this order: those of PyTorch and of TensorFlow. */
export const mnistMirrors: readonly string[] = [
  "https://ossci-datasets.s3.amazonaws.com/mnist/",
  "https://storage.googleapis.com/cvdf-datasets/mnist/",
];

/** How far a download has come, in bytes over all its files. */
export interface DownloadProgress {
  /** The bytes received so far, over all files. */
  readonly loaded: number;
  /** The bytes of all files. */
  readonly total: number;
  /** The name of the file that is being downloaded. */
  readonly file: string;
}

export interface FetchOptions {
  /** Folder in which the files are kept. */
  readonly cache: string;
  /** Whether what is not in the cache may be fetched from the network. */
  readonly download: boolean;
  readonly mirrors: readonly string[];
  readonly timeout: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DownloadProgress) => void;
}

export interface Fetched {
  readonly contents: ReadonlyMap<string, Uint8Array>;
  /** The origin of the files, in words. */
  readonly source: string;
}

/** The user's cache folder by the XDG Base Directory specification, which has relative paths ignored. */
export function cacheFolder(): string {
  const xdg = process.env.XDG_CACHE_HOME;
  return join(xdg && isAbsolute(xdg) ? xdg : join(homedir(), ".cache"), "wengert", "mnist");
}

/**
 * The files, each from the cache folder if it is there with the right checksum, else from the network into the cache
 * folder. A cache folder that cannot be written only changes `source`.
 *
 * @throws DownloadError if a file is neither in the cache nor on a mirror; the signal's reason if it is aborted
 */
export async function fetchFiles(files: readonly RemoteFile[], options: FetchOptions): Promise<Fetched> {
  const { cache, mirrors, timeout, signal, onProgress } = options;
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const contents = new Map<string, Uint8Array>();
  let source = cache;
  let done = 0;
  for (const file of files) {
    const path = join(cache, file.name);
    const report = (loaded: number): void => onProgress?.({ loaded: done + loaded, total, file: file.name });
    let content = await readFile(path).catch(() => null);
    if (content === null || !isIntact(file, content)) {
      if (!options.download)
        throw new DownloadError(`download: ${file.name} is not in ${cache}, and downloading is turned off`);
      content = Buffer.from(await download(file, mirrors, { timeout, signal, onBytes: report }));
      const problem = await store(cache, path, content);
      source = problem === null ? `the network, now in ${cache}` : `the network (not cached: ${problem.message})`;
    }
    contents.set(file.name, content);
    report(file.bytes);
    done += file.bytes;
  }
  return { contents, source };
}

/** @returns why the file could not be stored, or null */
async function store(folder: string, path: string, content: Uint8Array): Promise<FileError | null> {
  try {
    await makeFolder(folder, "loadMnist");
    await writeAtomic("loadMnist", path, [content]);
    return null;
  } catch (error) {
    if (error instanceof FileError) return error;
    throw error;
  }
}
