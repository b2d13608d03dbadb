//! Every op that computes, against arbitrary precision, bit for bit.

use conformance::Quantity;
use ops_nn::tensor_core::{DType, DynTensor, Float, Tensor, bf16, f16};
use ops_nn::{Args, Registry};

/// The oracle's name of an element type.
fn judged(dtype: DType) -> conformance::DType {
    match dtype {
        DType::F16 => conformance::DType::F16,
        DType::BF16 => conformance::DType::BF16,
        DType::F32 => conformance::DType::F32,
        DType::F64 => conformance::DType::F64,
        DType::Bool => unreachable!("no float"),
    }
}

fn tensor_of_bits(dtype: DType, bits: &[u64]) -> DynTensor<'static> {
    fn typed<T: Float>(bits: &[u64]) -> DynTensor<'static> {
        Tensor::from(bits.iter().map(|&b| T::from_bits(b)).collect::<Vec<_>>()).into()
    }
    match dtype {
        DType::F16 => typed::<f16>(bits),
        DType::BF16 => typed::<bf16>(bits),
        DType::F32 => typed::<f32>(bits),
        DType::F64 => typed::<f64>(bits),
        DType::Bool => unreachable!("no float"),
    }
}

/// A full-period generator (Knuth's MMIX), so that the cases are the same
/// everywhere.
struct Lcg(u64);

impl Lcg {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        self.0 >> 11
    }

    /// In [0, 1).
    fn unit(&mut self) -> f64 {
        self.next() as f64 / (1_u64 << 53) as f64
    }
}

/// Values that have broken implementations before.
const LANDMARKS: [f64; 24] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    2.0,
    0.3,
    17.0,
    -17.0,
    -10.0,
    88.8,
    -88.8,
    104.0,
    -104.0,
    354.0,
    710.0,
    -745.5,
    1e-40,
    -1e-7,
    1e38,
    -1e38,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
];

/// A number for the argument `name`: mostly where it lives, sometimes anywhere.
fn draw(lcg: &mut Lcg, name: &str, dtype: DType) -> u64 {
    let typed = |value: f64| conformance::DType::from_f64(judged(dtype), value);
    match (lcg.next() % 8, name) {
        (0, _) => typed(LANDMARKS[(lcg.next() % 24) as usize]),
        (1, _) => lcg.next() & (u64::MAX >> (64 - 8 * dtype.size_of())),
        (2..=3, "labels") => typed((lcg.next() % 2) as f64),
        (_, "labels") => typed(lcg.unit()),
        (_, "pos_weight") => typed(lcg.unit() * 8.0),
        (2..=4, _) => typed((lcg.unit() - 0.5) * 40.0),
        (5, _) => typed((lcg.unit() - 0.5) * 300.0),
        _ => typed((lcg.unit() - 0.5) * f64::exp2(-((lcg.next() % 40) as f64))),
    }
}

/// Compares `count` results of an op with the oracle's, in one dtype.
fn check(quantity: Quantity, dtype: DType, count: usize) {
    let mut lcg = Lcg(count as u64);
    let columns: Vec<Vec<u64>> = quantity
        .arguments()
        .iter()
        .map(|name| (0..count).map(|_| draw(&mut lcg, name, dtype)).collect())
        .collect();
    let tensors: Vec<_> = columns
        .iter()
        .map(|bits| tensor_of_bits(dtype, bits))
        .collect();
    let args = tensors.iter().fold(Args::new(), ops_nn::Args::arg);
    let result = Registry::builtin()
        .get(quantity.op())
        .unwrap()
        .call(args)
        .unwrap();
    for i in 0..count {
        let inputs: Vec<u64> = columns.iter().map(|bits| bits[i]).collect();
        let expected = conformance::correctly_rounded(quantity, judged(dtype), &inputs).unwrap();
        let found = result.get_bits(i).unwrap();
        assert_eq!(
            found, expected,
            "{quantity} in {dtype} at {inputs:x?} is {found:#x}, must be {expected:#x}"
        );
    }
}

#[test]
fn every_op_returns_the_correctly_rounded_value() {
    for quantity in Quantity::ALL {
        for dtype in DType::FLOATS {
            check(quantity, dtype, 2000);
        }
    }
}
