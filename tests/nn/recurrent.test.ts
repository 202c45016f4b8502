import { describe, expect, test } from "vitest";
import {
  DTypeError,
  Generator,
  GRU,
  LSTM,
  noGrad,
  RNN,
  ShapeError,
  Tape,
  type Tensor,
  tensor,
  tidy,
  zeros,
} from "../../src/index.js";
import { unstack } from "../../src/nn/recurrent/unstack.js";
import { values } from "./model.js";

describe("recurrent nets", () => {
  test("read a sequence in one go as in two", () => {
    tidy(() => {
      using net = new LSTM(3, 2, { numLayers: 2, dtype: "float64" });
      const x = values([5, 2, 3], 7, 3, 13, 4);
      const [whole, [h, c]] = net.forward(x);
      const [first, state] = net.forward(x.slice([[0, 2]]));
      const [second, [h2, c2]] = net.forward(x.slice([[2, 5]]), state);
      expect([...first.dataSync(), ...second.dataSync()]).toEqual([...whole.dataSync()]);
      expect([h2.arraySync(), c2.arraySync()]).toEqual([h.arraySync(), c.arraySync()]);
    });
  });

  test.each(["RNN", "GRU", "LSTM"] as const)("%s: a mask without padding changes nothing", (name) => {
    tidy(() => {
      using net = new { RNN, GRU, LSTM }[name](3, 2, { batchFirst: true, bidirectional: true });
      const x = values([2, 4, 3], 7, 3, 13, 4).cast("float32");
      const mask = tensor([
        [true, true, true, true],
        [true, true, true, true],
      ]);
      expect(net.forward(x, null, { mask })[0].arraySync()).toEqual(net.forward(x)[0].arraySync());
    });
  });

  test("the values in the padding have no influence, and get no gradient", () => {
    tidy(() => {
      using net = new GRU(2, 3, { bidirectional: true });
      const mask = tensor([[true], [true], [false]]);
      const run = (last: number): [unknown, unknown] => {
        using tape = new Tape();
        const x = tape.watch(tensor([[[1, 2]], [[3, 4]], [[last, last]]]));
        const [y, h] = net.forward(x, null, { mask });
        const [dx] = tape.gradients(y.sum().add(h.sum()), [x]);
        return [[y.arraySync(), h.arraySync()], dx.arraySync()];
      };
      const [outputs, gradient] = run(5);
      expect(run(-7)[0]).toEqual(outputs);
      expect((gradient as number[][][])[2]).toEqual([[0, 0]]);
      expect((gradient as number[][][])[0][0]).not.toContain(0);
    });
  });

  test("dropout acts between layers, in training alone", () => {
    tidy(() => {
      const make = (numLayers: number) =>
        new RNN(2, 50, { numLayers, dropout: 0.5, generator: new Generator(1), nonlinearity: "relu" });
      const x = values([3, 2, 2], 7, 3, 13, 4).cast("float32");
      using one = make(1);
      using two = make(2);
      const outputs = (net: RNN) => [net.forward(x)[0].dataSync(), net.forward(x)[0].dataSync()];
      const [a, b] = outputs(one);
      expect(a).toEqual(b);
      const [c, d] = outputs(two);
      expect(c).not.toEqual(d);
      const [e, f] = outputs(two.eval());
      expect(e).toEqual(f);
      // Everything dropped: the second layer sees zeros.
      using all = new RNN(2, 3, { numLayers: 2, dropout: 1, bias: false });
      expect(new Set(all.forward(x)[0].dataSync())).toEqual(new Set([0]));
    });
  });

  test("have their weights by layer and direction", () => {
    using net = new GRU(3, 2, { numLayers: 2, bidirectional: true });
    expect(net.cells.map(({ weightIh }) => weightIh.shape)).toEqual([
      [6, 3],
      [6, 3],
      [6, 4],
      [6, 4],
    ]);
    expect(net.stateDict().get("weight_ih_l1_reverse")).toBe(net.cells[3].weightIh);
  });

  test.each<[() => unknown, string]>([
    [() => new RNN(3, 2).forward(zeros([4, 3])), "RNN: x must be (L, N, I) with I = 3, got [4, 3]"],
    [
      () => new GRU(3, 2, { batchFirst: true }).forward(zeros([4, 1, 2])),
      "GRU: x must be (N, L, I) with I = 3, got [4, 1, 2]",
    ],
    [() => new GRU(3, 2).forward(zeros([0, 1, 3])), "GRU: x must have at least one time step, got [0, 1, 3]"],
    [
      () => new LSTM(3, 2).forward(zeros([4, 5, 3]), [zeros([1, 5, 2]), zeros([1, 4, 2])]),
      "LSTM: an initial state must be [1, 5, 2], got [1, 4, 2]",
    ],
    [
      () => new LSTM(3, 2).forward(zeros([4, 5, 3]), null, { mask: zeros([5, 4], { dtype: "bool" }) }),
      "LSTM: mask must be [4, 5] to match x, got [5, 4]",
    ],
  ])("refuse an input that does not fit, %#", (f, message) => {
    tidy(() => {
      expect(f).toThrow(ShapeError);
      expect(f).toThrow(message);
    });
  });

  test("refuse a mask of numbers", () => {
    tidy(() => {
      const run = () => new RNN(3, 2).forward(zeros([4, 5, 3]), null, { mask: zeros([4, 5]) });
      expect(run).toThrow(new DTypeError("RNN: mask must be bool, got float32"));
    });
  });
});

describe("unstack", () => {
  test.each([0, 1, 2, 5, 8])("gives %d parts, and their gradients", (length) => {
    tidy(() => {
      const x = values([length, 2, 3], 5, 2, 31, 4);
      const parts = unstack(x);
      expect(parts.map((part) => part.arraySync())).toEqual(x.arraySync());
      for (const part of parts) expect(part.shape).toEqual([2, 3]);
      if (length === 0) return;
      using tape = new Tape();
      tape.watch(x);
      const sum = unstack(x)
        .map((part, i) => part.sum().mul(i + 1))
        .reduce((a, b) => a.add(b));
      const [dx] = tape.gradients(sum, [x]);
      expect(dx.arraySync()).toEqual(Array.from({ length }, (_, i) => [1, 2].map(() => [i + 1, i + 1, i + 1])));
    });
  });

  test("cuts in halves: the work grows as L log L", () => {
    tidy(() => {
      const written = (length: number): number => {
        using tape = new Tape();
        unstack(tape.watch(zeros([length, 1])));
        return tape.entries.flatMap(({ inputs }) => inputs).reduce((sum, v) => sum + (v?.shape[0] ?? 0), 0);
      };
      // Two cuts for each part, at log2(L) levels, and a reshape at the end.
      expect(written(64)).toBe(64 * (2 * 6 + 1));
    });
  });
});

test("a long sequence needs no long computation where nothing is recorded", () => {
  noGrad(() =>
    tidy(() => {
      using net = new GRU(2, 2);
      const [y]: [Tensor, Tensor] = net.forward(zeros([300, 1, 2]));
      expect(y.shape).toEqual([300, 1, 2]);
    }),
  );
});
