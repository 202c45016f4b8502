/** Cases of to, the copy to another device. */
import { type Case, integers, uniform } from "../case.js";

/** Copies to another device. */
export const to = {
  to: [
    // On cpu it is x itself; on any other device it goes to the host, and the gradient comes back.
    { name: "plain", inputs: { x: uniform([2, 3]) }, run: ({ x }) => x.to("cpu"), torch: "x * 1" },
    { name: "and back", inputs: { x: uniform([4]) }, run: ({ x }) => x.to("cpu").mul(2).to(x.device), torch: "x * 2" },
    { name: "int32", inputs: { x: integers([5], 100) }, run: ({ x }) => x.to("cpu"), torch: "x" },
    { name: "empty", inputs: { x: uniform([0, 2]) }, run: ({ x }) => x.to("cpu"), torch: "x * 1" },
  ],
} satisfies Record<string, readonly [Case, ...Case[]]>;
