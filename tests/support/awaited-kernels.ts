/** The ops and updates that have no kernel on a GPU yet. Whoever writes one takes its name off this list. */
export const awaited: readonly string[] = [
  ...["attention", "attentionGrad"],
  ...["batchNorm", "batchNormGrad", "batchNormInference"],
  ...["groupNorm", "groupNormGrad"],
  ...["embedding", "embeddingGrad"],
  ...["gather", "indexAdd", "indexSelect", "oneHot", "scatterAdd"],
  ...["sort", "topk"],
  ...["adagrad", "centredRmsprop", "centredRmspropMomentum", "ema", "lion", "rmsprop", "rmspropMomentum"],
];
