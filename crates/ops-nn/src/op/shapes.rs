//! Shape rules: the shape of a result from what is known of the shapes of the
//! arguments. One rule serves calls, where everything is known, and graphs.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use tensor_core::{PartialShape, Shape};

use crate::error::OpError;
use crate::op::definition::OpDef;
use crate::op::inputs::Inputs;
use crate::op::signature::Signature;
use crate::op::value::SCALAR;

/// The shape of a result.
#[derive(Clone)]
#[non_exhaustive]
pub enum ShapeRule {
    /// All tensors are broadcast together; element-wise.
    Broadcast,
    /// The shape of one argument; some others must have the same, the rest
    /// must broadcast to it without enlarging it; element-wise.
    Like {
        /// The argument whose shape the result has.
        argument: &'static str,
        /// The arguments that must have the same shape.
        same: &'static [&'static str],
    },
    /// The op's own rule; not element-wise.
    Custom(Arc<CustomShape>),
}

/// A shape rule of the op's own.
type CustomShape = dyn Fn(&Inputs<'_>) -> Result<PartialShape, OpError> + Send + Sync;

/// TensorFlow 2's sentence, for signatures that bring none of their own.
const SHAPES_DIFFER: &str =
    "`{argument}` and `{other}` must have the same shape, received ({a} vs {b}).";

impl ShapeRule {
    /// A rule of the op's own. Where [`Inputs::shape`] leaves nothing open, as
    /// in every eager call, the rule's answer must leave nothing open.
    pub fn custom(
        rule: impl Fn(&Inputs<'_>) -> Result<PartialShape, OpError> + Send + Sync + 'static,
    ) -> Self {
        Self::Custom(Arc::new(rule))
    }

    /// Whether element `i` of the result depends on element `i` (or the
    /// broadcast one) of each tensor only.
    pub fn is_elementwise(&self) -> bool {
        !matches!(self, Self::Custom(_))
    }
}

impl fmt::Debug for ShapeRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broadcast => f.write_str("Broadcast"),
            Self::Like { argument, same } => f
                .debug_struct("Like")
                .field("argument", argument)
                .field("same", same)
                .finish(),
            Self::Custom(_) => f.write_str("Custom(..)"),
        }
    }
}

/// A [`ShapeRule`] with the op's parameters by their indices, so that a call
/// searches no names.
#[derive(Clone)]
pub(crate) enum ShapePlan {
    /// These tensors are broadcast together.
    Broadcast(Box<[usize]>),
    /// The shape of one tensor.
    Like {
        argument: usize,
        /// Those that must have the same.
        same: Box<[usize]>,
        /// Those that must broadcast to it.
        rest: Box<[usize]>,
    },
    Custom(Arc<CustomShape>),
}

impl Default for ShapePlan {
    fn default() -> Self {
        Self::Broadcast(Box::default())
    }
}

impl fmt::Debug for ShapePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShapePlan(..)")
    }
}

impl ShapePlan {
    /// The plan of a checked definition.
    pub(crate) fn of(definition: &OpDef) -> Self {
        let index = |name: &&str| definition.param_index(name);
        let params = definition.parameters().iter().enumerate();
        let tensors = params.filter(|(_, p)| p.is_tensor());
        let tensors = tensors.map(|(index, _)| index);
        match definition.shape() {
            ShapeRule::Broadcast => Self::Broadcast(tensors.collect()),
            ShapeRule::Like { argument, same } => {
                let argument = index(argument).unwrap_or_default();
                let same: Box<[_]> = same.iter().filter_map(index).collect();
                let rest = tensors.filter(|i| *i != argument && !same.contains(i));
                Self::Like {
                    argument,
                    rest: rest.collect(),
                    same,
                }
            }
            ShapeRule::Custom(rule) => Self::Custom(Arc::clone(rule)),
        }
    }

