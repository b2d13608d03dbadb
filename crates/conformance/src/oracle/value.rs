//! The exact value of each quantity, in the one form that can always be rounded: an exact head
//! plus an exact coefficient times a positive transcendental tail.
//!
//! Plain growth of precision does not end where the head is half-way between two numbers and
//! the tail is e^-1e38. With the head exact, the tail's sign is enough.

use std::cmp::Ordering;

use crate::Quantity;
use crate::exact::{Dyadic, Interval, exp, exp_m1, ln, ln_1p};

/// Beyond this magnitude of the logit a tail is below 2^-5909. Heads are sums of products of at
/// most three `f64`, hence multiples of 2^-3222; coefficients, of at most two, are below 2^2050. A
/// tail with its coefficient is below 2^-3859 then, far less than the grid of the heads, and only its
/// sign counts.
const SATURATED: i64 = 4096;

/// The exact result of an op on given inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// Not a number.
    Nan,
    /// Infinite, negative or not.
    Infinite { negative: bool },
    /// An IEEE zero with its sign (arithmetic primitives only).
    Zero { negative: bool },
    /// A dyadic number; zero is `+0`.
    Exact(Dyadic),
    /// The quotient of two non-zero dyadic numbers.
    Quotient(Dyadic, Dyadic),
    /// `head + coefficient * tail(at)`, irrational, hence never on a rounding boundary.
    Irrational {
        head: Dyadic,
        coefficient: Dyadic,
        tail: Tail,
        at: Dyadic,
    },
    /// What a stated formula gives: known by enclosures only.
    Stated,
}

/// A transcendental function of the magnitude (or of the input itself, for the last three).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tail {
    /// `log1p(e^-a)`, `a >= 0`.
    Log1pExp,
    /// `e^-a / (1 + e^-a)`, `a >= 0`.
    Sigmoid,
    /// `e^-a / (1 + e^-a)^2`, `a >= 0`.
    SigmoidSlope,
    /// `1/(1 + e^-a) - 1/2`, `a >= 0`: the sigmoid seen from its centre.
    CentredSigmoid,
    /// The square of [`Tail::CentredSigmoid`], which is `1/4 - SigmoidSlope`.
    CentredSquare,
    /// `e^x`.
    Exp,
    /// `ln x`.
    Log,
    /// `ln (1 + x)`.
    Log1p,
}

impl Value {
    /// The value of `quantity`; `inputs` has its number of arguments.
    pub(crate) fn of(quantity: Quantity, inputs: &[f64]) -> Value {
        use Quantity as Q;
        if inputs.iter().any(|input| input.is_nan()) {
            return Value::Nan;
        }
        match (quantity, inputs) {
            (Q::WeightedLoss, &[z, x, q]) => loss(Part::Value, z, x, q),
            (Q::WeightedGradLogits, &[z, x, q]) => loss(Part::GradLogits, z, x, q),
            (Q::WeightedHessLogits, &[z, x, q]) => loss(Part::HessLogits, z, x, q),
            (Q::WeightedGradLabels, &[z, x, q]) => loss(Part::GradLabels, z, x, q),
            (Q::WeightedGradPosWeight, &[z, x, q]) => loss(Part::GradPosWeight, z, x, q),
            (Q::SigmoidLoss, &[z, x]) => loss(Part::Value, z, x, 1.0),
            (Q::SigmoidGradLogits, &[z, x]) => loss(Part::GradLogits, z, x, 1.0),
            (Q::SigmoidHessLogits, &[z, x]) => loss(Part::HessLogits, z, x, 1.0),
            (Q::SigmoidGradLabels, &[z, x]) => loss(Part::GradLabels, z, x, 1.0),
            (Q::Exp, &[x]) => exponential(x),
            (Q::Log, &[x]) => logarithm(x, Tail::Log, 1.0),
            (Q::Log1p, &[x]) => logarithm(x, Tail::Log1p, 0.0),
            (Q::Sigmoid, &[x]) => sigmoid(x),
            (Q::LogSigmoid, &[x]) => softplus(-x).negated(),
            (Q::Softplus, &[x]) => softplus(x),
            (Q::Add, &[x, y]) => sum(x, y),
            (Q::Subtract, &[x, y]) => sum(x, -y),
            (Q::Multiply, &[x, y]) => product(x, y),
            (Q::Divide, &[x, y]) => quotient(x, y),
            (Q::Maximum, &[x, y]) => ieee(if x > y || (x == y && y.is_sign_negative()) {
                x
            } else {
                y
            }),
            (Q::Negative, &[x]) => ieee(-x),
            (Q::Abs, &[x]) => ieee(x.abs()),
            (Q::Relu, &[x]) => ieee(if x > 0.0 { x } else { 0.0 }),
            (Q::Stated(_), _) => Value::Stated,
            _ => unreachable!("the caller checked the arity"),
        }
    }

