//! The fast way to the right bits: an estimate in double-double with a proved error bound, which
//! answers where the whole error interval rounds to the same bits and passes otherwise.
//!
//! # The bound
//! In units of u² = 2^-106, with the operations' bounds as in `double_double`:
//!
//! - `expm1(r)`, `|r| <= ln2/2`: `s = r/512` is exact; ten Horner steps `p = 1 + s p/n` end
//!   within 5 (the truncated rest is below 2^-130); `e = s p` within 13; nine doublings
//!   `e = 2e + e²` each multiply the error by at most `1 + e/2` and add `4 + 4e`, in all below
//!   1.5 · (13 + 9·4 + 3) < 80. `exp(x)`: the reduction `r = x - k ln2` is off by at most
//!   4 (absolutely), `1 + e` brings the whole below 50.
//! - `log(m)`, `m` in [√½, √2]: `s = (m - 1)/(m + 1)` within 24; the series of atanh in `s²`
//!   has positive terms, `s² < 0.0295`, hence is within 25 and `2 s p` within 57; its rest is
//!   below 2^-115. `k ln2 + log(m)` cancels at most threefold: below 200. `log1p(u)` of a `u`
//!   within 50 (its condition is at most 1 there, plus 12 for rounding `1 + u`): below 270.
//! - `u/(1 + u)`, its slope and the centred sigmoid `m/(2(m + 2))`: below 200, squared below 410.
//!
//! So a tail is within 512 u² = 2^-97. A polynomial is a common factor times a sum of monomials;
//! [`Fast`] adds up the magnitudes of every inexact step, each of which is within 4 u² of
//! its result: the slack. The result is within
//! `2^-96.9 (|head| + |coefficient tail| + slack of the head + slack of the coefficient |tail|)`.
//! [`RELATIVE`] claims 2^-92 of that sum, and [`ABSOLUTE`] covers underflows: arguments are kept
//! so small that an underflow of 2^-1070 grows to at most 2^-660, and to 2^-600 in a coefficient,
//! whose tail is at most 2^60.
//!
//! A product of non-zero factors that may underflow counts as inexact, and slack never underflows
//! to zero. So a polynomial that is 0 with slack 0 is exactly 0, whatever the tail beside it; one
//! that underflowed to 0 is not taken for that.

use super::double_double::DoubleDouble;
use super::form::{Form, Region, TermForm};
use super::value::Tail;
use crate::dtype::{power_of_two, split_f64};
use crate::exact::Dyadic;
use crate::formula::{Base, Operation, Polynomial};
use crate::{DType, Function};

/// Claimed error, relative to the sum of the magnitudes of head and term: 2^-92.
const RELATIVE: f64 = 1.0 / (1_u128 << 92) as f64;

/// Claimed absolute error: 2^-600.
const ABSOLUTE: f64 = 2.409_919_865_102_884e-181;

/// Arguments above 2^200 are left to arbitrary precision; those of polynomials of a degree above 3,
/// above the root of 2^400 that all factors but one may have.
const LARGEST: i64 = 200;

/// Factors of a term's argument are powers of two below this.
const LARGEST_SCALE: f64 = (1_u128 << 64) as f64;

/// A tail above this, beside a coefficient that may underflow, is left to arbitrary precision.
const LARGEST_TAIL: f64 = (1_u128 << 60) as f64;

/// Products from here on are exact as double-doubles; smaller ones may underflow: 2^-800. It is
/// also the least slack that is not zero.
const EXACT_PRODUCT: f64 = f64::from_bits((1023 - 800) << 52);

/// Exponentials beyond e^±600 are left to arbitrary precision.
const LARGEST_EXPONENT: f64 = 600.0;

/// Below this the sigmoid and the exponential are computed from their centres, and `expm1` needs no
/// reduction.
const CENTRE: f64 = 0.34;

