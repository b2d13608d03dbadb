//! The text dump: one line per node.

use std::fmt;

use tensor_core::DynTensor;

use super::super::{Graph, NodeKind};
use super::type_text;

/// The largest number of elements of a constant that is shown.
const SHOWN: usize = 8;

/// One line per node, in graph order: `name = op(inputs, argument=value): dtype shape`.
impl fmt::Display for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (_, node) in self.nodes() {
            let mut args: Vec<String> =
                self.input_names(node).into_iter().map(Into::into).collect();
            args.extend(Self::plain_arguments(node));
            if let NodeKind::Constant(value) = node.kind() {
                args.push(elements(value));
            }
            let (name, op) = (node.name(), node.op_type());
            writeln!(f, "{name} = {op}({}): {}", args.join(", "), type_text(node))?;
        }
        Ok(())
    }
}

/// The first elements, in row-major order.
fn elements(value: &DynTensor<'_>) -> String {
    let shown = (0..value.len().min(SHOWN)).filter_map(|i| value.get_f64(i));
    let mut texts: Vec<_> = shown.map(|element| element.to_string()).collect();
    if value.len() > SHOWN {
        texts.push(format!("and {} more", value.len() - SHOWN));
    }
    match value.rank() {
        0 => texts.concat(),
        _ => format!("[{}]", texts.join(", ")),
    }
}
