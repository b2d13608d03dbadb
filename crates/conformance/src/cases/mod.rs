//! The cases that implementations are judged on: inputs, the right bits, a class and a reason.
//!
//! Every op has hand-picked cases, one for each way to go wrong that is known, and random ones
//! of each class. The same seed gives the same cases on every platform.

mod arithmetic;
mod functions;
mod losses;

use std::fmt;
use std::str::FromStr;

use crate::numbers::Numbers;
use crate::{ConformanceError, DType, Quantity, correctly_rounded};

/// What makes a case worth judging.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Everyday inputs.
    Ordinary,
    /// The result is an exponentially small tail.
    Tail,
    /// The logit, or the result's distance from its centre, is close to zero.
    NearZero,
    /// The terms nearly cancel.
    Cancellation,
    /// A label strictly between 0 and 1.
    SoftLabel,
    /// A label outside [0, 1].
    LabelOutside,
    /// A weight far above 1.
    LargeWeight,
    /// Subnormal inputs or results.
    Subnormal,
    /// Results at or beyond the largest finite number.
    Overflow,
    /// The exact head is half-way between two numbers.
    ExactTie,
    /// Zeros, infinities and NaN.
    Edge,
}

impl Class {
    /// All classes.
    pub const ALL: [Class; 11] = [
        Class::Ordinary,
        Class::Tail,
        Class::NearZero,
        Class::Cancellation,
        Class::SoftLabel,
        Class::LabelOutside,
        Class::LargeWeight,
        Class::Subnormal,
        Class::Overflow,
        Class::ExactTie,
        Class::Edge,
    ];

    /// The name used in files and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Class::Ordinary => "ordinary",
            Class::Tail => "tail",
            Class::NearZero => "near zero",
            Class::Cancellation => "cancellation",
            Class::SoftLabel => "soft label",
            Class::LabelOutside => "label outside [0, 1]",
            Class::LargeWeight => "large weight",
            Class::Subnormal => "subnormal",
            Class::Overflow => "overflow",
            Class::ExactTie => "exact tie",
            Class::Edge => "edge",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Class {
    type Err = ConformanceError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Class::ALL
            .into_iter()
            .find(|class| class.name() == name)
            .ok_or_else(|| ConformanceError::UnknownClass {
                found: name.to_owned(),
            })
    }
}

/// One case: inputs of an op in a dtype, and the bits that it must return.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Case {
    /// The quantity that the op returns.
    pub quantity: Quantity,
    /// The dtype of inputs and output.
    pub dtype: DType,
    /// What makes it worth judging.
    pub class: Class,
    /// Why this very input.
    pub reason: String,
    /// Raw bits, one for each argument.
    pub inputs: Vec<u64>,
    /// The right bits.
    pub expected: u64,
}

/// The hand-picked cases of an op in a dtype, and `random` more of each class that it has.
///
/// # Errors
/// Only if the oracle fails, which is a defect of this crate.
///
/// ```
/// use conformance::{Class, DType, Quantity, cases};
///
/// let cases = cases(Quantity::WeightedLoss, DType::F32, 2)?;
/// let tail = cases.iter().find(|case| case.class == Class::Tail).unwrap();
/// assert_eq!(tail.inputs.len(), 3);
/// # Ok::<(), conformance::ConformanceError>(())
/// ```
pub fn cases(
    quantity: Quantity,
    dtype: DType,
    random: usize,
) -> Result<Vec<Case>, ConformanceError> {
    // One seed for each dtype: all quantities of a family see the same inputs.
    let mut numbers = Numbers::new(0x10_57 + dtype as u64);
    let mut inputs = if quantity.is_loss() {
        losses::inputs(dtype, random, &mut numbers)
    } else if quantity.arguments().len() == 2 {
        arithmetic::inputs(dtype, random, &mut numbers)
    } else {
        functions::inputs(quantity, dtype, random, &mut numbers)
    };
    let arity = quantity.arguments().len();
    if quantity.is_loss() && arity == 2 {
        // The op has no weight: what was picked for its weight is not for it.
        inputs.retain(|input| input.bits[2] == dtype.one() && input.class != Class::LargeWeight);
    }
    let mut seen = std::collections::HashSet::new();
    inputs.retain_mut(|input| {
        input.bits.truncate(arity);
        seen.insert(input.bits.clone())
    });
    inputs
        .into_iter()
        .map(
            |Input {
                 class,
                 reason,
                 bits: inputs,
             }| {
                let expected = correctly_rounded(quantity, dtype, &inputs)?;
                let class = settled(class, dtype, expected);
                Ok(Case {
                    quantity,
                    dtype,
                    class,
                    reason,
                    inputs,
                    expected,
                })
            },
        )
        .collect()
}

