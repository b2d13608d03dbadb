//! The element types as run-time values, with the names that TensorFlow and Rust give them.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use crate::TensorError;

/// The element type of a tensor.
///
/// `Bool` is what comparisons yield and what `where` takes; the others are the IEEE 754 formats
/// binary16, binary32 and binary64, and bfloat16.
///
/// ```
/// use tensor_core::DType;
///
/// assert_eq!("bf16".parse(), Ok(DType::BF16));
/// assert_eq!(DType::BF16.to_string(), "bfloat16");
/// assert_eq!(DType::BF16.size_of(), 2);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DType {
    /// `bool`, one byte.
    Bool,
    /// IEEE 754 binary16: 11 significant bits.
    F16,
    /// bfloat16, the upper half of a binary32: 8 significant bits.
    BF16,
    /// IEEE 754 binary32: 24 significant bits.
    F32,
    /// IEEE 754 binary64: 53 significant bits.
    F64,
}

impl DType {
    /// Every dtype, in declaration order.
    pub const ALL: [Self; 5] = [Self::Bool, Self::F16, Self::BF16, Self::F32, Self::F64];

    /// The floating-point dtypes, in declaration order.
    pub const FLOATS: [Self; 4] = [Self::F16, Self::BF16, Self::F32, Self::F64];

    /// TensorFlow's name: `bool`, `float16`, `bfloat16`, `float32`, `float64`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::F16 => "float16",
            Self::BF16 => "bfloat16",
            Self::F32 => "float32",
            Self::F64 => "float64",
        }
    }

    /// Rust's name: `bool`, `f16`, `bf16`, `f32`, `f64`.
    pub const fn short_name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::F16 => "f16",
            Self::BF16 => "bf16",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }

    /// The size of one element in bytes.
    pub const fn size_of(self) -> usize {
        match self {
            Self::Bool => 1,
            Self::F16 | Self::BF16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// Whether this is a floating-point type, that is, anything but `Bool`.
    pub const fn is_float(self) -> bool {
        !matches!(self, Self::Bool)
    }

    /// Further spellings that are read but never written: the C family's names.
    const fn aliases(self) -> &'static [&'static str] {
        match self {
            Self::Bool | Self::BF16 => &[],
            Self::F16 => &["half"],
            Self::F32 => &["single", "float"],
            Self::F64 => &["double"],
        }
    }
}

impl fmt::Display for DType {
    /// Writes [`DType::name`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for DType {
    type Err = TensorError;

    /// Reads [`DType::name`], [`DType::short_name`], `half`, `single`, `float` (binary32, as in
    /// TensorFlow and C) or `double`.
    ///
    /// # Errors
    /// [`TensorError::UnknownDType`] for anything else.
    fn from_str(text: &str) -> Result<Self, TensorError> {
        Self::ALL
            .into_iter()
            .find(|dtype| {
                text == dtype.name()
                    || text == dtype.short_name()
                    || dtype.aliases().contains(&text)
            })
            .ok_or_else(|| TensorError::UnknownDType {
                found: String::from(text),
            })
    }
}

/// Displays every spelling that [`DType::from_str`] reads, for the message of its error.
pub(crate) struct Spellings;

impl fmt::Display for Spellings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for dtype in DType::ALL {
            write!(f, "{separator}{dtype}")?;
            separator = ", ";
            if dtype.short_name() != dtype.name() {
                write!(f, ", {}", dtype.short_name())?;
            }
            for alias in dtype.aliases() {
                write!(f, ", {alias}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::ToString;

    use super::*;

    /// Every accepted spelling, as documented.
    const SPELLINGS: [(&str, DType); 13] = [
        ("bool", DType::Bool),
        ("float16", DType::F16),
        ("f16", DType::F16),
        ("half", DType::F16),
        ("bfloat16", DType::BF16),
        ("bf16", DType::BF16),
        ("float32", DType::F32),
        ("f32", DType::F32),
        ("single", DType::F32),
        ("float", DType::F32),
        ("float64", DType::F64),
        ("f64", DType::F64),
        ("double", DType::F64),
    ];

    #[test]
    fn every_documented_spelling_is_read_and_listed_in_the_error() {
        let message = "int8".parse::<DType>().unwrap_err().to_string();
        for (text, dtype) in SPELLINGS {
            assert_eq!(text.parse(), Ok(dtype));
            assert!(message.contains(text), "{message} lacks {text}");
        }
    }

    #[test]
    fn other_spellings_are_errors_that_carry_them() {
        for text in ["", "int8", "Float32", " f32", "float16 "] {
            let expected = TensorError::UnknownDType {
                found: text.to_string(),
            };
            assert_eq!(text.parse::<DType>(), Err(expected));
        }
    }

    #[test]
    fn display_writes_the_name_and_honours_width() {
        for dtype in DType::ALL {
            assert_eq!(dtype.to_string(), dtype.name());
            assert_eq!(dtype.name().parse(), Ok(dtype));
        }
        assert_eq!(format!("{:<8}|", DType::F32), "float32 |");
    }

    #[test]
    fn the_floats_are_all_but_bool() {
        let floats = DType::ALL.into_iter().filter(|dtype| dtype.is_float());
        assert!(floats.eq(DType::FLOATS));
    }
}
