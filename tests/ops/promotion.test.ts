import { describe, expect, test } from "vitest";
import {
  ArgumentError,
  add,
  apply,
  type DType,
  DTypeError,
  defineOp,
  full,
  type InputType,
  isFinite as isFiniteOf,
  maximum,
  minimum,
  mod,
  mul,
  ones,
  pow,
  promoteTypes,
  ShapeError,
  sub,
  type Tensor,
  tensor,
  where,
} from "../../src/index.js";

// biome-ignore format: a list
const dtypes = ["bool", "uint8", "int32", "float16", "bfloat16", "float32", "float64"] as const;

/** torch.promote_types of rows and columns in the order above. */
// biome-ignore format: a table
const torchPromoteTypes: readonly (readonly DType[])[] = [
  ["bool",     "uint8",    "int32",    "float16", "bfloat16", "float32", "float64"],
  ["uint8",    "uint8",    "int32",    "float16", "bfloat16", "float32", "float64"],
  ["int32",    "int32",    "int32",    "float16", "bfloat16", "float32", "float64"],
  ["float16",  "float16",  "float16",  "float16", "float32",  "float32", "float64"],
  ["bfloat16", "bfloat16", "bfloat16", "float32", "bfloat16", "float32", "float64"],
  ["float32",  "float32",  "float32",  "float32", "float32",  "float32", "float64"],
  ["float64",  "float64",  "float64",  "float64", "float64",  "float64", "float64"],
];

const numeric = (dtype: DType): DType => (dtype === "bool" ? "int32" : dtype);
const float = (dtype: DType): DType => (dtype.includes("float") ? dtype : "float32");

describe("two tensors", () => {
  for (const [row, a] of dtypes.entries())
    for (const [column, b] of dtypes.entries())
      test(`${a} and ${b}`, () => {
        const expected = torchPromoteTypes[row][column];
        expect(promoteTypes(a, b)).toBe(expected);
        const [x, y] = [ones([2], { dtype: a }), ones([2], { dtype: b })];
        expect(x.maximum(y).dtype).toBe(expected);
        expect(where(ones([2], { dtype: "bool" }), x, y).dtype).toBe(expected);
        // bool counts as int32 in arithmetic.
        expect(x.add(y).dtype).toBe(numeric(expected));
        expect(x.div(y).dtype).toBe(float(expected));
        expect(x.eq(y).dtype).toBe("bool");
        expect(Array.from(x.add(y).dataSync())).toEqual([2, 2]);
        // A scalar tensor is not a weak number: it counts like any other tensor.
        expect(x.maximum(ones([], { dtype: b })).dtype).toBe(expected);
      });
});

describe("a tensor and a number", () => {
  const withFraction = (dtype: DType): DType => float(dtype);
  for (const dtype of dtypes)
    test(dtype, () => {
      const x = ones([2], { dtype });
      for (const f of [add, sub, mul, pow, maximum, minimum, mod]) {
        expect(f(x, 2).dtype).toBe(numeric(dtype));
        expect(f(2, x).dtype).toBe(numeric(dtype));
        expect(f(x, 2.5).dtype).toBe(withFraction(dtype));
        expect(f(2.5, x).dtype).toBe(withFraction(dtype));
      }
      expect(x.div(2).dtype).toBe(float(dtype));
      expect(x.atan2(2).dtype).toBe(float(dtype));
      for (const method of ["eq", "ne", "lt", "le", "gt", "ge", "logicalAnd", "logicalOr"] as const)
        expect(x[method](1.5).dtype).toBe("bool");
      const condition = ones([2], { dtype: "bool" });
      expect(where(condition, x, 2).dtype).toBe(numeric(dtype));
      expect(where(condition, 0.5, x).dtype).toBe(withFraction(dtype));
      expect(x.clamp({ min: 0, max: 3 }).dtype).toBe(numeric(dtype));
      expect(x.clamp({ max: 0.5 }).dtype).toBe(withFraction(dtype));
    });

  test("NaN and infinities are not integers", () => {
    expect(ones([1], { dtype: "int32" }).add(Number.POSITIVE_INFINITY).dtype).toBe("float32");
    expect(ones([1], { dtype: "uint8" }).maximum(Number.NaN).item()).toBeNaN();
  });

  test("the number is used in float32 beside 16-bit floats, and rounded once, at the end", () => {
    // 1 + 2^-8 is not a bfloat16. If it were rounded first, it would be 1.
    expect(
      full([1], 3, { dtype: "bfloat16" })
        .mul(1 + 2 ** -8)
        .item(),
    ).toBe(3.015625);
    expect(full([1], 0.1, { dtype: "float64" }).mul(0.1).item()).toBe(0.1 * 0.1);
  });

  test.each(["float16", "bfloat16", "float32", "float64"] as const)(
    "a %s equals the number it was made of",
    (dtype) => {
      const x = full([1], 0.7, { dtype });
      expect([x.eq(0.7), x.ge(0.7), x.le(0.7), x.ne(0.7)].map((y) => y.item())).toEqual([1, 1, 1, 0]);
    },
  );

  test("two numbers are an ArgumentError, save in where", () => {
    expect(() => add(1, 2)).toThrow(
      new ArgumentError("add: at least one operand must be a tensor, got the numbers 1 and 2"),
    );
    const y = where(tensor([true, false]), 1, 2);
    expect([y.dtype, ...y.dataSync()]).toEqual(["float32", 1, 2]);
  });

  test("what is neither is an ArgumentError", () => {
    const x = ones([2]);
    expect(() => x.add([1, 2] as never)).toThrow(
      new ArgumentError("add: an operand must be a tensor or a number, got an array"),
    );
    expect(() => x.mul(undefined as never)).toThrow(ArgumentError);
    expect(() => x.lt("1" as never)).toThrow(ArgumentError);
    expect(() => where(x.gt(0), x, null as never)).toThrow(ArgumentError);
  });
});

