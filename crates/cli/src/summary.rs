//! What is told of a result's elements: count, exact sum and mean, extremes, the first few; collected
//! piece by piece.

use ops_nn::OpError;
use ops_nn::exact_kernels::{ExactSum, KernelError};
use ops_nn::tensor_core::{DType, DynTensor, Tensor, bf16, f16};

use crate::bytes::Number;
use crate::error::CliError;

/// How many elements are shown.
const SHOWN: usize = 8;

/// A summary of the elements seen so far.
#[derive(Clone, Debug)]
pub(crate) struct Summary {
    dtype: DType,
    count: usize,
    nan_count: usize,
    true_count: usize,
    sum: ExactSum,
    min: Option<Extreme>,
    max: Option<Extreme>,
    first: Vec<f64>,
}

/// A smallest or largest element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Extreme {
    /// Its value, exactly.
    pub(crate) value: f64,
    /// Its position in row-major order; the first, if there are several.
    pub(crate) position: usize,
}

impl Summary {
    /// A summary of no elements of `dtype`.
    pub(crate) fn new(dtype: DType) -> Self {
        Self {
            dtype,
            count: 0,
            nan_count: 0,
            true_count: 0,
            sum: ExactSum::default(),
            min: None,
            max: None,
            first: Vec::new(),
        }
    }

    /// Adds the next elements.
    pub(crate) fn add(&mut self, elements: &DynTensor<'_>) {
        let missing = SHOWN - self.first.len();
        self.first
            .extend((0..missing).map_while(|at| elements.get_f64(at)));
        match elements {
            DynTensor::Bool(elements) => self.add_flags(elements.as_slice()),
            DynTensor::F16(elements) => self.add_numbers(elements.as_slice()),
            DynTensor::BF16(elements) => self.add_numbers(elements.as_slice()),
            DynTensor::F32(elements) => self.add_numbers(elements.as_slice()),
            DynTensor::F64(elements) => self.add_numbers(elements.as_slice()),
        }
        self.count += elements.len();
    }

    pub(crate) fn dtype(&self) -> DType {
        self.dtype
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }

    pub(crate) fn nan_count(&self) -> usize {
        self.nan_count
    }

    /// How many elements are true.
    pub(crate) fn true_count(&self) -> usize {
        self.true_count
    }

    /// The smallest element that is no NaN.
    pub(crate) fn min(&self) -> Option<Extreme> {
        self.min
    }

    /// The largest element that is no NaN.
    pub(crate) fn max(&self) -> Option<Extreme> {
        self.max
    }

    /// The first few elements.
    pub(crate) fn first(&self) -> DynTensor<'static> {
        DynTensor::from(Tensor::from(self.first.clone())).cast(self.dtype)
    }

    /// The exact sum, rounded once; none for `bool`.
    pub(crate) fn sum(&self) -> Option<DynTensor<'static>> {
        sum(&self.sum, self.dtype)
    }

    /// The exact mean, rounded once; none for `bool` and for no elements.
    pub(crate) fn mean(&self) -> Result<Option<DynTensor<'static>>, CliError> {
        if self.count == 0 {
            return Ok(None);
        }
        let mean = mean(&self.sum, self.dtype);
        mean.map_err(|source| {
            CliError::Op(OpError::Kernel {
                op: "mean".to_owned(),
                cause: source,
            })
        })
    }

    fn add_flags(&mut self, elements: &[bool]) {
        self.true_count += elements.iter().filter(|&&value| value).count();
    }

    fn add_numbers<T: Number>(&mut self, elements: &[T]) {
        self.sum.add_slice(elements);
        for (at, element) in elements.iter().enumerate() {
            let value = element.to_f64();
            // A NaN is neither smaller nor larger.
            if value.is_nan() {
                self.nan_count += 1;
                continue;
            }
            let here = Extreme {
                value,
                position: self.count + at,
            };
            if self.min.is_none_or(|min| value < min.value) {
                self.min = Some(here);
            }
            if self.max.is_none_or(|max| value > max.value) {
                self.max = Some(here);
            }
        }
    }
}

/// A sum in `dtype`, rounded once; none for `bool`.
pub(crate) fn sum(sum: &ExactSum, dtype: DType) -> Option<DynTensor<'static>> {
    Some(match dtype {
        DType::Bool => return None,
        DType::F16 => Tensor::scalar(sum.sum::<f16>()).into(),
        DType::BF16 => Tensor::scalar(sum.sum::<bf16>()).into(),
        DType::F32 => Tensor::scalar(sum.sum::<f32>()).into(),
        DType::F64 => Tensor::scalar(sum.sum::<f64>()).into(),
    })
}

fn mean(sum: &ExactSum, dtype: DType) -> Result<Option<DynTensor<'static>>, KernelError> {
    Ok(Some(match dtype {
        DType::Bool => return Ok(None),
        DType::F16 => Tensor::scalar(sum.mean::<f16>()?).into(),
        DType::BF16 => Tensor::scalar(sum.mean::<bf16>()?).into(),
        DType::F32 => Tensor::scalar(sum.mean::<f32>()?).into(),
        DType::F64 => Tensor::scalar(sum.mean::<f64>()?).into(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(pieces: &[&[f32]]) -> Summary {
        let mut summary = Summary::new(DType::F32);
        for piece in pieces {
            summary.add(&Tensor::borrowed([piece.len()], piece).unwrap().into());
        }
        summary
    }

    #[test]
    fn extremes_are_the_first_of_their_kind_and_never_nan() {
        let summary = summary(&[&[f32::NAN, 2.0, 5.0], &[], &[1.0, 1.0, 5.0]]);
        let extreme = |value, position| Some(Extreme { value, position });
        assert_eq!(summary.min(), extreme(1.0, 3));
        assert_eq!(summary.max(), extreme(5.0, 2));
        assert_eq!((summary.count(), summary.nan_count()), (6, 1));
        assert!(summary.sum().unwrap().get_f64(0).unwrap().is_nan());
    }

    #[test]
    fn nothing_has_the_sum_zero_and_neither_mean_nor_extremes() {
        let summary = summary(&[&[]]);
        assert_eq!(summary.sum().unwrap().get_bits(0), Some(0));
        assert_eq!(summary.mean().unwrap(), None);
        assert_eq!((summary.min(), summary.max()), (None, None));
    }

    #[test]
    fn the_sum_is_exact_across_pieces() {
        let summary = summary(&[&[1e30, 1.0], &[-1e30, 2.0], &[1e-3; 7]]);
        let expected = 3.0 + 7.0 * f64::from(1e-3_f32);
        let bits = (expected as f32).to_bits().into();
        assert_eq!(summary.sum().unwrap().get_bits(0), Some(bits));
        assert_eq!(summary.first().len(), SHOWN);
    }
}
