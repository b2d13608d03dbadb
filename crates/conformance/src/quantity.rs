//! The quantities that an op may return: names, arguments and documented formula, as one table.

use std::fmt;
use std::str::FromStr;

use crate::formula::Expression;
use crate::{ConformanceError, Formula, Variable};

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
    /// What a formula of the caller's says: see [`Quantity::stated`].
    Stated(&'static Stated),
}

/// An op that states its formula itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stated {
    row: Row,
}

use Quantity::{
    Abs, Add, Divide, Exp, Log, Log1p, LogSigmoid, Maximum, Multiply, Negative, Relu, Sigmoid,
    SigmoidGradLabels, SigmoidGradLogits, SigmoidHessLogits, SigmoidLoss, Softplus, Subtract,
    WeightedGradLabels, WeightedGradLogits, WeightedGradPosWeight, WeightedHessLogits,
    WeightedLoss,
};

/// Ops of more arguments cannot be stated.
const MOST_ARGUMENTS: usize = 3;

const WEIGHTED: &[&str] = &["labels", "logits", "pos_weight"];
const SIGMOID: &[&str] = &["labels", "logits"];
const ONE: &[&str] = &["x"];
const FEATURES: &[&str] = &["features"];
const TWO: &[&str] = &["x", "y"];

/// Name of the op, names of its arguments, formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Row(&'static str, &'static [&'static str], &'static str);

impl Quantity {
    /// The quantities that this crate knows, the losses first.
    pub const ALL: [Quantity; 23] = [
        WeightedLoss,
        WeightedGradLogits,
        WeightedHessLogits,
        WeightedGradLabels,
        WeightedGradPosWeight,
        SigmoidLoss,
        SigmoidGradLogits,
        SigmoidHessLogits,
        SigmoidGradLabels,
        Exp,
        Log,
        Log1p,
        Sigmoid,
        LogSigmoid,
        Softplus,
        Add,
        Subtract,
        Multiply,
        Divide,
        Maximum,
        Negative,
        Abs,
        Relu,
    ];

    /// An op whose formula the caller states, in the names of its one to three arguments.
    ///
    /// Every number that the formula gives is enclosed in arbitrary precision as those of
    /// the known ops are; what nobody worked out by hand follows from the formula as it is written:
    ///
    /// - infinities, among the arguments or the steps, follow IEEE-754's rules;
    /// - an exact zero has the sign that IEEE-754 arithmetic gives it, step by step in `f64`;
    /// - [`cases`](crate::cases()) leaves out inputs at which no precision decides: exact ties that are
    ///   neither sums nor products, and exponentials above `e^131072` within the formula.
    ///
    /// The texts live as long as the program: state an op once.
    ///
    /// ```
    /// use conformance::{DType, Quantity, correctly_rounded};
    ///
    /// let hinge = Quantity::stated("acme.hinge", &["y", "f"], "max(0, 1 - y * f)")?;
    /// let f32 = |value: f32| u64::from(value.to_bits());
    /// let bits = correctly_rounded(hinge, DType::F32, &[f32(-1.0), f32(0.1)])?;
    /// assert_eq!(bits, f32(1.1)); // 1 + 0.100000001490116…, rounded once
    /// # Ok::<(), conformance::ConformanceError>(())
    /// ```
    ///
    /// # Errors
    /// [`ConformanceError::Formula`] if the formula cannot be read, in these names;
    /// [`ConformanceError::Arguments`] for none or more than three;
    /// [`ConformanceError::ArgumentName`] for one that no formula can name; [`ConformanceError::KnownOp`] for
    /// the name of a quantity in [`Quantity::ALL`].
    pub fn stated(op: &str, arguments: &[&str], formula: &str) -> Result<Self, ConformanceError> {
        if arguments.is_empty() || arguments.len() > MOST_ARGUMENTS {
            return Err(ConformanceError::Arguments {
                op: op.to_owned(),
                found: arguments.len(),
                most: MOST_ARGUMENTS,
            });
        }
        if op.parse::<Quantity>().is_ok() {
            return Err(ConformanceError::KnownOp { op: op.to_owned() });
        }
        if let Some(name) = unusable(arguments) {
            return Err(ConformanceError::ArgumentName {
                op: op.to_owned(),
                found: name.to_owned(),
            });
        }
        Formula::parse_in(formula, arguments)?;
        let kept = |text: &str| -> &'static str { String::from(text).leak() };
        let arguments: Vec<&'static str> = arguments.iter().map(|name| kept(name)).collect();
        let row = Row(kept(op), arguments.leak(), kept(formula));
        Ok(Quantity::Stated(Box::leak(Box::new(Stated { row }))))
    }

