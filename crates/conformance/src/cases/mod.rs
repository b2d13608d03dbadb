//! The cases that implementations are judged on: inputs, the right bits, a class and a reason.
//!
//! Every op has hand-picked cases, one for each way to go wrong that is known, and random ones
//! of each class. The same seed gives the same cases on every platform.

mod arithmetic;
mod classify;
mod functions;
mod losses;

use std::fmt;
use std::str::FromStr;

use crate::numbers::Numbers;
use crate::{ConformanceError, DType, Function, correctly_rounded};
use classify::class_of;

/// What makes a case worth judging.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Everyday inputs, and odd ones of which the result shows nothing.
    Ordinary,
    /// The result is an exponentially small tail.
    Tail,
    /// The argument is close to zero, or to one for the logarithm.
    NearZero,
    /// The terms nearly cancel, an eighth of them or less is left.
    Cancellation,
    /// A label strictly between 0 and 1.
    SoftLabel,
    /// A label outside [0, 1].
    LabelOutside,
    /// A weight of 8 or more.
    LargeWeight,
    /// An input or the result is subnormal.
    Subnormal,
    /// The result is the largest finite number or infinite.
    Overflow,
    /// An exact head is half-way between two numbers, and the result is one of these.
    ExactTie,
    /// Inputs or results that are zeros, infinities or NaN.
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
    /// The function that the op returns.
    pub function: Function,
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

/// The hand-picked cases of an op in a dtype, and about `random` more of each class that it has.
///
/// Inputs at which no precision decides the value of a [stated](Function::stated) function are left
/// out.
///
/// # Errors
/// Only if the oracle fails, which is a defect of this crate.
///
/// ```
/// use conformance::{Class, DType, Function, cases};
///
/// let loss = Function::known("nn.weighted_cross_entropy_with_logits")?;
/// let cases = cases(&loss, DType::F32, 2)?;
/// let tail = cases.iter().find(|case| case.class == Class::Tail).unwrap();
/// assert_eq!(tail.inputs.len(), 3);
/// # Ok::<(), conformance::ConformanceError>(())
/// ```
pub fn cases(
    function: &Function,
    dtype: DType,
    random: usize,
) -> Result<Vec<Case>, ConformanceError> {
    let mut inputs = inputs(function, dtype, random);
    let mut seen = std::collections::HashSet::new();
    inputs.retain(|input| seen.insert(input.bits.clone()));
    let mut cases = Vec::with_capacity(inputs.len());
    for input in inputs {
        let expected = match correctly_rounded(function, dtype, &input.bits) {
            Ok(bits) => bits,
            // A stated formula need not be decided everywhere.
            Err(ConformanceError::Undecided { .. }) if !function.is_known() => continue,
            Err(error) => return Err(error),
        };
        let class = class_of(input.class, function, dtype, &input.bits, expected)?;
        let reason = match input.reason {
            Some(reason) => reason,
            // Drawn for another op's sake: plain here, and there are plain ones enough.
            None if class == Class::Ordinary && input.class != class => continue,
            None => format!("random: {class}"),
        };
        cases.push(Case {
            function: function.clone(),
            dtype,
            class,
            reason,
            inputs: input.bits,
            expected,
        });
    }
    Ok(cases)
}

/// The inputs that a function's arguments and form ask for, with repetitions.
fn inputs(function: &Function, dtype: DType, random: usize) -> Vec<Input> {
    // One seed for each dtype: all functions of a family see the same inputs.
    let mut numbers = Numbers::new(0x10_57 + dtype as u64);
    let arity = function.arguments().len();
    if !function.is_loss() && arity < 3 {
        return if arity == 2 {
            let operation = function.form().as_arithmetic();
            arithmetic::inputs(operation, dtype, random, &mut numbers)
        } else {
            functions::inputs(function, dtype, random, &mut numbers)
        };
    }
    let mut inputs = losses::inputs(dtype, random, &mut numbers);
    // Labels, logits and weight go to the arguments of these names, in any other function to the
    // first three arguments; further arguments get plain numbers.
    let roles = ["labels", "logits", "pos_weight"];
    let places = if function.is_loss() {
        roles.map(|role| function.position(role))
    } else {
        [0, 1, 2].map(Some)
    };
    if places[2].is_none() {
        // What was picked for its weight is not for an op without one.
        inputs.retain(|input| input.bits[2] == dtype.one());
    }
    for input in &mut inputs {
        let plain = |_| dtype.from_f64(numbers.pick(&[1.0, 0.5, 0.1, 0.0]));
        let mut bits: Vec<u64> = (0..arity).map(plain).collect();
        for (place, value) in places.iter().zip(&input.bits) {
            if let Some(place) = place {
                bits[*place] = *value;
            }
        }
        input.bits = bits;
    }
    inputs
}

