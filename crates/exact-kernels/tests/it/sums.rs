//! Exact sums and means against arithmetic on big integers: in any order and grouping, through
//! bytes, and from corrupt bytes.

use conformance::DType;
use dashu_int::IBig;
use exact_kernels::{
    ExactSum, Extent, KernelError, Operand, Tier, WeightedMean, mean_axes, sum_axes,
};
use half::{bf16, f16};
use testkit::{Float as _, Random};

use crate::common::Element;

/// A finite number in units of 2^-1074; an infinity as the power of 2 above the largest number.
fn units<T: Element>(value: T) -> IBig {
    let (fraction_bits, quantum) = match T::DTYPE {
        DType::F16 => (10, -24),
        DType::BF16 => (7, -133),
        DType::F32 => (23, -149),
        DType::F64 => (52, -1074),
    };
    let magnitude = value.bits() & (u64::MAX >> (65 - T::WIDTH));
    let (exponent, fraction) = (magnitude >> fraction_bits, magnitude % (1 << fraction_bits));
    let significand = fraction + (u64::from(exponent > 0) << fraction_bits);
    let shift = exponent.saturating_sub(1) as i32 + quantum + 1074;
    let magnitude = IBig::from(significand) << shift as usize;
    if value.bits() >> (T::WIDTH - 1) == 1 {
        -magnitude
    } else {
        magnitude
    }
}

/// Asserts that `found` is `numerator / denominator · 2^-1074` rounded to nearest, ties to even.
fn assert_nearest<T: Element>(found: T, numerator: &IBig, denominator: &IBig) {
    let is_negative = (*numerator < IBig::ZERO) != (*denominator < IBig::ZERO);
    let sign = u64::from(is_negative && *numerator != IBig::ZERO) << (T::WIDTH - 1);
    assert_eq!(
        found.bits() & 1 << (T::WIDTH - 1),
        sign,
        "the sign of {found:?}"
    );
    let magnitude = found.bits() ^ sign;
    let is_even = magnitude.is_multiple_of(2);
    let (numerator, denominator) = (magnitude_of(numerator), magnitude_of(denominator));
    let half_way =
        |other: u64| (units(T::from_bits(magnitude)) + units(T::from_bits(other))) * &denominator;
    let twice = numerator * 2;
    if magnitude > 0 {
        let least = half_way(magnitude - 1);
        assert!(
            twice > least || (twice == least && is_even),
            "{found:?} is too large"
        );
    }
    if found.to_f64().is_finite() {
        let most = half_way(magnitude + 1);
        assert!(
            twice < most || (twice == most && is_even),
            "{found:?} is too small"
        );
    }
}

fn magnitude_of(value: &IBig) -> IBig {
    if *value < IBig::ZERO {
        -value
    } else {
        value.clone()
    }
}

/// Asserts that a sum is this number, by its roundings and by its encoding.
fn assert_sum(sum: &ExactSum, total: &IBig) {
    fn rounds<T: Element>(sum: &ExactSum, total: &IBig) {
        assert_nearest(sum.sum::<T>(), total, &IBig::ONE);
        if sum.count() > 0 {
            let mean = sum.mean::<T>().expect("not empty");
            assert_nearest(mean, total, &sum.count().into());
        }
    }
    rounds::<f16>(sum, total);
    rounds::<bf16>(sum, total);
    rounds::<f32>(sum, total);
    rounds::<f64>(sum, total);
    let bytes = sum.to_bytes();
    assert_eq!(bytes[..2], [4, 0]);
    assert_eq!(bytes[2..10], sum.count().to_le_bytes());
    assert_eq!(&decoded(&bytes[10..]), total);
}

/// Asserts that the products sum to `products · 2^-2148` and the weights to `weights · 2^-1074`.
fn assert_mean(mean: &WeightedMean, products: &IBig, weights: &IBig) {
    fn rounds<T: Element>(mean: &WeightedMean, products: &IBig, weights: &IBig) {
        assert_nearest(mean.sum::<T>(), products, &(IBig::ONE << 1074));
        match mean.mean::<T>() {
            Ok(mean) => assert_nearest(mean, products, weights),
            Err(error) => {
                assert_eq!((error, weights), (KernelError::EmptyMean, &IBig::ZERO));
            }
        }
    }
    rounds::<f16>(mean, products, weights);
    rounds::<f32>(mean, products, weights);
    rounds::<f64>(mean, products, weights);
    assert_sum(mean.weights(), weights);
    let bytes = mean.to_bytes();
    let weights = mean.weights().to_bytes();
    assert_eq!(bytes[..2], [5, 0]);
    assert_eq!(bytes[2..][..weights.len()], weights);
    let products = products << 14;
    assert_eq!(
        decoded(&bytes[2 + weights.len()..]),
        products,
        "in units of 2^-2162"
    );
}