    /// `head + coefficient * tail(at)`, or the head alone where the rest vanishes.
    fn irrational(head: Dyadic, coefficient: Dyadic, tail: Tail, at: Dyadic) -> Value {
        let centred = matches!(tail, Tail::CentredSigmoid | Tail::CentredSquare);
        if coefficient.is_zero() || (centred && at.is_zero()) {
            return Value::Exact(head);
        }
        Value::Irrational {
            head,
            coefficient,
            tail,
            at,
        }
    }

    fn negated(self) -> Value {
        match self {
            Value::Nan => Value::Nan,
            Value::Infinite { negative } => Value::Infinite {
                negative: !negative,
            },
            Value::Zero { negative } => Value::Zero {
                negative: !negative,
            },
            Value::Exact(value) => Value::Exact(-&value),
            Value::Quotient(x, y) => Value::Quotient(-&x, y),
            Value::Stated => Value::Stated,
            Value::Irrational {
                head,
                coefficient,
                tail,
                at,
            } => Value::Irrational {
                head: -&head,
                coefficient: -&coefficient,
                tail,
                at,
            },
        }
    }
}

impl Tail {
    /// An interval with `tail(at)` strictly inside that costs no transcendental function:
    /// wide, but enough where only the tail's sign matters.
    pub(crate) fn rough(self, at: &Dyadic) -> Option<Interval> {
        let decays = matches!(self, Tail::Log1pExp | Tail::Sigmoid | Tail::SigmoidSlope);
        if decays {
            // All three are below e^-a, and e^-a < 2^-(floor(a) * 23/16) as log2 e > 23/16.
            let whole = at.floor_to_integer().min(SATURATED);
            let power = -(whole * 23 / 16);
            return (whole > 0).then(|| Interval::new(Dyadic::zero(), Dyadic::power_of_two(power)));
        }
        // e^x for x <= -4096; the other end overflows every dtype and is an infinity already.
        let tiny = self == Tail::Exp && at.floor_to_integer() < -SATURATED;
        tiny.then(|| Interval::new(Dyadic::zero(), Dyadic::power_of_two(-SATURATED * 23 / 16)))
    }

    /// The first terms of the series around 0 (around 1 for the logarithm) that are exact numbers.
    pub(crate) fn series(self, at: &Dyadic) -> Vec<Dyadic> {
        let square = |x: &Dyadic, power: i64| (x * x).scaled(power);
        match self {
            Tail::Log1pExp | Tail::Sigmoid | Tail::SigmoidSlope => Vec::new(),
            Tail::CentredSigmoid => vec![at.scaled(-2)],
            Tail::CentredSquare => vec![square(at, -4)],
            Tail::Exp => vec![Dyadic::one(), at.clone()],
            Tail::Log => Tail::Log1p.series(&(at - &Dyadic::one())),
            Tail::Log1p => vec![at.clone(), -&square(at, -1)],
        }
    }

    /// The whole part of `a` where the tail is about `e^-a`.
    pub(crate) fn exponent(self, at: &Dyadic) -> Option<i64> {
        match self {
            Tail::Log1pExp | Tail::Sigmoid | Tail::SigmoidSlope => Some(at.floor_to_integer()),
            Tail::Exp => Some((-at).floor_to_integer()),
            _ => None,
        }
    }

