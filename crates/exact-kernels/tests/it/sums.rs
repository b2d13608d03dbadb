//! Exact sums and means against arithmetic on big integers, in any order, grouping and through
//! bytes.

use exact_kernels::{
    CompactSum, CompactWeightedMean, ExactSum, Extent, KernelError, Operand, Tier, WeightedMean,
    mean_axes, sum_axes,
};
use half::{bf16, f16};
use testkit::{Float as _, Random};

use crate::common::Element;

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

fn check_grouping<T: Element>() {
    for seed in 0..40 {
        let values = numbers::<T>(seed, 40 + 97 * seed as usize);
        let expected = one_by_one(&values);
        let mut at_once = ExactSum::new();
        at_once.add_slice(&values);
        assert_eq!(at_once, expected, "at once");
        let reversed: Vec<T> = values.iter().rev().copied().collect();
        let mut parts = ExactSum::new();
        for part in reversed.chunks(113) {
            let mut sum = ExactSum::new();
            sum.add_slice(part);
            parts.merge(&ExactSum::from_bytes(&sum.to_bytes()).expect("own bytes"));
        }
        assert_eq!(parts, expected, "in parts, backwards, through bytes");
    }
}

#[test]
fn order_grouping_and_bytes_do_not_change_a_sum() {
    check_grouping::<f16>();
    check_grouping::<bf16>();
    check_grouping::<f32>();
    check_grouping::<f64>();
}

