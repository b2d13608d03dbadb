//! Examples: calls whose results are known.

use crate::op::definition::Text;
use crate::op::value::Value;

/// A call that can be run, in float32, with the result that it must give.
///
/// The result comes from arbitrary-precision arithmetic on the formula.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// The arguments, by name.
    pub args: Vec<(Text, Value<'static>)>,
    /// The elements of the result, exact in float32 (`true` is 1).
    pub result: Vec<f64>,
}

impl Example {
    /// The argument for a parameter, if the example gives it.
    pub fn argument(&self, param: &str) -> Option<&Value<'static>> {
        let (_, value) = self.args.iter().find(|(name, _)| name == param)?;
        Some(value)
    }
}
