"""The stopwatch of an adapter: how long the library takes for a call (`cargo xtask bench --peers`).

An adapter names its tasks by a table: task -> function(labels, logits) that prepares NumPy arrays
for the library and returns the call to be timed.
"""

import os
import time

import numpy as np

# 0 leaves the number to the library.
THREADS = int(os.environ.get("BENCH_THREADS", "0"))
WEIGHT = 2.5
SAMPLE = 20_000_000  # nanoseconds
TYPES = {"f32": np.float32, "f64": np.float64}


class Stopwatch:
    """Remembers what it prepared last: a task is asked for in several rounds."""

    def __init__(self, tasks):
        self.tasks = tasks
        self.last = None, None

    def answer(self, request):
        key = request["task"], request["dtype"], request["count"]
        if key[0] not in self.tasks:
            return {"refused": f"{key[0]} is not offered"}
        try:
            if self.last[0] != key:
                self.last = None, None
                self.last = key, self.tasks[key[0]](*data(key[1], key[2]))
                self.last[1]()  # compiles, or fills caches
            return {"nanoseconds": nanoseconds(self.last[1])}
        except Exception as error:  # whatever a library raises is its answer
            return {"refused": f"{type(error).__name__}: {error}"}


def data(dtype, count):
    """Hard labels, and logits with a standard deviation of 4."""
    random = np.random.default_rng(0)
    logits = 7 * (sum(random.random(count, np.float32) for _ in range(4)) - 2)
    labels = random.random(count, np.float32) < 0.5
    return labels.astype(TYPES[dtype]), logits.astype(TYPES[dtype])


def nanoseconds(call):
    """For one call: the mean over as many as fit into a sample."""
    once = timed(call, 1)
    return timed(call, max(1, int(SAMPLE / once))) if once < SAMPLE else once


def timed(call, repeats):
    start = time.perf_counter_ns()
    for _ in range(repeats):
        call()
    return (time.perf_counter_ns() - start) / repeats
