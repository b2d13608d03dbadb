"""Prints src/tables.rs: every constant of the kernels, and how it was made.

Run with mpmath installed, from this directory:

    python tables.py > ../src/tables.rs && cargo fmt -p exact-kernels

Minimax polynomials come from a Remez exchange at 400 bits; the printed error is that of the rounded coefficients.
`src/constants.rs` measures all of this again, in other arithmetic.
"""

import struct
import textwrap

from mpmath import cos, exp, factorial, log, lu_solve, matrix, mp, mpf, pi

mp.prec = 400


def f64(value):
    """The f64 nearest to value, as an exact mpf."""
    return mpf(float(value))


def f32(value):
    """The f32 nearest to value, as an exact mpf."""
    return mpf(struct.unpack("f", struct.pack("f", float(value)))[0])


def double_double(value):
    hi = f64(value)
    return hi, f64(value - hi)


def literal(value):
    return repr(float(value))


def minimax(target, weight, lo, hi, degree, nearest=f64):
    """Coefficients, rounded to f64 (or f32), that nearly minimise max |weight * (polynomial - target)| on [lo, hi], by a Remez
    exchange, and the error that the rounded ones achieve on a fine grid."""
    count = degree + 2
    points = [(lo + hi) / 2 - (hi - lo) / 2 * cos(pi * k / (count - 1)) for k in range(count)]
    grid = [(lo + hi) / 2 - (hi - lo) / 2 * cos(pi * k / (60 * count)) for k in range(60 * count + 1)]
    evaluate = lambda coefficients, x: weight(x) * (sum(c * x**p for p, c in enumerate(coefficients)) - target(x))
    for _ in range(8):
        system, right = matrix(count, count), matrix(count, 1)
        for row, x in enumerate(points):
            for power in range(degree + 1):
                system[row, power] = x**power
            system[row, count - 1] = (-1) ** row / weight(x)
            right[row] = target(x)
        solution = lu_solve(system, right)
        coefficients = [solution[i] for i in range(degree + 1)]
        values = [evaluate(coefficients, x) for x in grid]
        extrema = []
        for i, value in enumerate(values):
            if extrema and (values[extrema[-1]] > 0) == (value > 0):
                if abs(value) > abs(values[extrema[-1]]):
                    extrema[-1] = i
            else:
                extrema.append(i)
        while len(extrema) > count:
            extrema.pop(0 if abs(values[extrema[0]]) < abs(values[extrema[-1]]) else -1)
        points = [grid[i] for i in extrema]
        if max(map(abs, values)) < mpf("1.01") * min(abs(values[i]) for i in extrema):
            break
    rounded = [nearest(c) for c in coefficients]
    return rounded, max(abs(evaluate(rounded, x)) for x in grid)


def emit(name, kind, rows, comment):
    for line in textwrap.wrap(" ".join(comment), 96):
        print(f"/// {line}")
    if isinstance(rows, list):
        print(f"pub(crate) static {name}: [{kind}; {len(rows)}] = [")
        for row in rows:
            print("    " + (f"({', '.join(literal(v) for v in row)})" if isinstance(row, tuple) else literal(row)) + ",")
        print("];\n")
    else:
        print(f"pub(crate) const {name}: {kind} = {rows};\n")


def log2_of(error):
    return f"2^{float(log(error) / log(2)):.1f}"


print("//! Constants: tables, expansions of ln 2 and minimax polynomials.")
print("//!")
print("//! Made by `tools/tables.py`, which says how; measured again by `constants`. Do not edit by hand.")
print()
print("#![expect(clippy::approx_constant, reason = \"the tables' own ln 2 and square root of 2, in pieces\")]")
print()

ln2 = log(mpf(2))

step = ln2 / 32
first = mp.floor(step * mpf(2) ** 42) / mpf(2) ** 42
second = mp.floor((step - first) * mpf(2) ** 78) / mpf(2) ** 78
emit("LN2_OVER_32", "[f64; 3]", f"[{literal(first)}, {literal(second)}, {literal(step - first - second)}]",
     ["`ln 2 / 32` as a sum of three: a multiple of 2^-42 and one of 2^-78, of 37 and 36 bits, so that their products with",
      "an integer below 2^16 are exact; then the rest to 53 bits."])
emit("LN2", "(f64, f64)", "({}, {})".format(*map(literal, double_double(ln2))), ["`ln 2` as a double-double."])

emit("EXP2_32NDS", "(f64, f64)", [double_double(mpf(2) ** (mpf(j) / 32)) for j in range(32)],
     ["`2^(j/32)` as a double-double, j = 0..=31."])
emit("INVERSE_FACTORIALS", "(f64, f64)", [double_double(1 / factorial(n)) for n in range(0, 15)],
     ["`1/n!` as a double-double, n = 0..=14."])