/// The number of an encoding: the index of its first limb, how many there are, and the limbs.
fn decoded(bytes: &[u8]) -> IBig {
    let [first, count, limbs @ ..] = bytes else {
        panic!("{} bytes hold no number", bytes.len());
    };
    assert_eq!(limbs.len(), 8 * usize::from(*count));
    let mut number = IBig::ZERO;
    for (index, &byte) in limbs.iter().enumerate() {
        let is_last = index + 1 == limbs.len();
        let byte = if is_last {
            i64::from(byte as i8)
        } else {
            byte.into()
        };
        number += IBig::from(byte) << (8 * index);
    }
    number << (64 * usize::from(*first))
}

/// Numbers that cancel, vanish and tower: any bits, but finite.
fn numbers<T: Element>(seed: u64, count: usize) -> Vec<T> {
    let mut random = Random(seed);
    let mut numbers: Vec<T> = std::iter::repeat_with(|| random.logit::<T>())
        .filter(|&x| x.is_number())
        .take(count)
        .collect();
    let negatives: Vec<T> = numbers
        .iter()
        .step_by(2)
        .map(|&x| T::about(-x.to_f64()))
        .collect();
    numbers.extend(negatives);
    numbers
}

fn one_by_one<T: Element>(values: &[T]) -> ExactSum {
    let mut sum = ExactSum::new();
    for &value in values {
        sum.add(value);
    }
    sum
}

fn pairs_one_by_one<T: Element, W: Element>(values: &[T], weights: &[W]) -> WeightedMean {
    let mut mean = WeightedMean::new();
    let pairs = values.iter().zip(weights);
    pairs.for_each(|(&value, &weight)| mean.add(value, weight));
    mean
}

fn through_bytes(sum: &ExactSum) -> ExactSum {
    ExactSum::from_bytes(&sum.to_bytes()).expect("own bytes")
}

fn check_sums<T: Element>() {
    for seed in 0..40 {
        let values = numbers::<T>(seed, 40 + 97 * seed as usize);
        let total: IBig = values.iter().map(|&value| units(value)).sum();
        let expected = one_by_one(&values);
        assert_sum(&expected, &total);
        for tier in Tier::ALL {
            let at_once = || {
                let mut sum = ExactSum::new();
                sum.add_slice(&values);
                sum
            };
            if let Some(sum) = tier.run(at_once) {
                assert_eq!(sum, expected, "as a slice in {tier}");
            }
        }
        let mut parts = ExactSum::new();
        for (index, part) in values.chunks(1 + 3 * seed as usize).rev().enumerate() {
            let mut sum = one_by_one(&part[..part.len() * (index % 2)]);
            sum.add_slice(&part[part.len() * (index % 2)..]);
            parts.merge(&through_bytes(&sum));
        }
        assert_eq!(parts, expected, "in parts, backwards, through bytes");
        assert_eq!(parts.to_bytes(), expected.to_bytes());
        assert!(values.iter().all(|&value| parts.remove(value)));
        assert_eq!(parts, ExactSum::new(), "all removed");
    }
}

#[test]
fn order_grouping_tiers_and_bytes_do_not_change_a_sum() {
    check_sums::<f16>();
    check_sums::<bf16>();
    check_sums::<f32>();
    check_sums::<f64>();
}

#[test]
fn order_grouping_and_bytes_do_not_change_a_weighted_mean() {
    for seed in 0..40 {
        let values = numbers::<f64>(seed, 3 + 7 * seed as usize);
        let weights = numbers::<f64>(seed + 1000, 3 + 7 * seed as usize);
        let pairs = || values.iter().copied().zip(weights.iter().copied());
        let products: IBig = pairs().map(|(v, w)| units(v) * units(w)).sum();
        let expected = pairs_one_by_one(&values, &weights);
        assert_mean(
            &expected,
            &products,
            &weights.iter().map(|&w| units(w)).sum(),
        );
        let mut parts = WeightedMean::new();
        for (value, weight) in pairs() {
            let part = pairs_one_by_one(&[value], &[weight]);
            parts.merge(&WeightedMean::from_bytes(&part.to_bytes()).expect("own bytes"));
        }
        assert_eq!(parts, expected);
        assert_eq!(parts.to_bytes(), expected.to_bytes());
        assert!(pairs().all(|(value, weight)| parts.remove(value, weight)));
        assert_eq!(parts, WeightedMean::new(), "all removed");
    }
}

