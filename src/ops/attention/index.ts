/** The family attention: scaled dot-product attention. */
export * from "./attention.js";
