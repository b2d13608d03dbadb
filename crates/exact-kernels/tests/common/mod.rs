//! What the integration tests share: element types, functions, and the comparison with the oracle.

#![allow(dead_code, reason = "each test binary uses its part")]

use conformance::{DType, Function, correctly_rounded};
use exact_kernels::{self as kernels, KernelError, Operand, Real};
use half::{bf16, f16};

/// An element type as the oracle knows it.
pub(crate) trait Element: Real {
    const DTYPE: DType;
    const WIDTH: u32;
    fn from_bits(bits: u64) -> Self;
    fn bits(self) -> u64;
    fn about(value: f64) -> Self;
    fn canonical_nan() -> Self;
    fn is_number(self) -> bool;
    fn to_f64(self) -> f64;
}

macro_rules! element {
    ($type:ty, $dtype:expr, $unsigned:ty, $nearest:expr) => {
        impl Element for $type {
            const DTYPE: DType = $dtype;
            const WIDTH: u32 = <$unsigned>::BITS;
            fn from_bits(bits: u64) -> Self {
                <$type>::from_bits(bits as $unsigned)
            }
            fn bits(self) -> u64 {
                self.to_bits().into()
            }
            fn about(value: f64) -> Self {
                $nearest(value)
            }
            fn to_f64(self) -> f64 {
                self.into()
            }
            fn is_number(self) -> bool {
                self.is_finite()
            }
            fn canonical_nan() -> Self {
                Self::from_bits($dtype.nan() as $unsigned)
            }
        }
    };
}

// `half` converts by the processor's instruction where there is one, which rounds differently.
element!(f16, DType::F16, u16, |value| f16::from_bits(
    DType::F16.from_f64(value) as u16
));
element!(bf16, DType::BF16, u16, |value| bf16::from_bits(
    DType::BF16.from_f64(value) as u16
));
element!(f32, DType::F32, u32, |value| value as f32);
element!(f64, DType::F64, u64, |value| value);

/// The functions that take labels, logits and weights.
pub(crate) const WEIGHTED: [&str; 5] = [
    "nn.weighted_cross_entropy_with_logits",
    "nn.weighted_cross_entropy_with_logits_grad_logits",
    "nn.weighted_cross_entropy_with_logits_hess_logits",
    "nn.weighted_cross_entropy_with_logits_grad_labels",
    "nn.weighted_cross_entropy_with_logits_grad_pos_weight",
];

/// The functions of one argument.
pub(crate) const UNARY: [&str; 9] = [
    "math.exp",
    "math.log",
    "math.log1p",
    "math.sigmoid",
    "math.log_sigmoid",
    "math.softplus",
    "math.negative",
    "math.abs",
    "nn.relu",
];

/// The judge's function of an op.
pub(crate) fn known(op: &str) -> Function {
    Function::known(op).expect("a known op")
}

/// Runs the kernel of a weighted function.
pub(crate) fn weighted<T: Real>(
    function: &str,
    labels: &[T],
    logits: &[T],
    pos_weight: Operand<T>,
    out: &mut [T],
) -> Result<(), KernelError> {
    match function {
        "nn.weighted_cross_entropy_with_logits" => {
            kernels::weighted_loss(labels, logits, pos_weight, out)
        }
        "nn.weighted_cross_entropy_with_logits_grad_logits" => {
            kernels::weighted_grad_logits(labels, logits, pos_weight, out)
        }
        "nn.weighted_cross_entropy_with_logits_hess_logits" => {
            kernels::weighted_hess_logits(labels, logits, pos_weight, out)
        }
        "nn.weighted_cross_entropy_with_logits_grad_labels" => {
            kernels::weighted_grad_labels(labels, logits, pos_weight, out)
        }
        "nn.weighted_cross_entropy_with_logits_grad_pos_weight" => {
            kernels::weighted_grad_pos_weight(labels, logits, pos_weight, out)
        }
        other => panic!("{other:?} takes other arguments"),
    }
}

