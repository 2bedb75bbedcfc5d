"""Times element-wise operations of PyTorch on one thread: the other side of the command elementwise.

    ../shared/bench/torch/py -c "$(cat torch_elementwise.py)" ../shared/bench/torch

The folder holds bench.py, whose way of timing this is. Each line of standard input is an operation and a number of
seconds, and gets a line of JSON. Results go to arrays that are there before; nothing is allocated.
"""
import json
import os
import statistics
import sys

import torch

sys.path.insert(0, os.path.abspath(sys.argv[1]))
import bench

N = 1_000_000

torch.manual_seed(0)
torch.set_num_threads(1)
torch.set_flush_denormal(True)
torch.set_grad_enabled(False)

x, y, z = torch.randn(N), torch.randn(N), torch.empty(N)
square, square_out = torch.randn(1024, 1024), torch.empty(1024, 1024)
narrow, narrow_out = torch.randn(128, 10), torch.empty(128, 10)
params, grads = [torch.randn(N)], [torch.randn(N)]
means, squares, steps = [torch.zeros(N)], [torch.zeros(N)], [torch.zeros(())]


def adam():
    """The kernel of torch.optim.Adam(fused=True), without the optimizer around it."""
    torch._foreach_add_(steps, 1)
    torch._fused_adam_(params, grads, means, squares, [], steps, lr=1e-3, beta1=0.9, beta2=0.999, weight_decay=0.0,
                       eps=1e-8, amsgrad=False, maximize=False, grad_scale=None, found_inf=None)


# What is timed, and how many calls at once.
OPERATIONS = {
    "exp": (lambda: torch.exp(x, out=z), 1),
    "tanh": (lambda: torch.tanh(x, out=z), 1),
    "sigmoid": (lambda: torch.sigmoid(x, out=z), 1),
    "gelu-tanh": (lambda: torch._C._nn.gelu(x, approximate="tanh", out=z), 1),
    "softmax-1024x1024": (lambda: torch.softmax(square, 1, out=square_out), 1),
    "softmax-128x10": (lambda: torch.softmax(narrow, 1, out=narrow_out), 16),
    "adam": (adam, 1),
    "relu": (lambda: torch.clamp_min(x, 0, out=z), 1),
    "add": (lambda: torch.add(x, y, out=z), 1),
    "copy": (lambda: z.copy_(x), 1),
}

for line in sys.stdin:
    name, seconds = line.split()
    run, calls = OPERATIONS[name]

    def repeated():
        for _ in range(calls):
            run()

    ts, noise = bench.measure(run if calls == 1 else repeated, [()], float(seconds))
    ms = 1e3 / calls
    print(json.dumps(dict(
        op=name, steps=len(ts) * calls, min_ms=ts[0] * ms, p10_ms=ts[len(ts) // 10] * ms,
        median_ms=statistics.median(ts) * ms, mean_ms=statistics.fmean(ts) * ms, threads=1, torch=torch.__version__,
        **noise)), flush=True)
