//! How a node names what it takes: `node`, `node:output` or `^node`.

/// An input of a node, as it is written in a `GraphDef`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InputName<'a> {
    pub(crate) node: &'a str,
    /// Which of the node's outputs.
    pub(crate) output: usize,
    /// Whether it only says that the other node runs first.
    pub(crate) is_control: bool,
}

impl<'a> InputName<'a> {
    pub(crate) fn parse(text: &'a str) -> Self {
        if let Some(node) = text.strip_prefix('^') {
            return Self {
                node,
                output: 0,
                is_control: true,
            };
        }
        let divided = text.rsplit_once(':');
        let divided = divided.and_then(|(node, output)| Some((node, output.parse().ok()?)));
        let (node, output) = divided.unwrap_or((text, 0));
        Self {
            node,
            output,
            is_control: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_outputs_of_nodes_or_controls() {
        for (text, node, output, is_control) in [
            ("a/b", "a/b", 0, false),
            ("a:0", "a", 0, false),
            ("a:12", "a", 12, false),
            ("^a/b", "a/b", 0, true),
            ("a:b", "a:b", 0, false),
            ("", "", 0, false),
        ] {
            let expected = InputName {
                node,
                output,
                is_control,
            };
            assert_eq!(InputName::parse(text), expected, "{text}");
        }
    }
}
