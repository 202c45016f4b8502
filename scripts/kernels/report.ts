/** What ptxas says of one kernel for one target. */
export interface KernelReport {
  /** The mangled name. */
  readonly name: string;
  readonly target: string;
  readonly registers: number;
  readonly spillBytes: number;
}

export interface Report {
  readonly kernels: readonly KernelReport[];
  /** Lines that fail the build: warnings, and remarks by which ptxas gives up the asynchrony of wgmma. */
  readonly complaints: readonly string[];
}

/** wgmma serialised (C7510, C7517, C7519), setmaxnreg ignored (C7508); docs/kernels.md says what each means. */
const refused = /\(C75(08|10|17|19)\)|\bwarning\b/i;

/** Reads what `nvcc -Xptxas -v` prints. */
export function readReport(text: string): Report {
  const kernels: KernelReport[] = [];
  const complaints: string[] = [];
  let current = { name: "", target: "", spillBytes: 0 };
  for (const line of text.split("\n")) {
    const entry = /Compiling entry function '(\S+)' for '(\S+)'/.exec(line);
    const spills = /(\d+) bytes spill stores, (\d+) bytes spill loads/.exec(line);
    const used = /Used (\d+) registers/.exec(line);
    if (entry) current = { name: entry[1], target: entry[2], spillBytes: 0 };
    else if (spills) current = { ...current, spillBytes: Number(spills[1]) + Number(spills[2]) };
    else if (used && current.name !== "") kernels.push({ ...current, registers: Number(used[1]) });
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
