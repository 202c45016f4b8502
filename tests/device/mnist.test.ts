import { expect, test } from "vitest";
import { convolutionalNetwork } from "../../examples/mnist/training.js";
import { Batches, drawDigits, mnistPixels } from "../../src/data/index.js";
import { crossEntropy, type DeviceName, device, devices, manualSeed, setDevice, Tape } from "../../src/index.js";
import { Adam } from "../../src/optim/index.js";

const steps = 4;

/** The losses of the first steps of training on a device, from one seed. */
async function losses(on: DeviceName): Promise<number[]> {
  const before = device();
  setDevice(on);
  try {
    manualSeed(7);
    using network = convolutionalNetwork(28, 28);
    using optimizer = new Adam(network.parameters(), { lr: 1e-3 });
    const found: number[] = [];
    for (const { x, y } of new Batches(drawDigits(steps * 8, 1), { batch: 8, normalize: mnistPixels })) {
      using tape = new Tape();
      const loss = crossEntropy(network.forward(x), y);
      optimizer.step(tape.gradients(loss, optimizer.parameters));
      found.push((await loss.data())[0]);
    }
    return found;
  } finally {
    setDevice(before);
  }
}

test.runIf(device() !== "cpu")(
  `the MNIST network trains on ${device()} as it does on cpu`,
  async () => {
    expect(devices().find(({ name }) => name === device())?.available).toBe(true);
    const [reference, found] = [await losses("cpu"), await losses(device())];
    expect(found).toHaveLength(steps);
    found.forEach((loss, i) => {
      expect(Math.abs(loss - reference[i]) / reference[i]).toBeLessThan(1e-4);
    });
  },
  300_000,
);

test.runIf(device() !== "cpu")(
  "the same seed gives the same bits twice",
  async () => {
    expect(await losses(device())).toEqual(await losses(device()));
  },
  300_000,
);
