import { describe, expect, test } from "vitest";
import { Adam, ArgumentError, SGD, type Tensor, tensor, tidy } from "../../src/index.js";

const leaf = (values: number[]): Tensor => tensor(values, { requiresGrad: true });
const two = (own: object = {}) => [{ params: [leaf([1])] }, { params: [leaf([2]), leaf([3])], ...own }];

describe("groups", () => {
  test("have the options of the optimizer except for their own, and their parameters in order", () => {
    tidy(() => {
      const optimizer = new Adam(two({ lr: 0.5, eps: 0.25, weightDecay: undefined }), { lr: 0.1, weightDecay: 0.5 });
      expect(optimizer.parameters.map((p) => p.item())).toEqual([1, 2, 3]);
      expect(optimizer.groups.map(({ lr, parameters }) => [lr, parameters.length])).toEqual([
        [0.1, 1],
        [0.5, 2],
      ]);
      const common = { betas: [0.9, 0.999], weightDecay: 0.5, amsgrad: false };
      expect(optimizer.groups.map(({ options }) => options)).toEqual([
        { ...common, eps: 1e-8 },
        { ...common, eps: 0.25 },
      ]);
    });
  });

  test("each have a separate step count", () => {
    tidy(() => {
      const optimizer = new SGD(two({ lr: 0.25, weightDecay: 0.5 }), { lr: 1 });
      optimizer.step([tensor([1]), null, tensor([4])]);
      expect(optimizer.parameters.map((p) => p.item())).toEqual([0, 2, 3 - 0.25 * (4 + 0.5 * 3)]);
    });
  });

  test("keep their rates in proportion when that of the optimizer changes", () => {
    tidy(() => {
      const optimizer = new SGD(two({ lr: 0.25 }), { lr: 1 });
      const rates = () => optimizer.groups.map(({ lr }) => lr);
      optimizer.step([tensor([0]), tensor([0]), tensor([0])]); // the rates lie on the device now
      optimizer.lr = 0.5;
      expect(rates()).toEqual([0.5, 0.125]);
      optimizer.lr = 0;
      expect(rates()).toEqual([0, 0]);
      optimizer.lr = 2;
      expect(rates()).toEqual([2, 0.5]);
      optimizer.groups[0].lr = 4;
      expect([optimizer.lr, ...rates()]).toEqual([2, 4, 0.5]);
      optimizer.lr = 1;
      expect(rates()).toEqual([2, 0.25]);
      optimizer.step([tensor([1]), tensor([1]), tensor([1])]);
      expect(optimizer.parameters.map((p) => p.item())).toEqual([-1, 1.75, 2.75]);
    });
  });

  test("copy the options they are given", () => {
    tidy(() => {
      const betas: [number, number] = [0.5, 0.5];
      const optimizer = new Adam([{ params: [leaf([1])], betas }], { betas });
      betas[0] = 7;
      expect(optimizer.groups[0].options.betas).toEqual([0.5, 0.5]);
    });
  });

  test.each<[string, () => unknown]>([
    ['SGD: groups[1]: unknown option "weight_decay"', () => new SGD(two({ weight_decay: 1 }), { lr: 1 })],
    [
      "SGD: weightDecay must be a finite non-negative number, got -1",
      () => new SGD(two({ weightDecay: -1 }), { lr: 1 }),
    ],
    ["SGD: groups[1]: lr must be a finite non-negative number, got -1", () => new SGD(two({ lr: -1 }), { lr: 1 })],
    [
      "SGD: groups[1]: lr cannot be set to 1 while the optimizer's lr is 0; set the optimizer's lr first",
      () => new SGD(two({ lr: 1 }), { lr: 0 }),
    ],
    ["SGD: nesterov requires a momentum above 0", () => new SGD(two({ nesterov: true }), { lr: 1 })],
    ["Adam: there are no parameters", () => new Adam([{ params: [] }])],
    ["Adam: a parameter appears twice", () => ((p) => new Adam([{ params: [p] }, { params: [p] }]))(leaf([1]))],
    [
      "Adam: pass only tensors, or only groups that have params; group 0 is [object Object]",
      () => new Adam([{} as never]),
    ],
    ["Adam: pass only tensors, or only groups", () => new Adam([leaf([1]), { params: [leaf([2])] }] as never)],
  ])("%s", (message, make) => {
    tidy(() => {
      expect(make).toThrow(ArgumentError);
      expect(make).toThrow(message);
    });
  });
});
