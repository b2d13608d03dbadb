//! Shape rules: the shape of a result from the shapes of the arguments.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use tensor_core::Shape;

use crate::binding::Inputs;
use crate::definition::ParamKind;
use crate::error::OpError;
use crate::signature::Signature;

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
type CustomShape = dyn Fn(&Inputs<'_>) -> Result<Shape, OpError> + Send + Sync;

/// TensorFlow 2's sentence, for signatures that bring none of their own.
const SHAPES_DIFFER: &str =
    "`{argument}` and `{other}` must have the same shape, received ({a} vs {b}).";

impl ShapeRule {
    /// A rule of the op's own.
    pub fn custom(
        rule: impl Fn(&Inputs<'_>) -> Result<Shape, OpError> + Send + Sync + 'static,
    ) -> Self {
        Self::Custom(Arc::new(rule))
    }

    /// Whether element `i` of the result depends on element `i` (or the
    /// broadcast one) of each tensor only.
    pub fn is_elementwise(&self) -> bool {
        !matches!(self, Self::Custom(_))
    }

    pub(crate) fn infer(&self, inputs: &Inputs<'_>) -> Result<Shape, OpError> {
        match self {
            Self::Broadcast => broadcast_together(inputs),
            Self::Like { argument, same } => {
                let shape = inputs.shape(argument)?;
                for other in *same {
                    let found = inputs.shape(other)?;
                    if found != shape {
                        return Err(shapes_differ(inputs, argument, &shape, other, &found));
                    }
                }
                Ok(shape.into_owned())
            }
            Self::Custom(rule) => rule(inputs),
        }
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

fn broadcast_together(inputs: &Inputs<'_>) -> Result<Shape, OpError> {
    let mut tensors = inputs
        .op()
        .definition()
        .parameters()
        .iter()
        .enumerate()
        .filter(|(_, p)| matches!(p.kind(), ParamKind::Tensor(_)))
        .map(|(i, _)| inputs.shape_at(i));
    let Some(first) = tensors.next() else {
        return Ok(Shape::scalar());
    };
    tensors
        .try_fold(first, |shape, next| {
            if shape == next {
                return Ok(shape);
            }
            shape.broadcast(&next).map(Cow::Owned)
        })
        .map(Cow::into_owned)
        .map_err(|source| inputs.tensor_error(source))
}

fn shapes_differ(
    inputs: &Inputs<'_>,
    argument: &'static str,
    shape: &Shape,
    other: &'static str,
    found: &Shape,
) -> OpError {
    let message = match inputs.op().signature().shapes_differ.as_deref() {
        Some(template) => {
            Signature::fill_shapes_differ(template, &[(argument, shape), (other, found)])
        }
        None => Signature::fill_shapes_differ(
            SHAPES_DIFFER,
            &[
                ("argument", &argument),
                ("other", &other),
                ("a", shape),
                ("b", found),
            ],
        ),
    };
    OpError::ShapesDiffer {
        op: inputs.op().name().to_owned(),
        message,
        expected: Box::new(shape.clone()),
        found: Box::new(found.clone()),
    }
}
