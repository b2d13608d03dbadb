//! The page of one op.

use std::fmt::Write as _;

use conformance::Function;
use ops_nn::graph::{NodeId, NodeKind};
use ops_nn::tensor_core::PartialShape;
use ops_nn::{Args, DTypes, Graph, Op, OpDef, OpError, ParamKind, Value, tensor_core};

use super::rules::cell;
use super::{example, rules};

/// The Markdown text of an op's page.
pub(super) fn page(op: Op<'_>, accuracy: Option<String>) -> Result<String, OpError> {
    let definition = op.definition();
    let mut text = format!(
        "<!-- Written by cargo xtask docs from the op's definition; edits are lost. -->\n# `{}`\n\n{}\n\n```text\n{}\n```\n",
        definition.name(),
        definition.summary(),
        definition.formula()
    );
    signatures(&mut text, op);
    arguments(&mut text, definition);
    special_values(&mut text, definition);
    let accuracy = accuracy.unwrap_or_else(|| EXACT.to_owned());
    let _ = write!(text, "\n## Accuracy\n\n{accuracy}\n");
    derivatives(&mut text, op)?;
    decomposition(&mut text, op)?;
    if let Some(example) = definition.example() {
        let program = example::program(op, example)?;
        let _ = write!(text, "\n## Example\n\n```rust\n{program}```\n");
    }
    let _ = write!(
        text,
        "\n## Origin\n\n{}. Here since version {}.\n",
        definition.source().trim_end_matches('.'),
        definition.since()
    );
    Ok(text)
}

/// Every name, with the signature that it has.
fn signatures(text: &mut String, op: Op<'_>) {
    text.push_str("\n## Names and signatures\n\n```text\n");
    for name in op.definition().names() {
        if let Ok(named) = op.registry().get(name) {
            let _ = writeln!(text, "{name}{}", named.signature());
        }
    }
    text.push_str("```\n");
}

fn arguments(text: &mut String, definition: &OpDef) {
    text.push_str(
        "\n## Arguments\n\n| argument | takes | left out | a checked call wants | |\n|---|---|---|---|---|\n",
    );
    for param in definition.parameters() {
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} | {} |",
            param.name(),
            rules::takes(param),
            rules::default(param),
            rules::domain(param),
            cell(param.doc())
        );
    }
    let _ = write!(
        text,
        "\n- dtype of the result: {}\n- shape of the result: {}\n",
        rules::dtype(definition),
        rules::shape(definition)
    );
}

fn special_values(text: &mut String, definition: &OpDef) {
    let mut rows = definition.special_values().peekable();
    if rows.peek().is_none() {
        return;
    }
    text.push_str("\n## Special values\n\n| where | result |\n|---|---|\n");
    for (inputs, result) in rows {
        let _ = writeln!(text, "| {} | {} |", cell(inputs), cell(result));
    }
}

/// The accuracy of an op that is no real function.
const EXACT: &str =
    "Exact: the sentence above gives every bit of the result. Its tests compare bits.";

/// The accuracy that the judge holds an op to, and where its golden vectors are.
pub(super) fn accuracy(function: &Function) -> String {
    let goldens = format!("crates/conformance/goldens/{function}.json");
    format!(
        "Correctly rounded in float16, bfloat16, float32 and float64: the result is the number \
         nearest to the exact value of the formula (error allowed: 0 ulp).\n\n\
         Its golden vectors: [`{goldens}`](../../{goldens})."
    )
}

/// The gradients, as calls of other ops.
fn derivatives(text: &mut String, op: Op<'_>) -> Result<(), OpError> {
    let definition = op.definition();
    text.push_str("\n## Derivatives\n\n");
    let wrt = definition.gradient().arguments();
    if wrt.is_empty() {
        text.push_str("None.\n");
        return Ok(());
    }
    text.push_str("`upstream` is the gradient of the result; tensors of one shape. Where an argument was broadcast, the exact sum along what was repeated follows.\n\n| gradient of | |\n|---|---|\n");
    for argument in wrt {
        let _ = writeln!(text, "| `{argument}` | `{}` |", gradient(op, argument)?);
    }
    let second: Vec<String> = definition
        .second_derivatives()
        .iter()
        .map(ops_nn::Partial::wrt)
        .map(|name| format!("`{name}`"))
        .collect();
    if !second.is_empty() {
        let _ = write!(
            text,
            "\nSecond derivatives (the diagonal of the Hessian): {}.\n",
            second.join(", ")
        );
    }
    Ok(())
}