    /// An interval with `tail(at)` inside, about `precision` bits narrow. `None` where
    /// `at` is so large that [`Tail::rough`] decides, or the precision is not enough.
    pub(crate) fn enclose(self, at: &Dyadic, precision: usize) -> Option<Interval> {
        let one = Interval::point(Dyadic::one());
        let decayed = || {
            if at.floor_to_integer() < SATURATED {
                exp(&-at, precision)
            } else {
                None
            }
        };
        match self {
            Tail::Log1pExp => {
                let power = decayed()?;
                Some(Interval::new(
                    ln_1p(&power.low, precision)?.low,
                    ln_1p(&power.high, precision)?.high,
                ))
            }
            Tail::Sigmoid => {
                // u/(1 + u) grows with u: the ends of u give the ends of the result.
                let power = decayed()?;
                let end = |u: &Dyadic, up| u.quotient(&(u + &one.low), precision, up);
                Some(Interval::new(
                    end(&power.low, false),
                    end(&power.high, true),
                ))
            }
            Tail::SigmoidSlope => {
                let small = Tail::Sigmoid.enclose(at, precision)?;
                let large = one.plus(&small.negated());
                Some(small.times(&large).outwards(precision))
            }
            Tail::CentredSigmoid => {
                // m/(2(m + 2)) with m = e^a - 1, growing with m.
                let growth = exp_m1(at, precision)?;
                let two = Dyadic::power_of_two(1);
                let end = |m: &Dyadic, up| m.quotient(&(m + &two), precision, up).scaled(-1);
                Some(Interval::new(
                    end(&growth.low, false),
                    end(&growth.high, true),
                ))
            }
            Tail::CentredSquare => {
                let centred = Tail::CentredSigmoid.enclose(at, precision)?;
                Some(centred.times(&centred).outwards(precision))
            }
            Tail::Exp => exp(at, precision),
            Tail::Log => ln(at, precision),
            Tail::Log1p => ln_1p(at, precision),
        }
    }
}

/// A loss or one of its derivatives.
#[derive(Debug, Clone, Copy)]
enum Part {
    Value,
    GradLogits,
    HessLogits,
    GradLabels,
    GradPosWeight,
}

/// A loss or derivative at labels `z`, logits `x` and weight `q`, none of them NaN.
fn loss(part: Part, z: f64, x: f64, q: f64) -> Value {
    if z.is_infinite() || q.is_infinite() {
        return Value::Nan;
    }
    let (label, weight) = (Dyadic::from_f64(z), Dyadic::from_f64(q));
    let coefficients = Coefficients {
        negative: &Dyadic::one() - &label,
        positive: &weight * &label,
        label,
        weight,
    };
    if x.is_infinite() {
        coefficients.limit(part, x > 0.0)
    } else {
        coefficients.at(part, x)
    }
}

/// What the labels and the weight make of themselves, exactly.
struct Coefficients {
    /// `z`
    label: Dyadic,
    /// `q`
    weight: Dyadic,
    /// `1 - z`, the weight of `softplus(x)`.
    negative: Dyadic,
    /// `q z`, the weight of `softplus(-x)`.
    positive: Dyadic,
}

impl Coefficients {
    /// The value at an infinite logit: a term of weight 0 contributes 0, any other one its limit.
    fn limit(&self, part: Part, logit_is_positive: bool) -> Value {
        let growing = |weight: &Dyadic| match weight.signum() {
            Ordering::Equal => Value::Exact(Dyadic::zero()),
            sign => Value::Infinite {
                negative: sign == Ordering::Less,
            },
        };
        match (part, logit_is_positive) {
            (Part::Value, true) => growing(&self.negative),
            (Part::Value, false) => growing(&self.positive),
            (Part::GradLogits, true) => Value::Exact(self.negative.clone()),
            (Part::GradLogits, false) => Value::Exact(-&self.positive),
            (Part::GradLabels, true) => Value::Infinite { negative: true },
            (Part::GradLabels, false) => growing(&self.weight),
            (Part::GradPosWeight, false) => growing(&self.label),
            (Part::HessLogits, _) | (Part::GradPosWeight, true) => Value::Exact(Dyadic::zero()),
        }
    }

