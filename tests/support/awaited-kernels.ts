/**
 * The ops and updates that have no kernel on a GPU yet. A commit that adds a kernel removes the name. Used by the tests of
 * kernel coverage and of the parts of an op.
 */

export const awaited: readonly string[] = [
  ...["attention", "attentionGrad"],
  ...["batchNorm", "batchNormGrad", "batchNormInference"],
  ...["groupNorm", "groupNormGrad"],
  ...["embedding", "embeddingGrad"],
  ...["gather", "indexAdd", "indexSelect", "oneHot", "scatterAdd"],
  ...["sort", "topk"],
  ...["adagrad", "centredRmsprop", "centredRmspropMomentum", "ema", "lion", "rmsprop", "rmspropMomentum"],
];
