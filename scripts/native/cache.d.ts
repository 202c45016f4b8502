/** The types of cache.js, which is JavaScript because it runs before anything is compiled. */

/** What is stored under a key, or undefined if there is nothing or if it is damaged. */
export function load(
  kind: "objects" | "addons" | "kernels",
  key: string,
): { about: unknown; parts: Buffer[] } | undefined;

/** Stores JSON and products under a key. */
export function store(
  kind: "objects" | "addons" | "kernels",
  key: string,
  about: unknown,
  parts: readonly Buffer[],
): void;

/** Removes entries that were not used for `days`, and then the oldest until `mostBytes` are left. */
export function prune(options?: { days?: number; mostBytes?: number; now?: number }): void;
