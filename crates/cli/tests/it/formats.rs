//! Formats, byte orders, axis orders, conversions and outputs: what goes in comes out.

use serde_json::json;

use crate::common::{Files, WEIGHTED, big_endian, json, little_endian, npy_header, tail};

const VALUES: [f32; 6] = [0.5, -1.0, 2.0, 3.5, -0.25, 1e-3];

/// The bits of the sum of a file's elements, which differ for other elements.
fn elements(path: &str) -> serde_json::Value {
    let object = json(&["identity", path]);
    json!([object["dtype"], object["shape"], object["first"]])
}

#[test]
fn either_byte_order_and_axis_order_gives_the_same_array() {
    let files = Files::new();
    let expected = elements(&files.npy("plain.npy", "<f4", "(2, 3)", &VALUES));
    assert_eq!(expected[1], json!([2, 3]));
    let transposed = [0, 3, 1, 4, 2, 5].map(|index| VALUES[index]);
    for (name, header, bytes) in [
        (
            "big.npy",
            npy_header(">f4", false, "(2, 3)"),
            big_endian(&VALUES),
        ),
        (
            "fortran.npy",
            npy_header("<f4", true, "(2, 3)"),
            little_endian(&transposed),
        ),
        (
            "both.npy",
            npy_header(">f4", true, "(2, 3)"),
            big_endian(&transposed),
        ),
        // Python 2 wrote long integers with a suffix that newer readers accept no more.
        (
            "spaces.npy",
            npy_header("<f4", false, "( 2 ,3,)"),
            little_endian(&VALUES),
        ),
    ] {
        let path = files.write(name, [header, bytes].concat());
        assert_eq!(elements(&path), expected, "{name}");
    }
}

#[test]
fn arrays_of_rank_0_and_without_elements_are_arrays() {
    let files = Files::new();
    let scalar = files.npy("scalar.npy", "<f8", "()", &[2.5_f64]);
    assert_eq!(elements(&scalar), json!(["float64", [], [2.5]]));
    let labels = files.npy("labels.npy", "<f4", "(0, 3)", &[] as &[f32]);
    let logits = files.npy("logits.npy", "<f4", "(0, 3)", &[] as &[f32]);
    let weight = files.npy("weight.npy", "<f4", "(3,)", &[1.0_f32; 3]);
    let (out, gradient) = (files.path("out.npy"), files.path("gradient.npy"));
    let object = json(&[
        WEIGHTED,
        &labels,
        &logits,
        &weight,
        "--out",
        &out,
        "--grad",
        &format!("pos_weight={gradient}"),
    ]);
    for (field, expected) in [
        ("shape", json!([0, 3])),
        ("count", json!(0)),
        ("sum_bits", json!("0x00000000")),
        ("mean", json!(null)),
        ("min", json!(null)),
        ("first", json!([])),
    ] {
        assert_eq!(object[field], expected, "{field}");
    }
    assert_eq!(elements(&out), json!(["float32", [0, 3], []]));
    assert_eq!(
        elements(&gradient),
        json!(["float32", [3], [0.0, 0.0, 0.0]])
    );
}

#[test]
fn with_dtype_every_stored_type_is_converted() {
    let files = Files::new();
    let paths = [
        files.npy("b1.npy", "|b1", "(3,)", &[false, true, true]),
        files.npy("i1.npy", "|i1", "(3,)", &[0_i8, 1, -1]),
        files.npy("i2.npy", "<i2", "(3,)", &[0_i16, 1, -1]),
        files.npy("i4.npy", "<i4", "(3,)", &[0_i32, 1, -1]),
        files.npy("i8.npy", "<i8", "(3,)", &[0_i64, 1, -1]),
        files.npy("u1.npy", "|u1", "(3,)", &[0_u8, 1, 255]),
        files.npy("u2.npy", "<u2", "(3,)", &[0_u16, 1, 65535]),
        files.npy("u4.npy", "<u4", "(3,)", &[0_u32, 1, u32::MAX]),
        files.npy("u8.npy", "<u8", "(3,)", &[0_u64, 1, u64::MAX]),
        files.npy("f2.npy", "<f2", "(3,)", &[0_u16, 0x3c00, 0xbc00]),
        files.npy("f4.npy", "<f4", "(3,)", &[0_f32, 1.0, -1.0]),
        files.npy("f8.npy", "<f8", "(3,)", &[0_f64, 1.0, -1.0]),
    ];
    let last = [
        1.0,
        -1.0,
        -1.0,
        -1.0,
        -1.0,
        255.0,
        65535.0,
        4294967296.0,
        18446744073709551616.0,
        -1.0,
        -1.0,
        -1.0,
    ];
    for (path, last) in paths.iter().zip(last) {
        let object = json(&["identity", path, "--dtype", "float32"]);
        assert_eq!(object["dtype"], "float32", "{path}");
        assert_eq!(object["first"], json!([0.0, 1.0, last]), "{path}");
    }
}