    /// Sets `result` to the shape of the result of a call of tensors and
    /// numbers.
    #[inline]
    pub(crate) fn infer<'a>(
        &self,
        inputs: &Inputs<'a>,
        result: &mut Cow<'a, Shape>,
    ) -> Result<(), OpError> {
        if !self.infer_quickly(inputs, result) {
            *result = Cow::Owned(self.infer_concrete(inputs)?);
        }
        Ok(())
    }

    /// Sets `result` to the shape of the result, borrowed from the argument
    /// that has it (a returned one would be copied, with all its room), or says
    /// that this is for the rule itself, which knows what is wrong.
    #[inline]
    fn infer_quickly<'a>(&self, inputs: &Inputs<'a>, result: &mut Cow<'a, Shape>) -> bool {
        match self {
            Self::Broadcast(tensors) => {
                let shape = broadcast_together(inputs, tensors);
                let fits = shape.is_some();
                if let Some(shape) = shape {
                    *result = shape;
                }
                fits
            }
            Self::Like {
                argument,
                same,
                rest,
            } => {
                let shape_at = |index| inputs.at(index).shape();
                let shape = shape_at(*argument);
                let fits = same.iter().all(|&i| shape_at(i) == shape)
                    && rest.iter().all(|&i| {
                        let found = shape_at(i);
                        found.is_scalar() || found.broadcast_to(shape).is_ok()
                    });
                if fits {
                    *result = inputs.lasting_shape_at(*argument);
                }
                fits
            }
            Self::Custom(_) => false,
        }
    }

    fn infer_concrete(&self, inputs: &Inputs<'_>) -> Result<Shape, OpError> {
        let shape = self.infer_partial(inputs)?;
        let dims = shape.dims().map(|dims| dims.iter().copied().collect());
        match dims {
            Some(Some::<Vec<usize>>(dims)) => {
                Shape::new(dims).map_err(|source| inputs.tensor_error(source))
            }
            _ => Err(OpError::InvalidDefinition {
                op: inputs.definition().name().to_owned(),
                reason: format!(
                    "its shape rule answers {shape} although the arguments' shapes are known; \
                     let it say every dimension"
                ),
            }),
        }
    }

    /// What is known of the shape of the result.
    pub(crate) fn infer_partial(&self, inputs: &Inputs<'_>) -> Result<PartialShape, OpError> {
        match self {
            Self::Broadcast(tensors) => {
                let mut shapes = tensors.iter().map(|&i| inputs.at(i).known_shape());
                let first = shapes.next().unwrap_or_else(|| PartialShape::new([]));
                shapes
                    .try_fold(first, |shape, next| shape.broadcast(next))
                    .map_err(|source| inputs.tensor_error(source))
            }
            Self::Like {
                argument,
                same,
                rest,
            } => {
                let mut shape = inputs.at(*argument).known_shape();
                for &other in same {
                    shape = shape
                        .merge_with(inputs.at(other).known_shape())
                        .map_err(|_| shapes_differ(inputs, *argument, other))?;
                }
                for &other in rest {
                    let found = inputs.at(other).known_shape();
                    if found.broadcast_to(&shape).is_err() {
                        return Err(not_broadcastable(inputs, other, &shape));
                    }
                }
                Ok(shape)
            }
            Self::Custom(rule) => rule(inputs),
        }
    }
}

fn broadcast_together<'a>(inputs: &Inputs<'a>, tensors: &[usize]) -> Option<Cow<'a, Shape>> {
    let mut shapes = tensors.iter().map(|&i| inputs.lasting_shape_at(i));
    let first = shapes.next().unwrap_or(Cow::Borrowed(&SCALAR));
    shapes.try_fold(first, |shape, next| {
        if next.is_scalar() || next == shape {
            Some(shape)
        } else if shape.is_scalar() {
            Some(next)
        } else {
            shape.broadcast(&next).ok().map(Cow::Owned)
        }
    })
}

#[cold]
fn not_broadcastable(inputs: &Inputs<'_>, index: usize, shape: &PartialShape) -> OpError {
    OpError::NotBroadcastable {
        op: inputs.op().name().to_owned(),
        argument: inputs.op().shown_name(inputs.param(index)).to_owned(),
        expected: Box::new(shape.clone()),
        found: Box::new(inputs.at(index).known_shape()),
    }
}

#[cold]
fn shapes_differ(inputs: &Inputs<'_>, argument: usize, other: usize) -> OpError {
    let (shape, found) = (
        inputs.at(argument).known_shape(),
        inputs.at(other).known_shape(),
    );
    let (argument, other) = (inputs.param(argument).name(), inputs.param(other).name());
    let message = match inputs.op().signature().shapes_differ.as_deref() {
        Some(template) => {
            Signature::fill_shapes_differ(template, &[(argument, &shape), (other, &found)])
        }
        None => Signature::fill_shapes_differ(
            SHAPES_DIFFER,
            &[
                ("argument", &argument),
                ("other", &other),
                ("a", &shape),
                ("b", &found),
            ],
        ),
    };
    OpError::ShapesDiffer {
        op: inputs.op().name().to_owned(),
        message,
        expected: Box::new(shape),
        found: Box::new(found),
    }
}