#[test]
fn sums_and_means_of_two_extreme_numbers_are_rounded_once() {
    let extremes = [
        f64::from_bits(1),
        f64::MIN_POSITIVE,
        1.0,
        -1.0,
        1.0 + f64::EPSILON,
        -f64::MAX,
        f64::MAX,
        0.0,
        -0.0,
    ];
    assert_sum(&ExactSum::new(), &IBig::ZERO);
    assert_mean(&WeightedMean::new(), &IBig::ZERO, &IBig::ZERO);
    for a in extremes {
        for b in extremes {
            let (values, weights) = ([a, b, b], [b, 1.0, 3.0]);
            for count in 1..=3 {
                let (values, weights) = (&values[..count], &weights[..count]);
                let pairs = values.iter().zip(weights);
                let products = pairs.map(|(&v, &w)| units(v) * units(w)).sum();
                let total = weights.iter().map(|&w| units(w)).sum();
                assert_mean(&pairs_one_by_one(values, weights), &products, &total);
            }
        }
    }
}

#[test]
fn means_of_huge_counts_are_rounded_once() {
    for start in [&[f64::from_bits(3)][..], &[1.0], &[f64::from_bits(3), -1.0]] {
        let mut sum = one_by_one(start);
        let total = start.iter().map(|&value| units(value)).sum();
        for _ in 0..60 {
            // As many zeros again.
            let mut zeros = sum.clone();
            for &value in start {
                assert!(zeros.remove(value));
                zeros.add(0.0);
            }
            sum.merge(&zeros);
            assert_sum(&sum, &total);
        }
        assert!(sum.count() >= 1 << 60);
    }
}

#[test]
fn a_sum_is_rounded_once_to_nearest_even() {
    let half_ulp = f64::EPSILON / 2.0;
    let cases: &[(&[f64], f64)] = &[
        (&[], 0.0),
        (&[-0.0, -0.0], 0.0),
        (&[1.0, half_ulp], 1.0),
        (&[1.0, half_ulp, 5e-324], 1.0 + f64::EPSILON),
        (&[1.0, half_ulp, -5e-324], 1.0),
        (&[-1.0, -half_ulp, -5e-324], -1.0 - f64::EPSILON),
        (&[f64::MAX, f64::MAX, -f64::MAX], f64::MAX),
        (&[f64::MAX, f64::MAX], f64::INFINITY),
        (&[5e-324, -1.0, 1.0], 5e-324),
        (&[f64::INFINITY, 1.0], f64::INFINITY),
        (&[f64::NEG_INFINITY, f64::MAX], f64::NEG_INFINITY),
        (&[f64::INFINITY, f64::NEG_INFINITY], f64::NAN),
        (&[f64::NAN, 1.0], f64::NAN),
    ];
    for &(values, expected) in cases {
        for repeat in [1, 1000] {
            // With zeros behind them, the same numbers go through the vectorised loop.
            let mut padded = values.to_vec();
            padded.resize(values.len() * repeat, 0.0);
            let mut sum = ExactSum::new();
            sum.add_slice(&padded);
            assert_eq!(sum.sum::<f64>().to_bits(), expected.to_bits(), "{values:?}");
        }
    }
}

#[test]
fn a_mean_is_rounded_once() {
    let mean = |values: &[f64]| {
        let mut sum = ExactSum::new();
        sum.add_slice(values);
        sum.mean::<f64>()
    };
    assert_eq!(mean(&[]), Err(KernelError::EmptyMean));
    assert_eq!(mean(&[1.0, 0.0, 0.0]), Ok(1.0 / 3.0));
    assert_eq!(mean(&[f64::MAX, f64::MAX, f64::MAX]), Ok(f64::MAX));
    assert_eq!(mean(&[5e-324, 0.0]), Ok(0.0));
    assert_eq!(mean(&[5e-324, 5e-324, 0.0]), Ok(5e-324));
    assert_eq!(mean(&[5e-324, 1e-323, 0.0, 0.0]), Ok(5e-324));
    let mut sum = ExactSum::new();
    sum.add_slice(&[1.0_f32, 2.0, 4.0]);
    assert_eq!(sum.mean::<f32>(), Ok(7.0 / 3.0));
    assert_eq!(
        sum.mean::<f16>().map(f16::to_bits),
        Ok(f16::from_f64(7.0 / 3.0).to_bits())
    );
}

