//! The element types as sealed traits: what a tensor may hold, and what a float can do.

use core::fmt::{Debug, Display};

use half::{bf16, f16};

use crate::{DType, DynSliceMut, DynTensor, DynTensorRef, Tensor, conversion};

/// A type that a [`Tensor`] can hold: `bool`, [`struct@f16`], [`bf16`], `f32` or `f64`.
///
/// The trait is sealed, because [`DynTensor`] has one variant per element type.
pub trait Element:
    private::Sealed + Copy + Default + PartialEq + PartialOrd + Debug + Display + Send + Sync + 'static
{
    /// The dtype of this type.
    const DTYPE: DType;
}

/// A floating-point element type: [`struct@f16`], [`bf16`], `f32` or `f64`.
///
/// ```
/// use tensor_core::{Float, f16};
///
/// // 1 + 2^-11 is half-way between two values of f16; 2^-40 more decides. Rounding to f32 first
/// // would lose it and then choose the even neighbour, 1.
/// let value = 1.0 + 2.0_f64.powi(-11) + 2.0_f64.powi(-40);
/// assert_eq!(<f16 as Float>::from_f64(value).to_f64(), 1.0 + 2.0_f64.powi(-10));
/// ```
pub trait Float: Element {
    /// The canonical quiet NaN: sign bit clear, only the topmost fraction bit set.
    const NAN: Self;
    /// Positive zero.
    const ZERO: Self;
    /// One.
    const ONE: Self;

    /// The value nearest to `value`, ties to even, in one rounding; a NaN becomes [`Float::NAN`].
    fn from_f64(value: f64) -> Self;

    /// The same value as an `f64`, exactly.
    fn to_f64(self) -> f64;

    /// The bits of the value, in the low bits of the result.
    fn to_bits(self) -> u64;

    /// The value with these bits; bits above the type's width are ignored.
    fn from_bits(bits: u64) -> Self;

    /// Whether the value is a NaN.
    fn is_nan(self) -> bool;
}

pub(crate) mod private {
    use super::{DynSliceMut, DynTensor, DynTensorRef, Element, Tensor};

    /// The hooks that join an element type to the dtype-erased types and to every cast.
    pub trait Sealed: Copy {
        /// The value as an `f64`, exactly; `true` is 1.
        fn widen(self) -> f64;
        /// The nearest value, ties to even; anything but a zero is `true`.
        fn narrow(value: f64) -> Self;
        /// The bits of the value, in the low bits of the result.
        fn bits(self) -> u64;

