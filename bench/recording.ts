/** Times one op with a bare loop and with the engine. Used by overhead.ts, which prints the figures. */
import { Tape, type Tensor, tensor } from "../src/index.js";

/** Microseconds an operation, one figure a round. */
export interface Recording {
  /** The bare loop over 16 numbers, into a new array. */
  readonly loop: readonly number[];
  /** The same as an op of the engine, recorded for gradients. */
  readonly recorded: readonly number[];
}

/** Elements of the operands. */
const size = 16;
/** Operations in a round, and on its tape: enough that the clock's resolution does not matter. */
const length = 1000;

/**
 * Times c = a b on 16 elements as a bare loop and as a recorded op, in turns, so that both meet the same machine.
 * The op's figure has in it its share of the tape: opening it, recording, and freeing what was made on it.
 */
export function measureRecording(rounds: number): Recording {
  const numbers = Float32Array.from({ length: size }, (_, i) => 1 + i / size);
  const a = tensor(numbers, { requiresGrad: true });
  const b = tensor(numbers);
  const loop: number[] = [];
  const recorded: number[] = [];
  for (let round = 0; round < rounds; round++) {
    loop.push(timed(() => bareLoops(numbers, numbers)));
    recorded.push(timed(() => recordedOps(a, b)));
  }
  a.dispose();
  b.dispose();
  return { loop, recorded };
}

function timed(run: () => void): number {
  const start = performance.now();
  run();
  return ((performance.now() - start) * 1000) / length;
}

function bareLoops(a: Float32Array, b: Float32Array): void {
  // The results are kept as long as those on a tape, and no compiler can leave the loop out.
  const results: Float32Array[] = [];
  for (let k = 0; k < length; k++) {
    const c = new Float32Array(size);
    for (let i = 0; i < size; i++) c[i] = a[i] * b[i];
    results.push(c);
  }
  if (results.length !== length || results[length - 1][0] !== a[0] * b[0]) throw new Error("the bare loop did not run");
}

function recordedOps(a: Tensor, b: Tensor): void {
  using tape = new Tape();
  for (let k = 0; k < length; k++) a.mul(b);
  if (tape.entries.length !== length) throw new Error(`expected ${length} recorded ops, got ${tape.entries.length}`);
}
