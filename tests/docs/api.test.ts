/** The reference that `npm run docs` writes: it has no warnings, and the op methods of Tensor are methods there. */
import { join } from "node:path";
import { type ParameterReflection, ReflectionKind } from "typedoc";
import { beforeAll, describe, expect, test } from "vitest";
import { methods } from "../../src/ops/methods.js";
import { placeOf, type Reference, reference, root, show, signatureOf, summaryOf } from "./reference.js";

describe("the reference of the package", () => {
  let made: Reference;

  beforeAll(async () => {
    made = await reference(join(root, "typedoc.json"));
  }, 240_000);

  const methodOf = (name: string) => signatureOf(made.members.get(name));
  const sourceOf = (name: string) => {
    const method = made.members.get(name);
    return signatureOf(method && made.functions.get(placeOf(method)));
  };
  const parametersOf = (name: string): ParameterReflection[] => methodOf(name).parameters ?? [];

  test("is made without errors and warnings", () => {
    expect(made.messages).toEqual([]);
  });

  test("has every op method as a method of Tensor", () => {
    const kinds = methods.map((name) => [name, ReflectionKind[made.members.get(name)?.kind ?? 0]]);
    expect(kinds).toEqual(methods.map((name) => [name, "Method"]));
    expect(methods.map((name) => methodOf(name).name)).toEqual(methods);
    expect(methods.map((name) => sourceOf(name).name)).toEqual(methods);
  });

  test("gives a method the parameters of its function after the first, and the result", () => {
    const line = (name: string, parameters: ParameterReflection[], result: unknown): string =>
      `${name}(${parameters.map((one) => `${show(one)} // ${summaryOf(one.comment)}`).join("\n")}): ${result}`;
    const expected = methods.map((name) => {
      const { parameters = [], type } = sourceOf(name);
      return line(name, parameters.slice(1), type);
    });
    expect(methods.map((name) => line(name, parametersOf(name), methodOf(name).type))).toEqual(expected);
    expect(methods.flatMap((name) => parametersOf(name).map(({ name }) => name))).not.toContain("rest");
  });

  test("gives a method the documentation of its function, and says which parameter is the tensor", () => {
    const expected = methods.map((name) => {
      const { comment, parameters: [self] = [] } = sourceOf(name);
      const says = summaryOf(self.comment);
      return `${summaryOf(comment)}\n\n\`${self.name}\` is this tensor${says ? `: ${says}` : "."}`;
    });
    expect(methods.map((name) => summaryOf(methodOf(name).comment))).toEqual(expected);
    expect(methods.filter((name) => summaryOf(sourceOf(name).comment).trim() === "")).toEqual([]);
    const tags = (name: string, signature = methodOf) =>
      signature(name).comment?.blockTags.map((tag) => tag.toObject());
    expect(methods.map((name) => tags(name))).toEqual(methods.map((name) => tags(name, sourceOf)));
  });

  test("shows the parameters of matmul, linear, conv2d and sum", () => {
    expect(["matmul", "linear", "conv2d", "sum"].map((name) => parametersOf(name).map(show))).toEqual([
      ["b: Tensor", "options: MatmulOptions = {}"],
      ["weight: Tensor", "bias: Tensor | null = null"],
      ["weight: Tensor", "bias: Tensor | null = null", "options: Conv2dOptions = {}"],
      ["axes?: Axes", "options: ReduceOptions = {}"],
    ]);
    const text = (name: string) => parametersOf(name).map(({ comment }) => summaryOf(comment));
    expect(text("linear").slice(0, 2)).toEqual([
      expect.stringContaining("(out, in)"),
      expect.stringContaining("(out)"),
    ]);
    expect(text("conv2d").slice(0, 2)).toEqual([
      expect.stringContaining("(K, C/groups"),
      expect.stringContaining("(K)"),
    ]);
    const { comment, sources } = methodOf("conv2d");
    expect(comment?.blockTags.map(({ tag }) => tag)).toEqual(["@returns", "@throws"]);
    expect(sources?.map(({ fileName }) => fileName)).toEqual(["src/ops/convolution/conv.ts"]);
  });

  test("does not say that Tensor inherits its methods", () => {
    expect(made.members.get("matmul")?.parent).not.toHaveProperty("extendedTypes");
    const inherited = [...made.members.values()].filter(
      ({ flags, inheritedFrom, signatures = [] }) =>
        flags.isInherited || inheritedFrom || signatures.some((one) => one.flags.isInherited || one.inheritedFrom),
    );
    expect(inherited.map(({ name }) => name)).toEqual([]);
  });
});
