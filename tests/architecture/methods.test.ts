/** The methods of Tensor, as an editor and the compiler see them. */
import { readFileSync } from "node:fs";
import ts from "typescript";
import { beforeAll, describe, expect, test } from "vitest";
import { tensor } from "../../src/index.js";
import { functionsOnly, methods } from "../../src/ops/methods.js";
import { Tensor } from "../../src/tensor.js";
import { languageService, root } from "./typescript.js";

/**
 * The methods of Tensor that are op functions with overloads or type parameters. `addMethods` cannot derive them, so they
 * are written by hand in src/tensor.ts, and their functions are in `functionsOnly`.
 */
const handWritten: readonly string[] = [];

/** A file that uses every member once, `x.name;`, where an editor could be asked about it. */
const probe = "tests/architecture/probe.ts";

interface Member {
  readonly name: string;
  readonly symbol: ts.Symbol;
  readonly position: number;
}

/** Why no method can be derived from an op function: its signatures, as the program of a service has them; null if one can. */
function notDerivable(service: ts.LanguageService, name: string): string | null {
  const program = service.getProgram() as ts.Program;
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(`${root}/src/ops/index.ts`) as ts.SourceFile;
  const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(source) as ts.Symbol);
  const symbol = exported.find((other) => other.name === name);
  const [signature, ...overloads] = symbol ? checker.getTypeOfSymbol(symbol).getCallSignatures() : [];
  if (signature === undefined) return `${name}: is not an op function`;
  if (overloads.length > 0) return `${name}: has overloads`;
  if (signature.typeParameters) return `${name}: has type parameters`;
  if (signature.getDeclaration().parameters.some(({ dotDotDotToken }) => dotDotDotToken))
    return `${name}: has a rest parameter`;
  return signature.parameters.length > 5 ? `${name}: has more than five parameters` : null;
}

let service: ts.LanguageService;
let checker: ts.TypeChecker;
let members: readonly Member[];
let probeText: string;

/** The public members of Tensor: not private, not @internal, not well-known symbols. */
function publicMembers(type: ts.Type): ts.Symbol[] {
  const isPublic = (symbol: ts.Symbol): boolean =>
    !/^(#|__)/.test(symbol.name) && !symbol.getJsDocTags(checker).some(({ name }) => name === "internal");
  return checker.getPropertiesOfType(type).filter(isPublic);
}

beforeAll(() => {
  const head = 'import type { Tensor } from "../../src/index.js";\ndeclare const x: Tensor;\n';
  const before = languageService([probe], new Map([[probe, `${head}x;\n`]]));
  checker = (before.getProgram() as ts.Program).getTypeChecker();
  const source = before.getProgram()?.getSourceFile(`${root}/${probe}`) as ts.SourceFile;
  const variable = checker.getSymbolsInScope(source, ts.SymbolFlags.Variable).find(({ name }) => name === "x");
  const symbols = publicMembers(checker.getTypeOfSymbol(variable as ts.Symbol));
  let text = head;
  members = symbols.map((symbol) => {
    const position = text.length + 2;
    text += `x.${symbol.name};\n`;
    return { name: symbol.name, symbol, position };
  });
  probeText = text;
  service = languageService([probe], new Map([[probe, text]]));
}, 60_000);

/** The description that an editor shows when the pointer is over the member. */
const hover = (position: number): string =>
  ts.displayPartsToString(service.getQuickInfoAtPosition(`${root}/${probe}`, position)?.documentation);

describe("the methods of Tensor", () => {
  test("are found", () => {
    expect(members.length).toBeGreaterThan(methods.length);
    expect(members.map(({ name }) => name)).toEqual(expect.arrayContaining([...methods, "dispose", "shape"]));
  });

  test("all have documentation in an editor", () => {
    const undocumented = members.filter(({ position }) => hover(position).trim() === "");
    expect(undocumented.map(({ name }) => name)).toEqual([]);
    expect(hover(members.find(({ name }) => name === "matmul")?.position ?? 0)).toContain("matrix product");
  });

  test("open the op's function with go-to-definition", () => {
    const wrong = members.filter(({ name, position }) => {
      const files = service.getDefinitionAtPosition(`${root}/${probe}`, position)?.map(({ fileName }) => fileName);
      const inOps = files?.some((file) => /\/src\/ops\/\w+\/[\w-]+\.ts$/.test(file)) ?? false;
      return inOps !== (methods as readonly string[]).includes(name);
    });
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  test("have the names of the function's parameters", () => {
    // A parameter that is taken apart in the function's own list has no name; the compiler makes one up.
    const unnamed = members.filter(({ symbol }) =>
      /\b(rest_|__)\d/.test(checker.typeToString(checker.getTypeOfSymbol(symbol))),
    );
    expect(unnamed.map(({ name }) => name)).toEqual([]);
  });

  test("are derived only if the function has one signature, of at most five parameters", () => {
    const problems = methods.map((name) => notDerivable(service, name)).filter((problem) => problem !== null);
    expect(problems, "move the name to functionsOnly and handWritten, and write the method in src/tensor.ts").toEqual(
      [],
    );
  });

  test("are in functionsOnly if they are written by hand", () => {
    expect(handWritten.filter((name) => !(functionsOnly as readonly string[]).includes(name))).toEqual([]);
    expect(handWritten.filter((name) => !Object.hasOwn(Tensor.prototype, name))).toEqual([]);
    const byHand = functionsOnly.filter((name) => Object.hasOwn(Tensor.prototype, name));
    expect(byHand, "methods by hand that the list above does not name").toEqual(handWritten);
  });

  test.each([
    ["(x: Tensor): Tensor =>", "square: has overloads", ": { (x: Tensor): Tensor; (x: Tensor, y: number): Tensor }"],
    ["<T extends Tensor>(x: T): Tensor =>", "square: has type parameters", ""],
    ["(x: Tensor, ..._: number[]): Tensor =>", "square: has a rest parameter", ""],
    ["(x: Tensor, _?: 1, _2?: 1, _3?: 1, _4?: 1, _5?: 1): Tensor =>", "square: has more than five parameters", ""],
  ])(
    "cannot be derived from square = %s: %s",
    (head, problem, type) => {
      const path = "src/ops/elementwise/unary.ts";
      const text = readFileSync(`${root}/${path}`, "utf8");
      const signature = "export const square = (x: Tensor): Tensor =>";
      expect(text).toContain(signature);
      const planted = text.replace(signature, `export const square${type} = ${head}`);
      expect(
        notDerivable(
          languageService(
            [probe],
            new Map([
              [path, planted],
              [probe, probeText],
            ]),
          ),
          "square",
        ),
      ).toBe(problem);
      expect(notDerivable(service, "square")).toBeNull();
    },
    60_000,
  );

  test("can be replaced, for example by a test", () => {
    const { relu } = Tensor.prototype;
    try {
      Tensor.prototype.relu = function (this: Tensor): Tensor {
        return this.neg();
      };
      expect(tensor([1, 2]).relu().arraySync()).toEqual([-1, -2]);
    } finally {
      Tensor.prototype.relu = relu;
    }
    expect(tensor([-1, 2]).relu().arraySync()).toEqual([0, 2]);
  });

  test("exist at run time, under their names", () => {
    const prototype = Tensor.prototype as unknown as Readonly<Record<string, { readonly name: string }>>;
    expect(methods.filter((name) => prototype[name]?.name !== name)).toEqual([]);
    expect(Object.keys(Tensor.prototype)).toEqual([]);
  });
});
