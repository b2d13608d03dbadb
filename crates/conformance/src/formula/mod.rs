//! Formulas as the documentation prints them: parsed, differentiated, and evaluated either to
//! any precision or step by step in a dtype.

mod derivative;
mod documentation;
mod evaluate;
mod extended;
mod parse;
mod steps;

use std::fmt;

pub use documentation::{DOCUMENTATION, Documented};
pub(crate) use evaluate::{Bindings, Enclosed, NoValue};
pub(crate) use extended::Extended;
pub(crate) use steps::{Operand, Steps};

use crate::{ConformanceError, Quantity};

/// A real formula in the variables of [`Variable`].
///
/// ```
/// use conformance::{Formula, Variable};
///
/// let loss = Formula::parse("max(x, 0) - x * z + log(1 + exp(-abs(x)))")?;
/// assert_eq!(loss.to_string(), "max(x, 0) - x * z + log(1 + exp(-abs(x)))");
/// let slope = Formula::parse("x * x")?.derivative(Variable::X);
/// assert_eq!(slope.to_string(), "x + x");
/// # Ok::<(), conformance::ConformanceError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Formula(pub(crate) Expression);

/// What a formula may depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Variable {
    /// `x`, also written `logits`; the first operand of arithmetic.
    X,
    /// `y`, the second operand of arithmetic.
    Y,
    /// `z`, also written `labels` or `targets`.
    Z,
    /// `q`, also written `pos_weight`.
    Q,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    Constant(f64),
    Variable(Variable),
    Apply(Operation, Vec<Expression>),
}

/// An operation of one or two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    Negative,
    Add,
    Subtract,
    Multiply,
    Divide,
    Exp,
    Log,
    Log1p,
    Sigmoid,
    Abs,
    Maximum,
}

impl Operation {
    /// The op that computes it in a dtype.
    pub(crate) fn quantity(self) -> Quantity {
        match self {
            Operation::Negative => Quantity::Negative,
            Operation::Add => Quantity::Add,
            Operation::Subtract => Quantity::Subtract,
            Operation::Multiply => Quantity::Multiply,
            Operation::Divide => Quantity::Divide,
            Operation::Exp => Quantity::Exp,
            Operation::Log => Quantity::Log,
            Operation::Log1p => Quantity::Log1p,
            Operation::Sigmoid => Quantity::Sigmoid,
            Operation::Abs => Quantity::Abs,
            Operation::Maximum => Quantity::Maximum,
        }
    }

    /// Name of a function, or `None` for an operator.
    fn function_name(self) -> Option<&'static str> {
        match self {
            Operation::Exp => Some("exp"),
            Operation::Log => Some("log"),
            Operation::Log1p => Some("log1p"),
            Operation::Sigmoid => Some("sigmoid"),
            Operation::Abs => Some("abs"),
            Operation::Maximum => Some("max"),
            _ => None,
        }
    }

    /// Symbol and binding strength of an operator.
    fn symbol(self) -> (&'static str, u8) {
        match self {
            Operation::Add => (" + ", 1),
            Operation::Subtract => (" - ", 1),
            Operation::Multiply => (" * ", 2),
            Operation::Divide => (" / ", 2),
            Operation::Negative => ("-", 3),
            _ => ("", 4),
        }
    }
}

impl Formula {
    /// Reads a formula, optionally followed by `, name = formula` definitions of new names.
    ///
    /// # Errors
    /// [`ConformanceError::Formula`] with the place, what was expected and what was found; formulas
    /// of more than 500 operations, with their definitions written out, are refused too.
    ///
    /// ```
    /// use conformance::Formula;
    ///
    /// let loss = Formula::parse("(1 - z) * x + l * log(1 + exp(-x)), l = 1 + (q - 1) * z")?;
    /// assert_eq!(loss.to_string(), "(1 - z) * x + (1 + (q - 1) * z) * log(1 + exp(-x))");
    /// let error = Formula::parse("log(1 + exp(x)").unwrap_err().to_string();
    /// assert!(error.ends_with("at character 15: expected \")\", found the end"));
    /// # Ok::<(), conformance::ConformanceError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Formula, ConformanceError> {
        parse::parse(text, &parse::DOCUMENTED).map(Formula)
    }

    /// Reads a formula in other names for its variables, of which there are at most three.
    pub(crate) fn parse_in(text: &str, names: &[&str]) -> Result<Formula, ConformanceError> {
        let variables = [Variable::X, Variable::Y, Variable::Z];
        let named: Vec<_> = names.iter().copied().zip(variables).collect();
        parse::parse(text, &named).map(Formula)
    }

    /// The partial derivative, valid where no `abs` or `max` has a kink. It is longer than the
    /// formula by about its depth.
    ///
    /// ```
    /// use conformance::{Formula, Variable};
    ///
    /// let softplus = Formula::parse("log(1 + exp(x))")?;
    /// assert_eq!(softplus.derivative(Variable::X).to_string(), "exp(x) / (1 + exp(x))");
    /// assert_eq!(softplus.derivative(Variable::Z).to_string(), "0");
    /// # Ok::<(), conformance::ConformanceError>(())
    /// ```
    #[must_use]
    pub fn derivative(&self, variable: Variable) -> Formula {
        Formula(derivative::derivative(&self.0, variable))
    }
}

impl Variable {
    fn name(self) -> &'static str {
        match self {
            Variable::X => "x",
            Variable::Y => "y",
            Variable::Z => "z",
            Variable::Q => "q",
        }
    }
}

impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expression::Constant(value) => write!(f, "{value}"),
            Expression::Variable(variable) => f.write_str(variable.name()),
            Expression::Apply(operation, operands) => {
                match (operation.function_name(), &operands[..]) {
                    (Some(name), [x]) => write!(f, "{name}({x})"),
                    (Some(name), [x, y]) => write!(f, "{name}({x}, {y})"),
                    (None, [x]) => {
                        f.write_str("-")?;
                        x.write_operand(f, operation.symbol().1)
                    }
                    (None, [x, y]) => {
                        let (symbol, strength) = operation.symbol();
                        x.write_operand(f, strength)?;
                        f.write_str(symbol)?;
                        // Subtraction and division are not associative.
                        y.write_operand(f, strength + 1)
                    }
                    _ => Err(fmt::Error),
                }
            }
        }
    }
}

impl Expression {
    /// Number of operations, each counted as often as it is written.
    fn operations(&self) -> usize {
        match self {
            Expression::Constant(_) | Expression::Variable(_) => 0,
            Expression::Apply(_, operands) => {
                1 + operands.iter().map(Expression::operations).sum::<usize>()
            }
        }
    }

    fn write_operand(&self, f: &mut fmt::Formatter<'_>, strength: u8) -> fmt::Result {
        let own = match self {
            Expression::Apply(operation, _) => operation.symbol().1,
            Expression::Constant(value) if *value < 0.0 => 1,
            _ => 4,
        };
        if own < strength {
            write!(f, "({self})")
        } else {
            write!(f, "{self}")
        }
    }
}
