import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  Accuracy,
  Adam,
  ArgumentError,
  type CheckpointPart,
  FormatError,
  Generator,
  generatorPart,
  type HasState,
  Linear,
  loadCheckpoint,
  modulePart,
  optimizerPart,
  ReduceLROnPlateau,
  SGD,
  saveCheckpoint,
  saveSafetensors,
  statePart,
  type Tensor,
  tensor,
  type Value,
} from "../../src/index.js";
import { decodeValue, encodeValue } from "../../src/io/values.js";
import { withFolder } from "../support/disk.js";

/** A part that is a value and nothing else. */
const holder = (value: Value): CheckpointPart & { value: Value } => {
  const object = {
    value,
    getState: () => object.value,
    setState(state: never) {
      object.value = state;
    },
  };
  return Object.defineProperty({ ...statePart(object), value }, "value", { get: () => object.value });
};

describe("values", () => {
  test("come back bit for bit, also those that JSON has no word for", () => {
    const number = fc.oneof(fc.double(), fc.constantFrom(-0, Number.NaN, Number.POSITIVE_INFINITY, Number.MIN_VALUE));
    const value = fc.letrec<{ value: Value }>((tie) => ({
      value: fc.oneof(
        ...[number, fc.string(), fc.boolean(), fc.constant(null)],
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(fc.string({ maxLength: 3 }), tie("value"), { maxKeys: 3, noNullPrototype: true }),
      ),
    })).value;
    fc.assert(fc.property(value, (given) => void expect(decodeValue("x", encodeValue(given))).toEqual(given)));
  });

  test("that are broken are refused", () => {
    expect(() => decodeValue("file", "{")).toThrow(FormatError);
  });
});

describe("checkpoints", () => {
  test("bring module, generator and values back", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "run.safetensors");
      const [model, generator, value] = [
        new Linear(3, 2),
        new Generator(5),
        holder({ best: Number.NEGATIVE_INFINITY }),
      ];
      generator.uniform();
      const parts = { model: modulePart(model), generator: generatorPart(generator), value };
      const weights = model.weight.dataSync();
      await saveCheckpoint(path, parts);
      const next = generator.uniform();

      const [other, stream, found] = [new Linear(3, 2), new Generator(1), holder(null)];
      await loadCheckpoint(path, { model: modulePart(other), generator: generatorPart(stream), value: found });
      expect(other.weight.dataSync()).toEqual(weights);
      expect(stream.uniform()).toBe(next);
      expect(found.value).toEqual({ best: Number.NEGATIVE_INFINITY });
    });
  });

  test("that differ in one part change none", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "run.safetensors");
      const parts = (inputs: number) => ({
        a: holder(inputs),
        model: modulePart(new Linear(inputs, 2)),
        z: holder(inputs),
      });
      await saveCheckpoint(path, parts(3));
      const other = parts(4);
      const attempt = loadCheckpoint(path, other);
      await expect(attempt).rejects.toThrow(
        `loadCheckpoint: ${path} belongs to another run; nothing was changed: model: weight is float32 [2, 4], but float32 [2, 3] in the file`,
      );
      expect([other.a.value, other.z.value]).toEqual([4, 4]);
      await expect(loadCheckpoint(path, { a: other.a, b: other.z })).rejects.toThrow(
        "the checkpoint is missing b; the checkpoint has unexpected model, z",
      );
    });
  });

  test("of another optimizer, or of another state of plain values, change nothing, in any order of the parts", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "run.safetensors");
      const parts = (make: (p: Tensor[]) => Adam | SGD, plateau: HasState) => {
        const model = new Linear(3, 2);
        const optimizer = make(model.parameters());
        optimizer.step(model.parameters().map((p) => p.ones()));
        return { model: modulePart(model), optimizer: optimizerPart(optimizer), plateau: statePart(plateau) };
      };
      await saveCheckpoint(
        path,
        parts((p) => new Adam(p), new ReduceLROnPlateau(0.1)),
      );
      const accuracy = new Accuracy();
      const other = parts((p) => new SGD(p, { lr: 1 }), accuracy);
      const before = other.model.state().tensors.get("weight")?.arraySync();
      const attempt = loadCheckpoint(path, other);
      await expect(attempt).rejects.toThrow(FormatError);
      await expect(attempt).rejects.toThrow(
        /nothing was changed: optimizer: the optimizer is SGD, but Adam in the state; plateau: Accuracy\.setState: the state must have the fields/,
      );
      expect(other.model.state().tensors.get("weight")?.arraySync()).toEqual(before);
      expect(accuracy.getState()).toEqual({ hits: 0, count: 0 });
    });
  });

  test("with broken metadata are refused", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "run.safetensors");
      const cases: [Record<string, string>, string][] = [
        [{}, "it does not list its parts"],
        [{ "wengert.parts": "{" }, "not valid JSON"],
        [{ "wengert.parts": "3" }, "the names of the parts are not a list"],
        [{ "wengert.parts": '["a"]' }, 'part "a" has no values'],
        [{ "wengert.parts": '["a"]', "wengert.values.a": "null" }, 'tensor "w" does not belong to any part'],
      ];
      for (const [metadata, message] of cases) {
        await saveSafetensors(path, { w: tensor([1]) }, metadata);
        await expect(loadCheckpoint(path, { a: holder(0) })).rejects.toThrow(FormatError);
        await expect(loadCheckpoint(path, { a: holder(0) })).rejects.toThrow(message);
      }
      await expect(saveCheckpoint(path, { "a/b": holder(0) })).rejects.toThrow(ArgumentError);
    });
  });

  test("a state that no generator can have is refused", () => {
    const part = generatorPart(new Generator(1));
    expect(part.differences({ tensors: new Map(), values: { seed: -1, offset: 0 } })).toEqual([
      "the values are not the state of a generator",
    ]);
    expect(part.differences({ tensors: new Map(), values: null })).toHaveLength(1);
    expect(part.differences({ tensors: new Map(), values: { seed: 1, offset: 3 } })).toEqual([]);
  });
});
