"""Conversions between float dtypes as PyTorch does them: writes half.json beside this file.

- widened: FNV-1a hashes of the float32 bits of all 65,536 values of each 16-bit float, NaN left out
- rounded: float32 bits, and the bits of the nearest float16 and bfloat16: ties, subnormals, limits, random bits
- casts: for each pair of float dtypes, the values and what they become
"""

import json
import math
import pathlib
import random

import numpy as np
import torch

HALVES = {"float16": torch.float16, "bfloat16": torch.bfloat16}
FLOATS = {**HALVES, "float32": torch.float32, "float64": torch.float64}


def bits16(t):
    return [int(b) & 0xFFFF for b in t.view(torch.int16).tolist()]


def bits32(t):
    return [int(b) & 0xFFFFFFFF for b in t.view(torch.int32).tolist()]


def from_bits32(bits):
    return torch.from_numpy(np.array(bits, dtype=np.uint32).view(np.float32).copy())


def fnv(words):
    h = 0x811C9DC5
    for word in words:
        h = ((h ^ word) * 0x01000193) & 0xFFFFFFFF
    return h


def widened(dtype):
    every = torch.from_numpy(np.arange(65536, dtype=np.uint16).view(np.int16).copy()).view(dtype).float()
    return fnv(b for b, x in zip(bits32(every), every.tolist()) if not math.isnan(x))


def samples():
    r = random.Random(0)
    sign = lambda: r.choice([0, 0x80000000])
    bits = [0, 0x80000000, 0x7F800000, 0xFF800000, 0x7F7FFFFF, 0xFF7FFFFF, 1, 0x007FFFFF, 0x00800000]
    # Halfway between neighbouring bfloat16 and float16, and a float32 next to it on either side.
    for _ in range(40):
        top = r.randrange(0x0001, 0x7F7F) << 16
        bits += [sign() | (top | 0x8000) + d for d in (-1, 0, 1)]
    for _ in range(40):
        tie = (r.randrange(0x38800000, 0x47800000) & ~0x1FFF) | 0x1000
        bits += [sign() | tie + d for d in (-1, 0, 1)]
    # Float16 subnormals: multiples of 2^-25, the odd ones ties, and next to them.
    for k in [1, 2, 3, 5, 2 * r.randrange(1024) + 1, 2 * r.randrange(1024) + 1, 2045, 2047, 2048, 2049]:
        tie = bits32(torch.tensor([k * 2.0**-25]))[0]
        bits += [sign() | tie + d for d in (-1, 0, 1)]
    # The largest float16, and where rounding goes to infinity.
    bits += [bits32(torch.tensor([x]))[0] for x in (65504.0, 65519.996, 65520.0, 65535.0, 65536.0, -65520.0, 1e30)]
    bits += [r.randrange(2**32) for _ in range(60)]
    return [b for b in bits if (b & 0x7FFFFFFF) <= 0x7F800000]


def rounded():
    bits = samples()
    x = from_bits32(bits)
    return [list(row) for row in zip(bits, bits16(x.half()), bits16(x.bfloat16()))]


VALUES = [0.0, -0.0, 1.0, -2.5, 0.1, 1 / 3, -math.pi, 1 + 2**-8, 1 + 2**-9, 1 + 2**-11, 1 + 2**-24, 65504.0, 65519.0, 65520.0]
VALUES += [1e-5, -6e-8, 2.0**-25, 1e-40, 3.3e38, 3.4e38, 3.5e38, -1e300, 5e-324, math.inf, -math.inf, math.nan]


def plain(x):
    return x if math.isfinite(x) else "NaN" if math.isnan(x) else "Infinity" if x > 0 else "-Infinity"


def casts():
    result = {}
    for source, source_type in FLOATS.items():
        x = torch.tensor(VALUES, dtype=torch.float64).to(source_type)
        targets = {name: [plain(v) for v in x.to(dtype).double().tolist()] for name, dtype in FLOATS.items()}
        result[source] = {"values": [plain(v) for v in x.double().tolist()], "to": targets}
    return result


def main():
    goldens = {
        "widened": {name: widened(dtype) for name, dtype in HALVES.items()},
        "rounded": rounded(),
        "casts": casts(),
    }
    pathlib.Path(__file__).with_name("half.json").write_text(json.dumps(goldens, separators=(",", ":")) + "\n")


main()