/// The bits of the result, where they are certain.
pub(super) fn answer(function: &Function, dtype: DType, inputs: &[f64]) -> Option<u64> {
    estimate(function, inputs)?.round(dtype)
}

/// A linear form in doubles.
#[derive(Debug)]
pub(crate) struct Fast {
    /// Larger arguments are left to arbitrary precision.
    largest: f64,
    /// What the heads of the terms leave out.
    rest: FastPolynomial,
    terms: Vec<FastTerm>,
}

/// A term with the argument `scale * variable`, plus 1 where `is_shifted`.
#[derive(Debug)]
struct FastTerm {
    base: Base,
    variable: usize,
    scale: f64,
    is_shifted: bool,
    /// Head, coefficient and tail, in the order of [`Region`].
    branches: Vec<(FastPolynomial, FastPolynomial, Tail)>,
}

/// A product of variables times a sum of monomials.
#[derive(Debug)]
struct FastPolynomial {
    common: Vec<usize>,
    monomials: Vec<(f64, Vec<usize>)>,
}

impl Fast {
    /// `None` for forms with coefficients or arguments that are not exact in doubles.
    pub(super) fn of(polynomial: &Polynomial, terms: &[TermForm]) -> Option<Fast> {
        // With one term, its heads take the polynomial in: symbolically, nothing cancels later.
        let (head, rest) = match terms {
            [_] => (polynomial.clone(), Polynomial::default()),
            _ => (Polynomial::default(), polynomial.clone()),
        };
        let terms: Option<Vec<_>> = terms.iter().map(|term| FastTerm::of(term, &head)).collect();
        let terms = terms?;
        let polynomials = terms.iter().flat_map(|term| &term.branches);
        let polynomials = polynomials.flat_map(|(head, coefficient, _)| [head, coefficient]);
        let rest = FastPolynomial::of(&rest)?;
        let degree = polynomials.chain([&rest]).map(FastPolynomial::degree).max();
        let others = degree.unwrap_or(0).saturating_sub(1).max(2);
        Some(Fast {
            largest: power_of_two(2 * LARGEST / others as i64),
            rest,
            terms,
        })
    }

    fn estimate(&self, arguments: &[f64]) -> Option<Estimate> {
        let is_small = |argument: &f64| argument.abs() <= self.largest;
        if !arguments.iter().all(is_small) {
            return None;
        }
        let (mut value, mut size) = self.rest.value(arguments);
        size += value.high.abs();
        for term in &self.terms {
            let (term, term_size) = term.value(arguments)?;
            value = value + term;
            size += term_size;
        }
        let error = RELATIVE * size + ABSOLUTE;
        Some(Estimate { value, error })
    }
}

impl FastTerm {
    fn of(form: &TermForm, polynomial: &Polynomial) -> Option<FastTerm> {
        if form.term.is_cancelled() {
            return None;
        }
        let base = form.term.base;
        let (mut is_shifted, mut factor) = (false, None);
        for (coefficient, variables) in form.term.at.monomials() {
            match (variables, factor) {
                ([], _) if base == Base::Log && *coefficient == Dyadic::one() => is_shifted = true,
                (&[variable], None) => factor = Some((exact(coefficient)?, variable)),
                _ => return None,
            }
        }
        let (scale, variable) = factor?;
        let is_power_of_two = scale.abs().to_bits().trailing_zeros() >= 52;
        if !is_power_of_two || !(1.0..LARGEST_SCALE).contains(&scale.abs()) {
            return None;
        }
        let branches = Region::ALL.map(|region| {
            let branch = form.branch(region);
            let head = FastPolynomial::of(&branch.head.plus(polynomial))?;
            Some((head, FastPolynomial::of(&branch.coefficient)?, branch.tail))
        });
        Some(FastTerm {
            base,
            variable,
            scale,
            is_shifted,
            branches: branches.into_iter().collect::<Option<_>>()?,
        })
    }

