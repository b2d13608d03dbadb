//! Typed, shaped, row-major tensors, and nothing that computes a loss.
//!
//! | type | what it is |
//! |---|---|
//! | [`DType`] | the element types, as values: `bool`, `float16`, `bfloat16`, `float32`, `float64` |
//! | [`Element`], [`Float`] | the same, as sealed traits over `bool`, [`struct@f16`], [`bf16`], `f32`, `f64` |
//! | [`Shape`] | the dimensions of a tensor, checked not to overflow |
//! | [`PartialShape`] | dimensions of which some, or even their number, are unknown |
//! | [`Broadcast`] | how an operand's elements repeat over a larger shape |
//! | [`Tensor`] | a shape and its elements, owned or borrowed |
//! | [`DynTensor`], [`DynTensorRef`], [`DynSliceMut`] | the same with the element type known only at run time |
//! | [`TensorError`] | what can be wrong with an input, with expected and found |
//!
//! Casts are correctly rounded (IEEE 754 round to nearest, ties to even) between all pairs of
//! types.
//!
//! ```
//! use tensor_core::{DType, DynTensor, Tensor};
//!
//! let logits = Tensor::new([2, 3], vec![0.5_f32, -1.0, 2.0, 0.0, 3.5, -0.25])?;
//! assert_eq!(logits.get(&[1, 1])?, 3.5);
//!
//! let halves = DynTensor::from(logits).cast(DType::F16);
//! assert_eq!(halves.shape().to_string(), "(2, 3)");
//! assert!(halves.downcast_ref::<f32>().is_err());
//! # Ok::<(), tensor_core::TensorError>(())
//! ```
//!
//! The crate is `no_std` (with `alloc`) when its default feature `std` is off.

#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod broadcast;
mod conversion;
mod dispatch;
mod display;
mod dtype;
mod dyn_slice;
mod dyn_tensor;
mod dyn_tensor_ref;
mod element;
mod error;
mod partial_shape;
mod shape;
mod tensor;

pub use broadcast::Broadcast;
pub use dtype::DType;
pub use dyn_slice::DynSliceMut;
pub use dyn_tensor::DynTensor;
pub use dyn_tensor_ref::DynTensorRef;
pub use element::{Element, Float};
pub use error::TensorError;
pub use half::{bf16, f16};
pub use partial_shape::PartialShape;
pub use shape::Shape;
pub use tensor::Tensor;
