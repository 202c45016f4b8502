import { Adam, FormatError, type Group, type SavedState, SGD, type Tensor, tensor, zeros } from "../../src/index.js";
import type { StatefulOptimizer, Value } from "../../src/io/index.js";

type Slot = "mean" | "variance" | "maximum";

/** Adam whose averages and count of steps, kept beside the optimizer's own, can be saved. All parameters step together. */
export class SavedAdam extends Adam implements StatefulOptimizer {
  #kept = new Map<string, Tensor>();

  protected override update(group: Group<Slot>): void {
    const kept = this.#tensors();
    const slot = (name: string): Tensor[] =>
      group.parameters.map((p) => kept.get(`${this.parameters.indexOf(p)}.${name}`) as Tensor);
    super.update({
      ...group,
      slots: { mean: slot("mean"), variance: slot("variance"), maximum: [] },
      counter: () => kept.get("counter") as Tensor,
    });
  }

  stateDict(): SavedState {
    return { tensors: this.#tensors(), values: { type: "Adam" } };
  }

  loadStateDict({ tensors, values }: SavedState): void {
    const { type } = values as { type?: Value };
    if (type !== "Adam" || tensors.size !== this.#tensors().size)
      throw new FormatError(`the optimizer is Adam of ${this.parameters.length} parameters, in the file ${type}`);
    for (const old of this.#kept.values()) old.dispose();
    // The file's tensors are freed afterwards.
    this.#kept = new Map([...tensors].map(([name, value]) => [name, value.add(0).keep()]));
  }

  override dispose(): void {
    super.dispose();
    for (const old of this.#kept.values()) old.dispose();
    this.#kept.clear();
  }

  #tensors(): Map<string, Tensor> {
    if (this.#kept.size === 0) {
      this.#kept.set("counter", tensor(Int32Array.of(0, 0)).keep());
      this.parameters.forEach(({ shape }, i) => {
        for (const name of ["mean", "variance"]) this.#kept.set(`${i}.${name}`, zeros(shape).keep());
      });
    }
    return this.#kept;
  }
}

/** Plain gradient descent: it remembers nothing but its rate, which the trainer saves. */
export class SavedSGD extends SGD implements StatefulOptimizer {
  stateDict(): SavedState {
    return { tensors: new Map(), values: { type: "SGD" } };
  }

  loadStateDict({ values }: SavedState): void {
    const { type } = values as { type?: Value };
    if (type !== "SGD") throw new FormatError(`the optimizer is SGD, in the file ${type}`);
  }
}
