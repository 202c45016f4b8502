/**
 * Reads the listings of nvdisasm: the instructions of each kernel, and its basic blocks. Used by the check of the
 * kernels. It knows how machine code is written; what a kernel should do is in rows.ts.
 */

/** One instruction, such as `@!P0 STG.E.128 desc[UR4][R2.64+0x10], R8`. */
export interface Instruction {
  /** Such as "@!P0", or "" for an instruction that is always executed. */
  readonly predicate: string;
  /** Such as "STG.E.128". */
  readonly opcode: string;
  readonly operands: string;
}

/** Instructions that run one after the other, and the blocks that may run next. */
export interface Block {
  readonly instructions: readonly Instruction[];
  readonly next: readonly number[];
}

export interface Listing {
  /** The mangled name. */
  readonly name: string;
  /** Of the kernel and of the subroutines in its section. Block 0 is the entry; a subroutine has no way from there. */
  readonly blocks: readonly Block[];
}

const section = /^\s*\.section\s+\.text\.([^,\s]+)/;
const label = /^(\S+):\s*$/;
const address = /^\s*\/\*[0-9a-f]{4,}\*\//;
const instruction = /^\s*\/\*[0-9a-f]+\*\/\s+(?:\{\s*)?(@!?U?P\w+\s+)?([A-Z][\w.]*)\s*([^;]*);/;

/** Reads what `nvdisasm -c` prints of a cubin. Throws on a line that it cannot read. */
export function readListings(text: string): Listing[] {
  const listings: Listing[] = [];
  let name = "";
  let lines: (string | Instruction)[] = [];
  const finish = (): void => {
    if (name !== "") listings.push({ name, blocks: blocksOf(lines) });
    lines = [];
  };
  for (const line of text.split("\n")) {
    const starts = section.exec(line);
    if (starts) {
      finish();
      name = starts[1];
      continue;
    }
    const found = instruction.exec(line);
    if (found) {
      lines.push({ predicate: (found[1] ?? "").trim(), opcode: found[2], operands: found[3].trim() });
      continue;
    }
    // An unreadable instruction could hide a violation.
    if (name !== "" && address.test(line)) throw new Error(`readListings: cannot read the instruction ${line.trim()}`);
    const marks = label.exec(line);
    if (marks) lines.push(marks[1]);
  }
  finish();
  return listings;
}

/** Whether control never goes on with the following instruction. */
const leaves = ({ predicate, opcode, operands }: Instruction): boolean =>
  predicate === "" &&
  (/^(EXIT|RET|BRX|JMX|KILL)\b/.test(opcode) || (/^(BRA|JMP)\b/.test(opcode) && /^`\(/.test(operands)));

const jumps = (opcode: string): boolean => /^(BRA|JMP|BRX|JMX)\b/.test(opcode);

/** The labels to which a branch may go. BRX lists them in a comment. */
const labelsIn = (operands: string): string[] => operands.match(/\.L_x?\w*/g) ?? [];

/** Cuts a section into basic blocks: at labels, and after branches and exits. */
function blocksOf(lines: readonly (string | Instruction)[]): Block[] {
  const bodies: Instruction[][] = [[]];
  const blockAt = new Map<string, number>();
  for (const line of lines) {
    const current = bodies[bodies.length - 1];
    if (typeof line === "string") {
      if (current.length > 0) bodies.push([]);
      blockAt.set(line, bodies.length - 1);
    } else {
      current.push(line);
      if (jumps(line.opcode) || leaves(line)) bodies.push([]);
    }
  }
  return bodies.map((instructions, number) => {
    const last = instructions[instructions.length - 1];
    const next = new Set<number>();
    if (last === undefined || !leaves(last)) if (number + 1 < bodies.length) next.add(number + 1);
    if (last !== undefined && jumps(last.opcode))
      for (const target of labelsIn(last.operands)) {
        const block = blockAt.get(target);
        if (block === undefined)
          throw new Error(`readListings: ${last.opcode} goes to ${target}, which is not in its section`);
        next.add(block);
      }
    return { instructions, next: [...next] };
  });
}
