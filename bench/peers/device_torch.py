"""The rows of bench/device.ts in PyTorch, timed the same way: python3 bench/peers/device_torch.py FILE"""

import json
import statistics
import sys
import time

import torch
import torch.nn.functional as F

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
ROUNDS = 9


def rand(dtype, *shape):
    return torch.randn(*shape, device="cuda", dtype=dtype)


def matmul(n, name):
    dtype = DTYPES[name]
    return f"matmul {n}", name, 3 * n * n * dtype.itemsize, lambda: [rand(dtype, n, n), rand(dtype, n, n)], torch.matmul


def elementwise(op, name, operands, run):
    dtype, n = DTYPES[name], 2**26
    return op, name, (operands + 1) * n * dtype.itemsize, lambda: [rand(dtype, n) for _ in range(operands)], run


def rows(op, name, run, passes=2):
    dtype, n = DTYPES[name], 8192
    return op, name, passes * n * n * dtype.itemsize, lambda: [rand(dtype, n, n)], run


def conv(name):
    dtype = DTYPES[name]
    inputs = lambda: [rand(dtype, 64, 128, 56, 56), rand(dtype, 128, 128, 3, 3)]
    return "conv2d 3x3", name, 64 * 128 * 56 * 56 * dtype.itemsize * 2, inputs, F.conv2d


TABLE = [
    matmul(4096, "float32"),
    matmul(4096, "bfloat16"),
    matmul(8192, "bfloat16"),
    matmul(4096, "float16"),
    elementwise("add", "float32", 2, torch.add),
    elementwise("add", "bfloat16", 2, torch.add),
    elementwise("gelu", "float32", 1, F.gelu),
    elementwise("gelu", "bfloat16", 1, F.gelu),
    rows("softmax", "float32", lambda x: F.softmax(x, -1)),
    rows("softmax", "bfloat16", lambda x: F.softmax(x, -1)),
    rows("sum", "float32", lambda x: x.sum(), 1),
    rows("sum axis 0", "float32", lambda x: x.sum(0), 1),
    rows("sum axis 1", "float32", lambda x: x.sum(1), 1),
    rows("transpose", "float32", lambda x: x.t().contiguous()),
    conv("float32"),
    conv("bfloat16"),
]


def measure(bytes_, inputs, run):
    sets = [inputs() for _ in range(min(8, max(1, -(-(2**28) // bytes_))))]

    def submit(calls):
        start = time.perf_counter()
        for i in range(calls):
            run(*sets[i % len(sets)])
        torch.cuda.synchronize()
        return (time.perf_counter() - start) * 1e6 / calls

    submit(2)
    calls = max(2, min(1000, int(20_000 / submit(3)) + 1))
    times = sorted(submit(calls) for _ in range(ROUNDS))
    return statistics.median(times), [times[2], times[6]]


def main():
    # float32 products exactly rounded, in convolutions too: what Wengert does unless told otherwise.
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    # The best algorithm that cuDNN finds, not the first guess; the first calls, which search, are not timed.
    torch.backends.cudnn.benchmark = True
    figures = []
    for op, name, bytes_, inputs, run in TABLE:
        median, quartiles = measure(bytes_, inputs, run)
        figures.append({"name": op, "dtype": name, "median": median, "quartiles": quartiles})
        print(f"{op + ' ' + name:24s}{median:12.1f} us  ({quartiles[0]:.1f} to {quartiles[1]:.1f})", flush=True)
    with open(sys.argv[1], "w") as file:
        run = {"torch": torch.__version__, "cuda": torch.version.cuda, "device": torch.cuda.get_device_name()}
        json.dump({**run, "figures": figures}, file, indent=2)


main()
