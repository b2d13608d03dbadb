//! The main job on the data of `data/`, with numbers that were derived independently: mpmath at 600
//! bits gave each loss, rounded to float32 as a fraction; Python's `Fraction` gave the exact sums of
//! the rounded losses, rounded once.

use serde_json::{Value, json};

use crate::common::{Files, WEIGHTED, data, json, opsnn, stderr, stdout, tail};

fn breast_cancer(op: &str, labels: &str) -> [String; 4] {
    [
        op.to_owned(),
        format!("{labels}={}", data("breast_cancer_labels.npy")),
        format!("logits={}", data("breast_cancer_logits.npy")),
        "pos_weight=2".to_owned(),
    ]
}

fn digits() -> [String; 4] {
    [
        WEIGHTED.to_owned(),
        format!("labels={}", data("digits_labels.npy")),
        format!("logits={}", data("digits_logits.npy")),
        format!("pos_weight={}", data("digits_pos_weight.npy")),
    ]
}

/// The expected fields must be in the object with these values.
fn check(object: &Value, expected: &Value) {
    for (field, value) in expected.as_object().expect("an object") {
        assert_eq!(&object[field], value, "{field}");
    }
}

#[test]
fn breast_cancer_has_the_derived_sum_mean_and_extremes() {
    let object = json(&breast_cancer(WEIGHTED, "labels"));
    check(
        &object,
        &json!({
            "op": WEIGHTED,
            "found_by": WEIGHTED,
            "dtype": "float32",
            "shape": [569],
            "count": 569,
            "nan_count": 0,
            "sum_bits": "0x4244c947",
            "mean_bits": "0x3db112b2",
            "reduction": "none",
            "warnings": [],
            "outputs": [],
        }),
    );
    check(
        &object["min"],
        &json!({"bits": "0x18a4bcbd", "index": [461]}),
    );
    check(
        &object["max"],
        &json!({"bits": "0x41213cea", "index": [297]}),
    );
    assert_eq!(object["mean"], json!(f64::from(f32::from_bits(0x3db112b2))));
    let first: Vec<f64> = [0x312719db, 0x38856ecb, 0x34af84c8]
        .map(|bits| f32::from_bits(bits).into())
        .to_vec();
    assert_eq!(object["first"].as_array().unwrap()[..3], first);
}

