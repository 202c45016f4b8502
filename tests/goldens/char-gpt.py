"""Losses of 30 steps of a small GPT by PyTorch in float64, on a drawn text and on tinyshakespeare.

    python3 tests/goldens/char-gpt.py [../shared/data/tinyshakespeare/input.txt]

Writes char-gpt.json beside this file. The drawn text, weights and samples follow formulas that
tests/examples/char-gpt.test.ts repeats, so the file contains results only.
"""

import json
import pathlib
import sys

import torch

root = pathlib.Path(__file__).parent.parent.parent
sys.path.insert(0, str(root / "bench" / "peers"))
from char_gpt_torch import GPT, encode, train  # noqa: E402

SIZES = {"layers": 2, "width": 32, "heads": 4, "context": 32}
BATCH, STEPS, LR = 8, 30, 3e-3

state = 1


def uniform():
    """Numbers from [0, 1): the linear congruential generator of Numerical Recipes."""
    global state
    state = (1664525 * state + 1013904223) % 2**32
    return state / 2**32


def parameter(name, p):
    """Uniform numbers of deviation 0.04, by the parameters' order; around 1 where a normalization scales."""
    centre = 1 if "norm" in name and name.endswith("weight") else 0
    values = [centre + (uniform() - 0.5) * 0.14 for _ in range(p.numel())]
    return torch.tensor(values, dtype=torch.float32).to(torch.float64).reshape(p.shape)


def drawn_text():
    """20,000 words, of which the first of the list are the most frequent."""
    words = "the tape of a loss and its gradient walks back to each weight: add, multiply; sum. We train".split(" ")
    return " ".join(words[int(uniform() * uniform() * len(words))] for _ in range(20_000))


def run_on(text):
    """The losses of the steps, and the loss on held-out text. The generator starts again."""
    global state
    state = 1
    tokens = encode(text)
    model = GPT(int(tokens.max()) + 1, **SIZES).double()
    model.load_state_dict({name: parameter(name, p) for name, p in sorted(model.state_dict().items())})
    end, room = int(0.9 * len(tokens)), len(tokens) - SIZES["context"]
    plan = {
        **SIZES,
        "lr": LR,
        "train": [[int(uniform() * (end - SIZES["context"])) for _ in range(BATCH)] for _ in range(STEPS)],
        "validation": [end + int(uniform() * (room - end)) for _ in range(BATCH)],
    }
    run = train(model, tokens, plan)
    first, last = run["losses"][0], run["losses"][-1]
    print(f"char-gpt: {STEPS} steps, loss {first:.4f} to {last:.4f}, PyTorch {torch.__version__}")
    return {"losses": run["losses"], "validation": run["validation"]}


path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root / "../shared/data/tinyshakespeare/input.txt"
results = {"drawn": run_on(drawn_text()), "tinyshakespeare": run_on(path.read_text(encoding="utf-8"))}
goldens = {**SIZES, "batch": BATCH, "lr": LR, **results}
lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in goldens.items()]
(pathlib.Path(__file__).parent / "char-gpt.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
