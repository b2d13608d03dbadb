//! The functions that an op may return: names, arguments and documented formula, as one table.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::{Arc, LazyLock};

use crate::formula::{Expression, Operation, Steps, Variable};
use crate::oracle::Form;
use crate::{ConformanceError, Formula};

/// Ops of more arguments cannot be stated.
pub(crate) const MOST_ARGUMENTS: usize = 6;

/// The name of the op whose formula the documentation derives; its derivatives and the op without
/// `pos_weight` are named after it.
pub(crate) const WEIGHTED: &str = "nn.weighted_cross_entropy_with_logits";
pub(crate) const SIGMOID: &str = "nn.sigmoid_cross_entropy_with_logits";

/// An argument and the name of its variable in the formula.
type Argument = (&'static str, &'static str);

const LABELS: Argument = ("labels", "z");
const LOGITS: Argument = ("logits", "x");
const POS_WEIGHT: Argument = ("pos_weight", "q");
const FEATURES: Argument = ("features", "x");
const X: Argument = ("x", "x");
const Y: Argument = ("y", "y");

/// The known functions: op, arguments, formula. Everything else follows from these.
#[rustfmt::skip]
const TABLE: [(&str, &[Argument], &str); 23] = [
    (WEIGHTED, &[LABELS, LOGITS, POS_WEIGHT], "(1 - z) * log(1 + exp(x)) + q * z * log(1 + exp(-x))"),
    ("nn.weighted_cross_entropy_with_logits_grad_logits", &[LABELS, LOGITS, POS_WEIGHT], "(1 - z) * sigmoid(x) - q * z * sigmoid(-x)"),
    ("nn.weighted_cross_entropy_with_logits_hess_logits", &[LABELS, LOGITS, POS_WEIGHT], "((1 - z) + q * z) * sigmoid(x) * sigmoid(-x)"),
    ("nn.weighted_cross_entropy_with_logits_grad_labels", &[LABELS, LOGITS, POS_WEIGHT], "q * log(1 + exp(-x)) - log(1 + exp(x))"),
    ("nn.weighted_cross_entropy_with_logits_grad_pos_weight", &[LABELS, LOGITS, POS_WEIGHT], "z * log(1 + exp(-x))"),
    (SIGMOID, &[LABELS, LOGITS], "(1 - z) * log(1 + exp(x)) + z * log(1 + exp(-x))"),
    ("nn.sigmoid_cross_entropy_with_logits_grad_logits", &[LABELS, LOGITS], "(1 - z) * sigmoid(x) - z * sigmoid(-x)"),
    ("nn.sigmoid_cross_entropy_with_logits_hess_logits", &[LABELS, LOGITS], "sigmoid(x) * sigmoid(-x)"),
    ("nn.sigmoid_cross_entropy_with_logits_grad_labels", &[LABELS, LOGITS], "log(1 + exp(-x)) - log(1 + exp(x))"),
    ("math.exp", &[X], "exp(x)"),
    ("math.log", &[X], "log(x)"),
    ("math.log1p", &[X], "log(1 + x)"),
    ("math.sigmoid", &[X], "1 / (1 + exp(-x))"),
    ("math.log_sigmoid", &[X], "log(1 / (1 + exp(-x)))"),
    ("math.softplus", &[FEATURES], "log(1 + exp(x))"),
    ("math.add", &[X, Y], "x + y"),
    ("math.subtract", &[X, Y], "x - y"),
    ("math.multiply", &[X, Y], "x * y"),
    ("math.divide", &[X, Y], "x / y"),
    ("math.maximum", &[X, Y], "max(x, y)"),
    ("math.negative", &[X], "-x"),
    ("math.abs", &[X], "abs(x)"),
    ("nn.relu", &[FEATURES], "max(x, 0)"),
];

/// A real function of one to six numbers that some op returns, rounded to its dtype. Cloning is
/// cheap.
///
/// ```
/// use conformance::Function;
///
/// let softplus = Function::known("math.softplus")?;
/// assert_eq!(softplus.formula(), "log(1 + exp(x))");
/// assert_eq!(softplus.arguments(), ["features"]);
/// # Ok::<(), conformance::ConformanceError>(())
/// ```
#[derive(Clone)]
pub struct Function(Arc<Definition>);

struct Definition {
    /// The place in the table, or its length for a stated function.
    index: usize,
    op: String,
    arguments: Vec<String>,
    text: String,
    formula: Formula,
    steps: Steps,
    form: Form,
}

