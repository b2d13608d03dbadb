//! What the integration tests share: element types, quantities, and the comparison with the oracle.

#![allow(dead_code, reason = "each test binary uses its part")]

use conformance::{DType, Quantity, correctly_rounded};
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

/// The quantities that take labels, logits and weights.
pub(crate) const WEIGHTED: [Quantity; 5] = [
    Quantity::WeightedLoss,
    Quantity::WeightedGradLogits,
    Quantity::WeightedHessLogits,
    Quantity::WeightedGradLabels,
    Quantity::WeightedGradPosWeight,
];

/// The quantities of one argument.
pub(crate) const UNARY: [Quantity; 9] = [
    Quantity::Exp,
    Quantity::Log,
    Quantity::Log1p,
    Quantity::Sigmoid,
    Quantity::LogSigmoid,
    Quantity::Softplus,
    Quantity::Negative,
    Quantity::Abs,
    Quantity::Relu,
];

/// Runs the kernel of a weighted quantity.
pub(crate) fn weighted<T: Real>(
    quantity: Quantity,
    labels: &[T],
    logits: &[T],
    pos_weight: Operand<T>,
    out: &mut [T],
) -> Result<(), KernelError> {
    match quantity {
        Quantity::WeightedLoss => kernels::weighted_loss(labels, logits, pos_weight, out),
        Quantity::WeightedGradLogits => {
            kernels::weighted_grad_logits(labels, logits, pos_weight, out)
        }
        Quantity::WeightedHessLogits => {
            kernels::weighted_hess_logits(labels, logits, pos_weight, out)
        }
        Quantity::WeightedGradLabels => {
            kernels::weighted_grad_labels(labels, logits, pos_weight, out)
        }
        Quantity::WeightedGradPosWeight => {
            kernels::weighted_grad_pos_weight(labels, logits, pos_weight, out)
        }
        other => panic!("{other:?} takes other arguments"),
    }
}

/// Runs the kernel of a quantity of one argument.
pub(crate) fn unary<T: Real>(
    quantity: Quantity,
    x: &[T],
    out: &mut [T],
) -> Result<(), KernelError> {
    match quantity {
        Quantity::Exp => kernels::exp(x, out),
        Quantity::Log => kernels::log(x, out),
        Quantity::Log1p => kernels::log1p(x, out),
        Quantity::Sigmoid => kernels::sigmoid(x, out),
        Quantity::LogSigmoid => kernels::log_sigmoid(x, out),
        Quantity::Softplus => kernels::softplus(x, out),
        Quantity::Negative => kernels::negative(x, out),
        Quantity::Abs => kernels::abs(x, out),
        Quantity::Relu => kernels::relu(x, out),
        other => panic!("{other:?} takes other arguments"),
    }
}

/// Compares every weighted quantity with the oracle on rows of (logits, labels, weight).
pub(crate) fn check_weighted<T: Element>(rows: &[(T, T, T)]) {
    let logits: Vec<T> = rows.iter().map(|row| row.0).collect();
    let labels: Vec<T> = rows.iter().map(|row| row.1).collect();
    let weights: Vec<T> = rows.iter().map(|row| row.2).collect();
    let mut out = vec![T::default(); rows.len()];
    for quantity in WEIGHTED {
        weighted(
            quantity,
            &labels,
            &logits,
            Operand::Full(&weights),
            &mut out,
        )
        .expect("lengths agree");
        for (&(x, z, q), &found) in rows.iter().zip(&out) {
            let expected = correctly_rounded(quantity, T::DTYPE, &[z.bits(), x.bits(), q.bits()])
                .expect("the oracle decides");
            assert_eq!(
                T::from_bits(expected).bits(),
                found.bits(),
                "{quantity:?} {:?} at logits {x:?} ({:#x}), labels {z:?} ({:#x}), weight {q:?} ({:#x}): expected {:?}, found {found:?}",
                T::DTYPE,
                x.bits(),
                z.bits(),
                q.bits(),
                T::from_bits(expected),
            );
        }
    }
}

/// Compares every quantity of one argument with the oracle.
pub(crate) fn check_unary<T: Element>(x: &[T]) {
    let mut out = vec![T::default(); x.len()];
    for quantity in UNARY {
        unary(quantity, x, &mut out).expect("lengths agree");
        for (&x, &found) in x.iter().zip(&out) {
            let expected =
                correctly_rounded(quantity, T::DTYPE, &[x.bits()]).expect("the oracle decides");
            assert_eq!(
                expected,
                found.bits(),
                "{quantity:?} {:?} at {x:?} ({:#x}): expected {:?}, found {found:?}",
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
