//! Shapes and dtypes of an element-wise call before any element is read.
//!
//! The library binds calls to tensors, and whole arrays may not fit into memory. But whether shapes
//! fit, and what comes out, depends only on which dimensions are 0, 1 or equal to each other. So the
//! call is bound to small tensors in which each different dimension has a small stand-in.

use std::collections::BTreeSet;

use bytemuck::Zeroable;
use bytemuck::allocation::try_zeroed_vec;
use ops_nn::tensor_core::{DType, DynTensor, Element, Shape, Tensor, bf16, f16};
use ops_nn::{Call, ErrorKind, Op, OpError, Value};

use crate::error::CliError;
use crate::inputs::{self, Given, Input};

/// A call bound to stand-ins for its arrays.
pub(crate) struct Inferred<'a> {
    call: Call<'a>,
    dims: StandIns,
}

/// Binds the call to stand-ins.
///
/// # Errors
/// What binding the arrays themselves would give.
pub(crate) fn infer<'a>(op: Op<'a>, inputs: &'a [Input]) -> Result<Inferred<'a>, CliError> {
    let dims = StandIns::new(inputs);
    let call = bind(op, inputs, |shape| dims.shrink(shape));
    match call {
        Ok(call) => Ok(Inferred { call, dims }),
        // The message must give the shapes themselves.
        Err(OpOrMemory::Op(error)) if error.kind() == ErrorKind::Shape => {
            match bind(op, inputs, |shape| Ok(shape.clone())) {
                Err(OpOrMemory::Op(error)) => Err(error.into()),
                Ok(_) | Err(OpOrMemory::Memory) => Err(CliError::Shapes {
                    op: op.name().to_owned(),
                    shapes: shapes(inputs),
                }),
            }
        }
        Err(OpOrMemory::Op(error)) => Err(error.into()),
        Err(OpOrMemory::Memory) => Err(CliError::Shapes {
            op: op.name().to_owned(),
            shapes: shapes(inputs),
        }),
    }
}

impl<'a> Inferred<'a> {
    /// The call, on zeros of small shapes.
    pub(crate) fn call(&self) -> &Call<'a> {
        &self.call
    }

    /// The shape of the result.
    pub(crate) fn shape(&self) -> Result<Shape, CliError> {
        self.dims.restore(self.call.shape())
    }

    /// The shape of the argument for a parameter of the op.
    pub(crate) fn parameter_shape(&self, parameter: &str) -> Result<Shape, CliError> {
        self.dims.restore(self.call.argument_shape(parameter)?)
    }
}

/// The dimensions of a call's arrays that are larger than 1, in ascending order; the stand-in of each
/// is its index plus 2, which is never more than itself.
struct StandIns(Vec<usize>);

const FIRST_STAND_IN: usize = 2;

impl StandIns {
    fn new(inputs: &[Input]) -> Self {
        let dims: BTreeSet<usize> = inputs
            .iter()
            .filter_map(|input| match &input.given {
                Given::Array(source) => Some(source.shape().dims()),
                Given::Plain(_) => None,
            })
            .flatten()
            .copied()
            .filter(|&dim| dim >= FIRST_STAND_IN)
            .collect();
        Self(dims.into_iter().collect())
    }

    fn shrink(&self, shape: &Shape) -> Result<Shape, OpError> {
        let dims = shape
            .dims()
            .iter()
            .map(|&dim| match self.0.binary_search(&dim) {
                Ok(index) => index + FIRST_STAND_IN,
                Err(_) => dim,
            });
        Ok(Shape::new(dims.collect::<Vec<_>>())?)
    }

    fn restore(&self, shape: &Shape) -> Result<Shape, CliError> {
        let dims = shape.dims().iter().map(|&dim| {
            let index = dim.checked_sub(FIRST_STAND_IN);
            index.map_or(dim, |index| self.0.get(index).copied().unwrap_or(dim))
        });
        Ok(Shape::new(dims.collect::<Vec<_>>()).map_err(OpError::from)?)
    }
}

enum OpOrMemory {
    Op(OpError),
    Memory,
}

impl From<OpError> for OpOrMemory {
    fn from(error: OpError) -> Self {
        Self::Op(error)
    }
}

/// Binds the call to zeros, which take no memory until they are looked at.
fn bind<'a>(
    op: Op<'a>,
    inputs: &'a [Input],
    shape: impl Fn(&Shape) -> Result<Shape, OpError>,
) -> Result<Call<'a>, OpOrMemory> {
    let tensors = inputs.iter().map(|input| match &input.given {
        Given::Array(source) => zeros(source.dtype(), &shape(source.shape())?).map(Value::from),
        Given::Plain(value) => Ok(value.clone()),
    });
    let mut tensors = tensors.collect::<Result<Vec<Value<'static>>, _>>()?;
    let args = inputs::arguments(inputs, |index, _| {
        std::mem::replace(&mut tensors[index], Value::None)
    });
    Ok(op.bind(args)?)
}

fn zeros(dtype: DType, shape: &Shape) -> Result<DynTensor<'static>, OpOrMemory> {
    fn run<T: Element + Zeroable>(shape: &Shape) -> Result<DynTensor<'static>, OpOrMemory> {
        let zeros = try_zeroed_vec::<T>(shape.len()).map_err(|()| OpOrMemory::Memory)?;
        let tensor = Tensor::new(shape, zeros).map_err(OpError::from)?;
        Ok(tensor.into())
    }
    match dtype {
        DType::Bool => run::<bool>(shape),
        DType::F16 => run::<f16>(shape),
        DType::BF16 => run::<bf16>(shape),
        DType::F32 => run::<f32>(shape),
        DType::F64 => run::<f64>(shape),
    }
}

fn shapes(inputs: &[Input]) -> String {
    let shapes = inputs.iter().filter_map(|input| match &input.given {
        Given::Array(source) => Some(match &input.name {
            Some(name) => format!("{name} {}", source.shape()),
            None => source.shape().to_string(),
        }),
        Given::Plain(_) => None,
    });
    shapes.collect::<Vec<_>>().join(", ")
}
