/** The family random: dropout. The ops that draw tensors are used by src/random.ts only and are not exported here. */
export * from "./dropout.js";