/// f16 sums are exact in i128 units of 2^-24, so integers are the oracle.
#[test]
fn sums_and_means_of_f16_are_those_of_integers() {
    for seed in 0..200 {
        let values = numbers::<f16>(seed, 1 + 13 * seed as usize);
        let units: i128 = values
            .iter()
            .map(|x| (x.to_f64() * 16_777_216.0) as i128)
            .sum();
        let sum = one_by_one(&values);
        // Below 2^53 units an f64 holds the sum exactly.
        assert_eq!(sum.sum::<f64>(), units as f64 / 16_777_216.0);
        let count = values.len() as i128;
        let scaled = (units << 40) / count;
        let mean = sum.mean::<f64>().expect("not empty");
        let error = (mean * 16_777_216.0 * 2.0_f64.powi(40) - scaled as f64).abs();
        assert!(
            error <= 2.0 + scaled.unsigned_abs() as f64 * f64::EPSILON,
            "{mean}"
        );
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
            // Beside zeros, the same numbers take the vectorised way.
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

/// Shapes that reach the threads, tiles that are not whole, and both ends of the range.
#[test]
fn large_reductions_are_those_of_each_output_alone() {
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
        let mut sums = vec![ExactSum::new(); kept];
        for (index, value) in x.iter().enumerate() {
            let (mut rest, mut place, mut stride) = (index, 0, 1);
            for &(len, reduced) in shape.iter().rev() {
                if !reduced {
                    place += rest % len * stride;
                    stride *= len;
                }
                rest /= len;
            }
            sums[place].add(*value);
        }
        let mut out = vec![0.0; kept];
        sum_axes(&x, &extents, &mut out).expect("lengths agree");
        assert_eq!(
            out,
            sums.iter().map(ExactSum::sum).collect::<Vec<f64>>(),
            "{shape:?}"
        );
        mean_axes(&x, &extents, &mut out).expect("lengths agree");
        let means: Vec<f64> = sums
            .iter()
            .map(|sum| sum.mean().expect("not empty"))
            .collect();
        assert_eq!(out, means, "{shape:?}");
    }
}

#[test]
fn reductions_of_nothing_and_misfits_are_told_apart() {
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
fn bytes_that_are_no_accumulator_are_refused() {
    let mut sum = ExactSum::new();
    sum.add(-1.5_f64);
    let bytes = sum.to_bytes();
    assert_eq!(bytes.len(), 282);
    assert_eq!(bytes[..10], [1, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(ExactSum::from_bytes(&bytes), Ok(sum));
    let refused = |bytes: &[u8]| {
        matches!(
            ExactSum::from_bytes(bytes),
            Err(KernelError::Encoding { .. })
        )
    };
    assert!(refused(&[]));
    assert!(refused(&bytes[1..]));
    for (place, value) in [(0, 2), (1, 8)] {
        let mut wrong = bytes;
        wrong[place] = value;
        assert!(refused(&wrong));
    }
}

#[test]
fn bytes_of_sums_that_no_addends_have_are_refused() {
    let with = |changes: &[(usize, u8)]| {
        let mut bytes = ExactSum::new().to_bytes();
        for &(place, value) in changes {
            bytes[place] = value;
        }
        ExactSum::from_bytes(&bytes)
    };
    let all_ones: Vec<_> = (2..10).map(|place| (place, 0xff)).collect();
    let impossible = |count| Err(KernelError::Sum { count });
    assert_eq!(with(&all_ones), impossible(u64::MAX));
    assert_eq!(with(&[(10, 1)]), impossible(0), "something, of nothing");
    assert_eq!(with(&[(1, 1)]), impossible(0), "NaN, of nothing");
    assert_eq!(
        with(&[(2, 1), (281, 0x7f)]),
        impossible(1),
        "more than one number can be"
    );
    assert_eq!(
        with(&[(2, 1), (281, 0x80)]),
        impossible(1),
        "less than one number can be"
    );
    let mut largest = ExactSum::new();
    largest.add(-f64::MAX);
    for _ in 0..62 {
        largest.merge(&largest.clone());
    }
    assert_eq!(
        ExactSum::from_bytes(&largest.to_bytes()),
        Ok(largest.clone())
    );
    assert_eq!(largest.mean(), Ok(-f64::MAX));
    // Beyond 2^63 addends a sum is not defined, but nothing panics.
    for _ in 0..3 {
        largest.merge(&largest.clone());
    }
    largest.add(1.0_f32);
    assert_eq!(largest.count(), u64::MAX);
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

/// The numbers added one by one.
fn compact<T: Element>(values: &[T]) -> CompactSum {
    let mut sum = CompactSum::new();
    for &value in values {
        sum.add(value);
    }
    sum
}

/// The compact sum is rounded to the same bits, into every type.
fn rounds_as(compact: &CompactSum, expected: &ExactSum) {
    fn to<T: Element>(compact: &CompactSum, expected: &ExactSum) {
        assert_eq!(compact.sum::<T>().bits(), expected.sum::<T>().bits());
        let bits = |mean: Result<T, KernelError>| mean.map(T::bits);
        assert_eq!(bits(compact.mean()), bits(expected.mean()));
    }
    to::<f16>(compact, expected);
    to::<bf16>(compact, expected);
    to::<f32>(compact, expected);
    to::<f64>(compact, expected);
}

/// As [`rounds_as`], of weighted means.
fn weighted_rounds_as(compact: &CompactWeightedMean, expected: &WeightedMean) {
    fn to<T: Element>(compact: &CompactWeightedMean, expected: &WeightedMean) {
        assert_eq!(compact.sum::<T>().bits(), expected.sum::<T>().bits());
        let bits = |mean: Result<T, KernelError>| mean.map(T::bits);
        assert_eq!(bits(compact.mean()), bits(expected.mean()));
    }
    to::<f16>(compact, expected);
    to::<f32>(compact, expected);
    to::<f64>(compact, expected);
}

#[test]
fn compact_sums_of_few_numbers_are_rounded_to_the_same_bits() {
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
        f64::INFINITY,
        f64::NAN,
    ];
    let (mut sum, mut mean) = (ExactSum::new(), WeightedMean::new());
    rounds_as(&CompactSum::new(), &sum);
    weighted_rounds_as(&CompactWeightedMean::new(), &mean);
    for a in extremes {
        for b in extremes {
            (sum, mean) = (ExactSum::new(), WeightedMean::new());
            let mut compact = (CompactSum::new(), CompactWeightedMean::new());
            for (value, weight) in [(a, b), (b, 1.0), (b, 3.0)] {
                sum.add(value);
                mean.add(value, weight);
                compact.0.add(value);
                compact.1.add(value, weight);
                rounds_as(&compact.0, &sum);
                weighted_rounds_as(&compact.1, &mean);
            }
        }
    }
}

#[test]
fn means_of_huge_counts_are_rounded_to_the_same_bits() {
    for start in [&[f64::from_bits(3)][..], &[1.0], &[f64::from_bits(3), -1.0]] {
        let mut sum = compact(start);
        for _ in 0..60 {
            // Twice as many numbers, of which one is left.
            let mut zeros = sum.clone();
            for &value in start {
                assert!(zeros.remove(value));
                zeros.add(0.0);
            }
            sum.merge(&zeros);
            rounds_as(&sum, &sum.to_exact());
        }
        assert!(sum.count() >= 1 << 60);
    }
}

/// The compact forms hold the same number as the wide ones, through any order, grouping and bytes.
fn check_compact<T: Element>() {
    for seed in 0..40 {
        let values = numbers::<T>(seed, 40 + 97 * seed as usize);
        let expected = one_by_one(&values);
        let each = compact(&values);
        assert_eq!(each.to_exact(), expected, "one by one");
        rounds_as(&each, &expected);
        let mut parts = CompactSum::new();
        for (index, part) in values.chunks(1 + seed as usize).rev().enumerate() {
            let mut sum = CompactSum::new();
            match index % 2 {
                0 => sum.add_slice(part),
                _ => sum = compact(part),
            }
            parts.merge(&CompactSum::from_bytes(&sum.to_bytes()).expect("own bytes"));
        }
        assert_eq!(
            parts.to_exact(),
            expected,
            "in parts, backwards, through bytes"
        );
        assert_eq!(parts.to_bytes(), each.to_bytes(), "one sum has one form");
        assert_eq!(parts.to_bytes(), CompactSum::from(expected).to_bytes());
        for &value in &values {
            assert!(parts.remove(value));
        }
        assert_eq!(
            parts.to_bytes(),
            CompactSum::new().to_bytes(),
            "all taken away"
        );
    }
}

#[test]
fn compact_sums_are_the_same_sums() {
    check_compact::<f16>();
    check_compact::<bf16>();
    check_compact::<f32>();
    check_compact::<f64>();
}

#[test]
fn compact_weighted_means_are_the_same_means() {
    for seed in 0..40 {
        let values = numbers::<f64>(seed, 3 + 7 * seed as usize);
        let weights = numbers::<f64>(seed + 1000, 3 + 7 * seed as usize);
        let pairs = || values.iter().copied().zip(weights.iter().copied());
        let mut expected = WeightedMean::new();
        expected
            .add_slice(&values, Operand::Full(&weights))
            .expect("as long");
        let mut parts = CompactWeightedMean::new();
        for (value, weight) in pairs() {
            let mut part = CompactWeightedMean::new();
            part.add(value, weight);
            parts.merge(&CompactWeightedMean::from_bytes(&part.to_bytes()).expect("own bytes"));
        }
        assert_eq!(parts.to_exact(), expected);
        weighted_rounds_as(&parts, &expected);
        for (value, weight) in pairs() {
            assert!(parts.remove(value, weight));
        }
        let nothing = CompactWeightedMean::new();
        assert_eq!(parts.to_bytes(), nothing.to_bytes(), "all taken away");
    }
}

/// Slices of pairs are the pairs one by one, in every tier, at every length and whatever the sizes.
fn check_weighted_slices<T: Element, W: Element>(values: &[T], weights: &[W]) {
    for length in [0, 1, 31, 32, 63, 1023, 1024, 1025, values.len()] {
        let (values, weights) = (&values[..length], &weights[..length]);
        let mut expected = WeightedMean::new();
        for (&value, &weight) in values.iter().zip(weights) {
            expected.add(value, weight);
        }
        for tier in Tier::ALL {
            let slices = || {
                let (mut mean, mut compact) = (WeightedMean::new(), CompactWeightedMean::new());
                for half in [0..length / 2, length / 2..length] {
                    let weights = Operand::Full(&weights[half.clone()]);
                    mean.add_slice(&values[half.clone()], weights)
                        .expect("as long");
                    compact.add_slice(&values[half], weights).expect("as long");
                }
                (mean, compact)
            };
            if let Some((mean, compact)) = tier.run(slices) {
                assert_eq!(mean, expected, "{length} in {tier}");
                assert_eq!(compact.to_exact(), expected, "{length} in {tier}");
                assert_eq!(
                    compact.to_bytes(),
                    CompactWeightedMean::from(mean).to_bytes()
                );
            }
        }
    }
}

#[test]
fn slices_of_weighted_values_are_the_values_one_by_one() {
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
    assert!(
        CompactWeightedMean::new()
            .add_slice(&singles[..2], short)
            .is_err()
    );
}

#[test]
fn zeros_do_not_make_a_compact_sum_larger() {
    let (mut sum, mut mean) = (CompactSum::new(), CompactWeightedMean::new());
    for value in [0.0, 1.0, 0.0, -0.0, 3.5e-9] {
        sum.add(value);
        mean.add(value, 1.0);
        mean.add(1.0, value);
        for zero in [CompactSum::new(), compact(&[value, -value])] {
            let zero = CompactSum::from_bytes(&zero.to_bytes()).expect("own bytes");
            sum.merge(&zero);
        }
        sum.add_slice(&[0.0; 100]);
    }
    assert_eq!((sum.heap_size(), mean.heap_size()), (0, 0));
    sum.add(1e200);
    assert_eq!(sum.heap_size(), 34 * 8);
}

#[test]
fn what_is_not_finite_marks_a_compact_sum() {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    let cases: &[(&[f64], f64)] = &[
        (&[inf, 1.0], inf),
        (&[-inf, f64::MAX], -inf),
        (&[inf, -inf], nan),
        (&[nan, 1.0], nan),
    ];
    for &(values, expected) in cases {
        let sum = CompactSum::from_bytes(&compact(values).to_bytes()).expect("own bytes");
        assert_eq!(sum.to_exact().sum::<f64>().to_bits(), expected.to_bits());
        let mut same = sum.clone();
        assert!(!same.remove(values[0]));
        assert_eq!(same.to_bytes(), sum.to_bytes());
    }
    let mut mean = CompactWeightedMean::new();
    mean.add(inf, 0.0);
    mean.add(2.0, 1.0);
    assert_eq!(mean.to_exact().mean::<f64>(), Ok(2.0));
    assert_eq!(mean.to_exact().sum::<f64>(), 2.0);
    mean.add(1.0, inf);
    assert!(mean.to_exact().sum::<f64>().is_nan());
    assert!(!mean.remove(1.0, inf));
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

#[test]
fn bytes_that_are_no_compact_state_are_refused() {
    let mut sum = CompactSum::new();
    sum.add_slice(&[1.0, -3e-300, f64::MAX]);
    let mut mean = CompactWeightedMean::new();
    mean.add(1.5, 2.0);
    for bytes in [sum.to_bytes(), mean.to_bytes()] {
        for length in 0..bytes.len() {
            let cut = &bytes[..length];
            assert!(CompactSum::from_bytes(cut).is_err(), "{length}");
            assert!(CompactWeightedMean::from_bytes(cut).is_err(), "{length}");
        }
        let longer = [&bytes[..], &[0]].concat();
        assert!(CompactSum::from_bytes(&longer).is_err());
        assert!(CompactWeightedMean::from_bytes(&longer).is_err());
        // Whatever one byte becomes, nothing panics, and what is accepted can be used.
        for index in 0..bytes.len() {
            for value in 0..=255 {
                let mut changed = bytes.clone();
                changed[index] = value;
                if let Ok(mut other) = CompactSum::from_bytes(&changed) {
                    other.merge(&sum);
                    let _ = (other.to_bytes(), other.to_exact().mean::<f32>());
                }
                if let Ok(mut other) = CompactWeightedMean::from_bytes(&changed) {
                    other.merge(&mean);
                    let _ = (other.to_bytes(), other.to_exact().mean::<f32>());
                }
            }
        }
    }
    let mut too_large = sum.to_bytes();
    too_large[2] = 1;
    let length = too_large.len();
    too_large[length - 1] = 0x70;
    too_large[10] = 33 - too_large[11] + 1;
    assert_eq!(
        CompactSum::from_bytes(&too_large).unwrap_err(),
        KernelError::Sum { count: 1 }
    );
    let mut versioned = sum.to_bytes();
    versioned[0] = 1;
    assert_eq!(
        CompactSum::from_bytes(&versioned).unwrap_err(),
        KernelError::State {
            found: versioned.len()
        }
    );
}