#[test]
fn a_weighted_mean_is_the_quotient_of_exact_sums() {
    let mean = |pairs: &[(f64, f64)]| {
        let mut mean = WeightedMean::new();
        for &(value, weight) in pairs {
            mean.add(value, weight);
        }
        mean.mean::<f64>()
    };
    assert_eq!(mean(&[]), Err(KernelError::EmptyMean));
    assert_eq!(
        mean(&[(1.0, 1.0), (2.0, -1.0)]),
        Err(KernelError::EmptyMean)
    );
    assert_eq!(mean(&[(3.0, 0.1)]), Ok(3.0));
    assert_eq!(mean(&[(1e300, 1e300), (1e300, 1e-300)]), Ok(1e300));
    assert_eq!(mean(&[(5e-324, 5e-324), (5e-324, 5e-324)]), Ok(5e-324));
    assert_eq!(mean(&[(1.0, 1.0), (0.0, 2.0)]), Ok(1.0 / 3.0));
    assert_eq!(mean(&[(1.0, -1.0), (0.0, -2.0)]), Ok(1.0 / 3.0));
    assert_eq!(mean(&[(-1.0, 1.0), (0.0, 2.0)]), Ok(-1.0 / 3.0));
    assert_eq!(mean(&[(f64::INFINITY, 0.0), (2.0, 1.0)]), Ok(2.0));
    assert_eq!(mean(&[(f64::INFINITY, 1.0), (2.0, 1.0)]), Ok(f64::INFINITY));
    assert!(mean(&[(f64::NAN, 0.0), (2.0, 1.0)]).is_ok_and(f64::is_nan));
    assert!(mean(&[(1.0, f64::INFINITY)]).is_ok_and(f64::is_nan));
    let mut both = WeightedMean::new();
    both.add_slice(&[1.0_f32, 4.0, 7.0], Operand::Full(&[2.0, 1.0, 0.0]))
        .expect("lengths agree");
    let mut other = WeightedMean::new();
    other.add(5.0_f32, 3.0);
    both.merge(&other);
    assert_eq!(both.mean::<f32>(), Ok(3.5));
    assert_eq!(both.weights().count(), 4);
}

#[test]
fn a_weighted_sum_is_rounded_once() {
    let half_ulp = f64::EPSILON / 2.0;
    let mut mean = WeightedMean::new();
    assert_eq!(mean.sum::<f64>().to_bits(), 0);
    mean.add(2.0, 0.5);
    mean.add(1.0, half_ulp);
    assert_eq!(mean.sum::<f64>(), 1.0);
    mean.add(5e-324, 5e-324);
    assert_eq!(mean.sum::<f64>(), 1.0 + f64::EPSILON);
}

/// Slices of pairs add what the pairs add one by one, in every tier, at every length and whatever
/// the sizes.
fn check_weighted_slices<T: Element, W: Element>(values: &[T], weights: &[W]) {
    for length in [0, 1, 31, 32, 63, 1023, 1024, 1025, values.len()] {
        let (values, weights) = (&values[..length], &weights[..length]);
        let expected = pairs_one_by_one(values, weights);
        for tier in Tier::ALL {
            let slices = || {
                let mut mean = WeightedMean::new();
                for half in [0..length / 2, length / 2..length] {
                    let weights = Operand::Full(&weights[half.clone()]);
                    mean.add_slice(&values[half], weights).expect("as long");
                }
                mean
            };
            if let Some(mean) = tier.run(slices) {
                assert_eq!(mean, expected, "{length} in {tier}");
            }
        }
    }
}

