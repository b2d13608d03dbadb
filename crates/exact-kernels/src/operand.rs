//! Operands: where the number for each element of an output comes from, without materialising a
//! broadcast.

use crate::error::{KernelError, check_length};

/// One operand of an element-wise kernel: where element `i` of the output finds its number.
///
/// A per-class weight beside logits of shape (batch, class) is `Periodic` with a stretch of 1; a
/// per-row one has the number of classes as its stretch.
///
/// ```
/// use exact_kernels::{Operand, add};
///
/// let mut out = [0.0_f32; 4];
/// add(Operand::Full(&[1.0, 2.0, 3.0, 4.0]), Operand::Periodic { values: &[10.0, 20.0], stretch: 1 }, &mut out)?;
/// assert_eq!(out, [11.0, 22.0, 13.0, 24.0]);
/// # Ok::<(), exact_kernels::KernelError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operand<'a, T> {
    /// The same number for every element.
    Scalar(T),
    /// Element `i` is `values[i]`; as long as the output.
    Full(&'a [T]),
    /// Element `i` is `values[(i / stretch) % values.len()]`.
    Periodic {
        /// The numbers that repeat; at least one.
        values: &'a [T],
        /// How many consecutive elements share one number; at least 1.
        stretch: usize,
    },
}

impl<T: Copy> Operand<'_, T> {
    /// The number of elements that it has one number for each of; none if it repeats its numbers.
    pub(crate) fn length(&self) -> Option<usize> {
        match self {
            Self::Full(values) => Some(values.len()),
            Self::Scalar(_) | Self::Periodic { .. } => None,
        }
    }

    /// Checks that this operand can serve `length` elements.
    pub(crate) fn check(&self, argument: &'static str, length: usize) -> Result<(), KernelError> {
        match *self {
            Self::Full(values) => check_length(argument, length, values.len()),
            Self::Periodic { values, stretch }
                if length > 0 && (values.is_empty() || stretch == 0) =>
            {
                Err(KernelError::EmptyPeriod {
                    argument,
                    values: values.len(),
                    stretch,
                })
            }
            Self::Scalar(_) | Self::Periodic { .. } => Ok(()),
        }
    }

    /// Fills `tile` with the numbers of elements `start..start + tile.len()`.
    ///
    /// Call only after `check`.
    pub(crate) fn copy_tile(&self, start: usize, tile: &mut [T]) {
        match *self {
            Self::Scalar(value) => tile.fill(value),
            Self::Full(values) => tile.copy_from_slice(&values[start..start + tile.len()]),
            Self::Periodic { values, stretch } => copy_periodic(values, stretch, start, tile),
        }
    }
}

/// An operand read tile by tile; a buffer serves where the operand is no slice of its own.
pub(crate) struct Reader<'a, T, const N: usize> {
    operand: Operand<'a, T>,
    buffer: [T; N],
}

impl<'a, T: Copy + Default, const N: usize> Reader<'a, T, N> {
    #[inline(always)]
    pub(crate) fn new(operand: Operand<'a, T>) -> Self {
        let value = if let Operand::Scalar(value) = operand {
            value
        } else {
            T::default()
        };
        Self {
            operand,
            buffer: [value; N],
        }
    }

    /// Whether all elements are the same number.
    #[inline(always)]
    pub(crate) fn is_constant(&self) -> bool {
        matches!(self.operand, Operand::Scalar(_))
    }

    /// The numbers of elements `start..start + count`; lanes from `count` on hold whatever is left.
    #[inline(always)]
    pub(crate) fn read(&mut self, start: usize, count: usize) -> &[T; N] {
        match self.operand {
            Operand::Scalar(_) => {}
            Operand::Full(values) => {
                let values = &values[start..start + count];
                if let Ok(tile) = values.try_into() {
                    return tile;
                }
                self.buffer[..count].copy_from_slice(values);
            }
            Operand::Periodic { values, stretch } => {
                copy_periodic(values, stretch, start, &mut self.buffer[..count]);
            }
        }
        &self.buffer
    }
}

fn copy_periodic<T: Copy>(values: &[T], stretch: usize, start: usize, tile: &mut [T]) {
    let mut index = (start / stretch) % values.len();
    let mut run = stretch - start % stretch;
    let mut rest = tile;
    while !rest.is_empty() {
        if stretch == 1 {
            let length = rest.len().min(values.len() - index);
            let (now, later) = rest.split_at_mut(length);
            now.copy_from_slice(&values[index..index + length]);
            (rest, index) = (later, 0);
        } else {
            let (now, later) = rest.split_at_mut(run.min(rest.len()));
            now.fill(values[index]);
            (rest, run, index) = (later, stretch, (index + 1) % values.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_holds_what_the_definition_says_wherever_it_starts() {
        let values = [1, 2, 3, 4, 5];
        for stretch in 1..7 {
            for start in 0..40 {
                for length in 0..23 {
                    let mut tile = [0; 23];
                    let operand = Operand::Periodic {
                        values: &values,
                        stretch,
                    };
                    operand.copy_tile(start, &mut tile[..length]);
                    for (i, &value) in tile[..length].iter().enumerate() {
                        assert_eq!(
                            value,
                            values[((start + i) / stretch) % 5],
                            "stretch {stretch}, start {start}, {i}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn an_empty_period_is_refused_unless_nothing_is_asked_of_it() {
        let none = Operand::Periodic {
            values: &[] as &[f32],
            stretch: 1,
        };
        let expected = KernelError::EmptyPeriod {
            argument: "x",
            values: 0,
            stretch: 1,
        };
        assert_eq!(none.check("x", 3), Err(expected));
        assert_eq!(none.check("x", 0), Ok(()));
    }
}
