"""Brings PyTorch before the judge. Needs: torch, numpy."""

import numpy as np
import torch
import torch.nn.functional as F

from protocol import SIGMOID, UNSIGNED, WEIGHTED, serve
from timing import THREADS, WEIGHT

ALL = ["f16", "bf16", "f32", "f64"]
DTYPES = {"f16": torch.float16, "bf16": torch.bfloat16, "f32": torch.float32, "f64": torch.float64}
SIGNED = {2: np.int16, 4: np.int32, 8: np.int64}


def tensor(bits, dtype):
    return torch.from_numpy(bits.view(SIGNED[bits.itemsize])).view(DTYPES[dtype])


def elementwise(function):
    def run(dtype, *columns):
        result = function(*(tensor(column, dtype) for column in columns)).detach().contiguous()
        if result.dtype != DTYPES[dtype]:
            raise TypeError(f"expected {dtype}, found {result.dtype}")
        signed = SIGNED[columns[0].itemsize]
        same_width = {np.int16: torch.int16, np.int32: torch.int32, np.int64: torch.int64}[signed]
        return result.view(same_width).numpy().view(UNSIGNED[dtype])

    return ALL, run


def derivative(function, argument, order=1):
    """Elements do not depend on each other: the gradient of the sum holds each one's derivative."""

    def derived(*operands):
        operands = [operand.detach() for operand in operands]
        operands[argument].requires_grad_(True)
        result = function(*operands)
        for _ in range(order):
            (result,) = torch.autograd.grad(result.sum(), operands[argument], create_graph=True)
        return result

    return elementwise(derived)


def weighted(labels, logits, pos_weight):
    return F.binary_cross_entropy_with_logits(logits, labels, pos_weight=pos_weight, reduction="none")


def sigmoid(labels, logits):
    return F.binary_cross_entropy_with_logits(logits, labels, reduction="none")


# The loss is not differentiable with respect to pos_weight there.
OPS = {
    WEIGHTED: elementwise(weighted),
    WEIGHTED + "_grad_logits": derivative(weighted, 1),
    WEIGHTED + "_hess_logits": derivative(weighted, 1, order=2),
    WEIGHTED + "_grad_labels": derivative(weighted, 0),
    SIGMOID: elementwise(sigmoid),
    SIGMOID + "_grad_logits": derivative(sigmoid, 1),
    SIGMOID + "_hess_logits": derivative(sigmoid, 1, order=2),
    SIGMOID + "_grad_labels": derivative(sigmoid, 0),
    "math.exp": elementwise(torch.exp),
    "math.log": elementwise(torch.log),
    "math.log1p": elementwise(torch.log1p),
    "math.sigmoid": elementwise(torch.sigmoid),
    "math.log_sigmoid": elementwise(F.logsigmoid),
    "math.softplus": elementwise(F.softplus),
    "math.add": elementwise(torch.add),
    "math.subtract": elementwise(torch.subtract),
    "math.multiply": elementwise(torch.multiply),
    "math.divide": elementwise(torch.divide),
    "math.maximum": elementwise(torch.maximum),
    "math.negative": elementwise(torch.negative),
    "math.abs": elementwise(torch.abs),
    "nn.relu": elementwise(F.relu),
}



def task(**options):
    def prepare(labels, logits):
        labels, logits = torch.from_numpy(labels), torch.from_numpy(logits)
        return lambda: F.binary_cross_entropy_with_logits(logits, labels, **options)

    return prepare


POS_WEIGHT = torch.tensor(WEIGHT)
TIMED = {
    "weighted loss": task(pos_weight=POS_WEIGHT, reduction="none"),
    "weighted mean": task(pos_weight=POS_WEIGHT),
    "sigmoid loss": task(reduction="none"),
    "sigmoid mean": task(),
}

if __name__ == "__main__":
    if THREADS:
        torch.set_num_threads(THREADS)
    serve(f"PyTorch {torch.__version__}", OPS, timed=TIMED)
