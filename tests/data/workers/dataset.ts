/** The dataset module that the worker threads of the DataLoader tests load. It can fail, or end its thread. */
import { type Dataset, type HostArray, randomCrop, transformed } from "../../../src/data/index.js";

/** 30 samples with random crops; with `failAt`, a sample that cannot be had; with `exitAt`, one that ends the thread. */
export function dataset({ failAt = -1, exitAt = -1 } = {}): Dataset<{ x: HostArray; y: HostArray }> {
  const images: Dataset<{ x: HostArray; y: HostArray }> = {
    length: 30,
    get(index) {
      if (index === failAt) throw new Error("sample 17 is broken");
      if (index === exitAt) process.exit(3);
      return {
        x: { shape: [1, 6, 6], data: Float32Array.from({ length: 36 }, (_, i) => 100 * index + i) },
        y: { shape: [], data: Int32Array.of(index) },
      };
    },
  };
  return transformed(images, { x: [randomCrop(4)] }) as Dataset<{ x: HostArray; y: HostArray }>;
}