    /// The value, and the size that its error is relative to.
    fn value(&self, arguments: &[f64]) -> Option<(DoubleDouble, f64)> {
        let u = self.scale * arguments[self.variable];
        let is_central = match self.base {
            Base::Log => self.is_shifted,
            _ => u.abs() < CENTRE,
        };
        let region = Region::of(u < 0.0, is_central);
        let (head, coefficient, tail) = &self.branches[region as usize];
        let (head, head_slack) = head.value(arguments);
        let degree = || coefficient.degree();
        let (coefficient, coefficient_slack) = coefficient.value(arguments);
        let size = head.high.abs() + head_slack;
        if coefficient.high == 0.0 && coefficient_slack == 0.0 {
            // Exactly 0: the term is 0 even where the tail has no value.
            return Some((head, size));
        }
        let tail = tail_at(*tail, u)?;
        if tail.high.abs() > LARGEST_TAIL && degree() > 0 {
            return None;
        }
        let term = coefficient * tail;
        let term_size = term.high.abs() + coefficient_slack * tail.high.abs();
        Some((head + term, size + term_size))
    }
}

impl FastPolynomial {
    fn of(polynomial: &Polynomial) -> Option<FastPolynomial> {
        let monomials = polynomial.monomials();
        let monomials =
            monomials.map(|(factor, variables)| Some((exact(factor)?, variables.to_vec())));
        let mut monomials = monomials.collect::<Option<Vec<_>>>()?;
        let mut common = Vec::new();
        let first = monomials
            .first()
            .map_or(Vec::new(), |first| first.1.clone());
        for variable in first {
            let place = |variables: &Vec<usize>| variables.iter().position(|v| *v == variable);
            if monomials
                .iter()
                .all(|(_, variables)| place(variables).is_some())
            {
                for (_, variables) in &mut monomials {
                    place(variables).map(|index| variables.remove(index));
                }
                common.push(variable);
            }
        }
        Some(FastPolynomial { common, monomials })
    }

    fn degree(&self) -> usize {
        let degrees = self.monomials.iter().map(|(_, variables)| variables.len());
        self.common.len() + degrees.max().unwrap_or(0)
    }

    /// The value and its slack: the sum of the magnitudes of inexact steps, never 0 where the value
    /// may differ from the exact one.
    fn value(&self, arguments: &[f64]) -> (DoubleDouble, f64) {
        let times = |(value, slack): (DoubleDouble, f64), variable: &usize| {
            let factor = arguments[*variable];
            let (product, own) = if value.low == 0.0 {
                (DoubleDouble::product(value.high, factor), 0.0)
            } else {
                let product = value.times(factor);
                (product, product.high.abs())
            };
            let is_zero = factor == 0.0 || (value.high == 0.0 && slack == 0.0);
            let slack = slack * factor.abs() + own;
            if product.high.abs() < EXACT_PRODUCT && !is_zero {
                return (product, slack.max(EXACT_PRODUCT));
            }
            (product, slack)
        };
        let (mut sum, mut slack) = (DoubleDouble::ZERO, 0.0);
        for (factor, variables) in &self.monomials {
            let (start, variables) = match &variables[..] {
                [first, others @ ..] if factor.abs() == 1.0 => (factor * arguments[*first], others),
                variables => (*factor, variables),
            };
            let start = (DoubleDouble::exact(start), 0.0);
            let (monomial, own) = variables.iter().fold(start, times);
            slack += own;
            if sum.high == 0.0 {
                sum = monomial;
            } else if sum.low == 0.0 && monomial.low == 0.0 {
                sum = DoubleDouble::sum(sum.high, monomial.high);
            } else {
                sum = sum + monomial;
                slack += sum.high.abs();
            }
        }
        self.common.iter().fold((sum, slack), times)
    }
}

/// The double that the number is.
fn exact(value: &Dyadic) -> Option<f64> {
    let double = f64::from_bits(value.round(DType::F64, std::cmp::Ordering::Equal));
    (double.is_finite() && Dyadic::from_f64(double) == *value).then_some(double)
}