#[test]
fn integer_labels_and_numbers_take_the_dtype_asked_for() {
    let files = Files::new();
    let labels = files.npy("labels.npy", "<i8", "(2,)", &[0_i64, 1]);
    let logits = files.npy("logits.npy", "<f4", "(2,)", &[0.0_f32, 0.0]);
    let object = json(&[WEIGHTED, &labels, &logits, "2", "--dtype", "f64"]);
    // softplus(0) = log 2 and twice that, in float64.
    let bits = std::f64::consts::LN_2.to_bits();
    assert_eq!(object["min"]["bits"], format!("0x{bits:016x}"));
    let numbers = json(&["math.add", "1", "2", "--dtype", "bfloat16"]);
    assert_eq!(numbers["dtype"], "bfloat16");
    assert_eq!(numbers["sum_bits"], "0x4040");
}

#[test]
fn special_numbers_are_values_and_json_shows_them_as_texts() {
    let object = json(&["math.add", "x=-inf", "y=1"]);
    assert_eq!(object["sum"], "-Infinity");
    let object = json(&["math.add", "x=NaN", "y=-1e3"]);
    assert_eq!(
        (&object["sum"], &object["nan_count"]),
        (&json!("NaN"), &json!(1))
    );
    assert_eq!(object["sum_bits"], "0x7fc00000");
    assert_eq!(
        (&object["min"], &object["first"]),
        (&json!(null), &json!(["NaN"]))
    );
    assert_eq!(
        json(&["math.add", "-1e3", "Infinity"])["max"]["value"],
        "Infinity"
    );
}

#[test]
fn bfloat16_goes_through_safetensors() {
    let files = Files::new();
    let plain = files.npy("x.npy", "<f4", "(2, 3)", &VALUES);
    let path = files.path("x.safetensors");
    json(&["identity", &plain, "--dtype", "bf16", "--out", &path]);
    let again = json(&["identity", &format!("{path}#result")]);
    assert_eq!(
        (&again["dtype"], &again["shape"]),
        (&json!("bfloat16"), &json!([2, 3]))
    );
    // The only tensor needs no name. 1e-3 is 0x3a83 in bfloat16, the upper half of 0x3a83126f.
    let again = json(&["identity", &path]);
    assert_eq!(
        again["first"][5],
        json!(f64::from(f32::from_bits(0x3a83_0000)))
    );
}

#[test]
fn outputs_of_every_dtype_are_read_back_as_they_were() {
    let files = Files::new();
    let plain = files.npy("x.npy", "<f4", "(2, 3)", &VALUES);
    for dtype in ["float16", "float32", "float64"] {
        let before = json(&["identity", &plain, "--dtype", dtype]);
        for extension in ["npy", "safetensors"] {
            let out = files.path(&format!("{dtype}.{extension}"));
            json(&["identity", &plain, "--dtype", dtype, "--out", &out]);
            let after = json(&["identity", &out]);
            for field in ["dtype", "shape", "sum_bits", "first"] {
                assert_eq!(after[field], before[field], "{out} {field}");
            }
        }
    }
}