    #[rustfmt::skip]
    const fn row(self) -> Row {
        match self {
            WeightedLoss => Row("nn.weighted_cross_entropy_with_logits", WEIGHTED, "(1 - z) * log(1 + exp(x)) + q * z * log(1 + exp(-x))"),
            WeightedGradLogits => Row("nn.weighted_cross_entropy_with_logits_grad_logits", WEIGHTED, "(1 - z) * sigmoid(x) - q * z * sigmoid(-x)"),
            WeightedHessLogits => Row("nn.weighted_cross_entropy_with_logits_hess_logits", WEIGHTED, "((1 - z) + q * z) * sigmoid(x) * sigmoid(-x)"),
            WeightedGradLabels => Row("nn.weighted_cross_entropy_with_logits_grad_labels", WEIGHTED, "q * log(1 + exp(-x)) - log(1 + exp(x))"),
            WeightedGradPosWeight => Row("nn.weighted_cross_entropy_with_logits_grad_pos_weight", WEIGHTED, "z * log(1 + exp(-x))"),
            SigmoidLoss => Row("nn.sigmoid_cross_entropy_with_logits", SIGMOID, "(1 - z) * log(1 + exp(x)) + z * log(1 + exp(-x))"),
            SigmoidGradLogits => Row("nn.sigmoid_cross_entropy_with_logits_grad_logits", SIGMOID, "(1 - z) * sigmoid(x) - z * sigmoid(-x)"),
            SigmoidHessLogits => Row("nn.sigmoid_cross_entropy_with_logits_hess_logits", SIGMOID, "sigmoid(x) * sigmoid(-x)"),
            SigmoidGradLabels => Row("nn.sigmoid_cross_entropy_with_logits_grad_labels", SIGMOID, "log(1 + exp(-x)) - log(1 + exp(x))"),
            Exp => Row("math.exp", ONE, "exp(x)"),
            Log => Row("math.log", ONE, "log(x)"),
            Log1p => Row("math.log1p", ONE, "log(1 + x)"),
            Sigmoid => Row("math.sigmoid", ONE, "1 / (1 + exp(-x))"),
            LogSigmoid => Row("math.log_sigmoid", ONE, "log(1 / (1 + exp(-x)))"),
            Softplus => Row("math.softplus", FEATURES, "log(1 + exp(x))"),
            Add => Row("math.add", TWO, "x + y"),
            Subtract => Row("math.subtract", TWO, "x - y"),
            Multiply => Row("math.multiply", TWO, "x * y"),
            Divide => Row("math.divide", TWO, "x / y"),
            Maximum => Row("math.maximum", TWO, "max(x, y)"),
            Negative => Row("math.negative", ONE, "-x"),
            Abs => Row("math.abs", ONE, "abs(x)"),
            Relu => Row("nn.relu", FEATURES, "max(x, 0)"),
            Quantity::Stated(stated) => stated.row,
        }
    }

    /// Registry name of the op that returns it.
    pub const fn op(self) -> &'static str {
        self.row().0
    }

    /// Names of the op's arguments, in order.
    pub const fn arguments(self) -> &'static [&'static str] {
        self.row().1
    }

    /// The exact value as a formula, `x` standing for the only argument of one-argument ops; in the
    /// names of the arguments if the op is [stated](Quantity::stated).
    pub const fn formula(self) -> &'static str {
        self.row().2
    }

    /// The formula, read.
    pub(crate) fn parsed(self) -> Result<Formula, ConformanceError> {
        match self {
            Quantity::Stated(stated) => Formula::parse_in(stated.row.2, stated.row.1),
            _ => Formula::parse(self.formula()),
        }
    }

    /// True for the two losses and their derivatives.
    pub fn is_loss(self) -> bool {
        self <= SigmoidGradLabels
    }

    /// The one of these with the name.
    pub(crate) fn among(quantities: &[Quantity], name: &str) -> Result<Self, ConformanceError> {
        let mut known = quantities.iter().copied();
        known
            .find(|quantity| quantity.op() == name)
            .ok_or_else(|| ConformanceError::UnknownOp {
                found: name.to_owned(),
                expected: quantities.iter().map(|known| known.op()).collect(),
            })
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

/// The first name that a formula would not read as the argument in its place.
fn unusable<'a>(arguments: &[&'a str]) -> Option<&'a str> {
    let variables = [Variable::X, Variable::Y, Variable::Z];
    let mut named = arguments.iter().copied().zip(variables);
    let unread = named.find(|&(name, variable)| {
        let read = Formula::parse_in(name, arguments);
        read.ok() != Some(Formula(Expression::Variable(variable)))
    });
    unread.map(|(name, _)| name)
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
        Quantity::among(&Quantity::ALL, name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_stated_says_why() {
        let texts = [
            ("acme.none", &[][..], "1"),
            ("acme.four", &["a", "b", "c", "d"], "a"),
            ("math.exp", &["x"], "exp(x)"),
            ("acme.other", &["f"], "f * x"),
            ("acme.twice", &["a", "a"], "a"),
            ("acme.function", &["exp"], "1"),
            ("acme.number", &["1"], "1"),
        ]
        .map(|(op, arguments, formula)| {
            Quantity::stated(op, arguments, formula)
                .unwrap_err()
                .to_string()
        });
        let says = [
            "1 to 3 arguments, found 0",
            "found 4",
            "math.exp is known",
            "expected f or a function",
            "read \"a\" as",
            "read \"exp\" as",
            "read \"1\" as",
        ];
        for (text, expected) in texts.iter().zip(says) {
            assert!(text.contains(expected), "{text}");
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
