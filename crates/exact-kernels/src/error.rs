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
    /// Bytes are not the encoding of an accumulator: they are of another kind or version, cut
    /// short, or hold a state that no addends lead to.
    #[error(
        "expected the encoding of `{accumulator}`, version {version}, found {length} bytes that begin \
         with {found}: pass on what `to_bytes` gave"
    )]
    CorruptBytes {
        /// The type that was to be read.
        accumulator: &'static str,
        /// The version of its encoding, which is the first byte.
        version: u8,
        /// The first byte given (0 when there is none).
        found: u8,
        /// The number of bytes given.
        length: usize,
    },
}

impl KernelError {
    /// The error of bytes that are not the encoding of an accumulator.
    pub(crate) fn corrupt(accumulator: &'static str, version: u8, bytes: &[u8]) -> Self {
        Self::CorruptBytes {
            accumulator,
            version,
            found: bytes.first().copied().unwrap_or(0),
            length: bytes.len(),
        }
    }
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
