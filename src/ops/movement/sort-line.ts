/** Sorting and selecting the first k elements of a line. Called by the CPU loops of sort.ts. */
import type { Numbers } from "../../core/loops/numbers.js";

/** Numbers and where they came from, side by side, so that they are moved together. */
interface Column {
  readonly keys: Float64Array;
  readonly places: Int32Array;
}

const column = (length: number): Column => ({ keys: new Float64Array(length), places: new Int32Array(length) });

/**
 * Finds the first k elements, in ascending or descending order, of lines of n elements.
 *
 * Candidates are collected, up to 2k of them; then they are sorted, and all except the first k are dropped. From then on
 * the k-th is the threshold that an element must pass to become a candidate, and few do: selecting takes about one
 * comparison an element. If k is a quarter of n or more, the whole line is sorted.
 */
export class Line {
  readonly #capacity: number;
  #candidates: Column;
  #spare: Column;

  constructor(
    readonly k: number,
    readonly n: number,
    readonly descending: boolean,
  ) {
    // Selecting saves nothing if much of the line is selected.
    this.#capacity = 4 * k < n ? 2 * k : n;
    this.#candidates = column(this.#capacity);
    this.#spare = column(this.#capacity);
  }

  /**
   * Selects from x[start], x[start + step], ..., and writes values and places to `at`, `at` + `step`, ...
   *
   * @param sorted - whether the result must be in order
   */
  select(
    x: Numbers,
    start: number,
    values: Numbers,
    indices: Numbers,
    at: number,
    step: number,
    sorted: boolean,
  ): void {
    // Descending is ascending with the other sign; NaN then comes first instead of last.
    const sign = this.descending ? -1 : 1;
    let count = 0;
    let threshold: number | null = null;
    for (let i = 0; i < this.n; i++) {
      const key = sign * x[start + i * step];
      if (threshold !== null && !precedes(key, threshold, this.descending)) continue;
      if (count === this.#capacity) {
        this.#sort(count);
        count = this.k;
        threshold = this.#candidates.keys[count - 1];
        if (!precedes(key, threshold, this.descending)) continue;
      }
      this.#candidates.keys[count] = key;
      this.#candidates.places[count++] = i;
    }
    if (sorted || count > this.k) this.#sort(count);
    const { keys, places } = this.#candidates;
    for (let j = 0; j < this.k; j++) {
      values[at + j * step] = sign * keys[j];
      indices[at + j * step] = places[j];
    }
  }

  /** Merge sort from the bottom up of the first `count` candidates: runs of 1, 2, 4, ... are merged in pairs. */
  #sort(count: number): void {
    for (let width = 1; width < count; width *= 2) {
      for (let left = 0; left < count; left += 2 * width) {
        const middle = Math.min(left + width, count);
        merge(this.#candidates, this.#spare, left, middle, Math.min(middle + width, count), this.descending);
      }
      [this.#candidates, this.#spare] = [this.#spare, this.#candidates];
    }
  }
}

/** Whether key p comes strictly before key q. */
const precedes = (p: number, q: number, nanFirst: boolean): boolean =>
  p < q || (nanFirst ? Number.isNaN(p) && !Number.isNaN(q) : Number.isNaN(q) && !Number.isNaN(p));

/** Merges two sorted neighbours. Of equal keys the left one goes first, which makes the sort stable. */
function merge(from: Column, to: Column, left: number, middle: number, end: number, nanFirst: boolean): void {
  const { keys, places } = from;
  let p = left;
  let q = middle;
  for (let i = left; i < end; i++) {
    const takeRight = p === middle || (q < end && precedes(keys[q], keys[p], nanFirst));
    const taken = takeRight ? q++ : p++;
    to.keys[i] = keys[taken];
    to.places[i] = places[taken];
  }
}
