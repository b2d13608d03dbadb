//! Formulas as the documentation prints them: parsed, differentiated, and evaluated either to
//! any precision or step by step in a dtype.

mod derivative;
mod documentation;
mod evaluate;
mod extended;
mod linear;
mod parse;
mod polynomial;
mod steps;

use std::fmt;
use std::sync::Arc;

pub use documentation::{DOCUMENTATION, Documented};
pub(crate) use evaluate::{Enclosed, NoValue};
pub(crate) use extended::Extended;
pub(crate) use linear::{Base, Linear, Term, linear};
pub(crate) use polynomial::Polynomial;
pub(crate) use steps::{Operand, Steps};

use crate::ConformanceError;

/// A real formula in named variables.
///
/// ```
/// use conformance::Formula;
///
/// let loss = Formula::parse("max(x, 0) - x * z + log(1 + exp(-abs(x)))")?;
/// assert_eq!(loss.to_string(), "max(x, 0) - x * z + log(1 + exp(-abs(x)))");
/// let slope = Formula::parse("x * x")?.derivative("x");
/// assert_eq!(slope.to_string(), "x + x");
/// # Ok::<(), conformance::ConformanceError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Formula {
    pub(crate) expression: Expression,
    /// The name of each variable, by its index.
    names: Arc<[String]>,
}

/// The index of a variable, by which its name and its value are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Variable(pub(crate) usize);

/// The variables of the documented formulas, in the order of their indices.
const DOCUMENTED: [&str; 4] = ["x", "y", "z", "q"];

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
    /// All operations.
    pub(crate) const ALL: [Operation; 11] = [
        Operation::Negative,
        Operation::Add,
        Operation::Subtract,
        Operation::Multiply,
        Operation::Divide,
        Operation::Exp,
        Operation::Log,
        Operation::Log1p,
        Operation::Sigmoid,
        Operation::Abs,
        Operation::Maximum,
    ];

    /// The op that computes it in a dtype.
    pub(crate) fn op(self) -> &'static str {
        match self {
            Operation::Negative => "math.negative",
            Operation::Add => "math.add",
            Operation::Subtract => "math.subtract",
            Operation::Multiply => "math.multiply",
            Operation::Divide => "math.divide",
            Operation::Exp => "math.exp",
            Operation::Log => "math.log",
            Operation::Log1p => "math.log1p",
            Operation::Sigmoid => "math.sigmoid",
            Operation::Abs => "math.abs",
            Operation::Maximum => "math.maximum",
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
    /// Its variables are those of the documentation: `x` (also written `logits`), `y`, `z` (also
    /// written `labels` or `targets`) and `q` (also written `pos_weight`).
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
        Self::parsed(text, &parse::DOCUMENTED, &DOCUMENTED)
    }

    /// Reads a formula in other names for its variables.
    pub(crate) fn parse_in(text: &str, names: &[&str]) -> Result<Formula, ConformanceError> {
        let named: Vec<_> = names.iter().copied().zip((0..).map(Variable)).collect();
        Self::parsed(text, &named, names)
    }

    fn parsed(
        text: &str,
        variables: &[(&str, Variable)],
        names: &[&str],
    ) -> Result<Formula, ConformanceError> {
        let expression = parse::parse(text, variables)?;
        let names = names.iter().map(|&name| name.to_owned()).collect();
        Ok(Formula { expression, names })
    }

    /// The partial derivative by the variable of that name, valid where no `abs` or `max` has a
    /// kink. It is longer than the formula by about its depth.
    ///
    /// ```
    /// use conformance::Formula;
    ///
    /// let softplus = Formula::parse("log(1 + exp(x))")?;
    /// assert_eq!(softplus.derivative("x").to_string(), "exp(x) / (1 + exp(x))");
    /// assert_eq!(softplus.derivative("z").to_string(), "0");
    /// # Ok::<(), conformance::ConformanceError>(())
    /// ```
    #[must_use]
    pub fn derivative(&self, variable: &str) -> Formula {
        let index = self.names.iter().position(|name| name == variable);
        let expression = match index {
            Some(index) => derivative::derivative(&self.expression, Variable(index)),
            None => Expression::Constant(0.0),
        };
        Formula {
            expression,
            names: Arc::clone(&self.names),
        }
    }

    /// True if the formula only selects among, and negates, its variables and constants.
    pub(crate) fn selects(&self) -> bool {
        self.expression.selects()
    }

    /// A part of the formula as text.
    fn shown<'a>(&'a self, expression: &'a Expression) -> Shown<'a> {
        let names = &self.names;
        Shown { expression, names }
    }
}

impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shown(&self.expression).fmt(f)
    }
}

/// An expression with the names of its variables.
#[derive(Clone, Copy)]
struct Shown<'a> {
    expression: &'a Expression,
    names: &'a [String],
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (operation, operands) = match self.expression {
            Expression::Constant(value) => return write!(f, "{value}"),
            Expression::Variable(variable) => return f.write_str(&self.names[variable.0]),
            Expression::Apply(operation, operands) => (operation, operands),
        };
        let names = self.names;
        let shown = |expression| Shown { expression, names };
        let (symbol, strength) = operation.symbol();
        match (operation.function_name(), &operands[..]) {
            (Some(name), [x]) => write!(f, "{name}({})", shown(x)),
            (Some(name), [x, y]) => write!(f, "{name}({}, {})", shown(x), shown(y)),
            (None, [x]) => {
                f.write_str(symbol)?;
                shown(x).write_operand(f, strength)
            }
            (None, [x, y]) => {
                shown(x).write_operand(f, strength)?;
                f.write_str(symbol)?;
                // Subtraction and division are not associative.
                shown(y).write_operand(f, strength + 1)
            }
            _ => Err(fmt::Error),
        }
    }
}

impl Shown<'_> {
    fn write_operand(&self, f: &mut fmt::Formatter<'_>, strength: u8) -> fmt::Result {
        let own = match self.expression {
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

impl Expression {
    fn selects(&self) -> bool {
        use Operation::{Abs, Maximum, Negative};
        match self {
            Expression::Constant(_) | Expression::Variable(_) => true,
            Expression::Apply(operation, operands) => {
                matches!(operation, Abs | Maximum | Negative)
                    && operands.iter().all(Expression::selects)
            }
        }
    }

    /// Number of operations, each counted as often as it is written.
    fn operations(&self) -> usize {
        match self {
            Expression::Constant(_) | Expression::Variable(_) => 0,
            Expression::Apply(_, operands) => {
                1 + operands.iter().map(Expression::operations).sum::<usize>()
            }
        }
    }
}
