export * from "./attention.js";
