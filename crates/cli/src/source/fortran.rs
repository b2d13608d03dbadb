//! An array in Fortran order, read in row-major order.
//!
//! The first axis varies fastest in the file and slowest in row-major order. So a few of its indices at
//! a time, with all that belongs to them, are read and transposed in memory.

use ops_nn::OpError;
use ops_nn::tensor_core::{DynSliceMut, DynTensor, Element};

use super::array_file::ArrayFile;
use crate::error::CliError;
use crate::piecewise_arg;

/// How many elements are transposed at once: 16 MiB of the largest.
const SLAB: usize = 1 << 21;

/// A Fortran-order array with at least two dimensions larger than 1.
#[derive(Debug)]
pub(crate) struct FortranFile {
    /// The array, which reads its elements in the order of the file.
    file: ArrayFile,
    /// How many elements belong to one index of the first axis.
    row: usize,
    /// How many rows are transposed at once.
    rows_at_once: usize,
    /// The first row of the slab.
    first: usize,
    /// Neighbouring rows, row-major.
    slab: DynTensor<'static>,
}

impl FortranFile {
    pub(super) fn new(file: ArrayFile) -> Result<Self, CliError> {
        Self::with_slab(file, SLAB)
    }

    /// # Errors
    /// [`CliError::Malformed`] if not even one row fits into a slab of this many elements.
    fn with_slab(file: ArrayFile, slab: usize) -> Result<Self, CliError> {
        let row = file.shape().dims().iter().skip(1).product::<usize>().max(1);
        if row > slab {
            return Err(CliError::Malformed {
                path: file.path().to_owned(),
                expected: format!(
                    "C order, or at most {slab} elements per index of the first axis"
                ),
                found: format!("Fortran order and {row}"),
                remedy: "save numpy.ascontiguousarray(array)",
            });
        }
        Ok(Self {
            row,
            rows_at_once: slab / row,
            first: 0,
            slab: piecewise_arg::vector(file.dtype(), 0)?,
            file,
        })
    }

    pub(super) fn file(&self) -> &ArrayFile {
        &self.file
    }

    /// Fills `out`, of this array's dtype, with the elements from `start` on.
    pub(super) fn read(&mut self, start: usize, out: DynSliceMut<'_>) -> Result<(), CliError> {
        match out {
            DynSliceMut::Bool(out) => self.read_typed(start, out),
            DynSliceMut::F16(out) => self.read_typed(start, out),
            DynSliceMut::BF16(out) => self.read_typed(start, out),
            DynSliceMut::F32(out) => self.read_typed(start, out),
            DynSliceMut::F64(out) => self.read_typed(start, out),
        }
    }

    fn read_typed<T: Element>(&mut self, start: usize, out: &mut [T]) -> Result<(), CliError> {
        let (mut at, mut rest) = (start, out);
        while !rest.is_empty() {
            let begin = self.first * self.row;
            let slab = self.slab.downcast_ref::<T>().map_err(OpError::from)?;
            let Some(here) = at
                .checked_sub(begin)
                .and_then(|at| slab.as_slice().get(at..))
            else {
                self.transpose::<T>(at / self.row)?;
                continue;
            };
            if here.is_empty() {
                self.transpose::<T>(at / self.row)?;
                continue;
            }
            let (now, later) = rest.split_at_mut(here.len().min(rest.len()));
            now.copy_from_slice(&here[..now.len()]);
            (at, rest) = (at + now.len(), later);
        }
        Ok(())
    }

    /// Makes the slab start with the row `first`.
    fn transpose<T: Element>(&mut self, first: usize) -> Result<(), CliError> {
        let dims = self.file.shape().dims().to_vec();
        let (all, inner) = (dims[0], &dims[1..]);
        let rows = self.rows_at_once.min(all - first);
        let mut stored = vec![T::default(); rows * self.row];
        if rows == all {
            self.file.read(0, stored.as_mut_slice().into())?;
        } else {
            for (column, part) in stored.chunks_exact_mut(rows).enumerate() {
                self.file.read(column * all + first, part.into())?;
            }
        }
        piecewise_arg::resize(&mut self.slab, stored.len())?;
        let slab = self.slab.downcast_mut::<T>().map_err(OpError::from)?;
        let slab = slab.make_mut();
        for (column, part) in stored.chunks_exact(rows).enumerate() {
            let at = row_major(column, inner);
            for (row, &value) in part.iter().enumerate() {
                slab[row * self.row + at] = value;
            }
        }
        self.first = first;
        Ok(())
    }
}

/// The row-major position of the element at a column-major one.
fn row_major(column_major: usize, dims: &[usize]) -> usize {
    let (mut rest, mut position) = (column_major, 0);
    for &dim in dims {
        position = position * dim + rest % dim;
        rest /= dim;
    }
    position
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, Write};

    use ops_nn::tensor_core::Shape;

    use super::super::array_file::{Header, Stored};
    use super::*;

    /// An array whose elements are their row-major positions, stored in Fortran order.
    fn stored(dims: [usize; 3]) -> ArrayFile {
        let mut file = tempfile::tempfile().unwrap();
        let [a, b, c] = dims;
        for k in 0..c {
            for j in 0..b {
                for i in 0..a {
                    let position = ((i * b + j) * c + k) as f64;
                    file.write_all(&position.to_ne_bytes()).unwrap();
                }
            }
        }
        file.rewind().unwrap();
        let header = Header {
            offset: 0,
            shape: Shape::new(dims).unwrap(),
            stored: Stored::F64,
            is_big_endian: cfg!(target_endian = "big"),
            is_fortran: true,
        };
        ArrayFile::new("test.npy".into(), file, header)
    }

    #[test]
    fn any_stretch_is_read_in_row_major_order_through_slabs_of_any_size() {
        for dims in [[5, 3, 2], [2, 1, 7], [4, 4, 1]] {
            let (total, row) = (dims.iter().product::<usize>(), dims[1] * dims[2]);
            for slab in row..=total + 1 {
                let mut array = FortranFile::with_slab(stored(dims), slab).unwrap();
                for start in (0..total).rev() {
                    let mut out = vec![0.0; (total - start).min(7)];
                    array.read(start, out.as_mut_slice().into()).unwrap();
                    let expected: Vec<_> = (start..).take(out.len()).map(|i| i as f64).collect();
                    assert_eq!(out, expected, "{dims:?}, slab {slab}, start {start}");
                }
            }
            assert!(FortranFile::with_slab(stored(dims), row - 1).is_err());
        }
    }
}