#[test]
fn slices_of_weighted_values_add_what_each_pair_adds() {
    let mut random = Random(5);
    let count = 3000;
    let singles: Vec<f32> = (0..count)
        .map(|_| f32::about(random.unit() - 0.3))
        .collect();
    let any: Vec<f64> = numbers(7, count)[..count].to_vec();
    // The bounds within which products are taken by multiplication, and their neighbours.
    let bound = f64::from_bits((1023 + 400) << 52);
    let bounds = [
        bound,
        bound.next_up(),
        1.0 / bound,
        (1.0 / bound).next_down(),
        0.0,
        1.0,
    ];
    let pick = |random: &mut Random| {
        let bound = bounds[random.below(6) as usize] * (1.0 - random.unit() * f64::EPSILON);
        if random.below(2) == 0 { bound } else { -bound }
    };
    let on_bounds: Vec<f64> = (0..count).map(|_| pick(&mut random)).collect();
    let moderate: Vec<f64> = (0..count).map(|_| random.unit() * 1e9 - 3e8).collect();
    check_weighted_slices(&singles, &moderate);
    check_weighted_slices(&moderate, &singles);
    check_weighted_slices(&moderate, &moderate);
    check_weighted_slices(&on_bounds, &moderate);
    check_weighted_slices(&on_bounds, &on_bounds);
    check_weighted_slices(&any, &moderate);
    check_weighted_slices(&any, &any);
    let mut holes = moderate.clone();
    (holes[40], holes[1500], holes[2999]) = (f64::NAN, f64::INFINITY, -0.0);
    check_weighted_slices(&holes, &singles);
    check_weighted_slices(&singles, &holes);
    let short = Operand::Full(&singles[..1]);
    let mut mean = WeightedMean::new();
    for count in [2, 100] {
        let refused = mean.add_slice(&singles[..count], short);
        assert!(matches!(refused, Err(KernelError::Length { .. })));
    }
    assert_eq!(mean, WeightedMean::new(), "nothing was added");
}

#[test]
fn weights_of_every_operand_are_those_of_its_elements() {
    let values: Vec<f32> = numbers(9, 50);
    let periodic = [0.5_f32, -2.0, 3.0];
    for length in [0, 7, 70] {
        let values = &values[..length];
        let repeated = |stretch: usize| (0..length).map(move |i| periodic[i / stretch % 3]);
        let operands = [
            (Operand::Scalar(1.5), vec![1.5; length]),
            (
                Operand::Periodic {
                    values: &periodic,
                    stretch: 1,
                },
                repeated(1).collect(),
            ),
            (
                Operand::Periodic {
                    values: &periodic,
                    stretch: 4,
                },
                repeated(4).collect(),
            ),
        ];
        for (operand, weights) in operands {
            let mut mean = WeightedMean::new();
            mean.add_slice(values, operand).expect("fits");
            assert_eq!(mean, pairs_one_by_one(values, &weights), "{operand:?}");
        }
    }
}

#[test]
fn any_set_of_axes_is_reduced() {
    let lengths = [2, 3, 4];
    let x: Vec<f64> = (0..24).map(|i| f64::from(i * i)).collect();
    for set in 0..8_usize {
        let reduced = |axis: usize| set >> axis & 1 == 1;
        let extents: Vec<Extent> = (0..3)
            .map(|axis| Extent {
                len: lengths[axis],
                reduced: reduced(axis),
            })
            .collect();
        let kept = |axis: usize| if reduced(axis) { 1 } else { lengths[axis] };
        let mut expected = vec![0.0; kept(0) * kept(1) * kept(2)];
        for (index, value) in x.iter().enumerate() {
            let coordinates = [index / 12, index / 4 % 3, index % 4];
            let at = |axis: usize| if reduced(axis) { 0 } else { coordinates[axis] };
            expected[(at(0) * kept(1) + at(1)) * kept(2) + at(2)] += value;
        }
        let mut out = vec![0.0; expected.len()];
        sum_axes(&x, &extents, &mut out).expect("lengths agree");
        assert_eq!(out, expected, "axes {set:#b}");
        let count = (24 / expected.len()) as f64;
        mean_axes(&x, &extents, &mut out).expect("lengths agree");
        assert_eq!(
            out,
            expected.iter().map(|sum| sum / count).collect::<Vec<_>>(),
            "axes {set:#b}"
        );
    }
}

#[test]
fn any_number_of_axes_is_reduced() {
    let extents: Vec<_> = (0..100_000)
        .map(|axis| Extent {
            len: 1,
            reduced: axis % 2 == 0,
        })
        .collect();
    let mut out = [0.0_f32];
    assert_eq!(sum_axes(&[2.5], &extents, &mut out), Ok(()));
    assert_eq!(out, [2.5]);
}

