//! Tails that several exact forms have.

use crate::number::elementary::Elementary;
use crate::ziv::exact_form::{Tail, TailFunction};

/// e^x
pub(crate) fn exp(x: f64) -> Tail {
    Tail::of_size::<Exp>(x, x)
}

/// `e^x - 1`, for x within ±1, but not 0
pub(crate) fn exp_m1(x: f64) -> Tail {
    Tail::new::<ExpM1>(x)
}

/// `ln(1 + e^-a)` for a >= 0, below `e^-a`
pub(crate) fn log1p_exp_neg(a: f64) -> Tail {
    Tail::of_size::<Log1pExpNeg>(a, -a)
}

/// `1 / (1 + e^a)` for a >= 0, below `e^-a`
pub(crate) fn sigmoid_neg(a: f64) -> Tail {
    Tail::of_size::<SigmoidNeg>(a, -a)
}

/// `tanh(a/2) / 2`, for a in (0, 1]: what the sigmoid has over 1/2
pub(crate) fn half_tanh(a: f64) -> Tail {
    Tail::new::<HalfTanh>(a)
}

struct Exp;

impl TailFunction for Exp {
    fn value<N: Elementary>(x: f64) -> N {
        N::exp(x)
    }
}

struct ExpM1;

impl TailFunction for ExpM1 {
    fn value<N: Elementary>(x: f64) -> N {
        N::exp_m1(x)
    }
}

struct Log1pExpNeg;

impl TailFunction for Log1pExpNeg {
    fn value<N: Elementary>(a: f64) -> N {
        N::exp(-a).ln_1p_of()
    }
}

struct SigmoidNeg;

impl TailFunction for SigmoidNeg {
    fn value<N: Elementary>(a: f64) -> N {
        let t = N::exp(-a);
        t / (t + N::from_f64(1.0))
    }
}

/// `(e^a - 1) / (2 (e^a - 1) + 4)`
pub(crate) struct HalfTanh;

impl TailFunction for HalfTanh {
    fn value<N: Elementary>(a: f64) -> N {
        let grown = N::exp_m1(a);
        grown / (grown + grown + N::from_f64(4.0))
    }
}
