//! The quantities of the losses, each as an exact algebraic head plus a coefficient times a
//! transcendental tail.
//!
//! That split is what makes correct rounding decidable. The head is often exactly half-way between
//! two numbers of the format (`1 - z` is, for every second z in [1/4, 1/2)); then only the sign of
//! the tail decides, however small the tail is, and no working precision reaches e^-(1e38). So head
//! and coefficient stay exact sums of products, and only the tail is ever approximated.
//!
//! With `a = |x|` and `l = (1 - z) + q z`, all of it follows from `softplus(x) = max(x, 0) + ln(1 +
//! e^-a)` and `sigmoid(x) = 1/2 + tanh(x/2)/2`.

/// What a quantity is at given inputs.
#[derive(Clone, Copy, Debug)]
pub enum Exact {
    /// NaN, an infinity or `+0`: a limit, with nothing to round.
    Limit(f64),
    /// A finite number.
    Finite(Sum),
}

/// `Σ head + (Σ coefficient) · tail(argument)`; each term is a product of three factors.
#[derive(Clone, Copy, Debug)]
pub struct Sum {
    pub(crate) head: [[f64; 3]; 3],
    pub(crate) coefficient: [[f64; 3]; 3],
    pub(crate) tail: Tail,
    pub(crate) argument: f64,
}

/// The transcendental functions; the argument of the first five is `a >= 0`. All but `Log` and
/// `LogOnePlus` of arguments below 1 and 0, and `ExpMinusOne` of negative ones, are positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tail {
    /// `ln(1 + e^-a)`
    Softplus,
    /// `1 / (1 + e^a)`
    Logistic,
    /// `e^-a / (1 + e^-a)²`
    Bell,
    /// `tanh(a/2) / 2`, for a at most 1
    HalfTanh,
    /// `tanh(a/2)² / 4`, for a at most 1
    QuarterTanhSquared,
    /// `e^x`
    Exp,
    /// `e^x - 1`, for x within ±1
    ExpMinusOne,
    /// `ln x`
    Log,
    /// `ln(1 + x)`
    LogOnePlus,
}

impl Tail {
    /// Whether the function is 0 at 0.
    pub(crate) fn vanishes_at_zero(self) -> bool {
        matches!(
            self,
            Self::HalfTanh | Self::QuarterTanhSquared | Self::ExpMinusOne | Self::LogOnePlus
        )
    }
}

/// A term that is absent.
const NONE: [f64; 3] = [0.0; 3];
/// Above this `|x|` the sigmoid's tail is counted from its limit, below from its value at 0.
const NEAR_ZERO: f64 = 0.5;

fn one(a: f64) -> [f64; 3] {
    [a, 1.0, 1.0]
}

/// `l = (1 - z) + q z`, times a factor.
fn total_weight(z: f64, q: f64, factor: f64) -> [[f64; 3]; 3] {
    [one(factor), [-factor, z, 1.0], [factor, q, z]]
}

/// NaN where no input makes sense: any NaN, or a coefficient that is not finite.
fn refused(x: f64, z: f64, q: f64) -> bool {
    x.is_nan() || !z.is_finite() || !q.is_finite()
}

/// The limit of `weight * infinity`, where a weight of 0 contributes 0.
fn times_infinity(weight_is_positive: bool, weight_is_zero: bool) -> Exact {
    Exact::Limit(match (weight_is_zero, weight_is_positive) {
        (true, _) => 0.0,
        (false, true) => f64::INFINITY,
        (false, false) => f64::NEG_INFINITY,
    })
}

/// Whether `q z` is positive, decided without computing it: the product may underflow.
fn product_is_positive(q: f64, z: f64) -> bool {
    (q > 0.0) == (z > 0.0)
}

/// `(1 - z) softplus(x) + q z softplus(-x)`
pub(crate) fn weighted_loss(x: f64, z: f64, q: f64) -> Exact {
    if refused(x, z, q) {
        return Exact::Limit(f64::NAN);
    }
    if x == f64::INFINITY {
        return times_infinity(z < 1.0, z == 1.0);
    }
    if x == f64::NEG_INFINITY {
        return times_infinity(product_is_positive(q, z), q == 0.0 || z == 0.0);
    }
    let a = x.abs();
    let head = if x >= 0.0 {
        [one(a), [-z, a, 1.0], NONE]
    } else {
        [[q, z, a], NONE, NONE]
    };
    Exact::Finite(Sum {
        head,
        coefficient: total_weight(z, q, 1.0),
        tail: Tail::Softplus,
        argument: a,
    })
}

/// `(1 - z) sigmoid(x) - q z sigmoid(-x)`
pub(crate) fn weighted_grad_logits(x: f64, z: f64, q: f64) -> Exact {
    if refused(x, z, q) {
        return Exact::Limit(f64::NAN);
    }
    let a = x.abs();
    let sign = if x >= 0.0 { 1.0 } else { -1.0 };
    if a < NEAR_ZERO {
        let head = [one(0.5), [-0.5, z, 1.0], [-0.5, q, z]];
        let coefficient = total_weight(z, q, sign);
        return Exact::Finite(Sum {
            head,
            coefficient,
            tail: Tail::HalfTanh,
            argument: a,
        });
    }
    let head = if x > 0.0 {
        [one(1.0), one(-z), NONE]
    } else {
        [[-1.0, q, z], NONE, NONE]
    };
    let coefficient = if a.is_infinite() {
        [NONE; 3]
    } else {
        total_weight(z, q, -sign)
    };
    Exact::Finite(Sum {
        head,
        coefficient,
        tail: Tail::Logistic,
        argument: a,
    })
}

