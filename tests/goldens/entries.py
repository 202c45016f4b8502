"""Writes a golden file that has one named entry on each line. nn.py and optim.py call it.

The arguments of the command are names. Only the entries of these names are computed, and the others keep their text:
another version of PyTorch can change their last digits. Without arguments all entries are computed.
"""

import json
import pathlib
import sys


def selects(name, key):
    """`Adam` selects "Adam", "Adam amsgrad" and "Adam, gradients missing", but not "AdamW"."""
    return key == name or key.startswith((f"{name} ", f"{name},"))


def read(path):
    """The text of each entry of a file, by key."""
    lines = path.read_text().splitlines()[1:-1] if path.exists() else []
    pairs = [line.removesuffix(",").split('": ', 1) for line in lines]
    return {json.loads(f'{key}"'): value for key, value in pairs}


def write(file, makers):
    """Writes `file`, beside the script. `makers` has a function for each key, in the order of the file."""
    path = pathlib.Path(__file__).parent / file
    names = sys.argv[1:]
    unknown = [name for name in names if not any(selects(name, key) for key in makers)]
    if unknown:
        raise SystemExit(f"{file}: there is no entry {', '.join(unknown)}; use one of {', '.join(makers)}")
    chosen = [key for key in makers if not names or any(selects(name, key) for name in names)]
    texts = read(path) if names else {}
    for key in chosen:
        texts[key] = json.dumps(makers[key](), separators=(",", ":"))
    missing = [key for key in makers if key not in texts]
    if missing:
        raise SystemExit(f"{file}: {', '.join(missing)} must be computed too; add the names to the command")
    path.write_text("{\n" + ",\n".join(f"{json.dumps(key)}: {texts[key]}" for key in makers) + "\n}\n")
    return len(chosen)
