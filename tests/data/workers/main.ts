/** A program that loops over a DataLoader with workers. Run as a child process by the tests of src/data. */
import { DataLoader, moduleDataset } from "../../../src/data/index.js";

/** Prints what a loader gives over two epochs, as JSON, and what goes wrong in each: main.ts WORKERS [FAIL_AT] [EXIT_AT] */
const [workers, failAt = -1, exitAt = -1] = process.argv.slice(2).map(Number);
const url = new URL("./dataset.js", import.meta.url);
const dataset = await moduleDataset(url, { failAt, exitAt });
const loader = new DataLoader(dataset, { batch: 4, shuffle: true, seed: 5, workers, prefetch: 3 });
const seen: unknown[] = [];
for (let epoch = 0; epoch < 2; epoch++)
  try {
    for await (const { x, y } of loader) seen.push([Array.from(x.dataSync()), Array.from(y.dataSync())]);
  } catch (error) {
    seen.push(String(error));
  }
// Without dispose: idle workers must not keep the program alive.
process.stdout.write(JSON.stringify(seen));
