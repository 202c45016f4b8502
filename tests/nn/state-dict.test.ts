import { describe, expect, test } from "vitest";
import {
  ArgumentError,
  DisposedError,
  DTypeError,
  FormatError,
  Linear,
  type Module,
  ReLU,
  Sequential,
  ShapeError,
  type Tensor,
  tensor,
  tidy,
  zeros,
} from "../../src/index.js";

describe("loadStateDict", () => {
  const make = () => new Sequential(new Linear(2, 2), new ReLU(), new Linear(2, 1));
  const values = (model: Module) => [...model.stateDict().values()].map((t) => t.arraySync());

  test("copies the values of another model, into the same tensors", () => {
    const [from, to] = [make(), make()];
    const tensors = to.parameters();
    expect(values(to)).not.toEqual(values(from));
    to.loadStateDict(from.stateDict());
    expect(values(to)).toEqual(values(from));
    expect(to.parameters()).toEqual(tensors);
    to.parameters().forEach((t, i) => {
      expect(t).toBe(tensors[i]);
      expect(t.storage).not.toBe(from.parameters()[i].storage);
    });
  });

  test("takes plain objects and other float dtypes", () => {
    const layer = new Linear(1, 2);
    layer.loadStateDict({
      bias: tensor([1, 2], { dtype: "bfloat16" }),
      weight: tensor([[0.1], [3]], { dtype: "float64" }),
    });
    expect(layer.weight.dtype).toBe("float32");
    expect(layer.weight.arraySync()).toEqual([[Math.fround(0.1)], [3]]);
    expect(layer.bias?.arraySync()).toEqual([1, 2]);
  });

  const state = () => new Map(make().stateDict());
  const disposed = (): Tensor => {
    const t = zeros([1]);
    t.dispose();
    return t;
  };
  test.each<[string, (s: Map<string, Tensor>) => unknown, new (message: string) => Error, string]>([
    ["missing", (s) => s.delete("2.bias"), FormatError, "missing 2.bias"],
    ["unexpected", (s) => s.set("3.bias", zeros([1])), FormatError, "unexpected 3.bias"],
    [
      "both",
      (s) => s.delete("0.bias") && s.set("b", zeros([1])),
      FormatError,
      "loadStateDict: the names do not match the module: missing 0.bias; unexpected b",
    ],
    [
      "shapes",
      (s) => s.set("2.bias", zeros([2])).set("2.weight", zeros([2, 1])),
      ShapeError,
      "loadStateDict: the shapes do not match the module: 2.weight is [1, 2], got [2, 1], 2.bias is [1], got [2]",
    ],
    [
      "dtype",
      (s) => s.set("2.bias", zeros([1], { dtype: "int32" })),
      DTypeError,
      "loadStateDict: 2.bias is float32, got int32",
    ],
    ["a number", (s) => s.set("2.bias", 3 as never), ArgumentError, "loadStateDict: 2.bias must be a tensor, got 3"],
    ["disposed", (s) => s.set("2.bias", disposed()), DisposedError, "disposed"],
  ])("refuses %s, and changes nothing", (_, spoil, error, message) => {
    tidy(() => {
      const model = make();
      const before = values(model);
      const given = state();
      spoil(given);
      expect(() => model.loadStateDict(given)).toThrow(error);
      expect(() => model.loadStateDict(given)).toThrow(message);
      expect(values(model)).toEqual(before);
    });
  });

  test("if it is not strict, takes the matching names and returns the others", () => {
    tidy(() => {
      const model = make();
      const own = values(model);
      const given = new Map(make().stateDict());
      given.delete("2.weight");
      given.delete("2.bias");
      given.set("head.weight", zeros([1]));
      expect(model.loadStateDict(given, { strict: false })).toEqual({
        missingKeys: ["2.weight", "2.bias"],
        unexpectedKeys: ["head.weight"],
      });
      expect(values(model)).toEqual([...[...given.values()].slice(0, 2).map((t) => t.arraySync()), ...own.slice(2)]);
      expect(model.loadStateDict(make().stateDict())).toEqual({ missingKeys: [], unexpectedKeys: [] });
    });
  });

  test("refuses other shapes even if it is not strict", () => {
    tidy(() => {
      const model = make();
      const before = values(model);
      const given = { "0.weight": zeros([2, 2]), "2.bias": zeros([2]) };
      expect(() => model.loadStateDict(given, { strict: false })).toThrow(ShapeError);
      expect(values(model)).toEqual(before);
    });
  });

  test("names ten at most", () => {
    const given = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`x${i}`, zeros([1])]));
    expect(() => new ReLU().loadStateDict(given)).toThrow(
      "unexpected x0, x1, x2, x3, x4, x5, x6, x7, x8, x9 and 2 more",
    );
  });
});
