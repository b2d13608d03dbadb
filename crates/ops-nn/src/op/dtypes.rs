//! Element types: those that a parameter takes, and that of the result.

use tensor_core::DType;

/// The element type of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DTypeRule {
    /// The one that the tensors share.
    Shared,
    /// Always this one.
    Fixed(DType),
    /// The one given in the op's dtype argument; the shared one without it.
    Argument,
    /// That of this tensor argument.
    Like(&'static str),
}

/// The element types that a tensor parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DTypes {
    /// The op's shared type, which must be one of float16, bfloat16, float32,
    /// float64.
    Float,
    /// The op's shared type, of whichever kind.
    Any,
    /// `bool`, whatever the shared type is.
    Bool,
    /// Any type; only the shape or the type of this tensor matters.
    Like,
}

impl DTypes {
    /// Whether tensors of this class share the op's one element type.
    pub(crate) fn is_shared(self) -> bool {
        matches!(self, Self::Float | Self::Any)
    }

    /// The class as text.
    pub fn expected(self) -> &'static str {
        match self {
            Self::Float => "dtype float16, bfloat16, float32 or float64",
            Self::Any | Self::Like => "any dtype",
            Self::Bool => "dtype bool",
        }
    }

    pub(crate) fn allows(self, dtype: DType) -> bool {
        match self {
            Self::Float => dtype.is_float(),
            Self::Any | Self::Like => true,
            Self::Bool => dtype == DType::Bool,
        }
    }
}