/// Shapes that are shared among threads, with tiles that are not whole.
#[test]
fn large_reductions_are_exact_in_every_output() {
    let shapes: [&[(usize, bool)]; 6] = [
        &[(70_001, true), (3, false)],
        &[(3, false), (70_001, true)],
        &[(40_000, false), (3, true)],
        &[(7, true), (300, false), (5, true), (11, false)],
        &[(9, false), (700, true), (19, false)],
        &[(2, true), (1, false), (50_000, true)],
    ];
    let mut random = Random(17);
    for shape in shapes {
        let count = shape.iter().map(|(len, _)| len).product();
        let x: Vec<f64> = (0..count)
            .map(|_| (random.unit() - 0.5) * (200.0 * random.unit()).exp2())
            .collect();
        let extents: Vec<_> = shape
            .iter()
            .map(|&(len, reduced)| Extent { len, reduced })
            .collect();
        let kept: usize = shape
            .iter()
            .filter(|axis| !axis.1)
            .map(|axis| axis.0)
            .product();
        let mut sums = vec![IBig::ZERO; kept];
        for (index, value) in x.iter().enumerate() {
            let (mut rest, mut place, mut stride) = (index, 0, 1);
            for &(len, reduced) in shape.iter().rev() {
                if !reduced {
                    place += rest % len * stride;
                    stride *= len;
                }
                rest /= len;
            }
            sums[place] += units(*value);
        }
        let mut out = vec![0.0; kept];
        sum_axes(&x, &extents, &mut out).expect("lengths agree");
        for (&found, sum) in out.iter().zip(&sums) {
            assert_nearest(found, sum, &IBig::ONE);
        }
        mean_axes(&x, &extents, &mut out).expect("lengths agree");
        for (&found, sum) in out.iter().zip(&sums) {
            assert_nearest(found, sum, &(count / kept).into());
        }
    }
}

#[test]
fn reductions_refuse_wrong_lengths_and_means_of_nothing() {
    let extent = |len, reduced| Extent { len, reduced };
    let mut out = [7.0_f32; 2];
    assert_eq!(
        sum_axes(&[], &[extent(2, false), extent(0, true)], &mut out),
        Ok(())
    );
    assert_eq!(out, [0.0, 0.0]);
    assert_eq!(
        mean_axes(&[], &[extent(2, false), extent(0, true)], &mut out),
        Err(KernelError::EmptyMean)
    );
    assert_eq!(
        mean_axes::<f32>(&[], &[extent(0, false), extent(3, true)], &mut []),
        Ok(())
    );
    let short = KernelError::Length {
        argument: "x",
        expected: 6,
        found: 5,
    };
    assert_eq!(
        sum_axes(&[0.0; 5], &[extent(2, false), extent(3, true)], &mut out),
        Err(short)
    );
    let long = KernelError::Length {
        argument: "out",
        expected: 2,
        found: 3,
    };
    assert_eq!(
        sum_axes(
            &[0.0; 6],
            &[extent(2, false), extent(3, true)],
            &mut [0.0; 3]
        ),
        Err(long)
    );
    let huge = [extent(usize::MAX, true), extent(2, true)];
    assert_eq!(
        sum_axes(&[0.0; 6], &huge, &mut [0.0]),
        Err(KernelError::ExtentOverflow)
    );
}

#[test]
fn a_sum_takes_72_bytes_and_a_weighted_mean_136_while_sizes_are_alike() {
    assert_eq!(
        (size_of::<ExactSum>(), size_of::<WeightedMean>()),
        (72, 136)
    );
    let (mut sum, mut mean) = (ExactSum::new(), WeightedMean::new());
    for value in [0.0, 1.0, 0.0, -0.0, 3.5e-9] {
        sum.add(value);
        mean.add(value, 1.0);
        mean.add(1.0, value);
        for zero in [ExactSum::new(), one_by_one(&[value, -value])] {
            sum.merge(&through_bytes(&zero));
        }
        sum.add_slice(&[0.0; 100]);
    }
    assert_eq!((sum.heap_size(), mean.heap_size()), (0, 0));
    // Products of `f32`, whose lower halves are 0 and need no place.
    let mut squares = WeightedMean::new();
    for value in [0.1_f32, -3.5e5, 1e-12, 7.0] {
        squares.add(value, value);
    }
    assert_eq!(squares.heap_size(), 0);
    sum.add(1e200);
    mean.add(1e200, 1e200);
    assert_eq!((sum.heap_size(), mean.heap_size()), (34 * 8, (34 + 67) * 8));
}

