export * from "./adaptive-updates.js";
export * from "./updates.js";
