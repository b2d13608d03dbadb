//! The quantities that an op may return: names, arguments and documented formula, as one table.

use std::fmt;
use std::str::FromStr;

use crate::ConformanceError;

/// A real function of one to three numbers that some op returns, rounded to its dtype.
///
/// The formula of each is in [`Quantity::formula`], with `x` = logits, `z` = labels,
/// `q` = `pos_weight` for the losses, and `x`, `y` for everything else.
///
/// ```
/// use conformance::Quantity;
///
/// let quantity: Quantity = "math.softplus".parse()?;
/// assert_eq!(quantity, Quantity::Softplus);
/// assert_eq!(quantity.formula(), "log(1 + exp(x))");
/// assert_eq!(quantity.arguments(), ["features"]);
/// # Ok::<(), conformance::ConformanceError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quantity {
    /// The weighted loss, `L`.
    WeightedLoss,
    /// `dL/dx`.
    WeightedGradLogits,
    /// `d²L/dx²`.
    WeightedHessLogits,
    /// `dL/dz`.
    WeightedGradLabels,
    /// `dL/dq`.
    WeightedGradPosWeight,
    /// The sigmoid loss: `L` at `q = 1`.
    SigmoidLoss,
    /// `dL/dx` at `q = 1`.
    SigmoidGradLogits,
    /// `d²L/dx²` at `q = 1`.
    SigmoidHessLogits,
    /// `dL/dz` at `q = 1`.
    SigmoidGradLabels,
    /// `e^x`.
    Exp,
    /// The natural logarithm.
    Log,
    /// `log(1 + x)`.
    Log1p,
    /// `1/(1 + e^-x)`.
    Sigmoid,
    /// The logarithm of the sigmoid.
    LogSigmoid,
    /// `log(1 + e^x)`.
    Softplus,
    /// `x + y`.
    Add,
    /// `x - y`.
    Subtract,
    /// `x y`.
    Multiply,
    /// `x/y`.
    Divide,
    /// The larger of two, NaN if one is.
    Maximum,
    /// `-x`.
    Negative,
    /// `|x|`.
    Abs,
    /// The larger of `x` and 0.
    Relu,
}

use Quantity::{
    Abs, Add, Divide, Exp, Log, Log1p, LogSigmoid, Maximum, Multiply, Negative, Relu, Sigmoid,
    SigmoidGradLabels, SigmoidGradLogits, SigmoidHessLogits, SigmoidLoss, Softplus, Subtract,
    WeightedGradLabels, WeightedGradLogits, WeightedGradPosWeight, WeightedHessLogits,
    WeightedLoss,
};

const WEIGHTED: &[&str] = &["labels", "logits", "pos_weight"];
const SIGMOID: &[&str] = &["labels", "logits"];
const ONE: &[&str] = &["x"];
const FEATURES: &[&str] = &["features"];
const TWO: &[&str] = &["x", "y"];

type Row = (
    Quantity,
    &'static str,
    &'static [&'static str],
    &'static str,
);

