"""Times the documented formula written with NumPy, as a baseline. Needs: numpy. The judge has no use for it."""

import numpy as np

from protocol import serve
from timing import WEIGHT


def weighted(labels, logits):
    factor = 1 + (WEIGHT - 1) * labels
    return (1 - labels) * logits + factor * (np.log1p(np.exp(-np.abs(logits))) + np.maximum(-logits, 0))


def sigmoid(labels, logits):
    return np.maximum(logits, 0) - logits * labels + np.log1p(np.exp(-np.abs(logits)))


def task(function):
    return lambda labels, logits: lambda: function(labels, logits)


TIMED = {
    "weighted loss": task(weighted),
    "weighted mean": task(lambda labels, logits: weighted(labels, logits).mean()),
    "sigmoid loss": task(sigmoid),
    "sigmoid mean": task(lambda labels, logits: sigmoid(labels, logits).mean()),
}

if __name__ == "__main__":
    serve(f"NumPy {np.__version__}", {}, timed=TIMED)
