/**
 * Philox4x32-10, the counter-based random function. The generator uses it on the host and the loops of ops/random on
 * the CPU; kernels/ has the same function for GPUs.
 */

/**
 * Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
 * 1, 2, 3" (SC 2011). Four 32-bit words depend only on a counter and a key, so element i of a tensor gets the same
 * number whichever thread of whichever device computes it.
 */
const M0 = 0xd2511f53 | 0;
const M1 = 0xcd9e8d57 | 0;
const W0 = 0x9e3779b9 | 0;
const W1 = 0xbb67ae85 | 0;

/**
 * The upper 32 bits of a * b, for 32 bits each of any sign: by halves, in int32 throughout, which V8 keeps in
 * registers.
 */
export function mulHigh(a: number, b: number): number {
  const al = a & 0xffff;
  const ah = a >>> 16;
  const bl = b & 0xffff;
  const bh = b >>> 16;
  const low = Math.imul(al, bl);
  const middle = (Math.imul(ah, bl) + (low >>> 16)) | 0;
  const cross = (Math.imul(al, bh) + (middle & 0xffff)) | 0;
  return (Math.imul(ah, bh) + (middle >>> 16) + (cross >>> 16)) | 0;
}

/**
 * Writes the four words of one counter into `out`, from position `at` on.
 *
 * @param counter - 0 to 2^53 - 1; the upper half of Philox's 128-bit counter stays 0
 * @param keyLow - the seed's lower 32 bits; `keyHigh` its upper ones
 */
export function philox(counter: number, keyLow: number, keyHigh: number, out: Uint32Array, at = 0): void {
  philoxBlock(counter >>> 0, Math.floor(counter / 2 ** 32), 0, 0, keyLow, keyHigh, out, at);
}

/** The function itself: a counter of four words and a key of two, each from 0 to 2^32 - 1. */
export function philoxBlock(
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
  key0: number,
  key1: number,
  out: Uint32Array,
  at = 0,
): void {
  let [c0, c1, c2, c3] = [counter0 | 0, counter1 | 0, counter2 | 0, counter3 | 0];
  let [k0, k1] = [key0 | 0, key1 | 0];
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(M0, c0);
    const high1 = mulHigh(M1, c2);
    const low0 = Math.imul(M0, c0);
    const low1 = Math.imul(M1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + W0) | 0;
    k1 = (k1 + W1) | 0;
  }
  // A Uint32Array takes them as unsigned.
  out[at] = c0;
  out[at + 1] = c1;
  out[at + 2] = c2;
  out[at + 3] = c3;
}