describe("one tensor", () => {
  const keeping = ["neg", "abs", "sign", "square", "floor", "ceil", "round", "relu"] as const;
  // biome-ignore format: a list
  const toFloat = [
    "exp", "expm1", "log", "log1p", "sqrt", "rsqrt", "reciprocal", "erf", "sin", "cos", "tan", "asin", "acos", "atan",
    "sinh", "cosh", "tanh", "sigmoid", "leakyRelu", "elu", "selu", "gelu", "silu", "softplus",
  ] as const;
  const predicates = ["isNaN", "isFinite", "logicalNot"] as const;

  test.each(dtypes)("%s", (dtype) => {
    const x = ones([3], { dtype });
    for (const method of keeping) expect([method, x[method]().dtype]).toEqual([method, numeric(dtype)]);
    for (const method of toFloat) expect([method, x[method]().dtype]).toEqual([method, float(dtype)]);
    for (const method of predicates) expect([method, x[method]().dtype]).toEqual([method, "bool"]);
    expect(isFiniteOf(x).dtype).toBe("bool");
  });
});

describe("what an op may ask of its inputs", () => {
  const typed = (type: InputType) =>
    defineOp({
      name: "typed",
      inputs: ["x", "other"],
      types: { x: type, other: "any" },
      infer: ({ x }) => x,
      args: ({ x }) => [x.shape[0]],
      cpu(x: Float32Array, _other: Float32Array, y: Float32Array, n: number) {
        for (let i = 0; i < n; i++) y[i] = x[i];
      },
      vjp: { x: null, other: null },
    });
  /** The dtype in which the kernel sees x, beside a float64 that would draw it up. */
  const seen = (type: InputType, dtype: DType): DType =>
    apply(typed(type), [ones([2], { dtype }), ones([2], { dtype: "float64" })], undefined).dtype;

  test("any, numeric and float meet the other input", () => {
    for (const type of ["any", "numeric", "float"] as const)
      for (const dtype of dtypes) expect(seen(type, dtype)).toBe("float64");
  });

  test("'unchanged' leaves the dtype as it is", () => {
    for (const dtype of dtypes) expect(seen("unchanged", dtype)).toBe(dtype);
  });

  test("an index is an integer, and becomes int32", () => {
    expect(seen("index", "uint8")).toBe("int32");
    expect(seen("index", "int32")).toBe("int32");
    for (const dtype of dtypes.filter((name) => name !== "uint8" && name !== "int32"))
      expect(() => seen("index", dtype)).toThrow(
        new DTypeError(`typed: x holds indices and must be int32 or uint8, got ${dtype}; use cast("int32")`),
      );
  });

  test("a mask is bool", () => {
    expect(seen("bool", "bool")).toBe("bool");
    for (const dtype of dtypes.slice(1)) expect(() => seen("bool", dtype)).toThrow(DTypeError);
  });

  test("where takes no numbers for its condition", () => {
    expect(() => where(ones([2]), 1, 2)).toThrow(
      new DTypeError('where: condition is a mask and must be bool, got float32; use cast("bool") or a comparison'),
    );
  });
});

describe("bad arguments of elementwise ops", () => {
  const x = (): Tensor => tensor(new Int32Array([1, 2]));

  test("shapes that do not broadcast are a ShapeError", () => {
    const message = "mul: shapes [2, 3] and [2] do not broadcast: sizes 3 and 2 differ";
    expect(() => ones([2, 3]).mul(ones([2]))).toThrow(new ShapeError(message));
    expect(() => where(ones([4], { dtype: "bool" }), ones([3]), 0)).toThrow(ShapeError);
  });

  test("integers have no negative powers and no remainder by 0", () => {
    expect(() => x().pow(-1)).toThrow(ArgumentError);
    expect(() => x().mod(0)).toThrow(ArgumentError);
    expect(x().pow(-0.5).dtype).toBe("float32");
    expect(x().cast("float32").mod(0).dataSync()[0]).toBeNaN();
    expect(Array.from(x().mod(x().sub(x())).dataSync())).toEqual([0, 0]);
  });

  test("options outside their range", () => {
    expect(() => x().clamp({})).toThrow(ArgumentError);
    expect(() => x().gelu({ approximate: "fast" as "tanh" })).toThrow(ArgumentError);
    expect(() => x().softplus({ beta: 0 })).toThrow(ArgumentError);
  });
});