/// A tail at the argument `u` of its term (less 1, for `log1p`).
fn tail_at(tail: Tail, u: f64) -> Option<DoubleDouble> {
    let decayed = || exp(-u.abs());
    Some(match tail {
        Tail::Log1pExp => log_1p(decayed()?),
        Tail::Sigmoid => {
            let power = decayed()?;
            power / (DoubleDouble::ONE + power)
        }
        Tail::SigmoidSlope => {
            let power = decayed()?;
            power / (DoubleDouble::ONE + power).squared()
        }
        Tail::CentredSigmoid => centred_sigmoid(u.abs()),
        Tail::CentredSquare => centred_sigmoid(u.abs()).squared(),
        Tail::Exp => exp(u)?,
        Tail::ExpM1 => exp_m1(DoubleDouble::exact(u)),
        Tail::Log if u > 0.0 => log(DoubleDouble::exact(u)),
        Tail::Log1p if u > -1.0 => log_1p(DoubleDouble::exact(u)),
        Tail::Log | Tail::Log1p => return None,
    })
}

/// A number known up to an error.
#[derive(Debug, Clone, Copy)]
struct Estimate {
    value: DoubleDouble,
    error: f64,
}

impl Estimate {
    fn exact(value: DoubleDouble) -> Self {
        Estimate { value, error: 0.0 }
    }

    /// Rounds both ends of the error interval, on an integer grid 64 bits below the high part.
    fn round(self, dtype: DType) -> Option<u64> {
        let DoubleDouble { high, low } = self.value;
        if !(2f64.powi(-500)..2f64.powi(600)).contains(&high.abs()) || !low.is_finite() {
            return None;
        }
        let negative = high < 0.0;
        let (mantissa, exponent) = split_f64(high.abs());
        let to_grid = power_of_two(64 - exponent);
        let low = if negative { -low } else { low } * to_grid;
        let error = (self.error * to_grid).ceil();
        // The low part is at most half a unit of the high one, 2^63 of the grid.
        let is_fine = low.abs() <= 2f64.powi(64) && error <= 2f64.powi(62);
        if !is_fine {
            return None;
        }
        let middle = i128::from(mantissa) << 64;
        let bottom = middle + low.floor() as i128 - error as i128;
        let top = middle + low.ceil() as i128 + error as i128;
        let round = |end: i128| dtype.round(negative, end.unsigned_abs(), exponent - 64, false);
        let bits = round(bottom);
        (bits == round(top)).then_some(bits)
    }
}

fn estimate(function: &Function, inputs: &[f64]) -> Option<Estimate> {
    match function.form() {
        Form::Arithmetic(operation) => arithmetic(*operation, inputs),
        Form::Linear(form) => form.fast.as_ref()?.estimate(inputs),
        Form::Other => None,
    }
}

fn arithmetic(operation: Operation, inputs: &[f64]) -> Option<Estimate> {
    let is_large = |input: &f64| input.is_nan() || input.abs() > power_of_two(LARGEST);
    if inputs.iter().any(is_large) {
        return None;
    }
    match (operation, inputs) {
        (Operation::Add, &[x, y]) => Some(Estimate::exact(DoubleDouble::sum(x, y))),
        (Operation::Subtract, &[x, y]) => Some(Estimate::exact(DoubleDouble::sum(x, -y))),
        (Operation::Multiply, &[x, y]) => {
            let value = DoubleDouble::product(x, y);
            // Without underflow of the low part the product is exact, ties included.
            let is_exact = value.high.abs() > EXACT_PRODUCT;
            let error = if is_exact { 0.0 } else { ABSOLUTE };
            Some(Estimate { value, error })
        }
        // Near the subnormals the remainder of the division would be rounded to their grid.
        (Operation::Divide, &[x, y]) if [x, y].iter().all(|v| v.abs() > EXACT_PRODUCT) => {
            let value = DoubleDouble::exact(x) / DoubleDouble::exact(y);
            let error = RELATIVE * value.high.abs() + ABSOLUTE;
            Some(Estimate { value, error })
        }
        _ => None,
    }
}