        fn erase(tensor: Tensor<'_, Self>) -> DynTensor<'_>
        where
            Self: Element;
        fn unerase(tensor: DynTensor<'_>) -> Option<Tensor<'_, Self>>
        where
            Self: Element;
        fn unerase_ref<'t, 'a>(tensor: &'t DynTensor<'a>) -> Option<&'t Tensor<'a, Self>>
        where
            Self: Element;
        fn unerase_mut<'t, 'a>(tensor: &'t mut DynTensor<'a>) -> Option<&'t mut Tensor<'a, Self>>
        where
            Self: Element;
        fn erase_shared<'a>(tensor: &'a Tensor<'_, Self>) -> DynTensorRef<'a>
        where
            Self: Element;
        fn unerase_shared(tensor: DynTensorRef<'_>) -> Option<&Tensor<'_, Self>>
        where
            Self: Element;
        fn erase_slice(slice: &mut [Self]) -> DynSliceMut<'_>;
        fn unerase_slice(slice: DynSliceMut<'_>) -> Option<&mut [Self]>;
    }
}

/// Implements [`Element`] for one type: its variant of the dtype-erased types and its conversions.
macro_rules! element {
    ($type:ty, $variant:ident, widen: $widen:expr, narrow: $narrow:expr, bits: $bits:expr) => {
        impl Element for $type {
            const DTYPE: DType = DType::$variant;
        }

        impl private::Sealed for $type {
            #[inline]
            fn widen(self) -> f64 {
                $widen(self)
            }
            #[inline]
            fn narrow(value: f64) -> Self {
                $narrow(value)
            }
            #[inline]
            fn bits(self) -> u64 {
                $bits(self) as u64
            }
            fn erase(tensor: Tensor<'_, Self>) -> DynTensor<'_> {
                DynTensor::$variant(tensor)
            }
            fn unerase(tensor: DynTensor<'_>) -> Option<Tensor<'_, Self>> {
                if let DynTensor::$variant(typed) = tensor {
                    Some(typed)
                } else {
                    None
                }
            }
            fn unerase_ref<'t, 'a>(tensor: &'t DynTensor<'a>) -> Option<&'t Tensor<'a, Self>> {
                if let DynTensor::$variant(typed) = tensor {
                    Some(typed)
                } else {
                    None
                }
            }
            fn unerase_mut<'t, 'a>(
                tensor: &'t mut DynTensor<'a>,
            ) -> Option<&'t mut Tensor<'a, Self>> {
                if let DynTensor::$variant(typed) = tensor {
                    Some(typed)
                } else {
                    None
                }
            }
            fn erase_shared<'a>(tensor: &'a Tensor<'_, Self>) -> DynTensorRef<'a> {
                DynTensorRef::$variant(tensor)
            }
            fn unerase_shared(tensor: DynTensorRef<'_>) -> Option<&Tensor<'_, Self>> {
                if let DynTensorRef::$variant(typed) = tensor {
                    Some(typed)
                } else {
                    None
                }
            }
            fn erase_slice(slice: &mut [Self]) -> DynSliceMut<'_> {
                DynSliceMut::$variant(slice)
            }
            fn unerase_slice(slice: DynSliceMut<'_>) -> Option<&mut [Self]> {
                if let DynSliceMut::$variant(typed) = slice {
                    Some(typed)
                } else {
                    None
                }
            }
        }
    };
}

element!(bool, Bool, widen: f64::from, narrow: |value| value != 0.0, bits: u64::from);
element!(f16, F16, widen: widen_f16, narrow: narrow_f16, bits: f16::to_bits);
element!(bf16, BF16, widen: widen_bf16, narrow: narrow_bf16, bits: bf16::to_bits);
element!(f32, F32, widen: f64::from, narrow: narrow_f32, bits: f32::to_bits);
element!(f64, F64, widen: core::convert::identity, narrow: canonical_f64, bits: f64::to_bits);

#[inline]
fn widen_f16(value: f16) -> f64 {
    conversion::widen_f16(value.to_bits()).into()
}

#[inline]
fn widen_bf16(value: bf16) -> f64 {
    conversion::widen_bf16(value.to_bits()).into()
}

#[inline]
fn narrow_f16(value: f64) -> f16 {
    f16::from_bits(conversion::f16_bits(value))
}

#[inline]
fn narrow_bf16(value: f64) -> bf16 {
    bf16::from_bits(conversion::bf16_bits(value))
}

/// Rust's `as` rounds to nearest, ties to even, but leaves the bits of a NaN open.
#[inline]
fn narrow_f32(value: f64) -> f32 {
    if value.is_nan() {
        <f32 as Float>::NAN
    } else {
        value as f32
    }
}

#[inline]
fn canonical_f64(value: f64) -> f64 {
    if value.is_nan() {
        <f64 as Float>::NAN
    } else {
        value
    }
}

/// Implements [`Float`] for one type, with the bits of its constants.
macro_rules! float {
    ($type:ty, $bits:ty, nan: $nan:literal, one: $one:literal) => {
        impl Float for $type {
            const NAN: Self = <$type>::from_bits($nan);
            const ZERO: Self = <$type>::from_bits(0);
            const ONE: Self = <$type>::from_bits($one);

            #[inline]
            fn from_f64(value: f64) -> Self {
                private::Sealed::narrow(value)
            }
            #[inline]
            fn to_f64(self) -> f64 {
                private::Sealed::widen(self)
            }
            #[inline]
            fn to_bits(self) -> u64 {
                private::Sealed::bits(self)
            }
            #[inline]
            fn from_bits(bits: u64) -> Self {
                <$type>::from_bits(bits as $bits)
            }
            #[inline]
            fn is_nan(self) -> bool {
                <$type>::is_nan(self)
            }
        }
    };
}

float!(f16, u16, nan: 0x7e00, one: 0x3c00);
float!(bf16, u16, nan: 0x7fc0, one: 0x3f80);
float!(f32, u32, nan: 0x7fc0_0000, one: 0x3f80_0000);
float!(f64, u64, nan: 0x7ff8_0000_0000_0000, one: 0x3ff0_0000_0000_0000);