/// `((1 - z) + q z) sigmoid(x) sigmoid(-x)`
pub(crate) fn weighted_hess_logits(x: f64, z: f64, q: f64) -> Exact {
    if refused(x, z, q) {
        return Exact::Limit(f64::NAN);
    }
    let a = x.abs();
    if a < NEAR_ZERO {
        let (head, coefficient) = (total_weight(z, q, 0.25), total_weight(z, q, -1.0));
        return Exact::Finite(Sum {
            head,
            coefficient,
            tail: Tail::QuarterTanhSquared,
            argument: a,
        });
    }
    if a.is_infinite() {
        return Exact::Limit(0.0);
    }
    Exact::Finite(Sum {
        head: [NONE; 3],
        coefficient: total_weight(z, q, 1.0),
        tail: Tail::Bell,
        argument: a,
    })
}

/// `q softplus(-x) - softplus(x)`; the labels count only by being finite.
pub(crate) fn weighted_grad_labels(x: f64, z: f64, q: f64) -> Exact {
    if refused(x, z, q) {
        return Exact::Limit(f64::NAN);
    }
    if x == f64::INFINITY {
        return Exact::Limit(f64::NEG_INFINITY);
    }
    if x == f64::NEG_INFINITY {
        return times_infinity(q > 0.0, q == 0.0);
    }
    let a = x.abs();
    let head = if x >= 0.0 {
        [one(-a), NONE, NONE]
    } else {
        [[q, a, 1.0], NONE, NONE]
    };
    let coefficient = [one(q), one(-1.0), NONE];
    Exact::Finite(Sum {
        head,
        coefficient,
        tail: Tail::Softplus,
        argument: a,
    })
}

/// `z softplus(-x)`; the weight counts only by being finite.
pub(crate) fn weighted_grad_pos_weight(x: f64, z: f64, q: f64) -> Exact {
    if refused(x, z, q) {
        return Exact::Limit(f64::NAN);
    }
    if x == f64::INFINITY {
        return Exact::Limit(0.0);
    }
    if x == f64::NEG_INFINITY {
        return times_infinity(z > 0.0, z == 0.0);
    }
    let a = x.abs();
    let head = if x >= 0.0 {
        [NONE; 3]
    } else {
        [[z, a, 1.0], NONE, NONE]
    };
    Exact::Finite(Sum {
        head,
        coefficient: [one(z), NONE, NONE],
        tail: Tail::Softplus,
        argument: a,
    })
}

/// `softplus(x)`: the loss of a label of 0.
pub(crate) fn softplus(x: f64, _: f64, _: f64) -> Exact {
    weighted_loss(x, 0.0, 0.0)
}

/// `-softplus(-x)`
pub(crate) fn log_sigmoid(x: f64, _: f64, _: f64) -> Exact {
    match softplus(-x, 0.0, 0.0) {
        Exact::Limit(value) => Exact::Limit(if value == 0.0 { 0.0 } else { -value }),
        Exact::Finite(sum) => Exact::Finite(Sum {
            head: [one(x.min(0.0)), NONE, NONE],
            coefficient: [one(-1.0), NONE, NONE],
            ..sum
        }),
    }
}

/// `sigmoid(x)`: the gradient of a label of 0.
pub(crate) fn sigmoid(x: f64, _: f64, _: f64) -> Exact {
    weighted_grad_logits(x, 0.0, 0.0)
}

/// `e^x`
pub(crate) fn exp(x: f64, _: f64, _: f64) -> Exact {
    if x.is_nan() || x.is_infinite() {
        return Exact::Limit(if x == f64::NEG_INFINITY { 0.0 } else { x });
    }
    let coefficient = [one(1.0), NONE, NONE];
    let near = x.abs() < NEAR_ZERO;
    let head = if near {
        [one(1.0), NONE, NONE]
    } else {
        [NONE; 3]
    };
    let tail = if near { Tail::ExpMinusOne } else { Tail::Exp };
    Exact::Finite(Sum {
        head,
        coefficient,
        tail,
        argument: x,
    })
}

/// `ln x`
pub(crate) fn log(x: f64, _: f64, _: f64) -> Exact {
    if x == 0.0 {
        return Exact::Limit(f64::NEG_INFINITY);
    }
    logarithm(Tail::Log, x, x > 0.0, 1.0)
}

/// `ln(1 + x)`
pub(crate) fn log_one_plus(x: f64, _: f64, _: f64) -> Exact {
    if x == -1.0 {
        return Exact::Limit(f64::NEG_INFINITY);
    }
    logarithm(Tail::LogOnePlus, x, x > -1.0, 0.0)
}

fn logarithm(tail: Tail, x: f64, defined: bool, root: f64) -> Exact {
    if !defined || x == f64::INFINITY {
        return Exact::Limit(if defined { x } else { f64::NAN });
    }
    if x == root {
        return Exact::Limit(0.0);
    }
    Exact::Finite(Sum {
        head: [NONE; 3],
        coefficient: [one(1.0), NONE, NONE],
        tail,
        argument: x,
    })
}