/// The gradient of one argument, as nested calls.
fn gradient(op: Op<'_>, argument: &str) -> Result<String, OpError> {
    let mut graph = Graph::new();
    let (result, placeholders) = call(&mut graph, op)?;
    let wrt = placeholders
        .iter()
        .copied()
        .find(|id| graph[*id].name() == argument);
    let Some(wrt) = wrt else {
        return Ok("see the definition".to_owned());
    };
    let dtype = graph[result].dtype().unwrap_or(tensor_core::DType::F32);
    let shape = graph[result].shape().clone();
    let upstream = graph.placeholder("upstream", dtype, shape)?;
    let found = graph.gradients_with_upstream(&[(result, upstream)], &[wrt])?;
    Ok(match found.first() {
        Some(Some(id)) => written(&graph, *id),
        _ => "0".to_owned(),
    })
}

/// A node as the call that it is, its inputs written out.
fn written(graph: &Graph, id: NodeId) -> String {
    let node = &graph[id];
    match node.kind() {
        NodeKind::Op(call) => {
            // What is left out at the end need not be written.
            let last = call.args().iter().rposition(|arg| *arg != Value::None);
            let args = call.args().iter().take(last.map_or(0, |last| last + 1));
            let args: Vec<String> = args
                .map(|arg| match arg {
                    Value::Id(id) => written(graph, *id),
                    Value::Number(value) => value.to_string(),
                    Value::Flag(true) => "True".to_owned(),
                    Value::Flag(false) => "False".to_owned(),
                    Value::DType(dtype) => dtype.to_string(),
                    Value::Ints(values) => format!("{values:?}"),
                    other => format!("{other:?}"),
                })
                .collect();
            format!("{}({})", call.op_name(), args.join(", "))
        }
        NodeKind::Constant(value) if value.len() == 1 => value
            .get_f64(0)
            .map_or_else(|| value.to_string(), |value| value.to_string()),
        _ => node.name().to_owned(),
    }
}

/// The documented formula in primitives, drawn.
fn decomposition(text: &mut String, op: Op<'_>) -> Result<(), OpError> {
    if !op.definition().has_decomposition() {
        return Ok(());
    }
    let mut graph = Graph::new();
    call(&mut graph, op)?;
    let _ = write!(
        text,
        "\n## The formula in primitives\n\nWhat `Graph::decompose` puts in the op's place, under TensorFlow's names. Run step by step it loses what TensorFlow loses; the op itself does not compute this way.\n\n```mermaid\n{}```\n",
        graph.decompose()?.to_mermaid()
    );
    Ok(())
}

/// A call of placeholders named as the op's tensor parameters are, with the
/// example's values for the others; and the placeholders.
fn call(graph: &mut Graph, op: Op<'_>) -> Result<(NodeId, Vec<NodeId>), OpError> {
    let definition = op.definition();
    let mut args = Args::new();
    let mut placeholders = Vec::new();
    for param in definition.parameters() {
        let example = definition.example();
        let Some(value) = example.and_then(|example| example.argument(param.name())) else {
            continue;
        };
        let arg: Value<'_> = if let ParamKind::Tensor(dtypes) = param.kind() {
            let dtype = match dtypes {
                DTypes::Bool => tensor_core::DType::Bool,
                _ => tensor_core::DType::F32,
            };
            // One shape for all of an element-wise op, so that nothing is broadcast.
            let shape = if definition.is_elementwise() {
                [2].into()
            } else {
                shape_of(value)
            };
            let id = graph.placeholder(param.name(), dtype, shape)?;
            placeholders.push(id);
            id.into()
        } else {
            value.into()
        };
        args = args.kwarg(param.name(), arg);
    }
    Ok((graph.call(definition.name(), args)?, placeholders))
}

/// The shape of a tensor argument.
fn shape_of(value: &Value<'_>) -> PartialShape {
    let tensor = value.as_tensor();
    tensor.map_or([0; 0].into(), |tensor| tensor.shape().into())
}
