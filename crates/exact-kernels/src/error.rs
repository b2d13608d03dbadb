//! What a kernel refuses: argument lengths that do not fit, a mean of nothing, bytes that are no
//! accumulator.

use thiserror::Error;

/// Why a kernel did not run; nothing has been written to the outputs then (but for NaN in those of
/// [`weighted_fused_checked`](crate::weighted_fused_checked)).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KernelError {
    /// A slice does not have as many elements as the others call for.
    #[error("`{argument}` has {found} elements, expected {expected}: give slices of one length")]
    Length {
        /// The argument at fault.
        argument: &'static str,
        /// The number of elements that the other arguments call for.
        expected: usize,
        /// The number of elements given.
        found: usize,
    },
    /// A periodic operand repeats nothing: it has no values, or each stands for a stretch of 0
    /// elements.
    #[error(
        "`{argument}` repeats {values} values with a stretch of {stretch}, expected at least 1 of each: \
         give values to repeat"
    )]
    EmptyPeriod {
        /// The argument at fault.
        argument: &'static str,
        /// The number of values given.
        values: usize,
        /// The stretch given.
        stretch: usize,
    },
    /// The mean of no elements is asked for, or of elements whose weights sum to 0.
    #[error(
        "the mean of 0 elements, or of weights that sum to 0, is not defined: leave empty axes out, or use a sum"
    )]
    EmptyMean,
    /// The extents multiply to more elements than memory can address.
    #[error("the product of the extents exceeds the address space: give the extents of `x`")]
    ExtentOverflow,
    /// An element lies outside the domain that a checked call demands.
    #[error("`{argument}[{index}]` must be {domain}: clean the data, or use the unchecked form")]
    Domain {
        /// The argument at fault.
        argument: &'static str,
        /// The first offending element.
        index: usize,
        /// The domain, in words.
        domain: &'static str,
    },
    /// Bytes hold a sum that no addends have.
    #[error("the bytes hold a sum that {count} numbers cannot have: pass on what `to_bytes` gave")]
    Sum {
        /// The count in the bytes.
        count: u64,
    },
    /// Bytes do not hold the state of a compact sum or mean.
    #[error(
        "{found} bytes do not hold the state asked for, expected version 2 for a sum or 3 for a weighted mean, with the length that they give: \
         pass on what `to_bytes` gave"
    )]
    State {
        /// The number of bytes given.
        found: usize,
    },
    /// Bytes do not hold an accumulator of the expected kind.
    #[error(
        "{found} bytes of version {version} with specials {specials} are no accumulator, expected {expected} bytes of version 1 with specials up to 7: \
         pass on what `to_bytes` gave"
    )]
    Encoding {
        /// The number of bytes of a valid encoding.
        expected: usize,
        /// The number of bytes given.
        found: usize,
        /// The version byte given (0 when there is none).
        version: u8,
        /// The second byte given (0 when there is none).
        specials: u8,
    },
}

/// Checks that `argument` has the `expected` number of elements.
pub(crate) fn check_length(
    argument: &'static str,
    expected: usize,
    found: usize,
) -> Result<(), KernelError> {
    if expected == found {
        Ok(())
    } else {
        Err(KernelError::Length {
            argument,
            expected,
            found,
        })
    }
}
