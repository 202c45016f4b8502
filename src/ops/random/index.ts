/** The family random: dropout. The ops that draw tensors are for src/random.ts alone and are not passed on. */
export * from "./dropout.js";
