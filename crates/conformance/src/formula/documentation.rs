//! The documentation's own derivation of the weighted loss, line by line as it is printed.

use super::Formula;
use crate::ConformanceError;

/// A formula as the documentation prints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Documented {
    /// Short name.
    pub name: &'static str,
    /// The text as printed, faults included.
    pub printed: &'static str,
    /// The text with its fault mended, where it has one.
    pub mended: Option<&'static str>,
    /// True for the weighted loss, false for the sigmoid loss (`q` = 1).
    pub weighted: bool,
}

impl Documented {
    /// The formula, mended where the printed text has a fault.
    ///
    /// # Errors
    /// [`ConformanceError::Formula`] never occurs for the lines of [`DOCUMENTATION`], as a test
    /// shows.
    pub fn formula(&self) -> Result<Formula, ConformanceError> {
        Formula::parse(self.mended.unwrap_or(self.printed))
    }
}

const fn line(name: &'static str, printed: &'static str) -> Documented {
    Documented {
        name,
        printed,
        mended: None,
        weighted: true,
    }
}

/// The derivation in TensorFlow's reference for `weighted_cross_entropy_with_logits`, with the
/// documented form of `sigmoid_cross_entropy_with_logits` last.
pub const DOCUMENTATION: [Documented; 9] = [
    line(
        "definition",
        "labels * -log(sigmoid(logits)) * pos_weight + (1 - labels) * -log(1 - sigmoid(logits))",
    ),
    line(
        "short names",
        "qz * -log(sigmoid(x)) + (1 - z) * -log(1 - sigmoid(x))",
    ),
    line(
        "sigmoid spelled out",
        "qz * -log(1 / (1 + exp(-x))) + (1 - z) * -log(exp(-x) / (1 + exp(-x)))",
    ),
    line(
        "logarithms of quotients",
        "qz * log(1 + exp(-x)) + (1 - z) * (-log(exp(-x)) + log(1 + exp(-x)))",
    ),
    Documented {
        name: "logarithm of the exponential",
        // Erratum: the closing parenthesis of the last factor is missing in print.
        printed: "qz * log(1 + exp(-x)) + (1 - z) * (x + log(1 + exp(-x))",
        mended: Some("qz * log(1 + exp(-x)) + (1 - z) * (x + log(1 + exp(-x)))"),
        weighted: true,
    },
    line(
        "collected",
        "(1 - z) * x + (qz +  1 - z) * log(1 + exp(-x))",
    ),
    line(
        "one coefficient",
        "(1 - z) * x + (1 + (q - 1) * z) * log(1 + exp(-x))",
    ),
    line(
        "no overflow",
        "(1 - z) * x + l * (log(1 + exp(-abs(x))) + max(-x, 0)),   l = (1 + (q - 1) * z)",
    ),
    Documented {
        name: "sigmoid loss",
        printed: "max(x, 0) - x * z + log(1 + exp(-abs(x)))",
        mended: None,
        weighted: false,
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Function;
    use crate::exact::Interval;
    use crate::function::{SIGMOID, WEIGHTED};
    use crate::numbers::Numbers;
    use crate::oracle::enclosure;

    /// Values of x, y, z and q away from the kink at 0, where every line has a value; the last are
    /// confident ones.
    fn cases() -> Vec<[f64; 4]> {
        let mut numbers = Numbers::new(4);
        let logits = [1e-3, -2.5, 17.0, -17.0, 60.0, -90.0, 350.0];
        let mut case = |case: usize| {
            let x = logits.get(case).copied();
            let x = x.unwrap_or_else(|| numbers.signed(5));
            let z = if case.is_multiple_of(5) {
                numbers.signed(3)
            } else {
                numbers.unit()
            };
            let q = if case.is_multiple_of(3) {
                1.0
            } else {
                numbers.signed(6)
            };
            [x, 0.0, z, q]
        };
        (0..60).map(&mut case).collect()
    }

    fn known(op: &str) -> Function {
        Function::known(op).unwrap()
    }

    fn inputs(function: &Function, &[x, _, z, q]: &[f64; 4]) -> Vec<f64> {
        [z, x, q][..function.arguments().len()].to_vec()
    }

    /// Both intervals hold the same number, and tell it from others.
    fn assert_same(left: Interval, right: Interval, what: &str) {
        let joint = Interval::new(left.low.max(right.low), left.high.min(right.high));
        assert!(
            joint.low <= joint.high,
            "{what}: the intervals are disjoint"
        );
        let width = &joint.high - &joint.low;
        let size = joint.high.top().max(-60);
        assert!(
            width.is_zero() || width.top() < size - 300,
            "{what}: too wide to tell"
        );
    }

    #[test]
    fn every_line_of_the_derivation_is_the_same_function() {
        let loss = known(WEIGHTED);
        for line in DOCUMENTATION {
            let steps = line.formula().unwrap().steps();
            for mut case in cases() {
                if !line.weighted {
                    case[3] = 1.0;
                }
                let documented = steps.enclose(&case, 1000).unwrap();
                let exact = enclosure(&loss, &inputs(&loss, &case), 500).unwrap();
                assert_same(documented, exact, &format!("{} {case:?}", line.name));
            }
        }
    }

    #[test]
    fn derivatives_of_every_line_are_the_derivative_functions() {
        let derivatives: [(&[&str], &str); 4] = [
            (&["x"], "_grad_logits"),
            (&["x", "x"], "_hess_logits"),
            (&["z"], "_grad_labels"),
            (&["q"], "_grad_pos_weight"),
        ];
        for line in DOCUMENTATION {
            for (variables, suffix) in derivatives {
                if !line.weighted && variables == ["q"] {
                    continue;
                }
                let loss = if line.weighted { WEIGHTED } else { SIGMOID };
                let function = &known(&format!("{loss}{suffix}"));
                let derived = variables
                    .iter()
                    .fold(line.formula().unwrap(), |formula, variable| {
                        formula.derivative(variable)
                    });
                let steps = derived.steps();
                for case in cases().iter().take(16) {
                    let derived = steps.enclose(case, 1800).unwrap();
                    let exact = enclosure(function, &inputs(function, case), 500).unwrap();
                    assert_same(
                        derived,
                        exact,
                        &format!("{} {function} {case:?}", line.name),
                    );
                }
            }
        }
    }

    #[test]
    fn every_function_is_its_formula() {
        let mut numbers = Numbers::new(5);
        for function in Function::all() {
            let steps = function.steps();
            let mut compared = 0;
            while compared < 40 {
                let inputs: Vec<f64> = function
                    .arguments()
                    .iter()
                    .map(|_| numbers.signed(6))
                    .collect();
                let Some(exact) = enclosure(function, &inputs, 500) else {
                    continue;
                };
                let formula = steps.enclose(&inputs, 800).unwrap();
                assert_same(formula, exact, &format!("{function} {inputs:?}"));
                compared += 1;
            }
        }
    }

    #[test]
    fn the_sigmoid_loss_is_the_weighted_one_of_weight_one_bit_for_bit() {
        use crate::{DType, correctly_rounded};
        let mut numbers = Numbers::new(6);
        let pairs = ["", "_grad_logits", "_hess_logits", "_grad_labels"]
            .map(|suffix| [SIGMOID, WEIGHTED].map(|loss| known(&format!("{loss}{suffix}"))));
        for round in 0..4000 {
            let dtype = DType::ALL[round % 4];
            let [sigmoid, weighted] = &pairs[round / 4 % 4];
            let (label, logit) = (
                dtype.from_f64(numbers.signed(2)),
                dtype.from_f64(numbers.signed(8)),
            );
            let plain = correctly_rounded(sigmoid, dtype, &[label, logit]).unwrap();
            let one = correctly_rounded(weighted, dtype, &[label, logit, dtype.one()]).unwrap();
            assert_eq!(plain, one, "{sigmoid} {dtype} {label:#x} {logit:#x}");
        }
    }

    #[test]
    fn the_erratum_is_one_missing_parenthesis() {
        for line in DOCUMENTATION {
            match line.mended {
                None => assert!(Formula::parse(line.printed).is_ok(), "{}", line.name),
                Some(mended) => {
                    assert!(Formula::parse(line.printed).is_err(), "{}", line.name);
                    assert_eq!(mended.strip_suffix(')'), Some(line.printed));
                }
            }
        }
    }
}
