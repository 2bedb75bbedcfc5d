"""Writes the losses of the workloads' first steps, computed by PyTorch, as JSON.

    ../shared/bench/torch/py -c "$(cat torch_losses.py)" ../shared/bench/torch > testdata/losses.json

The folder holds bench.py, whose models, losses and optimizers these are. Weights and batches are drawn as draw.go draws
them, by tensor.Random, so that both sides start from the same numbers.
"""
import json
import os
import sys

import numpy as np
import torch

sys.path.insert(0, os.path.abspath(sys.argv[1]))
import bench

SEED, FIRST_BATCH = 1, 1000
GAMMA = 0x9E3779B97F4A7C15
STEPS = {"W1": 24, "W2": 8, "W3": 3, "W5": 16, "W5a": 8}  # on the first two batches in turn, so that each step tells


def mix(z):
    """The output function of SplitMix64 on an array of uint64."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


class Random:
    """tensor.NewRandom(SEED).With(k)."""

    def __init__(self, k):
        u = lambda n: np.array([n % 2**64], dtype=np.uint64)
        self.key = mix(mix(mix(u(SEED + GAMMA)) + u(GAMMA)) ^ mix(u(k + GAMMA)))

    def bits(self, counters):
        return mix(self.key + counters.astype(np.uint64) * np.uint64(GAMMA))

    def uniform(self, counters):
        return (self.bits(counters) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def normal(self, n):
        i = np.arange(n)
        return np.sqrt(-2 * np.log(1 - self.uniform(2 * i))) * np.cos(2 * np.pi * self.uniform(2 * i + 1))

    def integers(self, n, below):
        """The high 64 bits of bits · below, in two halves of 32 bits."""
        b, below = self.bits(np.arange(n)), np.uint64(below)
        low = (b & np.uint64(0xFFFFFFFF)) * below
        return (((b >> np.uint64(32)) * below + (low >> np.uint64(32))) >> np.uint64(32)).astype(np.int64)


def draw_weights(model):
    fan_in = 1
    with torch.no_grad():
        for k, (name, p) in enumerate(model.named_parameters()):
            random = Random(k)
            if name == "emb.weight":
                w = random.normal(p.numel()).reshape(p.shape)
            else:
                if p.dim() == 2:
                    fan_in = p.shape[1]
                shape = tuple(reversed(p.shape))  # weights are [in out] in Strata, [out in] in PyTorch
                w = (2 * random.uniform(np.arange(p.numel())) - 1) * (1 / np.sqrt(fan_in))
                w = w.reshape(shape).T
            p.copy_(torch.from_numpy(np.ascontiguousarray(w)).float())


def draw_values(like, k, classes):
    """Numbers or integers in the place of a tensor that bench.py drew."""
    random = Random(k)
    if like.is_floating_point():
        return torch.from_numpy(random.normal(like.numel())).float().reshape(like.shape)
    return torch.from_numpy(random.integers(like.numel(), classes)).reshape(like.shape)


def draw_batches(name, w, n):
    window = name in ("W5", "W5a")
    for k in range(n):
        x, y = w.data()
        yield (draw_values(x, FIRST_BATCH + 2 * k, 50000),
               draw_values(y, FIRST_BATCH + 2 * k + 1, 9 if window else 10))


def losses(name, steps):
    w = bench.workload(name, [])
    draw_weights(w.model)
    step = bench.split_step(w, "eager")
    batches = list(draw_batches(name, w, 2))
    return [step(*batches[i % 2]).item() for i in range(steps)]


def predictions():
    """The logits of W8's first batch, which has one row."""
    w = bench.workload("W8", [])
    draw_weights(w.model)
    with torch.inference_mode():
        x = torch.from_numpy(Random(FIRST_BATCH).normal(784)).float().reshape(1, 784)
        return w.model(x)[0].tolist()


result = {name: losses(name, steps) for name, steps in STEPS.items()}
result["W8"] = predictions()
print(json.dumps(result, indent=1))
