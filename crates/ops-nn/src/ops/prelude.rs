//! What the files of ops need.

pub(super) use exact_kernels as k;
pub(super) use tensor_core::{DType, DynSliceMut, DynTensor, Element, PartialShape};

pub(super) use super::{FIRST, binary, math_names, tensorflow_names, unary};
pub(super) use crate::error::OpError;
pub(super) use crate::kernels;
pub(super) use crate::op::builder::{CallSite, OpBuilder};
pub(super) use crate::op::compute::{Compute, Kernel, Number, run_by_dtype};
pub(super) use crate::op::def_builder::OpDefBuilder;
pub(super) use crate::op::definition::OpDef;
pub(super) use crate::op::dtypes::{DTypeRule, DTypes};
pub(super) use crate::op::inputs::Inputs;
pub(super) use crate::op::param::{Param, ParamBuilder, ParamKind, Presence};
pub(super) use crate::op::rules::{Gradient, Partial};
pub(super) use crate::op::shapes::ShapeRule;
pub(super) use crate::op::signature::{Signature, SignatureParam};
pub(super) use crate::op::task::{FromNumber, Task};
pub(super) use crate::op::tf_node::TfNode;
pub(super) use crate::op::value::{RuleResult, Value};