#[test]
fn infinities_and_nan_make_a_sum_and_cannot_be_removed() {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    let cases: &[(&[f64], f64)] = &[
        (&[inf, 1.0], inf),
        (&[-inf, f64::MAX], -inf),
        (&[inf, -inf], nan),
        (&[nan, 1.0], nan),
    ];
    for &(values, expected) in cases {
        let sum = through_bytes(&one_by_one(values));
        assert_eq!(sum.sum::<f64>().to_bits(), expected.to_bits());
        let mean: f64 = sum.mean().expect("not empty");
        assert_eq!(mean.to_bits(), expected.to_bits());
        let mut same = sum.clone();
        assert!(!same.remove(values[0]));
        assert_eq!(same, sum);
    }
    let mut mean = pairs_one_by_one(&[inf, 2.0], &[0.0, 1.0]);
    assert_eq!(mean.mean::<f64>(), Ok(2.0));
    assert_eq!(mean.sum::<f64>(), 2.0);
    mean.add(1.0, inf);
    assert!(mean.sum::<f64>().is_nan());
    let mut same = mean.clone();
    assert!(!same.remove(1.0, inf) && !same.remove(inf, 0.0));
    assert_eq!(same, mean);
}

/// More than was added: of nothing; of one number, another; beside an infinity, which counts too; a
/// sum that is too large for what is left.
#[test]
fn what_so_many_addends_cannot_leave_is_not_removed() {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    let cases: &[(&[f64], f64)] = &[
        (&[], 0.0),
        (&[], 1.0),
        (&[1.0], 2.0),
        (&[1.0], -1.0),
        (&[inf], 0.0),
        (&[inf, -inf, nan], 1.0),
        (&[inf, 2.0], 1.0),
    ];
    for &(values, removed) in cases {
        let sum = one_by_one(values);
        let mut same = sum.clone();
        assert!(!same.remove(removed), "{removed} of {values:?}");
        assert_eq!(same, sum);
        let mut mean = pairs_one_by_one(values, &vec![1.0; values.len()]);
        let before = mean.clone();
        assert!(!mean.remove(removed, 1.0), "{removed} of {values:?}");
        assert_eq!(mean, before);
    }
    let sum = one_by_one(&[f64::MAX; 2]);
    let mut same = sum.clone();
    assert!(!same.remove(-f64::MAX), "no number is 3 f64::MAX");
    assert_eq!(same, sum);
    let mut mean = pairs_one_by_one(&[3.0, f64::MAX], &[1.0, 0.0]);
    assert!(mean.remove(f64::MAX, 0.0), "what was added");
    let before = mean.clone();
    assert!(!mean.remove(4.0, 1.0), "a product of 3 stays 3");
    assert_eq!(mean, before);
}

fn is_corrupt<T>(result: &Result<T, KernelError>) -> bool {
    matches!(result, Err(KernelError::CorruptBytes { .. }))
}

#[test]
fn changed_bytes_are_refused_or_are_the_encoding_of_another_state() {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    let slices: [&[f64]; 6] = [
        &[],
        &[1.5],
        &[-3e-300],
        &[1.0, -3e-300, f64::MAX],
        &[inf, -1.0, 1e30],
        &[nan, inf, -inf],
    ];
    for values in slices {
        let weights: Vec<f64> = values.iter().map(|v| v.abs().min(2.0)).collect();
        let mean = pairs_one_by_one(values, &weights);
        for bytes in [one_by_one(values).to_bytes(), mean.to_bytes()] {
            for length in 0..bytes.len() {
                assert!(
                    is_corrupt(&ExactSum::from_bytes(&bytes[..length])),
                    "{length}"
                );
                assert!(
                    is_corrupt(&WeightedMean::from_bytes(&bytes[..length])),
                    "{length}"
                );
            }
            let longer = [&bytes[..], &[0]].concat();
            assert!(is_corrupt(&ExactSum::from_bytes(&longer)));
            assert!(is_corrupt(&WeightedMean::from_bytes(&longer)));
            for (index, byte) in (0..bytes.len()).flat_map(|i| (0..=255).map(move |b| (i, b))) {
                let mut changed = bytes.clone();
                changed[index] = byte;
                if let Ok(mut sum) = ExactSum::from_bytes(&changed) {
                    assert_eq!(sum.to_bytes(), changed);
                    sum.merge(&sum.clone());
                    let _ = sum.mean::<f32>();
                }
                if let Ok(mut mean) = WeightedMean::from_bytes(&changed) {
                    assert_eq!(mean.to_bytes(), changed);
                    mean.merge(&mean.clone());
                    let _ = (mean.sum::<f32>(), mean.mean::<f32>());
                }
            }
        }
    }
}

