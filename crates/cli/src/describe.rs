//! `opsnn describe`: an op's documentation, from its definition.

use std::fmt::Write;

use ops_nn::exact_kernels::Domain;
use ops_nn::tensor_core::DynTensorRef;
use ops_nn::{Example, Op, OpDef, Param, ParamKind, Presence, Registry, Value};
use serde::Serialize;

use crate::cli::DescribeArgs;
use crate::error::CliError;
use crate::report::{self, JsonNumber};

/// Runs the command; what it prints.
pub(crate) fn describe(args: &DescribeArgs) -> Result<String, CliError> {
    let op = Registry::builtin().get(&args.op)?;
    let page = Page::of(op);
    if args.json {
        Ok(report::to_json(&page))
    } else {
        Ok(page.text())
    }
}

/// Everything that is documented about an op.
#[derive(Serialize)]
struct Page<'a> {
    name: &'a str,
    summary: &'a str,
    signatures: Vec<SignatureEntry<'a>>,
    parameters: Vec<ParameterEntry<'a>>,
    formula: &'a str,
    special_values: Vec<SpecialValue<'a>>,
    first_derivatives: Vec<&'a str>,
    second_derivatives: Vec<&'a str>,
    is_elementwise: bool,
    has_decomposition: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    example: Option<ExampleEntry>,
    since: &'a str,
    source: &'a str,
}

/// Names that take their arguments in one way.
#[derive(Serialize)]
struct SignatureEntry<'a> {
    names: Vec<&'a str>,
    signature: String,
}

#[derive(Serialize)]
struct ParameterEntry<'a> {
    name: &'a str,
    takes: String,
    default: Option<&'static str>,
    /// What a checked call accepts; none for anything.
    checked: Option<&'static str>,
    doc: &'a str,
}

#[derive(Serialize)]
struct SpecialValue<'a> {
    inputs: &'a str,
    result: &'a str,
}

#[derive(Serialize)]
struct ExampleEntry {
    arguments: Vec<String>,
    result: Vec<JsonNumber>,
    #[serde(skip)]
    shown_result: String,
}

impl<'a> Page<'a> {
    fn of(op: Op<'a>) -> Self {
        let definition = op.definition();
        let special = definition.special_values();
        Self {
            name: definition.name(),
            summary: definition.summary(),
            signatures: signatures(op.registry(), definition),
            parameters: definition.parameters().iter().map(parameter).collect(),
            formula: definition.formula(),
            special_values: special
                .map(|(inputs, result)| SpecialValue { inputs, result })
                .collect(),
            first_derivatives: definition.gradient().arguments(),
            second_derivatives: definition
                .second_derivatives()
                .iter()
                .map(ops_nn::Partial::wrt)
                .collect(),
            is_elementwise: definition.is_elementwise(),
            has_decomposition: definition.has_decomposition(),
            example: definition.example().map(example),
            since: definition.since(),
            source: definition.source(),
        }
    }

    fn text(&self) -> String {
        let mut text = format!("{}\n{}\n", self.name, self.summary);
        section(&mut text, "Signatures", |lines| {
            for entry in &self.signatures {
                lines.extend(
                    entry
                        .names
                        .iter()
                        .map(|name| format!("{name}{}", entry.signature)),
                );
            }
        });
        section(&mut text, "Parameters", |lines| {
            lines.extend(self.parameters.iter().map(ParameterEntry::text));
        });
        section(&mut text, "Formula", |lines| {
            lines.push(self.formula.to_owned());
        });
        section(&mut text, "Special values", |lines| {
            let row =
                |special: &SpecialValue<'_>| format!("{}: {}", special.inputs, special.result);
            lines.extend(self.special_values.iter().map(row));
        });
        section(&mut text, "Derivatives", |lines| {
            let orders = [
                ("first", &self.first_derivatives),
                ("second", &self.second_derivatives),
            ];
            for (order, arguments) in orders.into_iter().filter(|(_, a)| !a.is_empty()) {
                lines.push(format!("{order}: with respect to {}", arguments.join(", ")));
            }
        });
        section(&mut text, "Example", |lines| {
            if let Some(example) = &self.example {
                lines.push(example.arguments.join(", "));
                lines.push(format!("gives {}", example.shown_result));
            }
        });
        section(&mut text, "Source", |lines| {
            lines.push(self.source.to_owned());
        });
        section(&mut text, "Since", |lines| {
            lines.push(self.since.to_owned());
        });
        text
    }
}

impl ParameterEntry<'_> {
    fn text(&self) -> String {
        let mut text = format!("{}: {}", self.name, self.takes);
        if let Some(default) = self.default {
            let _ = write!(text, ", {default} if left out");
        }
        if let Some(checked) = self.checked {
            let _ = write!(text, "; --checked wants each element {checked}");
        }
        if !self.doc.is_empty() {
            let _ = write!(text, ". {}", self.doc);
        }
        text
    }
}

/// Adds a headed, indented section, unless it has no lines.
fn section(text: &mut String, heading: &str, fill: impl FnOnce(&mut Vec<String>)) {
    let mut lines = Vec::new();
    fill(&mut lines);
    if lines.is_empty() {
        return;
    }
    let _ = write!(text, "\n{heading}\n");
    for line in lines {
        let _ = writeln!(text, "    {line}");
    }
}

/// The op's names, grouped by the signature that each chooses.
fn signatures<'a>(registry: &'a Registry, definition: &'a OpDef) -> Vec<SignatureEntry<'a>> {
    let mut entries: Vec<SignatureEntry<'a>> = Vec::new();
    for name in definition.names() {
        let Ok(op) = registry.get(name) else { continue };
        let signature = op.signature().to_string();
        match entries
            .iter_mut()
            .find(|entry| entry.signature == signature)
        {
            Some(entry) => entry.names.push(name),
            None => entries.push(SignatureEntry {
                names: vec![name],
                signature,
            }),
        }
    }
    entries
}

fn parameter(param: &Param) -> ParameterEntry<'_> {
    ParameterEntry {
        name: param.name(),
        takes: match param.kind() {
            ParamKind::Tensor(dtypes) => format!("a tensor or a number, {}", dtypes.expected()),
            kind => kind.expected().to_owned(),
        },
        default: match param.default() {
            Presence::Flag(true) => Some("true"),
            Presence::Flag(false) => Some("false"),
            Presence::Optional => Some("None"),
            _ => None,
        },
        checked: match param.domain() {
            Domain::Any => None,
            domain => Some(domain.description()),
        },
        doc: param.doc(),
    }
}

fn example(example: &Example) -> ExampleEntry {
    let arguments = example.args.iter().map(|(name, arg)| match arg {
        Value::DType(dtype) => format!("{name}={dtype}"),
        Value::Number(value) => format!("{name}={value:?}"),
        Value::Ints(values) => format!("{name}={values:?}"),
        other => match other.as_tensor() {
            Some(DynTensorRef::F32(values)) => format!("{name}={:?}", values.as_slice()),
            Some(DynTensorRef::Bool(values)) => format!("{name}={:?}", values.as_slice()),
            _ => format!("{name}={other:?}"),
        },
    });
    ExampleEntry {
        arguments: arguments.collect(),
        result: example
            .result
            .iter()
            .map(|&value| JsonNumber::new(value))
            .collect(),
        shown_result: format!("{:?}", example.result),
    }
}
