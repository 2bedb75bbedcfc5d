"""Times the steps of one workload in PyTorch, over and over: the other side of the command steps.

    ../shared/bench/torch/py -c "$(cat torch_steps.py)" ../shared/bench/torch WORKLOAD THREADS VARIANT

The folder holds bench.py: its workloads, its variants, its way of timing. Each line of standard input is a number of
seconds and gets a line of JSON, with the keys of bench.py's. Every measurement starts from the first weights; compiled
code is kept.
"""
import inspect
import json
import os
import statistics
import sys
import time

import torch

folder, name, threads, variant = sys.argv[1:]
sys.path.insert(0, os.path.abspath(folder))
import bench

torch.manual_seed(0)
torch.set_num_threads(int(threads))
torch.set_flush_denormal(True)


def prepare(name, mode, flags):
    """The workload, its batches and its step, as in bench.main."""
    if "cppw" in flags:
        import torch._inductor.config as inductor
        inductor.cpp_wrapper = True
    if "nodnn" in flags:
        torch.backends.mkldnn.set_flags(False)
    w = bench.workload(name, flags)
    if "cl" in flags:
        w.model = w.model.to(memory_format=torch.channels_last)
    batches = [w.data() for _ in range(w.batches)]
    if "cl" in flags:
        batches = [(x.contiguous(memory_format=torch.channels_last), y) for x, y in batches]
    if name == "W8":
        w.batch, w.gflop = 1, 2 * (784 * 512 + 512 * 512 + 5120) / 1e9
        batches = [(x[:1].clone(), y) for x, y in batches]
        return w, batches, bench.inference(w, mode)
    return w, batches, bench.whole_step(w) if mode == "step" else bench.split_step(w, mode)


def restarter(w, step):
    """A function that brings weights and optimizer back to where they were before the first step."""
    inner = inspect.getclosurevars(inspect.unwrap(step)).nonlocals
    if "params" in inner:  # whole_step has its own copy of the weights
        weights, kept = inner["params"], inner["state"]
        if "rate" in kept:
            sys.exit("torch_steps: a whole step of Adam counts its steps where they cannot be set back")
        kept = list(kept.get("m", {}).values())
    else:
        weights, kept = dict(w.model.named_parameters()), []
    first = {k: p.detach().clone() for k, p in weights.items()}
    optimizer = inner.get("opt")

    @torch.no_grad()
    def restart():
        for k, p in weights.items():
            p.copy_(first[k])
        for slot in kept:
            slot.zero_()
        for o in getattr(optimizer, "opts", [optimizer] if optimizer else []):
            o.state.clear()

    return restart


mode, *flags = variant.split("+")
w, batches, step = prepare(name, mode, flags)
restart = restarter(w, step)
t = time.perf_counter()
begin = step(*batches[0]).flatten()[0].item()
build = time.perf_counter() - t

for line in sys.stdin:
    restart()
    first = step(*batches[0]).flatten()[0].item()
    if abs(first - begin) > 1e-5 * abs(begin):
        sys.exit(f"torch_steps: {name} {variant} starts at {first} instead of {begin}")
    ts, noise = bench.measure(step, batches, float(line))
    last = step(*batches[0]).flatten()[0].item()
    losses = {} if name == "W8" else dict(loss_first=first, loss_last=last)
    med = statistics.median(ts)
    print(json.dumps(dict(
        workload=name, variant=variant, batch=w.batch, steps=len(ts), min_ms=ts[0] * 1e3, p10_ms=ts[len(ts) // 10] * 1e3,
        median_ms=med * 1e3, mean_ms=statistics.fmean(ts) * 1e3, samples_s=w.batch / med, gflop_step=w.gflop,
        gflops=w.gflop / med, **losses, first_call_s=build,
        threads=int(threads), torch=torch.__version__, **noise)), flush=True)