/// An encoding of a sum, whole or not.
fn encoding(specials: u8, count: u64, first: u8, limbs: &[u64]) -> Vec<u8> {
    let mut bytes = vec![4, specials];
    bytes.extend(count.to_le_bytes());
    bytes.extend([first, limbs.len() as u8]);
    bytes.extend(limbs.iter().flat_map(|limb| limb.to_le_bytes()));
    bytes
}

#[test]
fn the_encoding_of_a_sum_is_the_documented_one() {
    // 1.5 is 3 · 2^1073 units, and 1073 is 16 · 64 + 49.
    let limb = 3 << 49;
    assert_eq!(one_by_one(&[1.5]).to_bytes(), encoding(0, 1, 16, &[limb]));
    assert_eq!(
        one_by_one(&[-1.5]).to_bytes(),
        encoding(0, 1, 16, &[limb.wrapping_neg()])
    );
    assert_eq!(
        one_by_one(&[f64::NAN, f64::INFINITY]).to_bytes(),
        encoding(3, 2, 0, &[])
    );
    let mut mean = WeightedMean::new();
    mean.add(0.0, 1.5);
    let expected = [&[5, 0], &encoding(0, 1, 16, &[limb])[..], &[0, 0]].concat();
    assert_eq!(mean.to_bytes(), expected);
}

#[test]
fn encodings_of_sums_that_no_numbers_have_are_refused() {
    let cases = [
        ("version", {
            let mut bytes = encoding(0, 0, 0, &[]);
            bytes[0] = 2;
            bytes
        }),
        ("unknown special values", encoding(8, 9, 0, &[])),
        ("a count of 2^63", encoding(0, 1 << 63, 0, &[])),
        ("something, of nothing", encoding(0, 0, 0, &[1])),
        ("NaN, of nothing", encoding(1, 0, 0, &[])),
        ("NaN and 1, of one number", encoding(1, 1, 16, &[1 << 50])),
        ("two infinities, of one number", encoding(6, 1, 0, &[])),
        (
            "more than one number can be",
            encoding(0, 1, 32, &[1 << 51]),
        ),
        (
            "less than one number can be",
            encoding(0, 1, 32, &[u64::MAX << 52]),
        ),
        ("limbs beyond the last", encoding(0, 1 << 62, 33, &[0, 0])),
        ("a lowest limb of 0", encoding(0, 1, 15, &[0, 1])),
        (
            "a highest limb that repeats the sign",
            encoding(0, 1, 15, &[1, 0]),
        ),
        (
            "a highest limb that repeats the sign",
            encoding(0, 1, 15, &[u64::MAX, u64::MAX]),
        ),
        ("the place of 0", encoding(0, 1, 1, &[])),
    ];
    for (reason, bytes) in cases {
        let corrupt = KernelError::CorruptBytes {
            accumulator: "ExactSum",
            version: 4,
            found: bytes[0],
            length: bytes.len(),
        };
        assert_eq!(ExactSum::from_bytes(&bytes), Err(corrupt), "{reason}");
        let weighted = [&[5, 0], &bytes[..], &[0, 0]].concat();
        assert!(is_corrupt(&WeightedMean::from_bytes(&weighted)), "{reason}");
    }
    assert!(
        ExactSum::from_bytes(&encoding(0, 1, 32, &[1 << 49])).is_ok(),
        "2^1023"
    );
    // A product without a pair; a weight that is NaN beside products that are not.
    let product = [
        &[5, 0],
        &encoding(0, 0, 0, &[])[..],
        &[1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
    ]
    .concat();
    assert!(is_corrupt(&WeightedMean::from_bytes(&product)));
    let weight = [&[5, 0], &encoding(1, 1, 0, &[])[..], &[0, 0]].concat();
    assert!(is_corrupt(&WeightedMean::from_bytes(&weight)));
}

#[test]
fn a_sum_of_2_to_the_63_numbers_is_refused_and_does_not_panic() {
    let mut sum = one_by_one(&[-f64::MAX]);
    for _ in 0..62 {
        sum.merge(&sum.clone());
    }
    assert_eq!(through_bytes(&sum), sum);
    assert_eq!(sum.mean(), Ok(-f64::MAX));
    for _ in 0..3 {
        sum.merge(&sum.clone());
        assert!(is_corrupt(&ExactSum::from_bytes(&sum.to_bytes())));
    }
    sum.add(1.0_f32);
    assert_eq!(sum.count(), u64::MAX);
}
