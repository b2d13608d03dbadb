//! Casts against exact arithmetic: the nearest of two neighbours, ties to the even one.
//!
//! The reference knows only how the formats are laid out: it decodes their values with integers,
//! and compares with midpoints, which `f64` holds exactly.

use proptest::prelude::*;
use tensor_core::{DType, DynTensor, Float, Shape, Tensor, bf16, f16};

/// The layout of a binary format of at most 32 bits.
#[derive(Clone, Copy)]
struct Layout {
    exponent_bits: u32,
    fraction_bits: u32,
}

const F16: Layout = Layout {
    exponent_bits: 5,
    fraction_bits: 10,
};
const BF16: Layout = Layout {
    exponent_bits: 8,
    fraction_bits: 7,
};
const F32: Layout = Layout {
    exponent_bits: 8,
    fraction_bits: 23,
};

impl Layout {
    /// The magnitude bits of infinity; all smaller ones are finite.
    fn infinity(self) -> u64 {
        ((1 << self.exponent_bits) - 1) << self.fraction_bits
    }

    fn sign(self) -> u64 {
        1 << (self.exponent_bits + self.fraction_bits)
    }

    fn canonical_nan(self) -> u64 {
        self.infinity() | 1 << (self.fraction_bits - 1)
    }

    /// The value of magnitude bits up to those of infinity, which count as the next power of two:
    /// that is where IEEE 754 puts the threshold of overflow.
    fn value(self, magnitude: u64) -> f64 {
        let exponent = (magnitude >> self.fraction_bits) as i32;
        let fraction = magnitude & ((1 << self.fraction_bits) - 1);
        let leading = if exponent == 0 {
            0
        } else {
            1 << self.fraction_bits
        };
        let bias = (1 << (self.exponent_bits - 1)) - 1;
        let scale = exponent.max(1) - bias - self.fraction_bits as i32;
        (leading + fraction) as f64 * power_of_two(scale)
    }

    /// Inputs around the interval from this magnitude to the next, with the expected magnitudes:
    /// both ends and the midpoint, and the nearest `f64` on either side of each.
    fn around(self, magnitude: u64) -> [(f64, u64); 6] {
        let (low, high) = (self.value(magnitude), self.value(magnitude + 1));
        let midpoint = low + (high - low) / 2.0;
        let even = magnitude + (magnitude & 1);
        [
            (low, magnitude),
            (above(low), magnitude),
            (below(midpoint), magnitude),
            (midpoint, even),
            (above(midpoint), magnitude + 1),
            (below(high), magnitude + 1),
        ]
    }

    /// The bits nearest to `value`, found among all finite magnitudes.
    fn nearest(self, value: f64) -> u64 {
        if value.is_nan() {
            return self.canonical_nan();
        }
        let sign = if value.is_sign_negative() {
            self.sign()
        } else {
            0
        };
        let (mut low, mut high) = (0, self.infinity());
        if value.abs() >= self.value(high) {
            return sign | high;
        }
        while high - low > 1 {
            let middle = u64::midpoint(low, high);
            if self.value(middle) <= value.abs() {
                low = middle;
            } else {
                high = middle;
            }
        }
        let midpoint = self.value(low) + (self.value(high) - self.value(low)) / 2.0;
        let up = value.abs() > midpoint || (value.abs() == midpoint && low & 1 == 1);
        sign | if up { high } else { low }
    }
}

fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((1023 + exponent) as u64) << 52)
}

/// The next `f64` above a non-negative one.
fn above(value: f64) -> f64 {
    f64::from_bits(value.to_bits() + 1)
}

/// The next `f64` below a positive one.
fn below(value: f64) -> f64 {
    f64::from_bits(value.to_bits() - 1)
}

fn check_around<T: Float>(layout: Layout, magnitude: u64) {
    for (value, expected) in layout.around(magnitude) {
        let found = T::from_f64(value).to_bits();
        assert_eq!(
            found,
            expected,
            "{value:e} to {}: {found:#x}, not {expected:#x}",
            T::DTYPE
        );
        assert_eq!(
            T::from_f64(-value).to_bits(),
            expected | layout.sign(),
            "{:e}",
            -value
        );
    }
}

fn check_exact<T: Float>(layout: Layout, bits: u64) {
    let magnitude = bits & !layout.sign();
    let value = T::from_bits(bits).to_f64();
    assert_eq!(T::from_bits(bits).is_nan(), magnitude > layout.infinity());
    if magnitude > layout.infinity() {
        assert!(value.is_nan());
        assert_eq!(T::from_f64(value).to_bits(), layout.canonical_nan());
        return;
    }
    let expected = if magnitude == layout.infinity() {
        f64::INFINITY
    } else {
        layout.value(magnitude)
    };
    let expected = if bits == magnitude {
        expected
    } else {
        -expected
    };
    assert_eq!(value.to_bits(), expected.to_bits(), "{bits:#x}");
    assert_eq!(T::from_f64(value).to_bits(), bits);
}

#[test]
fn sixteen_bit_floats_round_correctly_beside_every_value_and_every_tie() {
    for magnitude in 0..F16.infinity() {
        check_around::<f16>(F16, magnitude);
    }
    for magnitude in 0..BF16.infinity() {
        check_around::<bf16>(BF16, magnitude);
    }
}

#[test]
fn every_sixteen_bit_float_widens_exactly_and_comes_back() {
    for bits in 0..=0xffff {
        check_exact::<f16>(F16, bits);
        check_exact::<bf16>(BF16, bits);
    }
}