/// A case without its result.
struct Input {
    /// What it was picked for.
    class: Class,
    /// Why it was picked, in words that hold whatever the op; `None` for random ones.
    reason: Option<String>,
    bits: Vec<u64>,
}

impl Input {
    fn new(class: Class, reason: impl Into<String>, bits: &[u64]) -> Self {
        Input {
            class,
            reason: Some(reason.into()),
            bits: bits.to_vec(),
        }
    }

    fn random(class: Class, bits: &[u64]) -> Self {
        Input {
            class,
            reason: None,
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
    use crate::exact::Dyadic;
    use std::collections::BTreeSet;

    fn known(op: &str) -> Function {
        Function::known(op).unwrap()
    }

    #[test]
    fn the_losses_have_cases_of_every_class_and_no_case_twice() {
        for dtype in DType::ALL {
            let cases = cases(&known("nn.weighted_cross_entropy_with_logits"), dtype, 3).unwrap();
            let classes: BTreeSet<Class> = cases.iter().map(|case| case.class).collect();
            assert_eq!(classes, Class::ALL.into_iter().collect(), "{dtype}");
            let inputs: BTreeSet<&Vec<u64>> = cases.iter().map(|case| &case.inputs).collect();
            assert_eq!(inputs.len(), cases.len(), "{dtype}");
        }
    }

    /// Every head that the contract names, from the inputs alone.
    fn heads(function: &Function, numbers: &[f64]) -> Vec<Dyadic> {
        let one = Dyadic::one();
        let exact: Vec<Dyadic> = numbers.iter().map(|&x| Dyadic::from_f64(x)).collect();
        let ends = |x: &Dyadic| vec![x - &(x * x).scaled(-1)];
        match (function.op(), &exact[..]) {
            ("math.add", [x, y]) => return vec![x + y],
            ("math.subtract", [x, y]) => return vec![x - y],
            ("math.multiply", [x, y]) => return vec![x * y],
            // By two, in the cases that claim a tie.
            ("math.divide", [x, y]) if numbers[1] == 2.0 => return vec![x * &(y.scaled(-2))],
            ("math.exp", [x]) => return vec![&one + x],
            ("math.sigmoid", [x]) => return vec![&one.scaled(-1) + &x.scaled(-2)],
            ("math.log", [x]) => return ends(&(x - &one)),
            ("math.log1p", [x]) => return ends(x),
            _ if !function.is_loss() => return Vec::new(),
            _ => {}
        }
        let (z, x, q) = (&exact[0], &exact[1], exact.get(2).unwrap_or(&one));
        let (negative, positive) = (&one - z, q * z);
        let total = &negative + &positive;
        let up = numbers[1] >= 0.0;
        let size = if up { x.clone() } else { -x };
        match function.op() {
            "nn.weighted_cross_entropy_with_logits" | "nn.sigmoid_cross_entropy_with_logits" => {
                vec![if up { &negative * x } else { &positive * &size }]
            }
            "nn.weighted_cross_entropy_with_logits_grad_logits"
            | "nn.sigmoid_cross_entropy_with_logits_grad_logits" => {
                let centre = (&negative - &positive).scaled(-1);
                let sloping = &centre + &(&total * x).scaled(-2);
                vec![if up { negative } else { -&positive }, centre, sloping]
            }
            "nn.weighted_cross_entropy_with_logits_hess_logits"
            | "nn.sigmoid_cross_entropy_with_logits_hess_logits" => {
                let curving = (&total * &(x * x)).scaled(-4);
                vec![total.scaled(-2), &total.scaled(-2) - &curving]
            }
            "nn.weighted_cross_entropy_with_logits_grad_labels"
            | "nn.sigmoid_cross_entropy_with_logits_grad_labels" => {
                vec![if up { -x } else { q * &size }]
            }
            _ => vec![if up { Dyadic::zero() } else { z * &size }],
        }
    }

    /// True if twice the number, but not the number, is a multiple of the unit in its last place.
    fn is_half_way(dtype: DType, number: &Dyadic) -> bool {
        if number.is_zero() {
            return false;
        }
        let unit = number.top() - i64::from(dtype.precision()) + 1;
        let unit = unit.max(dtype.quantum_exponent());
        let is_whole = |x: &Dyadic| x.scaled(-unit).is_integer();
        !is_whole(number) && is_whole(&number.scaled(1))
    }

    /// A class must keep what its name says, for every op and in every dtype.
    #[test]
    fn classes_say_what_the_results_show() {
        for dtype in DType::ALL {
            for function in Function::all() {
                for case in cases(function, dtype, 20).unwrap() {
                    check_class(&case);
                }
            }
        }
    }

    fn check_class(case: &Case) {
        let (function, dtype) = (&case.function, case.dtype);
        let numbers: Vec<f64> = case.inputs.iter().map(|&x| dtype.to_f64(x)).collect();
        let result = dtype.to_f64(case.expected);
        let is_finite = numbers.iter().all(|number| number.is_finite());
        if !is_finite || result.is_nan() {
            assert_eq!(case.class, Class::Edge, "{case:x?}");
            return;
        }
        let smallest_normal = dtype.to_f64(1 << (dtype.precision() - 1));
        let largest = dtype.to_f64(dtype.max_finite());
        let is_subnormal = |x: f64| x != 0.0 && x.abs() < smallest_normal;
        let is_edge = |x: f64| x == 0.0 || x.is_infinite();
        let logit = numbers[usize::from(function.is_loss())];
        let holds = match case.class {
            Class::Ordinary => !result.is_infinite(),
            Class::Tail => result.abs() < 0.01 * numbers.get(2).map_or(1.0, |q| q.abs().max(1.0)),
            Class::NearZero => logit.abs() < 0.6 || (logit - 1.0).abs() < 0.125,
            // Checked by the terms themselves; here, that the op has terms at all.
            Class::Cancellation => {
                function.is_loss() || ["math.add", "math.subtract"].contains(&function.op())
            }
            Class::SoftLabel => function.is_loss() && 0.0 < numbers[0] && numbers[0] < 1.0,
            Class::LabelOutside => function.is_loss() && (numbers[0] < 0.0 || numbers[0] > 1.0),
            Class::LargeWeight => function.is_loss() && numbers[2] >= 8.0,
            Class::Subnormal => numbers.iter().chain([&result]).any(|&x| is_subnormal(x)),
            Class::Overflow => result.abs() >= largest,
            Class::ExactTie => {
                let heads = heads(function, &numbers);
                heads.iter().any(|head| is_half_way(dtype, head))
            }
            Class::Edge => numbers.iter().chain([&result]).any(|&x| is_edge(x)),
        };
        assert!(holds, "{case:x?}: {numbers:?} -> {result}");
        let bad = ["infinite", "underflow", "the loss is", "+0"];
        let speaks_of_result = bad.iter().any(|word| case.reason.contains(word));
        let speaks_of_loss = case.reason.contains("loss");
        assert!(!speaks_of_result || speaks_of_loss, "{case:x?}");
    }

    /// Each op that can have a head half-way has such cases, and the others have none.
    #[test]
    fn ties_are_where_heads_can_be_half_way() {
        for dtype in DType::ALL {
            for function in Function::all() {
                let ties = cases(function, dtype, 20).unwrap();
                let ties = ties.iter().filter(|case| case.class == Class::ExactTie);
                let expected = match function.op() {
                    "nn.sigmoid_cross_entropy_with_logits_grad_labels"
                    | "math.log_sigmoid"
                    | "math.softplus"
                    | "math.maximum"
                    | "math.negative"
                    | "math.abs"
                    | "nn.relu" => false,
                    "nn.sigmoid_cross_entropy_with_logits_hess_logits" => {
                        dtype.precision() % 2 == 1
                    }
                    _ => true,
                };
                assert_eq!(ties.count() > 0, expected, "{function} {dtype}");
            }
        }
    }

    /// The class is worthless if its heads are not half-way: without the tail's sign, rounding
    /// the head alone must go wrong for some.
    #[test]
    fn exact_ties_are_ties() {
        for dtype in DType::ALL {
            let ties = cases(
                &known("nn.sigmoid_cross_entropy_with_logits_grad_logits"),
                dtype,
                20,
            )
            .unwrap();
            let ties = ties.iter().filter(|case| case.class == Class::ExactTie);
            let wrong = ties.filter(|case| {
                let (z, x) = (dtype.to_f64(case.inputs[0]), dtype.to_f64(case.inputs[1]));
                x > 20.0 && dtype != DType::F64 && dtype.from_f64(1.0 - z) != case.expected
            });
            assert!(dtype == DType::F64 || wrong.count() > 2, "{dtype}");
        }
    }
}
