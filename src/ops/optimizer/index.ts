/** The family optimizer: in-place updates, which are never recorded on a tape. */
export * from "./adaptive-updates.js";
export * from "./updates.js";
