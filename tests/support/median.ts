/** The median, for tests that compare timings. */

/** The middle of some numbers; of an even count, the upper of the two in the middle. */
export const median = (list: readonly number[]): number => [...list].sort((p, q) => p - q)[list.length >> 1];
