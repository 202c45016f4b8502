/**
 * A learning rate that falls in steps: 0.1 at first, times 0.96 after every 1000 steps, as Keras's
 * `ExponentialDecay(0.1, 1000, 0.96, staircase=True)`. A small network learns a sine by it.
 *
 * A schedule is a function from the steps taken so far to the rate. Here the loop asks it; in a Trainer,
 * `new LearningRateScheduler(schedule)` does.
 *
 *     npx tsx examples/decay.ts --help
 */
import { linspace, manualSeed, mse, noGrad, rand, Tape } from "wengert";
import { Linear, Sequential, Tanh } from "wengert/nn";
import { SGD, schedules } from "wengert/optim";
import { integer, positive, program, text } from "./support/program.js";

const usage = `Fits a sine with a learning rate that decays in steps, and prints the rate when it changes.

npx tsx examples/decay.ts [options]

  --steps N        number of training steps (default 5000)
  --lr X           initial learning rate (default 0.1)
  --decay-steps N  number of steps between changes (default 1000)
  --decay-rate X   factor that each change multiplies the rate by (default 0.96)
  --seed N         random seed for the weights and points (default 0)
  --device NAME    cpu, cuda or emulator (default: WENGERT_DEVICE if set, else cuda if a working GPU is found, else cpu)
  --help           print this text`;

const options = {
  steps: integer(5000, 1),
  lr: positive(0.1),
  "decay-steps": integer(1000, 1),
  "decay-rate": positive(0.96),
  seed: integer(0),
  device: text(),
};

await program("decay", usage, options, async ({ steps, lr, seed, ...decay }) => {
  manualSeed(seed);
  const model = new Sequential(new Linear(1, 16), new Tanh(), new Linear(16, 1));
  using optimizer = new SGD(model.parameters(), { lr });
  const [gamma, decaySteps] = [decay["decay-rate"], decay["decay-steps"]];
  const schedule = schedules.exponential(lr, { gamma, decaySteps, staircase: true });

  for (let step = 0; step < steps; step++) {
    const rate = schedule(step); // lr gamma^floor(step / decaySteps)
    if (step === 0 || rate !== optimizer.lr) console.log(`step ${step}: learning rate ${rate.toPrecision(6)}`);
    optimizer.lr = rate;

    using tape = new Tape();
    const x = rand([32, 1], { low: -Math.PI, high: Math.PI });
    const loss = mse(model.forward(x), x.sin());
    optimizer.step(tape.gradients(loss, optimizer.parameters));
  }

  using x = linspace(-Math.PI, Math.PI, 200).reshape([200, 1]);
  const [error] = await noGrad(() => mse(model.forward(x), x.sin())).data();
  console.log(`mean squared error after ${steps} steps: ${error.toExponential(2)}`);
});