#[test]
fn bool_results_are_counted_written_and_read_as_conditions() {
    let files = Files::new();
    let x = files.npy("x.npy", "<f4", "(2, 3)", &VALUES);
    let condition = files.path("condition.npy");
    let object = json(&["math.greater_equal", &x, "0.5", "--out", &condition]);
    assert_eq!(
        (&object["dtype"], &object["true_count"]),
        (&json!("bool"), &json!(3))
    );
    assert_eq!(
        object["first"],
        json!([true, false, true, true, false, false])
    );
    assert_eq!(
        (&object["sum"], &object["min"]),
        (&json!(null), &json!(null))
    );
    assert_eq!(tail(&condition, 6, 1).concat(), [1, 0, 1, 1, 0, 0]);
    for dtype in [&[][..], &["--dtype", "f64"]] {
        let args = ["where", condition.as_str(), x.as_str(), "y=0"];
        let selected = json(&[&args[..], dtype].concat());
        let expected = [0.5, 0.0, 2.0, 3.5, 0.0, 0.0];
        assert_eq!(selected["first"], json!(expected), "{dtype:?}");
    }
}

#[test]
fn a_column_takes_the_dtype_of_the_other_arrays() {
    let files = Files::new();
    let table = files.write(
        "t.csv",
        "id, label,logit\n1,0, 0.1\n2,1,1e-400\n3,0.5,-inf\n",
    );
    let doubles = files.npy("x.npy", "<f8", "(3,)", &[0.0_f64; 3]);
    let column = format!("{table}#logit");
    for (args, dtype, first) in [
        (vec!["identity", &column], "float32", f64::from(0.1_f32)),
        (vec!["math.add", &column, &doubles], "float64", 0.1),
        (
            vec!["identity", &column, "--dtype", "f16"],
            "float16",
            0.0999755859375,
        ),
    ] {
        let object = json(&args);
        assert_eq!(object["dtype"], dtype);
        assert_eq!(object["first"], json!([first, 0.0, "-Infinity"]));
    }
}

#[test]
fn ops_that_are_not_element_wise_take_shapes_axes_flags_and_dtypes() {
    let files = Files::new();
    let x = files.npy("x.npy", "<f4", "(2, 3)", &VALUES);
    for (args, shape) in [
        (vec!["reshape", &x, "[3, -1]"], json!([3, 2])),
        (vec!["broadcast_to", &x, "shape=4,2,3"], json!([4, 2, 3])),
        (vec!["math.reduce_sum", &x, "axis=-1"], json!([2])),
        (
            vec!["math.reduce_mean", &x, "axis=[0]", "keepdims=true"],
            json!([1, 3]),
        ),
        (vec!["math.reduce_sum", &x], json!([])),
        (
            vec!["tf.compat.v1.math.reduce_sum", &x, "reduction_indices=[1]"],
            json!([2]),
        ),
    ] {
        assert_eq!(json(&args)["shape"], shape, "{args:?}");
    }
    assert_eq!(json(&["cast", &x, "float16"])["dtype"], "float16");
}

#[test]
fn gradients_are_written_for_ops_of_both_kinds() {
    let files = Files::new();
    let x = files.npy("x.npy", "<f4", "(2, 3)", &VALUES);
    let gradient = files.path("g.npy");
    let grad = |parameter: &str| format!("{parameter}={gradient}");
    for (args, parameter, expected) in [
        (
            vec!["math.multiply", &x, "3"],
            "x",
            json!(["float32", [2, 3], vec![3.0; 6]]),
        ),
        (
            vec!["math.add", &x, "3"],
            "y",
            json!(["float32", [], [6.0]]),
        ),
        (
            vec!["math.reduce_sum", &x],
            "input_tensor",
            json!(["float32", [2, 3], vec![1.0; 6]]),
        ),
        (
            vec!["cast", &x, "f64"],
            "x",
            json!(["float32", [2, 3], vec![1.0; 6]]),
        ),
    ] {
        let grad = grad(parameter);
        json(&[&args[..], &["--grad", &grad]].concat());
        assert_eq!(elements(&gradient), expected, "{args:?}");
    }
}
