export * from "./dropout.js";