emit("INVERSES", "(f64, f64)", [(mpf(0), mpf(0))] + [double_double(1 / mpf(n)) for n in range(1, 17)],
     ["`1/n` as a double-double, n = 1..=16 (entry 0 is unused)."])

rows = []
for i in range(129):
    inverse = mp.nint(1 / (1 + mpf(i) / 128) * 1024) / 1024
    rows.append((inverse, *double_double(-log(inverse))))
emit("LOG_128THS", "(f64, f64, f64)", rows,
     ["`(c, hi, lo)` for i = 0..=128: c is `1/(1 + i/128)` rounded to 10 bits after the point, `hi + lo = -ln c`.",
      "For v in [1, 2] and i the nearest to 128 (v - 1), `|c v - 1| < 2^-7.0`; both ends are exact: c = 1 and c = 1/2."])


def accurate_logarithm(inverse):
    """A f64 within 2^-12 of `inverse` whose negative logarithm is a f64 to 2^-68."""
    start, stride = -log(inverse), (2**20 + 7) * mpf(2) ** -53
    for step in range(2**18):
        x = step * stride / inverse
        value = start + x * (-1 + x * (mpf(1) / 2 + x * (-mpf(1) / 3 + x * (mpf(1) / 4 - x / 5))))
        if abs(value - f64(value)) < value * mpf(2) ** -68:
            return inverse + step * stride, f64(value)
    raise ValueError("no such number nearby")


emit("ACCURATE_LOG_128THS", "(f64, f64)",
     [(mpf(1), mpf(0))] + [accurate_logarithm(f64(1 / (1 + mpf(i) / 128))) for i in range(1, 129)],
     ["`(c, log)` for i = 0..=128: c is a number close to `1/(1 + i/128)` for which `-ln c` is a f64 to a relative error of",
      "2^-68 (Gal's accurate tables). For v in [1, 2] and i the nearest to 128 (v - 1), `|c v - 1| < 2^-7.9`."])

first = mp.floor(ln2 * mpf(2) ** 15) / mpf(2) ** 15
emit("LN2_SINGLE", "(f32, f32)", f"({literal(first)}, {literal(f32(ln2 - first))})",
     ["`ln 2` as a sum of two: one of 15 bits, so that its product with an integer below 2^9 is exact; then the rest to 24",
      "bits."])

half = ln2 / 2 * (1 + mpf(2) ** -20)
coefficients, worst = minimax(exp, lambda r: exp(-r), -half, half, 8)
emit("EXP_POLYNOMIAL", "f64", coefficients,
     [f"`exp r` on `|r| <= (1 + 2^-20) ln 2 / 2`, degree 8, for the relative error: below {log2_of(worst)}."])
log1p_over = lambda u: log(1 + u) / u if u != 0 else mpf(1)
coefficients, worst = minimax(log1p_over, lambda u: 1 / log1p_over(u), mpf(0), mpf(1), 14)
emit("LOG1P_POLYNOMIAL", "f64", coefficients,
     [f"`ln(1 + u) / u` on [0, 1], degree 14, for the relative error: below {log2_of(worst)}."])
bound = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1) * (1 + mpf(2) ** -20)) ** 2
artanh_over = lambda w: mp.atanh(mp.sqrt(w)) / mp.sqrt(w) * 2 if w != 0 else mpf(2)
coefficients, worst = minimax(artanh_over, lambda w: 1 / artanh_over(w), mpf(0), bound, 5)
emit("ARTANH_POLYNOMIAL", "f64", coefficients,
     ["`2 artanh(s) / s` in `w = s²` for the s of significands between 1/sqrt 2 and sqrt 2, degree 5, for the relative",
      f"error: below {log2_of(worst)}."])

# The same for f32 lanes.
half = ln2 / 2 * (1 + mpf(2) ** -16)
coefficients, worst = minimax(exp, lambda r: exp(-r), -half, half, 6, f32)
emit("EXP_POLYNOMIAL_SINGLE", "f32", coefficients,
     [f"`exp r` on `|r| <= (1 + 2^-16) ln 2 / 2`, degree 6, for the relative error: below {log2_of(worst)}."])
coefficients, worst = minimax(log1p_over, lambda u: 1 / log1p_over(u), mpf(0), mpf(1), 9, f32)
emit("LOG1P_POLYNOMIAL_SINGLE", "f32", coefficients,
     [f"`ln(1 + u) / u` on [0, 1], degree 9, for the relative error: below {log2_of(worst)}."])
bound = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1) * (1 + mpf(2) ** -16)) ** 2
coefficients, worst = minimax(artanh_over, lambda w: 1 / artanh_over(w), mpf(0), bound, 3, f32)
emit("ARTANH_POLYNOMIAL_SINGLE", "f32", coefficients,
     [f"As `ARTANH_POLYNOMIAL`, degree 3: below {log2_of(worst)}."])
