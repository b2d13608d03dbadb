//! The operations that instruction sets do differently. No result depends on which of them is
//! used: a fused multiply-add only makes the first stage's error smaller.

use crate::number::error_free;

/// Multiply-add and the error-free product of an instruction set.
pub trait Arithmetic {
    /// `a b + c`, rounded once or twice.
    fn mul_add(a: f64, b: f64, c: f64) -> f64;
    /// The same in `f32`.
    fn mul_add_f32(a: f32, b: f32, c: f32) -> f32;
    /// The product and its rounding error, exactly (in the range that `error_free::two_product`
    /// names).
    fn two_product(a: f64, b: f64) -> (f64, f64);
}

/// What the target is compiled for.
#[derive(Debug)]
pub(crate) struct Baseline;

/// Whether the target always has a fused multiply-add; elsewhere `f64::mul_add` is a slow software
/// routine.
#[cfg(feature = "std")]
const HAS_FMA: bool = cfg!(any(target_arch = "aarch64", target_feature = "fma"));

impl Arithmetic for Baseline {
    #[inline(always)]
    fn mul_add(a: f64, b: f64, c: f64) -> f64 {
        #[cfg(feature = "std")]
        if HAS_FMA {
            return a.mul_add(b, c);
        }
        a * b + c
    }

    #[inline(always)]
    fn mul_add_f32(a: f32, b: f32, c: f32) -> f32 {
        #[cfg(feature = "std")]
        if HAS_FMA {
            return a.mul_add(b, c);
        }
        a * b + c
    }

    #[inline(always)]
    fn two_product(a: f64, b: f64) -> (f64, f64) {
        error_free::two_product(a, b)
    }
}

/// Instruction sets with a fused multiply-add.
#[cfg(all(feature = "std", target_arch = "x86_64"))]
#[derive(Debug)]
pub(crate) struct FusedMultiplyAdd;

#[cfg(all(feature = "std", target_arch = "x86_64"))]
impl Arithmetic for FusedMultiplyAdd {
    #[inline(always)]
    fn mul_add(a: f64, b: f64, c: f64) -> f64 {
        a.mul_add(b, c)
    }

    #[inline(always)]
    fn mul_add_f32(a: f32, b: f32, c: f32) -> f32 {
        a.mul_add(b, c)
    }

    #[inline(always)]
    fn two_product(a: f64, b: f64) -> (f64, f64) {
        let product = a * b;
        (product, a.mul_add(b, -product))
    }
}
