//! A formula's value where infinities occur on the way: limits of each step, by IEEE-754's rules.

use super::evaluate::apply;
use super::{NoValue, Operand, Operation, Steps};
use crate::DType;
use crate::exact::{Dyadic, Interval};

/// A number known to lie in an interval, an infinity, or none.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Extended {
    Finite(Interval),
    Infinite { negative: bool },
    Nan,
}

use Extended::{Finite, Infinite, Nan};

impl Steps {
    /// The value with infinities among the arguments and the steps; [`NoValue::Unknown`] where the
    /// precision does not tell.
    pub(crate) fn extended(
        &self,
        arguments: &[f64],
        precision: usize,
    ) -> Result<Extended, NoValue> {
        // For the signs of zeros, which intervals do not have.
        let ieee = self.in_dtype(DType::F64, arguments);
        let mut values: Vec<Result<Extended, NoValue>> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let operands = step.operands.iter().map(|operand| match *operand {
                Operand::Constant(value) => Ok((of(value), value)),
                Operand::Variable(variable) => {
                    let value = arguments[variable.0];
                    Ok((of(value), value))
                }
                Operand::Step(index) => {
                    let value = values[index].clone();
                    value.map(|value| (value, f64::from_bits(ieee[index])))
                }
            });
            let operands: Result<Vec<_>, _> = operands.collect();
            values.push(operands.and_then(|operands| limit(step.operation, &operands, precision)));
        }
        match self.result {
            Operand::Constant(value) => Ok(of(value)),
            Operand::Variable(variable) => Ok(of(arguments[variable.0])),
            Operand::Step(index) => values[index].clone(),
        }
    }
}

fn of(value: f64) -> Extended {
    if value.is_nan() {
        Nan
    } else if value.is_infinite() {
        infinite(value < 0.0)
    } else {
        Finite(Interval::point(Dyadic::from_f64(value)))
    }
}

fn infinite(negative: bool) -> Extended {
    Infinite { negative }
}

/// One step. With each operand comes its value in IEEE arithmetic, whose sign is used where it is
/// zero.
fn limit(
    operation: Operation,
    operands: &[(Extended, f64)],
    precision: usize,
) -> Result<Extended, NoValue> {
    let point = |value| Ok(Finite(Interval::point(value)));
    match (operation, operands) {
        (_, [.., (Nan, _)] | [(Nan, _), ..])
        | (Operation::Log | Operation::Log1p, [(Infinite { negative: true }, _)]) => Ok(Nan),
        (Operation::Negative, [(Infinite { negative }, _)]) => Ok(infinite(!negative)),
        (Operation::Abs, [(Infinite { .. }, _)]) => Ok(infinite(false)),
        (Operation::Exp, [(Infinite { negative: true }, _)]) => point(Dyadic::zero()),
        (Operation::Sigmoid, [(Infinite { negative }, _)]) => point(if *negative {
            Dyadic::zero()
        } else {
            Dyadic::one()
        }),
        (Operation::Exp | Operation::Log | Operation::Log1p, [(Infinite { .. }, _)]) => {
            Ok(infinite(false))
        }
        (Operation::Log | Operation::Log1p, [(Finite(x), _)]) => {
            let pole = match operation {
                Operation::Log => Dyadic::zero(),
                _ => -&Dyadic::one(),
            };
            if x.high < pole {
                Ok(Nan)
            } else if x.low == pole && x.high == pole {
                Ok(infinite(true))
            } else {
                apply(operation, std::slice::from_ref(x), precision).map(Finite)
            }
        }
        (
            Operation::Maximum,
            [(Infinite { negative }, _), (other, _)] | [(other, _), (Infinite { negative }, _)],
        ) => Ok(if *negative {
            other.clone()
        } else {
            infinite(false)
        }),
        (Operation::Add, [(x, _), (y, _)]) if !both_finite(x, y) => Ok(sum(x, y)),
        (Operation::Subtract, [(x, _), (y, _)]) if !both_finite(x, y) => Ok(sum(x, &negated(y))),
        (Operation::Multiply, [x, y]) if !both_finite(&x.0, &y.0) => {
            let (x, y) = (sign(x)?, sign(y)?);
            Ok(if x.is_zero || y.is_zero {
                Nan
            } else {
                infinite(x.negative != y.negative)
            })
        }
        (Operation::Divide, [x, y]) => quotient(x, y, precision),
        (_, operands) => {
            let finite = operands.iter().map(|(value, _)| match value {
                Finite(interval) => Ok(interval.clone()),
                Infinite { .. } | Nan => Err(NoValue::Unknown),
            });
            let finite: Vec<Interval> = finite.collect::<Result<_, _>>()?;
            apply(operation, &finite, precision).map(Finite)
        }
    }
}

fn both_finite(x: &Extended, y: &Extended) -> bool {
    matches!((x, y), (Finite(_), Finite(_)))
}

fn negated(x: &Extended) -> Extended {
    match x {
        Finite(interval) => Finite(interval.negated()),
        Infinite { negative } => infinite(!negative),
        Nan => Nan,
    }
}

/// The sum of two of which at least one is infinite.
fn sum(x: &Extended, y: &Extended) -> Extended {
    match (x, y) {
        (Infinite { negative: x }, Infinite { negative: y }) if x != y => Nan,
        (Infinite { negative }, _) | (_, Infinite { negative }) => infinite(*negative),
        _ => Nan,
    }
}

fn quotient(
    x: &(Extended, f64),
    y: &(Extended, f64),
    precision: usize,
) -> Result<Extended, NoValue> {
    match (&x.0, &y.0) {
        (Finite(_), Infinite { .. }) => Ok(Finite(Interval::point(Dyadic::zero()))),
        (Infinite { negative }, Finite(_)) => Ok(infinite(*negative != sign(y)?.negative)),
        (Finite(dividend), Finite(divisor)) => {
            if divisor.low.is_zero() && divisor.high.is_zero() {
                let (x, y) = (sign(x)?, sign(y)?);
                return Ok(if x.is_zero {
                    Nan
                } else {
                    infinite(x.negative != y.negative)
                });
            }
            let operands = [dividend.clone(), divisor.clone()];
            apply(Operation::Divide, &operands, precision).map(Finite)
        }
        // Two infinities.
        _ => Ok(Nan),
    }
}

struct Sign {
    negative: bool,
    is_zero: bool,
}

/// The sign of a value, if all of its interval has it; of a zero, the sign that IEEE arithmetic
/// gives it.
fn sign((value, ieee): &(Extended, f64)) -> Result<Sign, NoValue> {
    let (negative, is_zero) = match value {
        Infinite { negative } => (*negative, false),
        Finite(x) if x.low.is_zero() && x.high.is_zero() => (ieee.is_sign_negative(), true),
        Finite(x) if x.low.signum() == x.high.signum() => (x.low.is_negative(), false),
        Finite(_) | Nan => return Err(NoValue::Unknown),
    };
    Ok(Sign { negative, is_zero })
}