#[test]
fn the_text_report_shows_the_same_numbers() {
    let args = breast_cancer(WEIGHTED, "labels");
    let args: Vec<_> = ["run"]
        .into_iter()
        .chain(args.iter().map(String::as_str))
        .collect();
    let text = stdout(&opsnn(&args));
    for line in [
        "op        nn.weighted_cross_entropy_with_logits",
        "dtype     float32",
        "shape     (569,)",
        "count     569",
        "sum       49.19656 (0x4244c947)",
        "mean      0.08646144 (0x3db112b2)",
        "at [461]",
        "at [297]",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}

#[test]
fn the_deprecated_alias_gives_the_same_bits_and_a_warning() {
    let alias = "tf.compat.v1.nn.weighted_cross_entropy_with_logits";
    let args = breast_cancer(alias, "targets");
    let object = json(&args);
    check(
        &object,
        &json!({"op": WEIGHTED, "found_by": alias, "sum_bits": "0x4244c947", "mean_bits": "0x3db112b2"}),
    );
    let warning = "targets is deprecated, use labels instead";
    assert!(object["warnings"][0].as_str().unwrap().contains(warning));
    let args: Vec<_> = ["run"]
        .into_iter()
        .chain(args.iter().map(String::as_str))
        .collect();
    let warned = stderr(&opsnn(&args));
    assert_eq!(warned, format!("warning: {alias}: {warning}\n"));
}

#[test]
fn digits_with_a_weight_per_class_have_the_derived_numbers() {
    let object = json(&digits());
    check(
        &object,
        &json!({
            "shape": [1797, 10],
            "count": 17970,
            "sum_bits": "0x44dd44f4",
            "mean_bits": "0x3dc9bd93",
        }),
    );
    check(
        &object["min"],
        &json!({"bits": "0x26f3a7d2", "index": [1221, 9]}),
    );
    check(
        &object["max"],
        &json!({"bits": "0x423be6c6", "index": [1658, 9]}),
    );
}

#[test]
fn a_reduction_is_what_is_reported_and_written() {
    let files = Files::new();
    for (reduction, bits) in [("sum", "0x44dd44f4"), ("mean", "0x3dc9bd93")] {
        let out = files.path(&format!("{reduction}.npy"));
        let mut args = digits().to_vec();
        args.extend(["--reduction", reduction, "--out", &out].map(str::to_owned));
        let object = json(&args);
        assert_eq!(object["reduced"]["bits"], bits);
        check(
            &object["outputs"][0],
            &json!({"dtype": "float32", "shape": []}),
        );
        // The file is an input of rank 0.
        let again = json(&["identity", &out]);
        check(&again, &json!({"shape": [], "count": 1, "sum_bits": bits}));
    }
}

/// The exact sums of `labels * softplus(-logits)`, rounded to float32, per class.
#[test]
fn the_gradient_of_a_broadcast_weight_is_the_derived_exact_sum_per_class() {
    const EXPECTED: [u32; 10] = [
        0x4036c8da, 0x41ace7ad, 0x407db5b5, 0x41ac1443, 0x407c6975, 0x410ccdbc, 0x40c88503,
        0x41028627, 0x4295f519, 0x41dbe30c,
    ];
    let files = Files::new();
    let out = files.path("gradient.npy");
    let mut args = digits().to_vec();
    args.extend(["--grad".to_owned(), format!("pos_weight={out}")]);
    let object = json(&args);
    check(
        &object["outputs"][0],
        &json!({"dtype": "float32", "shape": [10]}),
    );
    assert_eq!(
        tail(&out, 10, 4),
        EXPECTED.map(|bits| bits.to_le_bytes().to_vec())
    );
}

#[test]
fn positional_arguments_follow_the_signature_of_the_name() {
    let labels = data("breast_cancer_labels.npy");
    let logits = data("breast_cancer_logits.npy");
    for (op, args) in [
        (WEIGHTED, [&labels, &logits]),
        (
            "tf.nn.weighted_cross_entropy_with_logits@1.13",
            [&labels, &logits],
        ),
        (
            "tf.nn.weighted_cross_entropy_with_logits@0.12",
            [&logits, &labels],
        ),
    ] {
        let object = json(&[op, args[0], args[1], "2"]);
        check(&object, &json!({"sum_bits": "0x4244c947", "found_by": op}));
    }
}

#[test]
fn every_registered_name_is_listed_and_described() {
    let listing = opsnn(&["ops", "--json"]);
    let listing: Value = serde_json::from_slice(&listing.stdout).unwrap();
    for entry in listing.as_array().unwrap() {
        let aliases = entry["aliases"].as_array().unwrap();
        for name in aliases.iter().chain([&entry["name"]]) {
            let name = name.as_str().unwrap();
            let page = opsnn(&["describe", name, "--json"]);
            let page: Value = serde_json::from_slice(&page.stdout).unwrap();
            assert_eq!(page["name"], entry["name"], "{name}");
            assert_eq!(page["summary"], entry["summary"], "{name}");
        }
    }
    let all = ops_nn::Registry::builtin().list("").count();
    assert_eq!(listing.as_array().unwrap().len(), all);
    let text = stdout(&opsnn(&["describe", WEIGHTED]));
    for part in [
        "Signatures",
        "@1.13(targets, logits, pos_weight, name=None)",
        "Formula",
        "Source",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn listings_filter_by_the_start_of_a_name_or_alias() {
    let by_alias = stdout(&opsnn(&["ops", "tf.nn.weighted"]));
    assert!(by_alias.starts_with(WEIGHTED), "{by_alias}");
    assert!(!stdout(&opsnn(&["ops", "nn."])).contains("math.add\n"));
}

#[test]
fn derivatives_are_asked_for_by_the_signatures_names_too() {
    let files = Files::new();
    let labels = files.npy("labels.npy", "<f4", "(3,)", &[0.0_f32, 0.25, 1.0]);
    let logits = files.npy("logits.npy", "<f4", "(3,)", &[1.0_f32, -2.0, 0.5]);
    let op = format!("tf.{WEIGHTED}@1.13");
    let gradients = ["labels", "targets"].map(|name| {
        let path = files.path(&format!("{name}-gradient.npy"));
        let grad = format!("{name}={path}");
        let object = json(&[op.as_str(), &labels, &logits, "2", "--grad", &grad]);
        let content = &object["outputs"][0]["content"];
        assert_eq!(content, "gradient of the sum with respect to labels");
        std::fs::read(path).expect("written")
    });
    assert_eq!(gradients[0], gradients[1]);
}
