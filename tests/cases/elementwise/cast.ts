/** Cases of cast: floats, special values and integers, each to every dtype that can hold them. */
import type { DType } from "../../../src/index.js";
import { bools, type Case, given, type InputSpec, integers, special, uniform } from "../case.js";

const names = { bool: "bool", uint8: "uint8", int32: "int32", float16: "float16", bfloat16: "bfloat16", float32: "float32", float64: "float64" } as const; // biome-ignore format: a table

/** x of one kind converted to every dtype. */
const toEach = (kind: string, x: InputSpec, dtypes: readonly DType[]): Case[] =>
  dtypes.map((dtype) => ({
    name: `${kind} to ${dtype}`,
    inputs: { x },
    run: ({ x }) => x.cast(dtype),
    torch: `x.to(torch.${names[dtype]})`,
  }));

const all = Object.keys(names) as DType[];
// A float result of a float input is there in tests/ops/cast.test.ts: this list holds what is the same in all floats.
const whole: readonly DType[] = ["bool", "uint8", "int32"];

export const cast = {
  cast: [
    {
      name: "plain",
      inputs: { x: uniform([3, 5], -8, 8) },
      run: ({ x }) => x.cast("int32"),
      torch: "x.to(torch.int32)",
    },
    ...toEach("float", uniform([2, 7], 0, 7), whole),
    ...toEach(
      "int32",
      given([8], [0, 1, -1, 255, 256, 65536, 2 ** 31 - 1, -(2 ** 31)], "int32"),
      all.filter((d) => d !== "float16"),
    ),
    ...toEach("int32 within float16", given([7], [0, 1, -1, 2049, 2051, 65504, -65519], "int32"), ["float16"]),
    ...toEach("uint8", integers([9], 256, "uint8"), all),
    ...toEach("bool", bools([5]), all),
    ...toEach("empty", uniform([0, 2]), whole),
    ...toEach("scalar", uniform([], 1, 7), whole),
    { name: "special to bool", inputs: { x: special() }, run: ({ x }) => x.cast("bool"), torch: "x.to(torch.bool)" },
    {
      name: "gradient through another float",
      inputs: { x: uniform([2, 3]) },
      run: ({ x }) => x.cast("float64").mul(3).cast(x.dtype),
      torch: "x * 3",
    },
    {
      name: "no gradient through an integer",
      inputs: { x: uniform([2, 3]) },
      run: ({ x }) => x.cast("int32").add(x),
      torch: "x.to(torch.int32) + x",
      skipGradcheck: "the cast jumps at whole numbers",
    },
  ],
} satisfies Record<string, readonly [Case, ...Case[]]>;
