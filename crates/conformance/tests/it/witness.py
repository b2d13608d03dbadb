"""Writes tests/data/witness.txt: correctly rounded values from a second, unrelated system.

mpmath evaluates the textbook formulas at 24,000 bits, where nothing cancels to zero for
|x| <= 5000, and Python's integers do the rounding. Run: python3 witness.py > data/witness.txt
Each line: op dtype input-bits... result-bits, all hexadecimal.
"""

import random
import struct
from fractions import Fraction

import mpmath
from mpmath import mpf

mpmath.mp.prec = 24_000
FORMATS = {"f16": (11, 15, 16), "bf16": (8, 127, 16), "f32": (24, 127, 32), "f64": (53, 1023, 64)}


def to_bits(value, dtype):
    """Rounds a Fraction to nearest, ties to even; zero is +0."""
    precision, top, width = FORMATS[dtype]
    sign = (1 << (width - 1)) if value < 0 else 0
    value = abs(value)
    if value == 0:
        return 0
    quantum = 1 - top - (precision - 1)
    exponent = value.numerator.bit_length() - value.denominator.bit_length()
    if Fraction(2) ** exponent > value:
        exponent -= 1
    unit = max(exponent - (precision - 1), quantum)
    scaled = value / Fraction(2) ** unit
    whole = round(scaled)  # Python rounds halves to even
    bits = ((unit - quantum) << (precision - 1)) + whole
    return sign | min(bits, (2 * top + 1) << (precision - 1))


def is_finite(bits, dtype):
    precision, top, width = FORMATS[dtype]
    return bits & ((1 << (width - 1)) - 1) < (2 * top + 1) << (precision - 1)


def to_fraction(bits, dtype):
    precision, top, width = FORMATS[dtype]
    magnitude = bits & ((1 << (width - 1)) - 1)
    field, fraction = magnitude >> (precision - 1), magnitude & ((1 << (precision - 1)) - 1)
    if field:
        fraction |= 1 << (precision - 1)
    value = fraction * Fraction(2) ** (max(field, 1) - top - (precision - 1))
    return -value if bits >> (width - 1) else value


def real(fraction):
    return mpf(fraction.numerator) / fraction.denominator


def exact(number):
    sign, mantissa, exponent, _ = number._mpf_
    return (-1) ** sign * int(mantissa) * Fraction(2) ** exponent


def softplus(x):
    return mpmath.log(1 + mpmath.exp(x))


def sigmoid(x):
    return 1 / (1 + mpmath.exp(-x))


W, S = "nn.weighted_cross_entropy_with_logits", "nn.sigmoid_cross_entropy_with_logits"
OPS = {
    W: lambda z, x, q: (1 - z) * softplus(x) + q * z * softplus(-x),
    W + "_grad_logits": lambda z, x, q: (1 - z) * sigmoid(x) - q * z * sigmoid(-x),
    W + "_hess_logits": lambda z, x, q: ((1 - z) + q * z) * sigmoid(x) * sigmoid(-x),
    W + "_grad_labels": lambda z, x, q: q * softplus(-x) - softplus(x),
    W + "_grad_pos_weight": lambda z, x, q: z * softplus(-x),
    S: lambda z, x: (1 - z) * softplus(x) + z * softplus(-x),
    S + "_grad_logits": lambda z, x: sigmoid(x) - z,
    S + "_hess_logits": lambda z, x: sigmoid(x) * sigmoid(-x),
    S + "_grad_labels": lambda z, x: -x,
    "math.exp": mpmath.exp,
    "math.log": mpmath.log,
    "math.log1p": lambda x: mpmath.log(1 + x),
    "math.sigmoid": sigmoid,
    "math.log_sigmoid": lambda x: -softplus(-x),
    "math.softplus": softplus,
    "math.add": lambda x, y: x + y,
    "math.subtract": lambda x, y: x - y,
    "math.multiply": lambda x, y: x * y,
    "math.divide": lambda x, y: x / y,
}
WEIGHTS = [0.0, 0.25, 1.0, 2.0, 3.7, 1000.0, -1.5]
LABELS = [0.0, 1.0, 0.5, 0.3, 0.1, 0.45, 1.25, -0.5, 2.0**-20]
LOGITS = [0.0, 1e-8, -1e-4, 0.5, -1.0, 3.0, -10.0, 17.0, -17.0, 40.0, -88.0, 104.0, -354.0, 354.0,
          745.0, -800.0, 4000.0, 2.0**-24, -(2.0**-126), 3 * 2.0**-133, 2.0**-149]


def draw(generator, arity, op):
    if op in ("math.add", "math.subtract", "math.multiply", "math.divide"):
        return [generator.uniform(-9, 9) * 2.0 ** generator.randint(-20, 13) or 1.0 for _ in range(2)]
    if op == "math.log":
        return [generator.uniform(0.1, 3) * 2.0 ** generator.randint(-20, 15)]
    if op == "math.log1p":
        return [generator.choice([generator.uniform(-0.99, 3), 1e-5, 3e4, -(2.0**-24), 0.4142, -0.29])]
    logit = generator.choice(LOGITS + [generator.gauss(0, 4)] * 8 + [generator.uniform(-120, 120)] * 4)
    label = generator.choice(LABELS + [generator.random()] * 3)
    weight = generator.choice(WEIGHTS + [generator.uniform(0, 4)] * 3)
    return [logit] if arity == 1 else [label, logit, weight][:arity]


def main():
    generator = random.Random(20261122)
    for op, function in OPS.items():
        arity = function.__code__.co_argcount if hasattr(function, "__code__") and function.__name__ == "<lambda>" else 1
        for dtype, (precision, _, width) in FORMATS.items():
            count = 0
            while count < 16:
                bits = [to_bits(Fraction(value), dtype) for value in draw(generator, arity, op)]
                if not all(is_finite(pattern, dtype) for pattern in bits):
                    continue
                values = [real(to_fraction(pattern, dtype)) for pattern in bits]
                if op in ("math.log", "math.divide") and values[-1] == 0:
                    continue
                result = function(*values)
                if result == 0 or not mpmath.isfinite(result):
                    continue
                # A quotient is inexact in mpmath: 24,000 bits are far from any tie of these.
                digits = width // 4
                row = " ".join(f"{pattern:0{digits}x}" for pattern in bits)
                print(op, dtype, row, f"{to_bits(exact(result), dtype):0{digits}x}")
                count += 1


if __name__ == "__main__":
    main()
