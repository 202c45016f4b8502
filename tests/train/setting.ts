/**
 * A small training task with random parts, such as dropout and shuffling, for the tests of Trainer and its checkpoints.
 */
import { createHash } from "node:crypto";
import {
  Accuracy,
  Adam,
  arrayDataset,
  buffer,
  crossEntropy,
  DataLoader,
  Dropout,
  Generator,
  type HostArray,
  Linear,
  Module,
  manualSeed,
  ReLU,
  Sequential,
  type Tensor,
  Trainer,
  type TrainerOptions,
  zeros,
} from "../../src/index.js";

/** Points of three classes in the plane, which a small network learns to tell apart. */
export function points(count: number, seed: number) {
  const generator = new Generator(seed);
  const y = Int32Array.from({ length: count }, (_, i) => i % 3);
  const data = new Float32Array(2 * count);
  y.forEach((label, i) => {
    data[2 * i] = Math.cos((2 * Math.PI * label) / 3) + 0.8 * (generator.uniform() - 0.5);
    data[2 * i + 1] = Math.sin((2 * Math.PI * label) / 3) + 0.8 * (generator.uniform() - 0.5);
  });
  return arrayDataset<{ x: HostArray; y: HostArray }>({
    x: { shape: [count, 2], data },
    y: { shape: [count], data: y },
  });
}

/** Numbers that are saved and do nothing: checkpoints are as large as one wants. */
class Ballast extends Module {
  readonly numbers: Tensor;

  constructor(count: number) {
    super();
    this.numbers = buffer(zeros([count]));
  }

  forward(x: Tensor): Tensor {
    return x;
  }
}

/** A network that draws random numbers. */
export const network = (hidden = 8, ballast = 0): Sequential =>
  new Sequential(
    ...[new Linear(2, hidden), new ReLU(), new Dropout(0.2), new Linear(hidden, 3)],
    ...(ballast > 0 ? [new Ballast(ballast)] : []),
  );

/** A model, its optimizer, data and a trainer: the same for the same seed. */
export function setting(options: Partial<TrainerOptions> = {}, { seed = 0, hidden = 8, batch = 8, ballast = 0 } = {}) {
  manualSeed(seed);
  const model = network(hidden, ballast);
  const optimizer = new Adam(model.parameters(), { lr: 0.02 });
  const train = new DataLoader(points(45, 1), { batch, shuffle: true });
  const validation = new DataLoader(points(21, 2), { batch: 7, seed: 0 });
  const metrics = { accuracy: new Accuracy() };
  const trainer = new Trainer({ model, optimizer, loss: crossEntropy, metrics, ...options });
  return { model, optimizer, train, validation, trainer };
}

/** The weights, bit for bit, as a short text. */
export function fingerprint(model: Module): string {
  const hash = createHash("sha256");
  for (const [name, tensor] of model.stateDict()) hash.update(name).update(new Uint8Array(tensor.dataSync().buffer));
  return hash.digest("hex").slice(0, 16);
}