/// `1/(1 + e^-a) - 1/2` for `0 <= a < CENTRE`.
fn centred_sigmoid(a: f64) -> DoubleDouble {
    let growth = exp_m1(DoubleDouble::exact(a));
    growth / (growth + DoubleDouble::exact(2.0)).scaled(2.0)
}

/// ln 2 as three doubles, together within 2^-140 of it: the first two have 42 bits, so that
/// products with an integer below 2^11 are exact.
const LN2: [f64; 3] = [
    f64::from_bits(0x3fe6_2e42_fefa_3800),
    f64::from_bits(0x3d2e_f357_93c7_6000),
    f64::from_bits(0x3a8c_c01f_97b5_7a08),
];

/// `e^x`, for `|x|` up to [`LARGEST_EXPONENT`].
fn exp(x: f64) -> Option<DoubleDouble> {
    if x.abs() > LARGEST_EXPONENT {
        return None;
    }
    let k = (x / LN2[0]).round_ties_even();
    let upper = DoubleDouble::sum(x, -k * LN2[0]) + DoubleDouble::exact(-k * LN2[1]);
    let rest = upper + DoubleDouble::exact(-k * LN2[2]);
    Some((DoubleDouble::ONE + exp_m1(rest)).scaled(power_of_two(k as i64)))
}

/// `e^r - 1`, for `|r| <= 0.3466`.
fn exp_m1(r: DoubleDouble) -> DoubleDouble {
    let s = r.scaled(1.0 / 512.0);
    let mut p = DoubleDouble::ONE;
    for n in (2..=11).rev() {
        p = DoubleDouble::ONE + s * p / DoubleDouble::exact(f64::from(n));
    }
    let mut e = s * p;
    for _ in 0..9 {
        e = e.scaled(2.0) + e.squared();
    }
    e
}

/// `ln (1 + u)`, for `u > -1`.
fn log_1p(u: DoubleDouble) -> DoubleDouble {
    if -0.29 < u.high && u.high < 0.41 {
        return twice_atanh(u / (u + DoubleDouble::exact(2.0)));
    }
    log(u + DoubleDouble::ONE)
}

/// `ln v`, for `v > 0`.
fn log(v: DoubleDouble) -> DoubleDouble {
    let (mantissa, exponent) = split_f64(v.high);
    let mut k = exponent + i64::from(mantissa.ilog2());
    // The power of two in two steps: it may exceed f64's range where v is subnormal.
    let scale = |k: i64| {
        v.scaled(power_of_two(-k / 2))
            .scaled(power_of_two(-k - -k / 2))
    };
    let mut m = scale(k);
    if m.high > std::f64::consts::SQRT_2 {
        k += 1;
        m = scale(k);
    }
    let s = (m - DoubleDouble::ONE) / (m + DoubleDouble::ONE);
    let ln2 = DoubleDouble::sum(LN2[0], LN2[1]) + DoubleDouble::exact(LN2[2]);
    ln2.times(k as f64) + twice_atanh(s)
}

