/** Loads the MNIST digits from a folder, the cache or the network, and checks them. Downloads are in mnist-files.ts. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { ArgumentError, FileError, FormatError } from "../../core/errors.js";
import { Generator } from "../../core/random/generator.js";
import { show } from "../../core/shape.js";
import { fileError } from "../../io/files.js";
import { decodeIdx, type IdxArray, readIdx } from "./idx.js";
import { type ImageSet, selectImages } from "./images.js";
import { cacheFolder, type DownloadProgress, fetchFiles, mnistFiles, mnistMirrors } from "./mnist-files.js";

/** Options of `loadMnist`. */
export interface MnistOptions {
  /** Folder with IDX files. Default: the cache folder, filled from the network where files are missing. */
  readonly data?: string;
  /** The folder for downloaded files. Default: `wengert/mnist` in `XDG_CACHE_HOME` or `~/.cache`. */
  readonly cache?: string;
  /** If the folder has only one split: the fraction to hold out as the test set. Default 0.1. */
  readonly holdOut?: number;
  /** Decides which images are held out. Default 0. */
  readonly seed?: number;
  /** Whether files may be fetched from the network. Default true. */
  readonly download?: boolean;
  /**
   * URLs of folders with the official files, each with a slash at its end. Default: those of PyTorch and TensorFlow.
   */
  readonly mirrors?: readonly string[];
  /** Milliseconds without a byte, after which a mirror is given up. Default 15,000. */
  readonly timeout?: number;
  /** Called as bytes of a download arrive. */
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Aborts a download. */
  readonly signal?: AbortSignal;
}

/** Handwritten digits to learn from, and others to be tested on. */
export interface Mnist {
  /** The images to train on. */
  readonly train: ImageSet;
  /** The images to test on. */
  readonly test: ImageSet;
  /** The origin of the images, in words. */
  readonly source: string;
  /** Whether the test set is a part of the only split that was there. */
  readonly heldOut: boolean;
}

/**
 * The MNIST database of handwritten digits (LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to
 * document recognition", 1998): 28 x 28 pixels, 60,000 images to train on and 10,000 to test.
 *
 * With `data`, any folder with files in MNIST's format and under its names, such as `train-images-idx3-ubyte.gz`,
 * gzipped or not. If there is only one of the two splits, a part of it is held out as the test set.
 *
 * @throws DownloadError if there is no `data` and the official files are neither cached nor on a mirror; FileError if
 *   `data` cannot be read or has no such files; FormatError if a file is not what it should be; the signal's reason if
 *   it is aborted
 */
export async function loadMnist(options: MnistOptions = {}): Promise<Mnist> {
  const { holdOut = 0.1, seed = 0 } = options;
  if (!(holdOut > 0 && holdOut < 1))
    throw new ArgumentError(`loadMnist: holdOut must be between 0 and 1, got ${holdOut}`);
  const { data } = options;
  return await (data === undefined ? fromNetwork(options) : fromFolder(data, holdOut, new Generator(seed)));
}

async function fromNetwork(options: MnistOptions): Promise<Mnist> {
  const {
    cache = cacheFolder(),
    download = true,
    mirrors = mnistMirrors,
    timeout = 15_000,
    onProgress,
    signal,
  } = options;
  const { contents, source } = await fetchFiles(mnistFiles, { cache, download, mirrors, timeout, onProgress, signal });
  const [trainImages, trainLabels, testImages, testLabels] = [...contents.values()].map(decodeIdx);
  const train = imageSet(source, trainImages, trainLabels);
  return { train, test: imageSet(source, testImages, testLabels), source, heldOut: false };
}

async function fromFolder(folder: string, holdOut: number, generator: Generator): Promise<Mnist> {
  const names = await readdir(folder).catch((error) => {
    throw fileError("loadMnist: cannot read", folder, error);
  });
  const train = await readSplit(folder, names, "train");
  const test = await readSplit(folder, names, "t10k");
  const only = train ?? test;
  if (only === null)
    throw new FileError(
      `loadMnist: ${folder} has no MNIST files; it must contain train-images-idx3-ubyte and train-labels-idx1-ubyte, or the t10k files, with or without .gz`,
    );
  if (train === null || test === null) return { ...holdOutImages(folder, only, holdOut, generator), heldOut: true };
  if (train.height !== test.height || train.width !== test.width)
    throw new FormatError(
      `loadMnist: ${folder}: the training images have ${train.height} x ${train.width} pixels, but the test images have ${test.height} x ${test.width}`,
    );
  return { train, test, source: folder, heldOut: false };
}

/** One of the two splits, or null if the folder has no file of it. */
async function readSplit(folder: string, names: readonly string[], name: "train" | "t10k"): Promise<ImageSet | null> {
  const find = (part: string): string | undefined =>
    [`${name}-${part}-ubyte`, `${name}-${part.replace("-", ".")}-ubyte`]
      .flatMap((stem) => [stem, `${stem}.gz`])
      .find((candidate) => names.includes(candidate));
  const images = find("images-idx3");
  const labels = find("labels-idx1");
  if (images === undefined && labels === undefined) return null;
  if (images === undefined || labels === undefined)
    throw new FileError(`loadMnist: ${folder} has ${images ?? labels}, but no ${name} ${images ? "labels" : "images"}`);
  const paths = [join(folder, images), join(folder, labels)];
  return imageSet(paths.join(" and "), await readIdx(paths[0]), await readIdx(paths[1]));
}

function imageSet(source: string, images: IdxArray, labels: IdxArray): ImageSet {
  const fail = (problem: string): never => {
    throw new FormatError(`loadMnist: ${source}: ${problem}`);
  };
  const [count, height, width] = images.shape;
  if (!(images.data instanceof Uint8Array) || images.shape.length !== 3 || images.data.length === 0)
    return fail(
      `images must be bytes of shape [count, height, width], got ${images.data.constructor.name} ${show(images.shape)}`,
    );
  if (!(labels.data instanceof Uint8Array) || labels.shape.length !== 1)
    return fail(`labels must be bytes of shape [count], got ${labels.data.constructor.name} ${show(labels.shape)}`);
  if (labels.data.length !== count) fail(`there are ${count} images, but ${labels.data.length} labels`);
  const wrong = labels.data.findIndex((label) => label > 9);
  if (wrong >= 0) fail(`labels must be digits from 0 to 9, but label ${wrong} is ${labels.data[wrong]}`);
  return { images: images.data, labels: labels.data, count, height, width };
}

function holdOutImages(folder: string, set: ImageSet, holdOut: number, generator: Generator): Omit<Mnist, "heldOut"> {
  if (set.count < 2)
    throw new FormatError(`loadMnist: ${folder} has ${set.count} image; at least 2 are needed to hold one out`);
  const held = Math.min(set.count - 1, Math.max(1, Math.round(set.count * holdOut)));
  const order = generator.permutation(set.count);
  return {
    train: selectImages(set, order.subarray(held)),
    test: selectImages(set, order.subarray(0, held)),
    source: `${folder} (one split only: ${held} of ${set.count} images held out)`,
  };
}
