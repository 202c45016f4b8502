import { expect, test } from "vitest";
import { device } from "../../src/index.js";
import { native } from "../support/device.js";

/** The ops that have no kernel yet. Whoever writes one takes its name off this list. */
const awaited: readonly string[] = [
  ...["attention", "attentionGrad"],
  ...["batchNorm", "batchNormGrad", "batchNormInference"],
  ...["groupNorm", "groupNormGrad"],
  ...["embedding", "embeddingGrad"],
  ...["gather", "indexAdd", "indexSelect", "oneHot", "scatterAdd"],
  ...["sort", "topk"],
  ...["adagrad", "centredRmsprop", "centredRmspropMomentum", "ema", "lion", "rmsprop", "rmspropMomentum"],
];

test.runIf(device() !== "cpu")("what has no kernel yet is named, and nothing else", () => {
  expect(native.missing()).toEqual([...awaited].sort());
});
