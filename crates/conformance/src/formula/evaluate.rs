//! Enclosures of a formula's value at any precision, by interval arithmetic.

use super::{Operand, Operation, Steps};
use crate::exact::{Dyadic, Interval, exp, ln, ln_1p};
use crate::{DType, Function, correctly_rounded};

/// Exponentials of larger arguments have more digits than are worth carrying.
const LARGEST_EXPONENT: i64 = 1 << 17;

/// Why there is no enclosure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoValue {
    /// There is no finite value: a pole, or an infinity or NaN that is read.
    NotFinite,
    /// The precision does not suffice to tell, or an exponential is too large to carry.
    Unknown,
}

/// An enclosure, or why there is none.
pub(crate) type Enclosed = Result<Interval, NoValue>;

impl Steps {
    /// An interval with the exact value inside; `None` if the precision does not suffice to
    /// keep out of a pole, or the formula has no finite value here.
    pub(crate) fn enclose(&self, arguments: &[f64], precision: usize) -> Option<Interval> {
        let values = self.exact_values(arguments, precision);
        read(self.result, arguments, &values).ok()
    }

    /// As [`Steps::enclose`], with the results of the first none, one, two, … and all steps given.
    pub(crate) fn enclose_after_each(
        &self,
        given: &[f64],
        arguments: &[f64],
        precision: usize,
    ) -> Vec<Enclosed> {
        let mut values = self.exact_values(arguments, precision);
        let mut ends = vec![read(self.result, arguments, &values)];
        for (step, &value) in given.iter().enumerate() {
            let mut changed = vec![false; values.len()];
            let value = point(value);
            changed[step] = value != values[step];
            values[step] = value;
            // Only what depends on the step is computed anew: this may take thousands of bits.
            for later in step + 1..values.len() {
                let reads_changed =
                    |operand: &Operand| matches!(*operand, Operand::Step(step) if changed[step]);
                if self.steps[later].operands.iter().any(reads_changed) {
                    let value = self.exact_value(later, arguments, &values, precision);
                    changed[later] = value != values[later];
                    values[later] = value;
                }
            }
            ends.push(read(self.result, arguments, &values));
        }
        ends
    }

    fn exact_values(&self, arguments: &[f64], precision: usize) -> Vec<Enclosed> {
        let mut values = Vec::with_capacity(self.steps.len());
        for step in 0..self.steps.len() {
            values.push(self.exact_value(step, arguments, &values, precision));
        }
        values
    }

    fn exact_value(
        &self,
        step: usize,
        arguments: &[f64],
        values: &[Enclosed],
        precision: usize,
    ) -> Enclosed {
        let step = &self.steps[step];
        let operands = step.operands.iter();
        let operands: Vec<Enclosed> = operands
            .map(|&operand| read(operand, arguments, values))
            .collect();
        if operands.contains(&Err(NoValue::NotFinite)) {
            return Err(NoValue::NotFinite);
        }
        let operands = operands.into_iter().collect::<Result<Vec<_>, _>>()?;
        apply(step.operation, &operands, precision)
    }

    /// The result of every step, each rounded to `dtype`, as a machine without tricks computes it.
    pub(crate) fn in_dtype(&self, dtype: DType, arguments: &[f64]) -> Vec<u64> {
        let mut values: Vec<u64> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let operands: Vec<u64> = step
                .operands
                .iter()
                .map(|operand| operand_bits(*operand, dtype, arguments, &values))
                .collect();
            let bits = correctly_rounded(Function::of(step.operation), dtype, &operands);
            values.push(bits.unwrap_or_else(|_| dtype.nan()));
        }
        values
    }

    /// The result of [`Steps::in_dtype`].
    pub(crate) fn result_in_dtype(&self, dtype: DType, arguments: &[f64]) -> u64 {
        let values = self.in_dtype(dtype, arguments);
        operand_bits(self.result, dtype, arguments, &values)
    }
}

fn point(value: f64) -> Enclosed {
    if value.is_finite() {
        Ok(Interval::point(Dyadic::from_f64(value)))
    } else {
        Err(NoValue::NotFinite)
    }
}

fn read(operand: Operand, arguments: &[f64], values: &[Enclosed]) -> Enclosed {
    match operand {
        Operand::Constant(value) => point(value),
        Operand::Variable(variable) => point(arguments[variable.0]),
        Operand::Step(step) => values[step].clone(),
    }
}

fn operand_bits(operand: Operand, dtype: DType, arguments: &[f64], values: &[u64]) -> u64 {
    match operand {
        Operand::Constant(value) => dtype.from_f64(value),
        Operand::Variable(variable) => dtype.from_f64(arguments[variable.0]),
        Operand::Step(step) => values[step],
    }
}

pub(super) fn apply(operation: Operation, operands: &[Interval], precision: usize) -> Enclosed {
    let result = match (operation, operands) {
        (Operation::Negative, [x]) => x.negated(),
        (Operation::Add, [x, y]) => x.plus(y),
        (Operation::Subtract, [x, y]) => x.plus(&y.negated()),
        (Operation::Multiply, [x, y]) => x.times(y),
        (Operation::Divide, [x, y]) => quotient(x, y, precision)?,
        (Operation::Exp, [x]) => exponential(x, precision)?,
        (Operation::Log, [x]) => logarithm(x, &Dyadic::zero(), |x| ln(x, precision))?,
        (Operation::Log1p, [x]) => logarithm(x, &-&Dyadic::one(), |x| ln_1p(x, precision))?,
        (Operation::Sigmoid, [x]) => {
            let one = Interval::point(Dyadic::one());
            let sum = one.plus(&exponential(&x.negated(), precision)?);
            quotient(&one, &sum, precision)?
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
        _ => return Err(NoValue::Unknown),
    };
    Ok(result.outwards(precision))
}

fn quotient(x: &Interval, y: &Interval, precision: usize) -> Enclosed {
    if y.low.is_zero() && y.high.is_zero() {
        return Err(NoValue::NotFinite);
    }
    x.over(y, precision).ok_or(NoValue::Unknown)
}

/// A growing function with a pole, below which it has no value.
fn logarithm(
    x: &Interval,
    pole: &Dyadic,
    function: impl Fn(&Dyadic) -> Option<Interval>,
) -> Enclosed {
    if x.high <= *pole {
        return Err(NoValue::NotFinite);
    }
    ends(x, |end| function(end).ok_or(NoValue::Unknown))
}

/// The image under a growing function, which is computed once where both ends are the same.
fn ends(x: &Interval, function: impl Fn(&Dyadic) -> Enclosed) -> Enclosed {
    let low = function(&x.low)?;
    let high = if x.low == x.high {
        low.high
    } else {
        function(&x.high)?.high
    };
    Ok(Interval::new(low.low, high))
}

fn exponential(x: &Interval, precision: usize) -> Enclosed {
    let end = |x: &Dyadic| {
        let whole = x.floor_to_integer();
        if whole > LARGEST_EXPONENT {
            None
        } else if whole < -LARGEST_EXPONENT {
            // e^-a < 2^-(a * 23/16), as log2 e > 23/16.
            let power = -LARGEST_EXPONENT * 23 / 16;
            Some(Interval::new(Dyadic::zero(), Dyadic::power_of_two(power)))
        } else {
            exp(x, precision)
        }
    };
    ends(x, |x| end(x).ok_or(NoValue::Unknown))
}
