"""The judge's side of an adapter: JSON lines in, JSON lines out (docs/conformance-protocol.md).

An adapter describes itself by a table: op -> (dtypes, function). The function takes the dtype's
name and one NumPy array of raw bits for each argument, and returns an array of raw bits.
"""

import json
import os
import sys

import numpy as np

from timing import Stopwatch

UNSIGNED = {"f16": np.uint16, "bf16": np.uint16, "f32": np.uint32, "f64": np.uint64}
FLOATS = {"f16": np.float16, "f32": np.float32, "f64": np.float64}

WEIGHTED = "nn.weighted_cross_entropy_with_logits"
SIGMOID = "nn.sigmoid_cross_entropy_with_logits"


def decode(bits, dtype):
    """Raw bits as a NumPy array of numbers; bfloat16 comes from ml_dtypes."""
    return bits.view(numpy_dtype(dtype))


def encode(numbers, dtype):
    """Numbers as raw bits; a result of another dtype is a fault that must not be hidden."""
    array = np.ascontiguousarray(numbers)
    if array.dtype != numpy_dtype(dtype):
        raise TypeError(f"expected {dtype}, found {array.dtype}")
    return array.view(UNSIGNED[dtype])


def numpy_dtype(dtype):
    if dtype == "bf16":
        import ml_dtypes

        return np.dtype(ml_dtypes.bfloat16)
    return np.dtype(FLOATS[dtype])


def serve(name, ops, only=None, timed=None):
    """Answers requests until standard input ends. `timed` holds the tasks of the stopwatch."""
    stopwatch = Stopwatch(timed or {})
    # Libraries print to standard output; the judge must not see it.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        if request["ask"] == "time":
            answer = stopwatch.answer(request)
        else:
            answer = respond(request, name, ops, only or {})
        answer = {"id": request["id"], **answer}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def respond(request, name, ops, only):
    if request["ask"] == "describe":
        return {"name": name, "ops": {op: row[0] for op, row in ops.items()}, "only": only}
    dtype = request["dtype"]
    unsigned = UNSIGNED[dtype]
    columns = [
        np.array([int(bits, 16) for bits in column], dtype=unsigned)
        for column in ordered(request["op"], request["arguments"])
    ]
    try:
        results = ops[request["op"]][1](dtype, *columns)
    except Exception as error:  # whatever a library raises is its answer
        return {"refused": f"{type(error).__name__}: {error}"}
    digits = unsigned(0).nbytes * 2
    return {"results": [f"0x{int(bits):0{digits}x}" for bits in results]}


def ordered(op, arguments):
    """Columns in the order of the op's arguments."""
    for names in (["labels", "logits", "pos_weight"], ["labels", "logits"], ["x", "y"], ["x"], ["features"]):
        if sorted(names) == sorted(arguments):
            return [arguments[name] for name in names]
    raise KeyError(f"{op}: unknown arguments {sorted(arguments)}")
