/** Reads what ptxas says of each kernel, and refuses spills, warnings and wgmma instructions that it serialises. */

/** What ptxas says of one kernel for one target. */
export interface KernelReport {
  /** The mangled name. */
  readonly name: string;
  readonly target: string;
  readonly registers: number;
  readonly spillBytes: number;
  /** Local memory of a thread, spills included. */
  readonly stackBytes: number;
  /** Shared memory of a block, without what the launch asks for. */
  readonly sharedBytes: number;
}

export interface Report {
  readonly kernels: readonly KernelReport[];
  /** Lines that fail the build: warnings, and remarks by which ptxas gives up the asynchrony of wgmma. */
  readonly complaints: readonly string[];
}

/** Every C75xx says that ptxas gives up what wgmma is for, such as C7510 and C7514 (serialised), C7508 (setmaxnreg ignored). */
const refused = /\(C75\d\d\)|\bwarning\b/i;

/** Reads what `nvcc -Xptxas -v` prints. */
export function readReport(text: string): Report {
  const kernels: KernelReport[] = [];
  const complaints: string[] = [];
  let current = { name: "", target: "", spillBytes: 0, stackBytes: 0 };
  for (const line of text.split("\n")) {
    const entry = /Compiling entry function '(\S+)' for '(\S+)'/.exec(line);
    const spills = /(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads/.exec(line);
    const used = /Used (\d+) registers/.exec(line);
    const shared = Number(/(\d+) bytes smem/.exec(line)?.[1] ?? 0);
    if (entry) current = { name: entry[1], target: entry[2], spillBytes: 0, stackBytes: 0 };
    else if (spills)
      current = { ...current, stackBytes: Number(spills[1]), spillBytes: Number(spills[2]) + Number(spills[3]) };
    else if (used && current.name !== "") kernels.push({ ...current, registers: Number(used[1]), sharedBytes: shared });
    else if (refused.test(line)) complaints.push(line.trim());
  }
  return { kernels, complaints };
}

/** What is wrong with a report, a line each: spills and complaints. */
export const faultsOf = ({ kernels, complaints }: Report): string[] => [
  ...complaints,
  ...kernels
    .filter(({ spillBytes }) => spillBytes > 0)
    .map(({ name, target, spillBytes }) => `${name} for ${target}: ${spillBytes} bytes of spills`),
];