#[test]
fn casts_between_all_pairs_of_types_are_correctly_rounded_for_every_sixteen_bit_input() {
    fn check<T: Float, U: Float>(layout: Layout) {
        let inputs: Vec<T> = (0..=0xffff).map(T::from_bits).collect();
        let outputs = Tensor::from(inputs.clone()).cast::<U>();
        for (input, output) in inputs.iter().zip(&outputs) {
            let expected = layout.nearest(input.to_f64());
            assert_eq!(output.to_bits(), expected, "{input} to {}", U::DTYPE);
        }
    }
    check::<f16, f16>(F16);
    check::<f16, bf16>(BF16);
    check::<f16, f32>(F32);
    check::<bf16, f16>(F16);
    check::<bf16, bf16>(BF16);
    check::<bf16, f32>(F32);
}

#[test]
fn beyond_the_largest_finite_value_is_infinity_and_below_the_smallest_is_a_signed_zero() {
    fn check<T: Float>() {
        for (value, expected) in [(f64::MAX, f64::INFINITY), (power_of_two(-1022), 0.0)] {
            assert_eq!(T::from_f64(value).to_f64().to_bits(), expected.to_bits());
            assert_eq!(
                T::from_f64(-value).to_f64().to_bits(),
                (-expected).to_bits()
            );
        }
        let smallest = f64::from_bits(1);
        assert_eq!(
            T::from_f64(-smallest).to_f64().to_bits(),
            (-0.0_f64).to_bits()
        );
        assert_eq!(T::from_f64(f64::INFINITY).to_f64(), f64::INFINITY);
    }
    check::<f16>();
    check::<bf16>();
    check::<f32>();
}

#[test]
fn a_nan_of_any_bits_becomes_the_canonical_one() {
    for bits in [
        0x7ff8_0000_0000_0000,
        0x7ff0_0000_0000_0001,
        0xffff_ffff_ffff_ffff,
    ] {
        let nan = DynTensor::from(Tensor::scalar(f64::from_bits(bits)));
        let canonical = [
            (DType::F16, 0x7e00),
            (DType::BF16, 0x7fc0),
            (DType::F32, 0x7fc0_0000),
            (DType::F64, 0x7ff8_0000_0000_0000),
        ];
        for (dtype, expected) in canonical {
            assert_eq!(nan.cast(dtype).get_bits(0), Some(expected), "{dtype}");
        }
    }
}

#[test]
fn the_constants_have_their_values() {
    fn check<T: Float>() {
        assert!(T::NAN.is_nan());
        assert_eq!(T::NAN.to_bits(), T::from_f64(f64::NAN).to_bits());
        assert_eq!((T::ZERO.to_f64(), T::ZERO.to_bits()), (0.0, 0));
        assert_eq!(T::ONE.to_f64(), 1.0);
    }
    check::<f16>();
    check::<bf16>();
    check::<f32>();
    check::<f64>();
}

#[test]
fn bool_casts_to_zero_and_one_and_everything_but_a_zero_casts_to_true() {
    fn check<T: Float>() {
        let numbers = Tensor::from(vec![false, true]).cast::<T>();
        assert_eq!(numbers.as_slice(), [T::ZERO, T::ONE]);
        let values = [0.0, -0.0, 1.0, -2.5, f64::INFINITY, f64::NAN].map(T::from_f64);
        let truths = Tensor::from(values.to_vec()).cast::<bool>();
        assert_eq!(truths.as_slice(), [false, false, true, true, true, true]);
        let smallest = Tensor::scalar(T::from_bits(1)).cast::<bool>();
        assert_eq!(smallest.item(), Ok(true));
    }
    check::<f16>();
    check::<bf16>();
    check::<f32>();
    check::<f64>();
    assert_eq!(Tensor::scalar(true).cast::<bool>().item(), Ok(true));
}

#[test]
fn a_cast_keeps_the_shape_and_gives_the_dtype_asked_for() {
    for from in DType::ALL {
        let shape = Shape::new([2, 0, 3]).unwrap();
        let tensor = DynTensor::zeros(from, shape.clone());
        for to in DType::ALL {
            let cast = tensor.cast(to);
            assert_eq!((cast.dtype(), cast.shape()), (to, &shape));
        }
    }
}

/// Values of every magnitude that matters to the narrower formats, and of all others.
fn any_f64() -> impl Strategy<Value = f64> {
    let near = (any::<bool>(), 860_u64..1160, 0_u64..1 << 52);
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        near.prop_map(|(negative, exponent, fraction)| {
            f64::from_bits(u64::from(negative) << 63 | exponent << 52 | fraction)
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn f32_rounds_correctly_beside_any_value_and_tie(magnitude in 0..F32.infinity()) {
        check_around::<f32>(F32, magnitude);
        check_exact::<f32>(F32, magnitude);
    }

    #[test]
    fn any_f64_casts_to_the_nearest_value(value in any_f64()) {
        fn check<T: Float>(layout: Layout, value: f64) {
            let found = Tensor::scalar(value).cast::<T>().item().unwrap().to_bits();
            assert_eq!(found, layout.nearest(value), "{value:e} to {}", T::DTYPE);
        }
        check::<f16>(F16, value);
        check::<bf16>(BF16, value);
        check::<f32>(F32, value);
    }

    #[test]
    fn any_f32_casts_to_the_nearest_value(bits in any::<u32>()) {
        fn check<T: Float>(layout: Layout, value: f32) {
            let found = Tensor::scalar(value).cast::<T>().item().unwrap().to_bits();
            assert_eq!(found, layout.nearest(f64::from(value)), "{value:e} to {}", T::DTYPE);
        }
        check::<f16>(F16, f32::from_bits(bits));
        check::<bf16>(BF16, f32::from_bits(bits));
    }
}