    /// The value at a finite logit.
    fn at(&self, part: Part, x: f64) -> Value {
        let magnitude = Dyadic::from_f64(x.abs());
        let up = x >= 0.0;
        let total = &self.negative + &self.positive;
        // Near 0 the sigmoid is seen from its centre, or the bits of 1/2 would hide the logit.
        let central = x.abs() < 1.0;
        let (head, coefficient, tail) = match part {
            Part::Value => {
                let slope = if up { &self.negative } else { &self.positive };
                (slope * &magnitude, total, Tail::Log1pExp)
            }
            Part::GradLogits if central => {
                let head = (&self.negative - &self.positive).scaled(-1);
                (head, if up { total } else { -&total }, Tail::CentredSigmoid)
            }
            Part::GradLogits if up => (self.negative.clone(), -&total, Tail::Sigmoid),
            Part::GradLogits => (-&self.positive, total, Tail::Sigmoid),
            Part::HessLogits if central => (total.scaled(-2), -&total, Tail::CentredSquare),
            Part::HessLogits => (Dyadic::zero(), total, Tail::SigmoidSlope),
            Part::GradLabels => {
                let head = if up {
                    -&magnitude
                } else {
                    &self.weight * &magnitude
                };
                (head, &self.weight - &Dyadic::one(), Tail::Log1pExp)
            }
            Part::GradPosWeight => {
                let head = if up {
                    Dyadic::zero()
                } else {
                    &self.label * &magnitude
                };
                (head, self.label.clone(), Tail::Log1pExp)
            }
        };
        Value::irrational(head, coefficient, tail, magnitude)
    }
}

fn exponential(x: f64) -> Value {
    if x == f64::NEG_INFINITY {
        Value::Exact(Dyadic::zero())
    } else if x >= SATURATED as f64 {
        // Above 2^5909: an infinity in every dtype.
        Value::Infinite { negative: false }
    } else if x == 0.0 {
        Value::Exact(Dyadic::one())
    } else {
        Value::irrational(
            Dyadic::zero(),
            Dyadic::one(),
            Tail::Exp,
            Dyadic::from_f64(x),
        )
    }
}

/// `ln x` or `ln (1 + x)`; `unit` is where it is zero.
fn logarithm(x: f64, tail: Tail, unit: f64) -> Value {
    let pole = unit - 1.0;
    if x < pole {
        Value::Nan
    } else if x == pole {
        Value::Infinite { negative: true }
    } else if x == f64::INFINITY {
        Value::Infinite { negative: false }
    } else if x == unit {
        Value::Exact(Dyadic::zero())
    } else {
        Value::irrational(Dyadic::zero(), Dyadic::one(), tail, Dyadic::from_f64(x))
    }
}

fn sigmoid(x: f64) -> Value {
    // The gradient of the loss at label 0.
    loss(Part::GradLogits, 0.0, x, 1.0)
}

fn softplus(x: f64) -> Value {
    // The loss at label 0.
    loss(Part::Value, 0.0, x, 1.0)
}

/// A result that IEEE-754 gives exactly, zeros with their signs.
fn ieee(value: f64) -> Value {
    if value.is_infinite() {
        Value::Infinite {
            negative: value < 0.0,
        }
    } else if value == 0.0 {
        Value::Zero {
            negative: value.is_sign_negative(),
        }
    } else {
        Value::Exact(Dyadic::from_f64(value))
    }
}

fn sum(x: f64, y: f64) -> Value {
    // With an infinity or two zeros, f64's own sum is exact and has IEEE's sign.
    if x.is_infinite() || y.is_infinite() || (x == 0.0 && y == 0.0) {
        let sum = x + y;
        return if sum.is_nan() { Value::Nan } else { ieee(sum) };
    }
    Value::Exact(&Dyadic::from_f64(x) + &Dyadic::from_f64(y))
}

fn product(x: f64, y: f64) -> Value {
    let negative = x.is_sign_negative() != y.is_sign_negative();
    if x.is_infinite() || y.is_infinite() {
        return if x == 0.0 || y == 0.0 {
            Value::Nan
        } else {
            Value::Infinite { negative }
        };
    }
    if x == 0.0 || y == 0.0 {
        return Value::Zero { negative };
    }
    Value::Exact(&Dyadic::from_f64(x) * &Dyadic::from_f64(y))
}

fn quotient(x: f64, y: f64) -> Value {
    let negative = x.is_sign_negative() != y.is_sign_negative();
    if (x.is_infinite() && y.is_infinite()) || (x == 0.0 && y == 0.0) {
        Value::Nan
    } else if x.is_infinite() || y == 0.0 {
        Value::Infinite { negative }
    } else if x == 0.0 || y.is_infinite() {
        Value::Zero { negative }
    } else {
        Value::Quotient(Dyadic::from_f64(x), Dyadic::from_f64(y))
    }
}
