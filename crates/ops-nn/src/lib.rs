//! Loss ops by name: a registry of op definitions, argument binding by the
//! rules of Python calls, and eager calls that return the correctly rounded
//! value of the documented formula.
//!
//! An op is one [`OpDef`]: names, parameters, documentation, computation,
//! gradient and decomposition, as data. The built-in ones are in
//! [`Registry::builtin`]; a host adds its own to a registry of its own.
//!
//! Inside, each folder uses only those before it: `op` (what an op is), `ops`
//! (one file per op), `registry`, `call` (binding, inference, eager evaluation,
//! derivatives), `graph`, `tensorflow`.
//!
//! ```
//! use ops_nn::{Args, Registry, nn, tensor_core::Tensor};
//!
//! let labels = Tensor::new([2], vec![0.0_f32, 1.0])?;
//! let logits = Tensor::new([2], vec![-17.0_f32, -17.0])?;
//!
//! // Typed ...
//! let loss = nn::weighted_cross_entropy_with_logits(&labels, &logits, 2.0)?;
//! assert_eq!(loss.as_slice(), [4.139_937_5e-8, 34.0]);
//!
//! // ... and by name, element type erased.
//! let op = Registry::builtin().get("tf.nn.weighted_cross_entropy_with_logits")?;
//! let same = op.call(Args::new().arg(&labels).arg(&logits).kwarg("pos_weight", 2.0))?;
//! assert_eq!(same.downcast_ref::<f32>()?, &loss);
//! # Ok::<(), ops_nn::OpError>(())
//! ```

mod call;
mod error;
pub mod graph;
pub mod nn;
mod op;
mod ops;
mod registry;
mod suggest;
#[cfg(feature = "tensorflow")]
pub mod tensorflow;

pub use call::args::Args;
pub use call::bound::Call;
pub use call::infer::Inferred;
pub use error::{ErrorKind, OpError};
pub use exact_kernels;
pub use exact_kernels::Domain;
pub use graph::Graph;
pub use op::builder::{CallSite, OpBuilder};
pub use op::compute::{
    BinaryKernels, Compute, HostFn, Kernel, LossKernels, PerFloat, UnaryKernels,
};
pub use op::def_builder::OpDefBuilder;
pub use op::definition::OpDef;
pub use op::dtypes::{DTypeRule, DTypes};
pub use op::example::Example;
pub use op::inputs::Inputs;
pub use op::param::{Param, ParamBuilder, ParamKind, Presence};
pub use op::rules::{Gradient, Partial, Rule, Vjp};
pub use op::shapes::ShapeRule;
pub use op::signature::{Signature, SignatureParam, Warning};
pub use op::task::Task;
pub use op::tf_node::TfNode;
pub use op::value::{RuleResult, TensorInfo, Value, ValueId};
pub use registry::{Op, Registry};
pub use tensor_core;