/// `ln ((1 + s)/(1 - s)) = 2 (s + s³/3 + s⁵/5 + …)`, for `|s| < 0.1716`.
fn twice_atanh(s: DoubleDouble) -> DoubleDouble {
    let square = s.squared();
    // Each term is smaller by s²: enough of them for a rest below 2^-115.
    let (mantissa, exponent) = split_f64(square.high);
    let bits_per_term = -(exponent + i64::from(mantissa.max(1).ilog2()) + 1);
    let terms = (120 / bits_per_term) as u32 + 2;
    let mut p = DoubleDouble::ZERO;
    for j in (0..terms).rev() {
        p = DoubleDouble::ONE / DoubleDouble::exact(f64::from(2 * j + 1)) + square * p;
    }
    (s * p).scaled(2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::Dyadic;
    use crate::numbers::Numbers;
    use crate::oracle::enclosure;

    /// The known functions, and some whose formulas have other shapes.
    fn functions() -> Vec<Function> {
        let stated: [(&[&str], &str); 9] = [
            (&["x"], "tanh(x)"),
            (&["x"], "expm1(x)"),
            (&["x"], "log(x) - log1p(-x)"),
            (&["x"], "exp(2 * x) / 2 - exp(-x)"),
            (&["x"], "x * x * sigmoid(x) - x / 4"),
            (&["x", "w", "s"], "w * s * exp(x) + s * w * w"),
            (&["x", "y", "w", "s"], "y + (w * s - y * s) * exp(x)"),
            (
                &["labels", "logits", "q", "w", "s"],
                "w * ((1 - z) * softplus(logits) + q * z * softplus(-logits)), \
                 z = labels * (1 - s) + s / 2",
            ),
            (
                &["labels", "x"],
                "labels * log(x) + (1 - labels) * log1p(-x)",
            ),
        ];
        let stated =
            stated.map(|(arguments, text)| Function::stated("test.op", arguments, text).unwrap());
        Function::all().iter().cloned().chain(stated).collect()
    }

    /// The measured error must stay within a 32nd of the claimed one, as the derivation says.
    #[test]
    fn the_claimed_error_covers_the_measured_one_32_times() {
        let mut numbers = Numbers::new(2);
        let mut answered = 0;
        let functions = functions();
        for round in 0..20_000 {
            let function = &functions[round % functions.len()];
            let inputs: Vec<f64> = function
                .arguments()
                .iter()
                .map(|argument| draw(&mut numbers, argument))
                .collect();
            let Some(estimate) = estimate(function, &inputs) else {
                continue;
            };
            let Some(exact) = enclosure(function, &inputs, 256) else {
                continue;
            };
            let value =
                &Dyadic::from_f64(estimate.value.high) + &Dyadic::from_f64(estimate.value.low);
            let claimed = Dyadic::from_f64(estimate.error / 32.0);
            assert!(
                &value - &exact.low <= claimed,
                "{function} {inputs:?}: {estimate:?}"
            );
            assert!(
                &exact.high - &value <= claimed,
                "{function} {inputs:?}: {estimate:?}"
            );
            answered += 1;
        }
        assert!(answered > 10_000, "{answered}");
    }

    fn draw(numbers: &mut Numbers, argument: &str) -> f64 {
        // Now and then anything down to the subnormals, where a low part is rounded to their grid.
        if numbers.below(4) == 0 {
            return numbers.signed(1020);
        }
        match (argument, numbers.below(4)) {
            ("labels", 0) => (numbers.below(3) as f64) / 2.0,
            ("labels", 1 | 2) => numbers.unit(),
            ("labels", _) => numbers.signed(30),
            ("logits" | "x" | "features", 0) => numbers.signed(9),
            ("logits" | "x" | "features", 1) => numbers.signed(140),
            ("logits" | "x" | "features", _) => numbers.signed(4),
            (_, 0) => 1.0,
            (_, _) => numbers.signed(40),
        }
    }

    #[test]
    fn the_filter_never_contradicts_the_proof() {
        let mut numbers = Numbers::new(3);
        let functions = functions();
        for round in 0..20_000 {
            let function = &functions[round % functions.len()];
            let dtype = DType::ALL[numbers.below(4) as usize];
            let inputs: Vec<f64> = function
                .arguments()
                .iter()
                .map(|argument| dtype.to_f64(dtype.from_f64(draw(&mut numbers, argument))))
                .collect();
            if let Some(bits) = answer(function, dtype, &inputs) {
                let proved = crate::oracle::prove(function, dtype, &inputs).unwrap();
                assert_eq!(bits, proved, "{function} {dtype} {inputs:?}");
            }
        }
    }
}
