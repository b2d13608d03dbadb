//! Messages of errors that have another error as their cause.

use std::error::Error;

use ops_nn::exact_kernels::KernelError;
use ops_nn::tensor_core::{Shape, TensorError};
use ops_nn::tensorflow::{GraphDef, GraphDefError};
use ops_nn::{Args, Graph, OpError, Registry};

/// The messages that a report prints that walks the chain.
fn chain(error: &dyn Error) -> Vec<String> {
    let mut messages = vec![error.to_string()];
    let mut next = error.source();
    while let Some(error) = next {
        messages.push(error.to_string());
        next = error.source();
    }
    messages
}

/// Every variant that holds another error, with the message of the first cause.
fn wrappers() -> Vec<(Box<dyn Error>, String)> {
    let tensor: TensorError = Shape::new([usize::MAX, 2]).unwrap_err();
    let kernel: KernelError = ops_nn::exact_kernels::exp(&[0.0_f32], &mut []).unwrap_err();
    let op = || "math.exp".to_owned();
    let of_tensor = OpError::Tensor {
        op: op(),
        cause: tensor.clone(),
    };
    let of_node = OpError::Node {
        node: "y".to_owned(),
        cause: Box::new(of_tensor.clone()),
    };
    let text = r#"node { name: "x" op: "Placeholder"
        attr { key: "dtype" value { type: DT_FLOAT } }
        attr { key: "shape" value { shape { dim { size: 4611686018427387904 }
            dim { size: 4611686018427387904 } } } } }"#;
    let of_graph: GraphDefError = GraphDef::from_text(text)
        .and_then(|graph| graph.into_graph(&Registry::with_builtins().into()))
        .unwrap_err();
    let of_kernel = OpError::Kernel {
        op: op(),
        cause: kernel.clone(),
    };
    let cause = tensor.to_string();
    vec![
        (Box::new(of_tensor), cause.clone()),
        (Box::new(of_node.clone()), cause.clone()),
        (Box::new(GraphDefError::from(of_node)), cause.clone()),
        (Box::new(OpError::Value(tensor)), cause),
        (Box::new(of_kernel), kernel.to_string()),
        (Box::new(of_graph), "node 'x'".to_owned()),
    ]
}

#[test]
fn a_message_contains_its_cause_and_a_chain_prints_no_cause_twice() {
    for (error, cause) in wrappers() {
        let messages = chain(&*error);
        assert!(messages[0].contains(&cause), "{messages:?}");
        for (index, message) in messages.iter().enumerate() {
            let later = &messages[index + 1..];
            assert!(
                later.iter().all(|next| !message.contains(&**next)),
                "{messages:?}"
            );
        }
    }
}

#[test]
fn what_a_call_in_a_graph_refuses_is_said_once() {
    let mut graph = Graph::new();
    let args = Args::new().arg([1_i64]).kwarg("name", "y");
    let error = graph.call("nn.relu", args).unwrap_err();
    let report = chain(&error).join(": ");
    assert_eq!(report.matches("must be a tensor").count(), 1, "{report}");
}