/// The class, in the light of the result: inputs are shared by several ops, and what is a tail
/// for one may overflow in another.
fn settled(class: Class, dtype: DType, expected: u64) -> Class {
    match class {
        Class::Edge | Class::LargeWeight => class,
        _ if dtype.is_nan(expected) => Class::Edge,
        _ if dtype.is_infinite(expected) => Class::Overflow,
        _ => class,
    }
}

/// A case without its result.
struct Input {
    class: Class,
    reason: String,
    bits: Vec<u64>,
}

impl Input {
    fn new(class: Class, reason: impl Into<String>, bits: &[u64]) -> Self {
        Input {
            class,
            reason: reason.into(),
            bits: bits.to_vec(),
        }
    }
}

/// The logit beyond which `e^-x` is below half the smallest subnormal: `-log(quantum / 2)`.
fn underflow_logit(dtype: DType) -> f64 {
    (1 - dtype.quantum_exponent()) as f64 * std::f64::consts::LN_2
}

/// The logit beyond which `e^-x` is subnormal.
fn subnormal_logit(dtype: DType) -> f64 {
    -dtype.min_exponent() as f64 * std::f64::consts::LN_2
}

/// The logit beyond which `e^x` is infinite.
fn overflow_logit(dtype: DType) -> f64 {
    (dtype.max_exponent() + 1) as f64 * std::f64::consts::LN_2
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_losses_have_cases_of_every_class_and_no_case_twice() {
        for dtype in DType::ALL {
            let cases = cases(Quantity::WeightedLoss, dtype, 3).unwrap();
            let classes: BTreeSet<Class> = cases.iter().map(|case| case.class).collect();
            assert_eq!(classes, Class::ALL.into_iter().collect(), "{dtype}");
            let inputs: BTreeSet<&Vec<u64>> = cases.iter().map(|case| &case.inputs).collect();
            assert_eq!(inputs.len(), cases.len(), "{dtype}");
        }
    }

    /// A class must keep what its name says, in every dtype.
    #[test]
    fn classes_say_what_the_results_show() {
        for dtype in DType::ALL {
            for quantity in Quantity::ALL {
                for case in cases(quantity, dtype, 20).unwrap() {
                    let special = dtype.is_nan(case.expected) || dtype.is_infinite(case.expected);
                    let finite_inputs = case
                        .inputs
                        .iter()
                        .all(|&bits| dtype.to_f64(bits).is_finite());
                    if special && finite_inputs {
                        let allowed = [Class::Overflow, Class::Edge, Class::LargeWeight];
                        assert!(allowed.contains(&case.class), "{case:x?}");
                    }
                    if !finite_inputs {
                        assert_eq!(case.class, Class::Edge, "{case:x?}");
                    }
                }
            }
        }
    }

    /// The class is worthless if its heads are not half-way: without the tail's sign, rounding
    /// the head alone must go wrong for some.
    #[test]
    fn exact_ties_are_ties() {
        for dtype in DType::ALL {
            let ties = cases(Quantity::SigmoidGradLogits, dtype, 20).unwrap();
            let ties = ties.iter().filter(|case| case.class == Class::ExactTie);
            let wrong = ties.filter(|case| {
                let (z, x) = (dtype.to_f64(case.inputs[0]), dtype.to_f64(case.inputs[1]));
                x > 20.0 && dtype != DType::F64 && dtype.from_f64(1.0 - z) != case.expected
            });
            assert!(dtype == DType::F64 || wrong.count() > 2, "{dtype}");
        }
    }
}