/// Runs the kernel of a function of one argument.
pub(crate) fn unary<T: Real>(function: &str, x: &[T], out: &mut [T]) -> Result<(), KernelError> {
    match function {
        "math.exp" => kernels::exp(x, out),
        "math.log" => kernels::log(x, out),
        "math.log1p" => kernels::log1p(x, out),
        "math.sigmoid" => kernels::sigmoid(x, out),
        "math.log_sigmoid" => kernels::log_sigmoid(x, out),
        "math.softplus" => kernels::softplus(x, out),
        "math.negative" => kernels::negative(x, out),
        "math.abs" => kernels::abs(x, out),
        "nn.relu" => kernels::relu(x, out),
        other => panic!("{other:?} takes other arguments"),
    }
}

/// Compares every weighted function with the oracle on rows of (logits, labels, weight).
pub(crate) fn check_weighted<T: Element>(rows: &[(T, T, T)]) {
    let logits: Vec<T> = rows.iter().map(|row| row.0).collect();
    let labels: Vec<T> = rows.iter().map(|row| row.1).collect();
    let weights: Vec<T> = rows.iter().map(|row| row.2).collect();
    let mut out = vec![T::default(); rows.len()];
    for function in WEIGHTED {
        let known = known(function);
        weighted(
            function,
            &labels,
            &logits,
            Operand::Full(&weights),
            &mut out,
        )
        .expect("lengths agree");
        for (&(x, z, q), &found) in rows.iter().zip(&out) {
            let expected = correctly_rounded(&known, T::DTYPE, &[z.bits(), x.bits(), q.bits()])
                .expect("the oracle decides");
            assert_eq!(
                T::from_bits(expected).bits(),
                found.bits(),
                "{function} {:?} at logits {x:?} ({:#x}), labels {z:?} ({:#x}), weight {q:?} ({:#x}): expected {:?}, found {found:?}",
                T::DTYPE,
                x.bits(),
                z.bits(),
                q.bits(),
                T::from_bits(expected),
            );
        }
    }
}

/// Compares every function of one argument with the oracle.
pub(crate) fn check_unary<T: Element>(x: &[T]) {
    let mut out = vec![T::default(); x.len()];
    for function in UNARY {
        let known = known(function);
        unary(function, x, &mut out).expect("lengths agree");
        for (&x, &found) in x.iter().zip(&out) {
            let expected =
                correctly_rounded(&known, T::DTYPE, &[x.bits()]).expect("the oracle decides");
            assert_eq!(
                expected,
                found.bits(),
                "{function} {:?} at {x:?} ({:#x}): expected {:?}, found {found:?}",
                T::DTYPE,
                x.bits(),
                T::from_bits(expected),
            );
        }
    }
}

/// A small generator with a fixed sequence (splitmix64), so that a failure is found again.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.bits() % end
    }

    /// Uniform in [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// One of a few kinds of logits: everyday, wide, logarithmic, any bits.
    pub(crate) fn logit<T: Element>(&mut self) -> T {
        let sign = if self.below(2) == 0 { 1.0 } else { -1.0 };
        match self.below(6) {
            0 | 1 => T::about(sign * 8.0 * self.unit()),
            2 => T::about(sign * 110.0 * self.unit()),
            3 => T::about(sign * 800.0 * self.unit()),
            4 => T::about(sign * (400.0 * self.unit() - 200.0).exp2()),
            _ => T::from_bits(self.bits() >> (64 - T::WIDTH)),
        }
    }

    pub(crate) fn label<T: Element>(&mut self) -> T {
        match self.below(8) {
            0 => T::about(0.0),
            1 => T::about(1.0),
            2 | 3 => T::about(self.unit()),
            4 => T::about((-60.0 * self.unit()).exp2()),
            5 => T::about(4.0 * self.unit() - 2.0),
            6 => T::about([0.05, 0.1, 0.25, 0.3, 0.5, 0.9, 0.95][self.below(7) as usize]),
            _ => T::from_bits(self.bits() >> (64 - T::WIDTH)),
        }
    }

    pub(crate) fn weight<T: Element>(&mut self) -> T {
        match self.below(8) {
            0 | 1 => T::about(1.0),
            2 => T::about(0.0),
            3 => T::about(2.0),
            4 | 5 => T::about(10.0 * self.unit()),
            6 => T::about(-3.0 * self.unit()),
            _ => T::from_bits(self.bits() >> (64 - T::WIDTH)),
        }
    }
}
