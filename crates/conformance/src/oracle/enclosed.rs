//! The value of a formula of which nothing is known but how it is written.

use super::value::Value;
use crate::exact::Interval;
use crate::formula::Extended;
use crate::{DType, Function};

/// What 4096 bits do not decide is most often on a boundary, which no precision decides.
pub(super) const LAST_PRECISION: usize = 1 << 12;

/// What a working precision shows of a value.
pub(super) enum Enclosed {
    /// Special or exact: the value itself.
    Value(Value),
    /// Strictly inside.
    Inside(Interval),
}

/// Encloses the value step by step; sums and products alone are exact. `None` where the precision
/// does not suffice to tell.
pub(super) fn enclose(function: &Function, numbers: &[f64], precision: usize) -> Option<Enclosed> {
    let value = match function.steps().extended(numbers, precision).ok()? {
        Extended::Nan => Value::Nan,
        Extended::Infinite { negative } => Value::Infinite { negative },
        Extended::Finite(value) if value.low != value.high => return Some(Enclosed::Inside(value)),
        Extended::Finite(value) if value.low.is_zero() => {
            // IEEE-754 arithmetic in f64, step by step, has the sign of a zero.
            let ieee = function.steps().result_in_dtype(DType::F64, numbers);
            let negative = ieee == (-0.0_f64).to_bits();
            Value::Zero { negative }
        }
        Extended::Finite(value) => Value::Exact(value.low),
    };
    Some(Enclosed::Value(value))
}
