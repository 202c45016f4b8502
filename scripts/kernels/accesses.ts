/**
 * Measures how a kernel uses memory, from its blocks: the width of its loads and stores in global memory, vector
 * accesses that ptxas took apart, and accesses to local memory.
 *
 * The path of a row says which accesses count:
 *   innermost  Those in the innermost loops that have an access of that kind, loads and stores each for themselves. If
 *              no loop has one, all accesses of that kind: they are the kernel's main path. The widest gives the
 *              width, because many kernels have two paths in one loop: one of whole 16-byte vectors, and one for the rest
 *              of a row and for unaligned data. Loops without an access of that width are counted, so that a wide loop
 *              cannot hide a narrow one.
 *   loops      Those in any loop. For kernels with a rare loop inside the main one.
 *   pipeline   The loads in the innermost loops that also wait at a barrier, which is the main loop of a product. The
 *              narrowest gives the width: such a loop has one path only. Stores count as in `innermost`.
 * Neighbouring accesses that always run together through one address register could have been one access. They are
 * counted as split regardless of the rest of the loop.
 */
import { type Loop, loopsOf } from "./loops.js";
import type { Block, Instruction, Listing } from "./sass.js";

export interface Accesses {
  /** Bytes of the widest (in a pipeline the narrowest) access that counts; 0 if there is none. */
  readonly width: number;
  /** How many accesses of that width count. */
  readonly count: number;
  /** How many of the loops that count have only narrower accesses. */
  readonly narrowLoops: number;
  /** Groups of two or more narrower accesses that together are one of up to 16 bytes. */
  readonly split: number;
}

export interface Measured {
  readonly loads: Accesses;
  readonly stores: Accesses;
  /** Instructions that access local memory, anywhere in the kernel and its subroutines. */
  readonly local: number;
}

/** Which accesses count; the head of this file explains each. */
export type Path = "innermost" | "loops" | "pipeline";

type Kind = "load" | "store";

/** Global accesses; LD and ST are those of which ptxas does not know that the address is global. Bulk copies count 16. */
function kindOf(opcode: string): Kind | undefined {
  if (/^(LDG|LD|LDGSTS)(\.|$)/.test(opcode) || /^(UTMALDG|UBLKCP\.S\.G)/.test(opcode)) return "load";
  if (/^(STG|ST)(\.|$)/.test(opcode) || /^(UTMASTG|UBLKCP\.G\.S)/.test(opcode)) return "store";
  return undefined;
}

const isLocal = (opcode: string): boolean => /^(LDL|STL)(\.|$)/.test(opcode);

/** Bytes that a thread reads or writes with one instruction. */
export function widthOf(opcode: string): number {
  if (/^(UTMA|UBLKCP)/.test(opcode)) return 16;
  if (/\.128(\.|$)/.test(opcode)) return 16;
  if (/\.64(\.|$)/.test(opcode)) return 8;
  if (/\.[US]16(\.|$)/.test(opcode)) return 2;
  if (/\.[US]8(\.|$)/.test(opcode)) return 1;
  return 4;
}

interface Access {
  readonly predicate: string;
  /** The address without its constant offset, such as "desc[UR4][R2.64". */
  readonly base: string;
  readonly offset: number;
  readonly width: number;
}

/** The address of an access: the last bracket before the data, such as `[R2.64+0x10]`. */
function accessOf({ predicate, opcode, operands }: Instruction): Access {
  // LDGSTS has two addresses, that in shared memory first.
  const global = operands.match(/(?:desc\[\w+\])?\[[^\]]*\]/g)?.pop() ?? operands;
  const offset = /([+-]+)0x([0-9a-f]+)\]$/.exec(global);
  const base = global.replace(/\+?-?0x[0-9a-f]+\]$/, "").replace(/\]$/, "");
  const bytes = offset ? Number.parseInt(offset[2], 16) : 0;
  return { predicate, base, offset: offset?.[1].includes("-") ? -bytes : bytes, width: widthOf(opcode) };
}

/** The registers that an instruction writes, as far as addresses and predicates may be concerned. */
function written({ opcode, operands }: Instruction): (register: string) => boolean {
  if (/^R2P\b/.test(opcode)) return (register) => register.startsWith("P");
  if (kindOf(opcode) === "store" || /^(STS|STL|LDGSTS|BRA|RED|MEMBAR|BAR)\b/.test(opcode)) return () => false;
  const listed = operands.split(",").map((operand) => operand.trim());
  // Predicates come first, or after the sum whose carry they are.
  const predicates = new Set(listed.slice(0, 3).filter((operand) => /^U?P\d+$/.test(operand)));
  // A comparison writes predicates only.
  const result = /SETP/.test(opcode) ? "" : (listed.find((operand) => !/^U?P[T\d]/.test(operand)) ?? "");
  const first = Number(/^R(\d+)/.exec(result)?.[1] ?? Number.NaN);
  const count = /\.128(\.|$)/.test(opcode) ? 4 : /\.64(\.|$)|\.WIDE/.test(opcode) ? 2 : 1;
  return (register) => {
    const number = Number(register.slice(1));
    return predicates.has(register) || (register.startsWith("R") && number >= first && number < first + count);
  };
}

