//! An op's example as a program, which is a doc test too.

use std::fmt::Write as _;

use ops_nn::tensor_core::{DType, DynTensor, DynTensorRef, Float, bf16, f16};
use ops_nn::{Example, Op, OpError, Value};

/// The program: the call, and the result that the definition states.
pub(super) fn program(op: Op<'_>, example: &Example) -> Result<String, OpError> {
    let mut uses = vec!["Tensor"];
    let mut lets = String::new();
    let mut args = String::from("Args::new()");
    for (name, arg) in &example.args {
        let value = match arg {
            Value::DType(dtype) => {
                uses.push("DType");
                format!("DType::{dtype:?}")
            }
            Value::Number(value) => format!("{value:?}"),
            Value::Ints(values) => format!("&{values:?}[..]"),
            other => {
                let elements = match other.as_tensor() {
                    Some(DynTensorRef::F32(tensor)) => floats(tensor.as_slice()),
                    Some(DynTensorRef::Bool(tensor)) => format!("{:?}", tensor.as_slice()),
                    _ => format!("{other:?}"),
                };
                let _ = writeln!(lets, "    let {name} = Tensor::from(vec!{elements});");
                format!("&{name}")
            }
        };
        let _ = write!(args, ".kwarg(\"{name}\", {value})");
    }
    let result = op.call(example.call_args())?;
    let (element, elements) = stated(&result, &example.result);
    uses.extend(["f16", "bf16"].iter().filter(|half| **half == element));
    uses.sort_unstable_by_key(|name| (name.starts_with(char::is_lowercase), *name));
    let uses = match &uses[..] {
        [one] => (*one).to_owned(),
        several => format!("{{{}}}", several.join(", ")),
    };
    Ok(format!(
        "use ops_nn::tensor_core::{uses};\n\
         use ops_nn::{{Args, OpError, Registry}};\n\n\
         fn main() -> Result<(), OpError> {{\n{lets}    \
         let op = Registry::builtin().get(\"{}\")?;\n    \
         let args = {args};\n    \
         let result = op.call(args)?;\n    \
         assert_eq!(result.shape().dims(), {:?});\n    \
         assert_eq!(result.downcast_ref::<{element}>()?.as_slice(), {elements});\n    \
         Ok(())\n}}\n",
        op.name(),
        result.shape().dims(),
    ))
}

/// The result's element type and the elements that the definition states, which
/// are decimal, as Rust.
fn stated(result: &DynTensor<'_>, elements: &[f64]) -> (&'static str, String) {
    fn halves<T: Float>(name: &str, elements: &[f64]) -> String {
        let shown = elements.iter().map(|&value| T::from_f64(value).to_f64());
        let shown = shown.map(|value| match value.is_finite() {
            true => format!("{name}::from_f64({value:?})"),
            false if value > 0.0 => format!("{name}::INFINITY"),
            false => format!("{name}::NEG_INFINITY"),
        });
        format!("[{}]", shown.collect::<Vec<_>>().join(", "))
    }
    match result.dtype() {
        DType::Bool => {
            let shown: Vec<bool> = elements.iter().map(|&value| value != 0.0).collect();
            ("bool", format!("{shown:?}"))
        }
        DType::F16 => ("f16", halves::<f16>("f16", elements)),
        DType::BF16 => ("bf16", halves::<bf16>("bf16", elements)),
        DType::F64 => ("f64", format!("{elements:?}")),
        DType::F32 => {
            let shown: Vec<f32> = elements.iter().map(|&value| f32::from_f64(value)).collect();
            ("f32", format!("{shown:?}"))
        }
    }
}

/// A list of `f32` as Rust: the first number says its type.
fn floats(values: &[f32]) -> String {
    let shown = values.iter().enumerate().map(|(index, value)| {
        let suffix = if index == 0 { "_f32" } else { "" };
        format!("{value:?}{suffix}")
    });
    format!("[{}]", shown.collect::<Vec<_>>().join(", "))
}
