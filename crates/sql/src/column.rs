//! Arrow's columns as tensors and back.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, PrimitiveArray};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::datatypes::{DataType, Float16Type, Float32Type, Float64Type};
use datafusion::common::{DataFusionError, Result, internal_err};
use tensor_core::{DType, DynTensor, Tensor};

/// The element type of a column, if ops compute with it as it is.
pub(crate) fn dtype_of(data_type: &DataType) -> Option<DType> {
    match data_type {
        DataType::Boolean => Some(DType::Bool),
        DataType::Float16 => Some(DType::F16),
        DataType::Float32 => Some(DType::F32),
        DataType::Float64 => Some(DType::F64),
        _ => None,
    }
}

/// The column type for an element type. Arrow has none for bfloat16.
pub(crate) fn data_type_of(dtype: DType) -> Option<DataType> {
    match dtype {
        DType::Bool => Some(DataType::Boolean),
        DType::F16 => Some(DataType::Float16),
        DType::F32 => Some(DataType::Float32),
        DType::F64 => Some(DataType::Float64),
        DType::BF16 => None,
    }
}

/// The values of a column, those under NULL included; floats are borrowed.
pub(crate) fn tensor(column: &dyn Array) -> Result<DynTensor<'_>> {
    let shape = [column.len()];
    let tensor = match column.data_type() {
        DataType::Boolean => {
            let values = column.as_boolean().values().iter().collect();
            Tensor::new(shape, values).map(DynTensor::from)
        }
        DataType::Float16 => Tensor::borrowed(shape, column.as_primitive::<Float16Type>().values())
            .map(DynTensor::from),
        DataType::Float32 => Tensor::borrowed(shape, column.as_primitive::<Float32Type>().values())
            .map(DynTensor::from),
        DataType::Float64 => Tensor::borrowed(shape, column.as_primitive::<Float64Type>().values())
            .map(DynTensor::from),
        other => return internal_err!("a column of {other} was not coerced to floats"),
    };
    tensor.map_err(external)
}

/// A tensor as a column.
pub(crate) fn column(tensor: DynTensor<'_>, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
    Ok(match tensor {
        DynTensor::Bool(t) => Arc::new(BooleanArray::new(t.into_vec().into(), nulls)),
        DynTensor::F16(t) => Arc::new(PrimitiveArray::<Float16Type>::new(
            t.into_vec().into(),
            nulls,
        )),
        DynTensor::F32(t) => Arc::new(PrimitiveArray::<Float32Type>::new(
            t.into_vec().into(),
            nulls,
        )),
        DynTensor::F64(t) => Arc::new(PrimitiveArray::<Float64Type>::new(
            t.into_vec().into(),
            nulls,
        )),
        DynTensor::BF16(_) => return internal_err!("Arrow has no column of bfloat16"),
    })
}

/// The same values as doubles, which hold them exactly.
pub(crate) fn doubles(tensor: DynTensor<'_>) -> Result<Tensor<'_, f64>> {
    match tensor {
        DynTensor::F64(tensor) => Ok(tensor),
        other => other.cast(DType::F64).downcast().map_err(external),
    }
}

/// An error of the ops as one of the engine.
pub(crate) fn external(error: impl std::error::Error + Send + Sync + 'static) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
