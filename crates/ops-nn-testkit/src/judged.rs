//! The registry's ops as an implementation that the judge can run.

use conformance::{Failure, FailureKind, Function, Implementation};
use ops_nn::tensor_core::{DType, DynTensor, Float, Tensor, bf16, f16};
use ops_nn::{Args, Registry};

/// The ops of this crate.
#[derive(Debug)]
pub struct OpsNn;

impl Implementation for OpsNn {
    fn name(&self) -> String {
        format!("ops-nn {}", env!("CARGO_PKG_VERSION"))
    }

    fn supports(&self, function: &Function, _: conformance::DType) -> bool {
        Registry::builtin().get(function.op()).is_ok()
    }

    fn run(
        &mut self,
        function: &Function,
        dtype: conformance::DType,
        columns: &[&[u64]],
    ) -> Result<Vec<u64>, Failure> {
        let refused = |message: String| Failure {
            kind: FailureKind::Refused,
            message,
        };
        let tensors: Vec<_> = columns.iter().map(|bits| tensor(dtype, bits)).collect();
        let args = tensors.iter().fold(Args::new(), Args::arg);
        let op = Registry::builtin().get(function.op());
        let result = op
            .and_then(|op| op.call(args))
            .map_err(|e| refused(e.to_string()))?;
        Ok((0..result.len())
            .filter_map(|i| result.get_bits(i))
            .collect())
    }
}

/// A rank-1 tensor of raw bits.
fn tensor(dtype: conformance::DType, bits: &[u64]) -> DynTensor<'static> {
    fn typed<T: Float>(bits: &[u64]) -> DynTensor<'static> {
        Tensor::from(bits.iter().map(|&b| T::from_bits(b)).collect::<Vec<_>>()).into()
    }
    match ours(dtype) {
        DType::F16 => typed::<f16>(bits),
        DType::BF16 => typed::<bf16>(bits),
        DType::F64 => typed::<f64>(bits),
        DType::F32 | DType::Bool => typed::<f32>(bits),
    }
}

fn ours(dtype: conformance::DType) -> DType {
    match dtype {
        conformance::DType::F16 => DType::F16,
        conformance::DType::BF16 => DType::BF16,
        conformance::DType::F32 => DType::F32,
        conformance::DType::F64 => DType::F64,
    }
}
