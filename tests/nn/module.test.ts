import { describe, expect, test } from "vitest";
import {
  ArgumentError,
  assign,
  BatchNorm1d,
  buffer,
  Dropout,
  DTypeError,
  Linear,
  Module,
  memory,
  noGrad,
  parameter,
  ReLU,
  Sequential,
  ShapeError,
  type Tensor,
  tensor,
  tidy,
  zeros,
} from "../../src/index.js";

class Block extends Module {
  readonly scale = parameter(tensor([2]));
  readonly dropout = new Dropout(0.5);
  forward(x: Tensor): Tensor {
    return this.dropout.forward(x.mul(this.scale));
  }
}

class Net extends Module {
  readonly first = new Linear(2, 3, { bias: false });
  readonly blocks = [new Block(), new Block()];
  readonly heads = { left: new Linear(3, 1), right: new Linear(3, 1, { bias: false }) };
  readonly temperature = parameter(tensor([1]));
  readonly running = buffer(zeros([3]));
  readonly table = buffer(zeros([4]), { persistent: false });
  readonly name = "net";
  readonly missing: Tensor | null = null;
  readonly #cache = zeros([7]).keep();
  last: Tensor | null = null;
  parent: Module | null = null;

  forward(x: Tensor): Tensor {
    this.last = this.heads.left.forward(this.blocks[0].forward(this.first.forward(x)));
    return this.last;
  }

  get cacheSize(): number {
    return this.#cache.size;
  }
}

const names = (map: ReadonlyMap<string, Tensor>): string[] => [...map.keys()];

describe("walking the fields", () => {
  test("finds parameters and buffers, a module's own first, through arrays and objects", () => {
    const net = new Net();
    expect(names(net.namedParameters())).toEqual([
      "temperature",
      "first.weight",
      "blocks.0.scale",
      "blocks.1.scale",
      "heads.left.weight",
      "heads.left.bias",
      "heads.right.weight",
    ]);
    expect(names(net.namedBuffers())).toEqual(["running", "table"]);
    expect(names(net.stateDict())).toEqual(["temperature", "running", ...names(net.namedParameters()).slice(1)]);
    expect(net.parameters()).toEqual([...net.namedParameters().values()]);
    expect(net.cacheSize).toBe(7);
  });

  test("takes a result that was left in a field for no state", () => {
    tidy(() => {
      const net = new Net();
      const before = names(net.stateDict());
      net.forward(zeros([1, 2]));
      expect(net.last?.requiresGrad).toBe(true);
      expect(names(net.stateDict())).toEqual(before);
      noGrad(() => net.forward(zeros([1, 2])));
      expect(net.last?.requiresGrad).toBe(false);
      expect(names(net.stateDict())).toEqual(before);
    });
  });

  test("takes a leaf that requires a gradient for a parameter", () => {
    class Scale extends Module {
      readonly factor = tensor([2], { requiresGrad: true });
      forward(x: Tensor): Tensor {
        return x.mul(this.factor);
      }
    }
    expect(names(new Scale().namedParameters())).toEqual(["factor"]);
  });

  test("names the modules, each once", () => {
    const net = new Net();
    net.blocks[1] = net.blocks[0];
    const named = net.namedModules();
    expect([...named.keys()]).toEqual(["", "first", "blocks.0", "blocks.0.dropout", "heads.left", "heads.right"]);
    expect(named.get("blocks.0.dropout")).toBe(net.blocks[0].dropout);
    expect(net.modules()).toEqual([...named.values()]);
  });

  test("dispose frees parameters, gradients and all buffers", () => {
    const before = memory();
    tidy(() => {
      const layer = new Sequential(new Linear(2, 2), new Linear(2, 1));
      layer
        .forward(zeros([1, 2]))
        .sum()
        .backward();
      const table = buffer(zeros([5]), { persistent: false });
      const holder = Object.assign(new ReLU(), { table });
      layer.dispose();
      holder.dispose();
    });
    expect(memory()).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
  });

  test("ends where a field leads back", () => {
    const net = new Net();
    const before = names(net.stateDict());
    net.parent = new Sequential(net as never);
    expect(names(net.stateDict())).toEqual(before);
    expect(net.eval().training).toBe(false);
  });

  test("gives a shared parameter once to the optimizer, and under both names to the state", () => {
    const net = new Net();
    net.heads.right.weight = net.heads.left.weight;
    expect(names(net.namedParameters())).not.toContain("heads.right.weight");
    expect(net.parameters()).toHaveLength(6);
    expect(net.stateDict().get("heads.right.weight")).toBe(net.stateDict().get("heads.left.weight"));
  });

  test("a frozen parameter stays a parameter, so that it can be thawed", () => {
    const layer = new Linear(2, 2);
    layer.bias = null;
    for (const p of layer.parameters()) p.requiresGrad = false;
    expect(layer.forward(zeros([1, 2])).requiresGrad).toBe(false);
    expect(names(layer.namedParameters())).toEqual(["weight"]);
    expect(names(layer.namedBuffers())).toEqual([]);
    for (const p of layer.parameters()) p.requiresGrad = true;
    expect(layer.forward(zeros([1, 2])).requiresGrad).toBe(true);
  });
});