/// The functions of the table.
static KNOWN: LazyLock<Vec<Function>> = LazyLock::new(|| {
    let rows = TABLE.iter().enumerate();
    let functions = rows.map(|(index, (op, arguments, text))| {
        let (names, variables): (Vec<&str>, Vec<&str>) = arguments.iter().copied().unzip();
        let formula = Formula::parse_in(text, &variables)?;
        Ok(Function::new(index, op, &names, text, formula))
    });
    let functions: Result<_, ConformanceError> = functions.collect();
    functions.unwrap_or_else(|error| unreachable!("a formula of the table: {error}"))
});

/// The known functions that compute one operation each, in the order of [`Operation::ALL`].
static OPERATIONS: LazyLock<[Function; Operation::ALL.len()]> = LazyLock::new(|| {
    Operation::ALL.map(|operation| {
        let known = Function::known(operation.op());
        known.unwrap_or_else(|error| unreachable!("an operation of the table: {error}"))
    })
});

impl Function {
    /// The functions that this crate knows, the losses first.
    pub fn all() -> &'static [Function] {
        &KNOWN
    }

    /// The known function of the op with this registry name.
    ///
    /// # Errors
    /// [`ConformanceError::UnknownOp`] for any other name.
    pub fn known(op: &str) -> Result<Function, ConformanceError> {
        Function::among(Function::all(), op)
    }

    /// The function of an op whose formula the caller states, in the names of its one to six
    /// arguments.
    ///
    /// It is judged as the known functions are:
    ///
    /// - a formula may be linear in `softplus`, `sigmoid`, `exp` and `log` of polynomials, with
    ///   polynomials over the arguments as coefficients:
    ///   - a term whose coefficient is exactly 0 contributes 0, except logarithms that cancel,
    ///     which must be defined; an exact zero is `+0`;
    ///   - an infinite coefficient gives NaN, as does an infinite argument that the value does not
    ///     depend on; one that occurs outside of the terms only is added as IEEE-754 does;
    ///   - with one term, every finite input is decided (`softplus(u)` and `softplus(-u)` count as
    ///     one, so do `sigmoid(u)` and `sigmoid(-u)`). A sum of several terms may be undecided where
    ///     it is exactly on a rounding boundary, as `log(x) + log(y)` is at 2 and 0.5, or where huge
    ///     exponentials cancel;
    ///   - the limit at an infinite argument is analysed where all terms depend on this argument
    ///     and on no other, and at most one exponential and one logarithm go to infinity. Elsewhere, as
    ///     for `exp(2 * x) - exp(x)` at infinity, the rules for other formulas hold;
    /// - for any other formula, infinities among the arguments or the steps and the signs of zeros
    ///   follow IEEE-754's rules, step by step. Undecided are exact ties that are neither sums nor
    ///   products, and exponentials above `e^131072` within the formula.
    ///
    /// [`correctly_rounded`](crate::correctly_rounded) fails with [`ConformanceError::Undecided`]
    /// at such inputs, and [`cases`](crate::cases()) leaves them out.
    ///
    /// ```
    /// use conformance::{DType, Function, correctly_rounded};
    ///
    /// let hinge = Function::stated("acme.hinge", &["y", "f"], "max(0, 1 - y * f)")?;
    /// let f32 = |value: f32| u64::from(value.to_bits());
    /// let bits = correctly_rounded(&hinge, DType::F32, &[f32(-1.0), f32(0.1)])?;
    /// assert_eq!(bits, f32(1.1)); // 1 + 0.100000001490116…, rounded once
    /// # Ok::<(), conformance::ConformanceError>(())
    /// ```
    ///
    /// # Errors
    /// [`ConformanceError::Formula`] if the formula cannot be read, in these names;
    /// [`ConformanceError::Arguments`] for none or more than six;
    /// [`ConformanceError::ArgumentName`] for one that no formula can name;
    /// [`ConformanceError::KnownOp`] for the op of a known function.
    pub fn stated(op: &str, arguments: &[&str], text: &str) -> Result<Self, ConformanceError> {
        if arguments.is_empty() || arguments.len() > MOST_ARGUMENTS {
            return Err(ConformanceError::Arguments {
                op: op.to_owned(),
                found: arguments.len(),
                most: MOST_ARGUMENTS,
            });
        }
        if Function::known(op).is_ok() {
            return Err(ConformanceError::KnownOp { op: op.to_owned() });
        }
        if let Some(name) = unusable(arguments) {
            return Err(ConformanceError::ArgumentName {
                op: op.to_owned(),
                found: name.to_owned(),
            });
        }
        let formula = Formula::parse_in(text, arguments)?;
        Ok(Function::new(TABLE.len(), op, arguments, text, formula))
    }

    fn new(index: usize, op: &str, arguments: &[&str], text: &str, formula: Formula) -> Self {
        Function(Arc::new(Definition {
            index,
            op: op.to_owned(),
            arguments: arguments.iter().map(|&name| name.to_owned()).collect(),
            text: text.to_owned(),
            steps: formula.steps(),
            form: Form::of(&formula, arguments.len()),
            formula,
        }))
    }

    /// Registry name of the op that returns it.
    pub fn op(&self) -> &str {
        &self.0.op
    }

    /// Names of the op's arguments, in order.
    pub fn arguments(&self) -> &[String] {
        &self.0.arguments
    }

    /// The exact value as a formula. The formulas of known functions use the short names of the
    /// documentation: `x` for logits or the only argument, `z` for labels, `q` for `pos_weight`.
    pub fn formula(&self) -> &str {
        &self.0.text
    }

    /// True for the losses and their derivatives: functions of logits.
    pub fn is_loss(&self) -> bool {
        self.position(LOGITS.0).is_some()
    }

    /// The known function that computes an operation.
    pub(crate) fn of(operation: Operation) -> &'static Function {
        &OPERATIONS[operation as usize]
    }

    pub(crate) fn is_known(&self) -> bool {
        self.0.index < TABLE.len()
    }

    /// The formula, parsed.
    pub(crate) fn parsed(&self) -> &Formula {
        &self.0.formula
    }

    pub(crate) fn steps(&self) -> &Steps {
        &self.0.steps
    }

    pub(crate) fn form(&self) -> &Form {
        &self.0.form
    }

    /// The index of the argument with this name.
    pub(crate) fn position(&self, argument: &str) -> Option<usize> {
        self.arguments().iter().position(|name| name == argument)
    }

    /// The one of these with the name.
    pub(crate) fn among(functions: &[Function], name: &str) -> Result<Self, ConformanceError> {
        let found = functions.iter().find(|function| function.op() == name);
        found.cloned().ok_or_else(|| ConformanceError::UnknownOp {
            found: name.to_owned(),
            expected: functions.iter().map(ToString::to_string).collect(),
        })
    }

    pub(crate) fn check_arity(&self, found: usize) -> Result<(), ConformanceError> {
        let arguments = self.arguments();
        if found == arguments.len() {
            return Ok(());
        }
        Err(ConformanceError::Arity {
            op: self.to_string(),
            arguments: arguments.to_vec(),
            expected: arguments.len(),
            found,
        })
    }

    /// What tells functions apart and orders them: known ones as the table has them, then the
    /// others by name.
    fn key(&self) -> (usize, &str, &[String], &str) {
        (self.0.index, self.op(), self.arguments(), self.formula())
    }
}