/** Neighbours of one width that together have at most 16 bytes. */
function groupsOf(accesses: readonly Access[]): number {
  const sorted = [...accesses].sort((a, b) => a.offset - b.offset);
  let groups = 0;
  for (let i = 0; i < sorted.length; ) {
    const { offset, width } = sorted[i];
    let end = i + 1;
    while (end < sorted.length && sorted[end].offset === offset + (end - i) * width && (end - i) * width < 16) end++;
    if (end - i > 1) groups++;
    i = end;
  }
  return groups;
}

/**
 * Counts the groups of accesses of one block that could have been one access each. Accesses belong together if they
 * have the same predicate and address register, and neither is written between them.
 */
function splitsIn(block: Block, kind: Kind): number {
  let groups = 0;
  const open = new Map<string, Access[]>();
  for (const instruction of block.instructions) {
    if (kindOf(instruction.opcode) === kind && widthOf(instruction.opcode) < 16) {
      const access = accessOf(instruction);
      const key = `${access.predicate} ${access.base} ${access.width}`;
      open.set(key, [...(open.get(key) ?? []), access]);
    }
    const writes = written(instruction);
    for (const [key, accesses] of open) {
      const { predicate, base } = accesses[0];
      const register = /\[(R\d+)/.exec(base)?.[1];
      const pair = register === undefined ? [] : [register, `R${Number(register.slice(1)) + 1}`];
      if (![predicate.replace(/^@!?/, ""), ...pair].some((name) => name !== "" && writes(name))) continue;
      groups += groupsOf(accesses);
      open.delete(key);
    }
  }
  for (const accesses of open.values()) groups += groupsOf(accesses);
  return groups;
}

/** The smallest of the loops that contain a block with this property. */
function innermost(loops: readonly Loop[], has: (block: number) => boolean): Loop[] {
  const having = loops.filter((loop) => [...loop].some(has));
  const inside = (loop: Loop, other: Loop): boolean =>
    other.size < loop.size && [...other].every((block) => loop.has(block));
  return having.filter((loop) => !having.some((other) => inside(loop, other)));
}

function countedLoops(blocks: readonly Block[], loops: readonly Loop[], kind: Kind, path: Path): Loop[] {
  const hasAny = (block: number, test: (opcode: string) => boolean): boolean =>
    blocks[block].instructions.some(({ opcode }) => test(opcode));
  const has = (block: number): boolean => hasAny(block, (opcode) => kindOf(opcode) === kind);
  if (path === "loops") return loops.filter((loop) => [...loop].some(has));
  const inner = innermost(loops, has);
  if (path === "innermost" || kind === "store") return inner;
  const waits = (block: number): boolean => hasAny(block, (opcode) => /^(BAR|SYNCS)\./.test(opcode));
  return inner.filter((loop) => [...loop].some(waits));
}

function measureKind(blocks: readonly Block[], loops: readonly Loop[], kind: Kind, path: Path): Accesses {
  const found = countedLoops(blocks, loops, kind, path);
  const narrowest = path === "pipeline" && kind === "load";
  // A product without a barrier loop has no pipeline accesses; in other kernels without a loop, all accesses count.
  const numbers = found.length > 0 || narrowest ? new Set(found.flatMap((loop) => [...loop])) : new Set(blocks.keys());
  const counted = [...numbers].map((number) => blocks[number]);
  const widthsIn = (some: readonly Block[]): number[] =>
    some
      .flatMap((block) => block.instructions)
      .filter(({ opcode }) => kindOf(opcode) === kind)
      .map(({ opcode }) => widthOf(opcode));
  const widths = widthsIn(counted);
  const width = widths.length === 0 ? 0 : narrowest ? Math.min(...widths) : Math.max(...widths);
  return {
    width,
    count: widths.filter((each) => each === width).length,
    narrowLoops: found.filter((loop) => Math.max(...widthsIn([...loop].map((block) => blocks[block]))) < width).length,
    split: counted.reduce((sum, block) => sum + splitsIn(block, kind), 0),
  };
}

/** Measures one kernel along a path. */
export function measure({ blocks }: Listing, path: Path = "innermost"): Measured {
  const loops = loopsOf(blocks);
  return {
    loads: measureKind(blocks, loops, "load", path),
    stores: measureKind(blocks, loops, "store", path),
    local: blocks.flatMap((block) => block.instructions).filter(({ opcode }) => isLocal(opcode)).length,
  };
}
