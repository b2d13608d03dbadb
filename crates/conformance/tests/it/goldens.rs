//! Golden files: what is stored is what the formulas give, and a change shows as a diff.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::slice;

use conformance::{Case, Class, DType, Function, cases, goldens};

use crate::common::known;

fn stored() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/goldens"))
}

#[test]
fn stored_files_are_what_the_formulas_give() {
    goldens::check(stored(), &goldens::functions_in(stored())).unwrap();
}

/// A golden file in short: cases per class, a digest of all bits, and some cases to read. Any
/// change of a file changes the digest.
#[test]
fn summaries_of_the_golden_files() {
    for entry in fs::read_dir(stored()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        insta::assert_snapshot!(name, summary(&fs::read_to_string(&path).unwrap()));
    }
}

fn summary(text: &str) -> String {
    let cases = goldens::read(text).unwrap();
    let function = &cases[0].function;
    let mut counts: BTreeMap<Class, usize> = BTreeMap::new();
    let mut digest = Digest::new();
    for case in &cases {
        *counts.entry(case.class).or_default() += 1;
        digest.add(case.dtype as u64);
        case.inputs.iter().for_each(|&bits| digest.add(bits));
        digest.add(case.expected);
    }
    let counts: Vec<String> = counts
        .iter()
        .map(|(class, n)| format!("{class} {n}"))
        .collect();
    let arguments = function.arguments().join(", ");
    let mut lines = vec![
        format!("{function}({arguments}) = {}", function.formula()),
        format!("{} cases: {}", cases.len(), counts.join(", ")),
        format!("digest of dtypes, inputs and results: {:016x}", digest.0),
    ];
    for case in cases.iter().step_by(cases.len() / 13) {
        let Case { dtype, class, .. } = case;
        let inputs: Vec<String> = case
            .inputs
            .iter()
            .map(|&bits| dtype.reading(bits))
            .collect();
        let (inputs, result) = (inputs.join(", "), dtype.reading(case.expected));
        lines.push(format!(
            "{dtype:<4} {class:<20} ({inputs}) -> {result}   {}",
            case.reason
        ));
    }
    lines.join("\n")
}

/// FNV-1a over 64-bit words, byte by byte.
struct Digest(u64);

impl Digest {
    fn new() -> Self {
        Digest(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, word: u64) {
        for byte in word.to_le_bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

#[test]
fn files_read_back_as_the_cases_they_were_made_of() {
    for (name, text) in goldens::generate(Function::all()).unwrap() {
        let function: Function = name.strip_suffix(".json").unwrap().parse().unwrap();
        let read = goldens::read(&text).unwrap();
        let made: Vec<_> = DType::ALL
            .into_iter()
            .flat_map(|dtype| cases(&function, dtype, 2).unwrap())
            .collect();
        assert_eq!(read, made, "{name}");
    }
}

#[test]
fn every_line_of_the_contract_s_edge_table_has_a_golden_case() {
    let all = cases(&known("weighted"), DType::F32, 0).unwrap();
    let edges: Vec<&str> = all
        .iter()
        .filter(|case| case.class == Class::Edge)
        .map(|case| &*case.reason)
        .collect();
    for reason in [
        "label NaN",
        "logit NaN",
        "weight NaN",
        "label infinite",
        "weight infinite",
        "infinitely right",
        "infinitely wrong",
        "both weights 0",
        "logit +inf, negative",
        "logit -inf, negative",
    ] {
        assert!(
            edges.iter().any(|edge| edge.starts_with(reason)),
            "{reason}"
        );
    }
}

#[test]
fn changed_missing_and_foreign_files_are_named() {
    let directory = tempfile::tempdir().unwrap();
    goldens::write(directory.path(), Function::all()).unwrap();
    goldens::check(directory.path(), Function::all()).unwrap();
    let file = |name: &str| directory.path().join(name);
    let text = fs::read_to_string(file("math.exp.json")).unwrap();
    fs::write(file("math.exp.json"), text.replacen("0x3", "0x4", 1)).unwrap();
    fs::remove_file(file("math.log.json")).unwrap();
    fs::write(file("math.sin.json"), "{}").unwrap();
    fs::write(file("math.exp.json.orig"), "{}").unwrap();
    fs::write(file("math.abs.json"), b"\xff").unwrap();
    fs::create_dir(file("sub")).unwrap();
    fs::remove_file(file("math.add.json")).unwrap();
    fs::create_dir(file("math.add.json")).unwrap();
    let message = goldens::check(directory.path(), Function::all())
        .unwrap_err()
        .to_string();
    for part in [
        "math.exp.json (differs)",
        "math.log.json (missing)",
        "math.sin.json (belongs to no op: remove it)",
        "math.exp.json.orig (belongs to no op: remove it)",
        "sub (belongs to no op: remove it)",
        "math.abs.json (differs)",
        "math.add.json (cannot be read: ",
    ] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_file_states_the_formula_of_an_op_that_is_unknown_here() {
    let directory = tempfile::tempdir().unwrap();
    let functions = || goldens::functions_in(directory.path());
    let hinge = Function::stated("acme.hinge", &["y", "f"], "max(0, 1 - y * f)").unwrap();
    goldens::write(directory.path(), slice::from_ref(&hinge)).unwrap();
    let found = functions();
    assert_eq!(found.last(), Some(&hinge));
    goldens::check(directory.path(), &found[Function::all().len()..]).unwrap();

    let path = directory.path().join("acme.hinge.json");
    let text = fs::read_to_string(&path).unwrap();
    let cases = goldens::read(&text).unwrap();
    assert!(cases.iter().all(|case| case.function == hinge));
    fs::write(&path, text.replacen("1 - y * f", "2 - y * f", 1)).unwrap();
    let changed = &functions()[Function::all().len()..];
    assert!(goldens::check(directory.path(), changed).is_err());
}

#[test]
fn malformed_files_are_errors_that_say_what_is_wrong() {
    let table = [
        ("{", "EOF"),
        (
            r#"{"schema":9,"op":"math.exp","cases":[]}"#,
            "schema 9 is not 1",
        ),
        (
            r#"{"schema":1,"op":"math.sin","cases":[]}"#,
            "unknown op \"math.sin\"",
        ),
        (
            r#"{"schema":1,"op":"math.exp","cases":[{"dtype":"f16","class":"edge","inputs":["0x10000"],"expected":"0x0","reading":"","reason":""}]}"#,
            "\"0x10000\" is not a hexadecimal f16",
        ),
        (
            r#"{"schema":1,"op":"math.exp","cases":[{"dtype":"f8","class":"edge","inputs":[],"expected":"0x0","reading":"","reason":""}]}"#,
            "unknown dtype \"f8\"",
        ),
    ];
    for (text, part) in table {
        let message = goldens::read(text).unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    }
}

/// The protocol's page lists every op as the table of functions has it.
#[test]
fn the_protocol_page_lists_every_op() {
    let page = include_str!("../../../../docs/conformance-protocol.md");
    for function in Function::all() {
        let arguments = function.arguments().join(", ");
        let row = format!(
            "| `{}` | {arguments} | `{}` |",
            function.op(),
            function.formula()
        );
        assert!(
            page.contains(&row),
            "missing in docs/conformance-protocol.md: {row}"
        );
    }
}
