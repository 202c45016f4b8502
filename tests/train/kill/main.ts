/** A training program that tests kill and resume. Run as a child process by the tests of checkpoints. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  type Callback,
  EarlyStopping,
  LearningRateScheduler,
  ModelCheckpoint,
  schedules,
  TensorBoard,
} from "../../../src/index.js";
import { fingerprint, setting } from "../setting.js";

/**
 * A run that saves after every second step, so that it spends much of its time writing: main.js FOLDER. It goes on from
 * the checkpoint in the folder, if there is one, prints each step, and at the end the weights.
 */
const [folder] = process.argv.slice(2);
const say: Callback = { onStepEnd: ({ step }) => void process.stdout.write(`step ${step}\n`) };
const callbacks = [
  new LearningRateScheduler(schedules.cosine(0.05, { tMax: 40 })),
  new EarlyStopping({ patience: 20 }),
  new TensorBoard(join(folder, "events")),
  say,
  new ModelCheckpoint(folder, { everySteps: 2 }),
];
const last = join(folder, "last.safetensors");
const resumes = existsSync(last);
// Ballast, so that a checkpoint is not written in no time.
const { model, trainer, train, validation } = setting({ callbacks }, { seed: resumes ? 99 : 0, ballast: 2 ** 20 });
await trainer.fit(train, { epochs: 10, validation, sigint: true, ...(resumes ? { resume: last } : {}) });
process.stdout.write(`weights ${fingerprint(model)}\n`);
