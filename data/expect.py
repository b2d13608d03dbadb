"""Derives the sums and means that the tests expect, independently of this project's code.

Each loss is computed with 400 bits (mpmath), rounded once to float32 in exact
integer arithmetic; the sum and the mean are exact fractions, rounded once.

    pip install mpmath numpy && python3 data/expect.py
"""

import pathlib
import struct
from fractions import Fraction

import numpy as np
from mpmath import exp, log1p, mp, mpf

mp.prec = 400
HERE = pathlib.Path(__file__).parent


def softplus(x):
    return x + log1p(exp(-x)) if x > 0 else log1p(exp(x))


def fraction(value):
    sign, mantissa, exponent, _ = mpf(value)._mpf_
    return (-1) ** sign * Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def float32(value):
    """The float32 nearest to a fraction, ties to even (no overflow here)."""
    if value == 0:
        return 0.0
    size, exponent = abs(value), -126
    while Fraction(2) ** (exponent + 1) <= size:
        exponent += 1
    units = size / Fraction(2) ** (exponent - 23)
    whole, rest = divmod(units, 1)
    whole += rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2)
    return float((-1) ** (value < 0) * whole * Fraction(2) ** (exponent - 23))


def show(name, value):
    bits = struct.unpack("<I", struct.pack("<f", value))[0]
    print(f"  {name} {np.float32(value)} 0x{bits:08x}")


def expect(title, labels, logits, weight):
    losses = []
    for z, x, q in zip(labels.ravel(), logits.ravel(), np.broadcast_to(weight, labels.shape).ravel()):
        z, x, q = mpf(float(z)), mpf(float(x)), mpf(float(q))
        losses.append(float32(fraction((1 - z) * softplus(x) + q * z * softplus(-x))))
    total = sum(map(Fraction, losses))
    print(f"{title}: {len(losses)} losses")
    show("sum", float32(total))
    show("mean", float32(total / len(losses)))
    for name, index in (("min", int(np.argmin(losses))), ("max", int(np.argmax(losses)))):
        show(f"{name} at {np.unravel_index(index, labels.shape)}", losses[index])
    show("first", losses[0])


def load(name):
    return np.load(HERE / f"{name}.npy")


expect("breast cancer, pos_weight 2", load("breast_cancer_labels"), load("breast_cancer_logits"), 2.0)
expect("digits, pos_weight per class", load("digits_labels"), load("digits_logits"), load("digits_pos_weight"))
