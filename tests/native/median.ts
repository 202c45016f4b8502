/** The middle of some numbers. */
export const median = (list: readonly number[]): number => [...list].sort((p, q) => p - q)[list.length >> 1];