test("a buffer is a leaf that is not trained, and that no scope frees", () => {
  const b = tidy(() => {
    const made = buffer(zeros([2], { requiresGrad: true }));
    const trained = parameter(zeros([2]));
    expect(() => buffer(trained.mul(2))).toThrow(ArgumentError);
    trained.dispose();
    return { get: () => made };
  }).get();
  expect(b.disposed).toBe(false);
  expect(b.requiresGrad).toBe(false);
  b.dispose();
});

describe("assign", () => {
  test("copies values in place, in the target's dtype", () => {
    const layer = new Linear(1, 2, { bias: false });
    const { weight } = layer;
    assign(weight, tensor([[0.1], [3]], { dtype: "float64" }));
    expect(layer.weight).toBe(weight);
    expect(weight.dtype).toBe("float32");
    expect(weight.requiresGrad).toBe(true);
    expect(weight.arraySync()).toEqual([[Math.fround(0.1)], [3]]);
  });

  test("refuses another shape, and floats for integers, and changes nothing", () => {
    const target = zeros([2], { dtype: "int32" });
    expect(() => assign(target, zeros([3]))).toThrow(
      new ShapeError("assign: shapes differ: the target is [2], the source is [3]"),
    );
    expect(() => assign(target, tensor([1, 2]))).toThrow(
      new DTypeError("assign: the target is int32, but the source is float32; cast the source first"),
    );
    expect(target.arraySync()).toEqual([0, 0]);
  });
});

test("train and eval reach every module", () => {
  const net = new Net();
  const modes = () => [net, net.blocks[1], net.blocks[1].dropout, net.heads.left].map(({ training }) => training);
  expect(modes()).toEqual([true, true, true, true]);
  expect(net.eval()).toBe(net);
  expect(modes()).toEqual([false, false, false, false]);
  net.train();
  expect(modes()).toEqual([true, true, true, true]);
});

test("train calls the train of each module, which a module can override", () => {
  class Frozen extends BatchNorm1d {
    override train(): this {
      return super.train(false);
    }
  }
  const model = new Sequential(new Sequential(new Frozen(2)), new Dropout());
  model.eval().train();
  expect(model.modules().map(({ training }) => training)).toEqual([true, true, false, true]);
});

test("children are the modules in the fields, not those inside them", () => {
  const net = new Net();
  net.parent = net.blocks[0];
  expect(net.children()).toEqual([net.first, ...net.blocks, net.heads.left, net.heads.right]);
});

test("to leaves a module alone where it is on the device already", () => {
  const layer = new Linear(2, 2);
  const { storage } = layer.weight;
  const handle = storage.handle;
  expect(layer.to(layer.weight.device)).toBe(layer);
  expect(layer.weight.storage.handle).toBe(handle);
});

test("a parameter is a leaf that no scope frees", () => {
  const p = tidy(() => {
    parameter(zeros([2]));
    const inner = parameter(zeros([3]));
    expect(() => parameter(inner.mul(2))).toThrow(ArgumentError);
    expect(() => parameter(zeros([2], { dtype: "int32" }))).toThrow(DTypeError);
    return { get: () => inner };
  }).get();
  expect(p.disposed).toBe(false);
  expect(p.requiresGrad).toBe(true);
  p.dispose();
});
