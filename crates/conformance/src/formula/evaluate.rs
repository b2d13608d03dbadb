//! Enclosures of a formula's value at any precision, by interval arithmetic.

use super::{Operand, Operation, Steps, Variable};
use crate::exact::{Dyadic, Interval, exp, ln, ln_1p};
use crate::{DType, Quantity};

/// Exponentials of larger arguments have more digits than are worth carrying.
const LARGEST_EXPONENT: i64 = 1 << 13;

/// The numbers that variables stand for.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Bindings {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) z: f64,
    pub(crate) q: f64,
}

impl Bindings {
    /// Binds the inputs of an op, in the order of its arguments, to the variables of its formula.
    pub(crate) fn of(quantity: Quantity, inputs: &[f64]) -> Bindings {
        let rest = Bindings {
            q: 1.0,
            ..Bindings::default()
        };
        match (quantity.is_loss(), inputs) {
            (true, &[z, x, q]) => Bindings { x, z, q, ..rest },
            (true, &[z, x]) => Bindings { x, z, ..rest },
            (false, &[x]) => Bindings { x, ..rest },
            (false, &[x, y]) => Bindings { x, y, ..rest },
            _ => rest,
        }
    }

    pub(crate) fn get(&self, variable: Variable) -> f64 {
        match variable {
            Variable::X => self.x,
            Variable::Y => self.y,
            Variable::Z => self.z,
            Variable::Q => self.q,
        }
    }
}

impl Steps {
    /// An interval with the exact value inside; `None` if the precision does not suffice to
    /// keep out of a pole, or the formula has no finite value here.
    pub(crate) fn enclose(&self, bindings: &Bindings, precision: usize) -> Option<Interval> {
        self.enclose_after(&[], bindings, precision)
    }

    /// As [`Steps::enclose`], with the results of the first steps given.
    pub(crate) fn enclose_after(
        &self,
        given: &[f64],
        bindings: &Bindings,
        precision: usize,
    ) -> Option<Interval> {
        let point = |value: f64| {
            value
                .is_finite()
                .then(|| Interval::point(Dyadic::from_f64(value)))
        };
        let mut values: Vec<Interval> = Vec::with_capacity(self.steps.len());
        for (index, step) in self.steps.iter().enumerate() {
            let value = if let Some(&value) = given.get(index) {
                // A given infinity matters only if a later step reads it, and then there is no value.
                point(value).unwrap_or_else(nowhere)
            } else {
                let operand = |operand: &Operand| match *operand {
                    Operand::Constant(value) => point(value),
                    Operand::Variable(variable) => point(bindings.get(variable)),
                    Operand::Step(step) => somewhere(values.get(step)?),
                };
                let operands: Option<Vec<Interval>> = step.operands.iter().map(operand).collect();
                apply(step.operation, &operands?, precision)?
            };
            values.push(value);
        }
        match self.result {
            Operand::Constant(value) => point(value),
            Operand::Variable(variable) => point(bindings.get(variable)),
            Operand::Step(step) => values
                .get(step)
                .filter(|value| value.low <= value.high)
                .cloned(),
        }
    }

    /// The result of every step, each rounded to `dtype`, as a machine without tricks computes it.
    pub(crate) fn in_dtype(&self, dtype: DType, bindings: &Bindings) -> Vec<u64> {
        let mut values: Vec<u64> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let operands: Vec<u64> = step
                .operands
                .iter()
                .map(|operand| operand_bits(*operand, dtype, bindings, &values))
                .collect();
            let bits = crate::correctly_rounded(step.operation.quantity(), dtype, &operands);
            values.push(bits.unwrap_or_else(|_| dtype.nan()));
        }
        values
    }

    /// The result of [`Steps::in_dtype`].
    pub(crate) fn result_in_dtype(&self, dtype: DType, bindings: &Bindings) -> u64 {
        let values = self.in_dtype(dtype, bindings);
        operand_bits(self.result, dtype, bindings, &values)
    }
}

fn operand_bits(operand: Operand, dtype: DType, bindings: &Bindings, values: &[u64]) -> u64 {
    match operand {
        Operand::Constant(value) => dtype.from_f64(value),
        Operand::Variable(variable) => dtype.from_f64(bindings.get(variable)),
        Operand::Step(step) => values[step],
    }
}

/// The empty interval.
fn nowhere() -> Interval {
    Interval::new(Dyadic::one(), Dyadic::zero())
}

fn somewhere(interval: &Interval) -> Option<Interval> {
    (interval.low <= interval.high).then(|| interval.clone())
}

fn apply(operation: Operation, operands: &[Interval], precision: usize) -> Option<Interval> {
    let result = match (operation, operands) {
        (Operation::Negative, [x]) => x.negated(),
        (Operation::Add, [x, y]) => x.plus(y),
        (Operation::Subtract, [x, y]) => x.plus(&y.negated()),
        (Operation::Multiply, [x, y]) => x.times(y),
        (Operation::Divide, [x, y]) => x.over(y, precision)?,
        (Operation::Exp, [x]) => exponential(x, precision)?,
        (Operation::Log, [x]) => {
            Interval::new(ln(&x.low, precision)?.low, ln(&x.high, precision)?.high)
        }
        (Operation::Log1p, [x]) => Interval::new(
            ln_1p(&x.low, precision)?.low,
            ln_1p(&x.high, precision)?.high,
        ),
        (Operation::Sigmoid, [x]) => {
            let one = Interval::point(Dyadic::one());
            one.over(&one.plus(&exponential(&x.negated(), precision)?), precision)?
        }
        (Operation::Abs, [x]) => {
            if x.low.is_negative() {
                let high = x.high.clone().max(-&x.low);
                let low = if x.high.is_negative() {
                    -&x.high
                } else {
                    Dyadic::zero()
                };
                Interval::new(low, high)
            } else {
                x.clone()
            }
        }
        (Operation::Maximum, [x, y]) => Interval::new(
            x.low.clone().max(y.low.clone()),
            x.high.clone().max(y.high.clone()),
        ),
        _ => return None,
    };
    Some(result.outwards(precision))
}

fn exponential(x: &Interval, precision: usize) -> Option<Interval> {
    if x.low.floor_to_integer() < -LARGEST_EXPONENT || x.high.floor_to_integer() > LARGEST_EXPONENT
    {
        return None;
    }
    Some(Interval::new(
        exp(&x.low, precision)?.low,
        exp(&x.high, precision)?.high,
    ))
}
