//! The catalogue of built-in ops: one file per op, one line here.

mod loss_rules;
mod prelude;
mod reduction;
mod sigmoid_cross_entropy_with_logits;
mod weighted_cross_entropy_with_logits;

use tensor_core::Shape;

use crate::error::OpError;
use crate::op::def_builder::OpDefBuilder;
use crate::op::definition::OpDef;
use crate::op::inputs::Inputs;
use crate::op::param::Param;
use crate::op::shapes::ShapeRule;
use crate::op::signature::{Signature, SignatureParam};
use crate::op::value::Value;

/// Declares the op files and collects their definitions; the list is the
/// catalogue, to which files of several ops are added.
macro_rules! catalogue {
    ($($file:ident,)*) => {
        $(mod $file;)*

        /// The definitions of all built-in ops.
        pub(crate) fn catalogue() -> impl Iterator<Item = Result<OpDef, OpError>> {
            let single: &[fn() -> OpDefBuilder] = &[$($file::definition),*];
            single
                .iter()
                .map(|definition| definition())
                .chain(sigmoid_cross_entropy_with_logits::definitions())
                .chain(weighted_cross_entropy_with_logits::definitions())
                .map(OpDefBuilder::build)
        }
    };
}

catalogue![
    abs,
    add,
    broadcast_like,
    broadcast_to,
    cast,
    cast_like,
    divide,
    exp,
    expm1,
    greater_equal,
    identity,
    log,
    log1p,
    log_sigmoid,
    maximum,
    mean_like,
    multiply,
    negative,
    ones_like,
    reduce_mean,
    reduce_sum,
    relu,
    reshape,
    reshape_like,
    select,
    sigmoid,
    softplus,
    subtract,
    sum_like,
    zeros_like,
];

/// The version that introduced the ops of the first catalogue.
const FIRST: &str = "0.1.0";

/// Starts a function of one float tensor `x`.
fn unary(name: &'static str) -> OpDefBuilder {
    let x = Param::float("x").doc("Any shape.");
    OpDef::builder(name).param(x).since(FIRST)
}

/// Starts a function of two float tensors `x` and `y` that broadcast.
fn binary(name: &'static str) -> OpDefBuilder {
    let y = Param::float("y").doc("A shape that broadcasts with that of `x`.");
    unary(name).param(y)
}

/// `tf.` and `tf.compat.v1.` before each name.
fn tensorflow_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    names
        .into_iter()
        .flat_map(|name| [format!("tf.{name}"), format!("tf.compat.v1.{name}")])
        .collect()
}

/// The names of a function that TensorFlow 2 has in `tf.math` only.
fn math_names(name: &str) -> [String; 3] {
    ["tf.math", "tf.compat.v1.math", "tf.compat.v1"].map(|scope| format!("{scope}.{name}"))
}

/// `tf.compat.v1.zeros_like(tensor, dtype=None, name=None, optimize=True)` and
/// its sibling, without the switch that changes no result.
fn like_of_tensorflow_1(name: &'static str) -> Signature {
    Signature::new([name]).params([
        SignatureParam::new("tensor").fills("input"),
        SignatureParam::none("dtype"),
        SignatureParam::none("name"),
    ])
}

/// The result has the shape of `param`, whatever the other tensors have.
fn shape_of(param: &'static str) -> ShapeRule {
    ShapeRule::custom(move |inputs| inputs.shape(param))
}

/// The dimensions given as the argument `param`; so many of them may be -1,
/// which makes them unknown.
fn dims_argument(
    inputs: &Inputs<'_>,
    param: &str,
    unknowns: usize,
) -> Result<Vec<Option<usize>>, OpError> {
    let given = inputs.ints(param)?.unwrap_or_default();
    let dims: Vec<_> = given.iter().map(|&d| usize::try_from(d).ok()).collect();
    let open = given.iter().filter(|&&d| d == -1).count();
    let negative = dims.iter().filter(|d| d.is_none()).count();
    if negative > open || open > unknowns {
        let expected = match unknowns {
            0 => "dimensions of 0 or more",
            _ => "dimensions of 0 or more, one of them perhaps -1",
        };
        return Err(wrong_ints(inputs, param, expected.to_owned()));
    }
    let known: Vec<usize> = dims.iter().copied().flatten().collect();
    Shape::new(known).map_err(|source| inputs.tensor_error(source))?;
    Ok(dims)
}

/// The error for integers given as the argument `param` that do not fit.
fn wrong_ints(inputs: &Inputs<'_>, param: &str, expected: String) -> OpError {
    let found = inputs.argument(param).unwrap_or(&Value::None);
    inputs.wrong_kind(param, expected, found)
}
