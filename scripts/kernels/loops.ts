/**
 * Finds the loops in the blocks of a kernel: natural loops, as compilers define them. A loop is a branch back to a
 * block that every path to the branch passes, and all blocks between the two. A branch to a lower address is not
 * enough: ptxas moves rare blocks to the end of a kernel, and they branch back without any loop.
 */
import type { Block } from "./sass.js";

/** The numbers of the blocks of a loop. */
export type Loop = ReadonlySet<number>;

/** All loops that can be reached from block 0. Loops that start at the same block are one. */
export function loopsOf(blocks: readonly Block[]): Loop[] {
  const order = reversePostorder(blocks);
  const place = new Map(order.map((block, index) => [block, index]));
  const before: number[][] = blocks.map(() => []);
  for (const block of order) for (const next of blocks[block].next) before[next].push(block);
  const dominator = dominators(order, place, before);
  const dominates = (above: number, block: number): boolean => {
    for (let at = block; ; at = dominator[at]) {
      if (at === above) return true;
      if (at === dominator[at]) return false;
    }
  };

  const loops = new Map<number, Set<number>>();
  for (const block of order)
    for (const head of blocks[block].next) {
      if (!dominates(head, block)) continue;
      const loop = loops.get(head) ?? new Set([head]);
      loops.set(head, loop);
      // Everything from which the branch can be reached without passing the head.
      const waiting = [block];
      for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
        if (loop.has(at)) continue;
        loop.add(at);
        waiting.push(...before[at]);
      }
    }
  return [...loops.values()];
}

function reversePostorder(blocks: readonly Block[]): number[] {
  const order: number[] = [];
  const seen = new Set([0]);
  const stack = [{ block: 0, taken: 0 }];
  while (stack.length > 0) {
    const top = stack[stack.length - 1];
    const next = blocks[top.block].next[top.taken++];
    if (next === undefined) {
      order.push(top.block);
      stack.pop();
    } else if (!seen.has(next)) {
      seen.add(next);
      stack.push({ block: next, taken: 0 });
    }
  }
  return order.reverse();
}

/** The immediate dominator of each block (Cooper, Harvey and Kennedy, A Simple, Fast Dominance Algorithm). */
function dominators(
  order: readonly number[],
  place: ReadonlyMap<number, number>,
  before: readonly number[][],
): number[] {
  const dominator: number[] = [];
  dominator[0] = 0;
  const at = (block: number): number => place.get(block) ?? Number.POSITIVE_INFINITY;
  const common = (a: number, b: number): number => {
    let [left, right] = [a, b];
    while (left !== right) {
      while (at(left) > at(right)) left = dominator[left];
      while (at(right) > at(left)) right = dominator[right];
    }
    return left;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const block of order) {
      if (block === 0) continue;
      const known = before[block].filter((from) => dominator[from] !== undefined);
      const found = known.reduce(common);
      if (dominator[block] === found) continue;
      dominator[block] = found;
      changed = true;
    }
  }
  return dominator;
}
