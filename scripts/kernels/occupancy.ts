/**
 * How many blocks of a kernel a multiprocessor holds, by the limits of the CUDA programming guide (compute
 * capabilities) and the granularity of CUDA's occupancy calculator. Does not consider other kernels on the processor.
 */

interface Processor {
  readonly threads: number;
  readonly blocks: number;
  readonly registers: number;
  /** Bytes of shared memory for all blocks, of which each block costs 1 KB more than it has. */
  readonly shared: number;
}

const processors: Readonly<Record<string, Processor>> = {
  sm_80: { threads: 2048, blocks: 32, registers: 65536, shared: 164 * 1024 },
  sm_90a: { threads: 2048, blocks: 32, registers: 65536, shared: 228 * 1024 },
};

/** The targets whose machine code is checked. */
export const checkedTargets: readonly string[] = Object.keys(processors);

const roundUp = (n: number, step: number): number => Math.ceil(n / step) * step;

/** Blocks of `threads` threads with `registers` each and `shared` bytes, static and dynamic, that a processor holds. */
export function blocksPerProcessor(target: string, registers: number, threads: number, shared: number): number {
  const processor = processors[target];
  if (!processor) throw new Error(`blocksPerProcessor: ${target} is not one of ${checkedTargets.join(", ")}`);
  const warps = Math.ceil(threads / 32);
  // Registers are given out to a warp, 256 at a time, from one of the four quarters of a processor.
  const warpsByRegisters = Math.floor(processor.registers / 4 / roundUp(registers * 32, 256)) * 4;
  return Math.min(
    processor.blocks,
    Math.floor(processor.threads / 32 / warps),
    Math.floor(warpsByRegisters / warps),
    Math.floor(processor.shared / roundUp(shared + 1024, 128)),
  );
}