/// The first name that a formula would not read as the argument in its place.
fn unusable<'a>(arguments: &[&'a str]) -> Option<&'a str> {
    let mut named = arguments.iter().copied().zip(0..);
    let unread = named.find(|&(name, index)| {
        let read = Formula::parse_in(name, arguments);
        let variable = Expression::Variable(Variable(index));
        !read.is_ok_and(|formula| formula.expression == variable)
    });
    unread.map(|(name, _)| name)
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.key() == other.key()
    }
}

impl Eq for Function {}

impl PartialOrd for Function {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Function {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (op, arguments, formula) = (self.op(), self.arguments().join(", "), self.formula());
        write!(f, "{op}({arguments}) = {formula}")
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.op())
    }
}

impl FromStr for Function {
    type Err = ConformanceError;

    /// As [`Function::known`].
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Function::known(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_stated_says_why() {
        let texts = [
            ("acme.none", &[][..], "1"),
            ("acme.many", &["a", "b", "c", "d", "e", "f", "g"], "a"),
            ("math.exp", &["x"], "exp(x)"),
            ("acme.other", &["f"], "f * x"),
            ("acme.twice", &["a", "a"], "a"),
            ("acme.function", &["exp"], "1"),
            ("acme.number", &["1"], "1"),
        ]
        .map(|(op, arguments, formula)| {
            Function::stated(op, arguments, formula)
                .unwrap_err()
                .to_string()
        });
        let says = [
            "1 to 6 arguments, found 0",
            "found 7",
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
        let abs = Function::known("math.abs").unwrap();
        assert_eq!(format!("{abs:>9}|"), " math.abs|");
        assert_eq!(format!("{:<5}|", crate::DType::F16), "f16  |");
    }

    #[test]
    fn every_function_is_found_by_its_name() {
        for function in Function::all() {
            assert_eq!(function.op().parse::<Function>().unwrap(), *function);
        }
        assert!("nn.unknown".parse::<Function>().is_err());
    }

    #[test]
    fn every_operation_is_a_known_function() {
        for (index, operation) in Operation::ALL.into_iter().enumerate() {
            assert_eq!(operation as usize, index);
            assert_eq!(Function::of(operation).op(), operation.op());
        }
    }
}