/// One row a quantity, in the order of the enum (a test holds both together).
#[rustfmt::skip]
const TABLE: [Row; 23] = [
    (WeightedLoss, "nn.weighted_cross_entropy_with_logits", WEIGHTED, "(1 - z) * log(1 + exp(x)) + q * z * log(1 + exp(-x))"),
    (WeightedGradLogits, "nn.weighted_cross_entropy_with_logits_grad_logits", WEIGHTED, "(1 - z) * sigmoid(x) - q * z * sigmoid(-x)"),
    (WeightedHessLogits, "nn.weighted_cross_entropy_with_logits_hess_logits", WEIGHTED, "((1 - z) + q * z) * sigmoid(x) * sigmoid(-x)"),
    (WeightedGradLabels, "nn.weighted_cross_entropy_with_logits_grad_labels", WEIGHTED, "q * log(1 + exp(-x)) - log(1 + exp(x))"),
    (WeightedGradPosWeight, "nn.weighted_cross_entropy_with_logits_grad_pos_weight", WEIGHTED, "z * log(1 + exp(-x))"),
    (SigmoidLoss, "nn.sigmoid_cross_entropy_with_logits", SIGMOID, "(1 - z) * log(1 + exp(x)) + z * log(1 + exp(-x))"),
    (SigmoidGradLogits, "nn.sigmoid_cross_entropy_with_logits_grad_logits", SIGMOID, "(1 - z) * sigmoid(x) - z * sigmoid(-x)"),
    (SigmoidHessLogits, "nn.sigmoid_cross_entropy_with_logits_hess_logits", SIGMOID, "sigmoid(x) * sigmoid(-x)"),
    (SigmoidGradLabels, "nn.sigmoid_cross_entropy_with_logits_grad_labels", SIGMOID, "log(1 + exp(-x)) - log(1 + exp(x))"),
    (Exp, "math.exp", ONE, "exp(x)"),
    (Log, "math.log", ONE, "log(x)"),
    (Log1p, "math.log1p", ONE, "log(1 + x)"),
    (Sigmoid, "math.sigmoid", ONE, "1 / (1 + exp(-x))"),
    (LogSigmoid, "math.log_sigmoid", ONE, "log(1 / (1 + exp(-x)))"),
    (Softplus, "math.softplus", FEATURES, "log(1 + exp(x))"),
    (Add, "math.add", TWO, "x + y"),
    (Subtract, "math.subtract", TWO, "x - y"),
    (Multiply, "math.multiply", TWO, "x * y"),
    (Divide, "math.divide", TWO, "x / y"),
    (Maximum, "math.maximum", TWO, "max(x, y)"),
    (Negative, "math.negative", ONE, "-x"),
    (Abs, "math.abs", ONE, "abs(x)"),
    (Relu, "nn.relu", FEATURES, "max(x, 0)"),
];

impl Quantity {
    /// All quantities, the losses first.
    pub const ALL: [Quantity; 23] = {
        let mut all = [WeightedLoss; 23];
        let mut index = 0;
        while index < all.len() {
            all[index] = TABLE[index].0;
            index += 1;
        }
        all
    };

    /// Registry name of the op that returns it.
    pub const fn op(self) -> &'static str {
        TABLE[self as usize].1
    }

    /// Names of the op's arguments, in order.
    pub const fn arguments(self) -> &'static [&'static str] {
        TABLE[self as usize].2
    }

    /// The exact value as a formula, `x` standing for the only argument of one-argument ops.
    pub const fn formula(self) -> &'static str {
        TABLE[self as usize].3
    }

    /// True for the two losses and their derivatives.
    pub fn is_loss(self) -> bool {
        self <= SigmoidGradLabels
    }

    pub(crate) fn check_arity(self, found: usize) -> Result<(), ConformanceError> {
        let arguments = self.arguments();
        if found == arguments.len() {
            return Ok(());
        }
        Err(ConformanceError::Arity {
            op: self.op(),
            arguments,
            expected: arguments.len(),
            found,
        })
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.op())
    }
}

impl FromStr for Quantity {
    type Err = ConformanceError;

    /// Finds a quantity by the registry name of its op.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Quantity::ALL
            .into_iter()
            .find(|quantity| quantity.op() == name)
            .ok_or_else(|| ConformanceError::UnknownOp {
                found: name.to_owned(),
                expected: Quantity::ALL.map(Quantity::op).to_vec(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_enum() {
        for (index, (quantity, ..)) in TABLE.iter().enumerate() {
            assert_eq!(*quantity as usize, index, "{quantity}");
        }
    }

    #[test]
    fn names_are_padded() {
        assert_eq!(format!("{Abs:>9}|"), " math.abs|");
        assert_eq!(format!("{:<5}|", crate::DType::F16), "f16  |");
    }

    #[test]
    fn every_quantity_is_found_by_its_name() {
        for quantity in Quantity::ALL {
            assert_eq!(quantity.op().parse::<Quantity>().unwrap(), quantity);
        }
        assert!("nn.unknown".parse::<Quantity>().is_err());
    }
}
