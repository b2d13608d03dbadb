//! The program on this machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::data::data_file;
use crate::process::{Run, Running, run};

/// The table of a real classifier in `folder`, cut into so many files.
pub(crate) fn preds(folder: &Path, data: &str, files: Option<usize>) -> PathBuf {
    let column = |kind: &str| {
        format!(
            "{kind}={}",
            data_file(&format!("{data}_{kind}.npy")).display()
        )
    };
    let (labels, logits) = (column("labels"), column("logits"));
    let name = files.map_or("preds.parquet".to_owned(), |files| format!("preds_{files}"));
    let out = folder.join(name);
    let count = files.map(|files| files.to_string());
    let target = out.to_string_lossy().into_owned();
    let mut args = vec!["parquet", &labels, &logits, "--out", &target];
    args.extend(count.iter().flat_map(|count| ["--files", count]));
    assert_eq!(run(&args).code, Some(0));
    out
}

/// A query about one table, printed as CSV.
pub(crate) fn ask(table: &Path, sql: &str, more: &[&str]) -> Run {
    let table = format!("preds={}", table.display());
    run(&[&[sql, "--table", &table, "--format", "csv"], more].concat())
}

/// The bits of the float32 values that CSV holds, all but its first `keys` columns.
pub(crate) fn bits_of(csv: &str, keys: usize) -> Vec<u32> {
    let values = csv
        .lines()
        .skip(1)
        .flat_map(|line| line.split(',').skip(keys));
    values
        .map(|value| value.parse::<f32>().expect("a float32").to_bits())
        .collect()
}

const MEAN: &str = "SELECT sum_weighted_cross_entropy_with_logits(labels, logits, 2.0) AS total, \
                    mean_weighted_cross_entropy_with_logits(labels, logits, 2.0) AS loss FROM preds";

#[test]
fn files_of_any_number_give_the_same_bits() {
    let folder = tempfile::tempdir().expect("a folder");
    for files in [None, Some(1), Some(7), Some(64)] {
        let table = preds(folder.path(), "breast_cancer", files);
        let answer = ask(&table, MEAN, &[]);
        assert_eq!(
            bits_of(&answer.stdout, 0),
            [0x4244_c947, 0x3db1_12b2],
            "{answer:?}"
        );
    }
}

#[test]
fn results_are_printed_in_three_forms() {
    let folder = tempfile::tempdir().expect("a folder");
    let table = folder.path().join("odd name [1] %20.csv");
    fs::write(&table, "z,x\n1,0.5\n0,-17\n").expect("a file");
    let table = format!("T={}", table.display());
    let sql = "SELECT z, nn_sigmoid_cross_entropy_with_logits(z, x) AS loss FROM T ORDER BY z";
    for (format, expected) in [
        (
            "csv",
            "z,loss\n0,4.139937633089748e-8\n1,0.4740769841801067\n",
        ),
        (
            "json",
            "[{\"z\":0,\"loss\":4.139937633089748e-8},{\"z\":1,\"loss\":0.4740769841801067}]\n",
        ),
        (
            "table",
            "+---+----------------------+\n| z | loss                 |\n+---+----------------------+\n| 0 | 4.139937633089748e-8 |\n| 1 | 0.4740769841801067   |\n+---+----------------------+\n",
        ),
    ] {
        let answer = run(&[sql, "--table", &table, "--format", format]);
        assert_eq!(
            (answer.code, answer.stdout.as_str()),
            (Some(0), expected),
            "{}",
            answer.stderr
        );
    }
    let none = run(&[
        "SELECT z FROM T WHERE z > 9",
        "--table",
        &table,
        "--format",
        "csv",
    ]);
    assert_eq!(none.stdout, "z\n");
}

#[test]
fn what_is_wrong_is_said_in_one_line_with_its_exit_code() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let good = preds(folder.path(), "breast_cancer", None);
    let whole = fs::read(&good).expect("a file");
    fs::write(at("cut.parquet"), &whole[..whole.len() / 2]).expect("a file");
    fs::write(at("short.parquet"), b"PAR1").expect("a file");
    fs::write(at("text.parquet"), "labels,logits\n1,2\n").expect("a file");
    fs::write(at("other.txt"), "labels,logits\n1,2\n").expect("a file");
    fs::write(at("words.csv"), "labels,logits\none,2\n").expect("a file");
    fs::write(at("ragged.csv"), "labels,logits\n1,2\n1,2,3\n").expect("a file");
    fs::create_dir(at("empty")).expect("a folder");
    fs::create_dir(at("half")).expect("a folder");
    fs::copy(&good, at("half/a.parquet")).expect("a file");
    fs::copy(at("cut.parquet"), at("half/b.parquet")).expect("a file");
    let loss = "SELECT mean_weighted_cross_entropy_with_logits(labels, logits, 2.0) FROM preds";
    for (file, sql, code, expected) in [
        ("gone.parquet", loss, 7, "cannot read"),
        ("cut.parquet", loss, 7, "cut.parquet"),
        ("short.parquet", loss, 7, "short.parquet"),
        ("text.parquet", loss, 7, "text.parquet"),
        (
            "other.txt",
            loss,
            7,
            "expected a name that ends in .parquet or .csv",
        ),
        ("ragged.csv", loss, 7, "ragged.csv"),
        ("empty", loss, 7, "holds no .parquet or .csv file"),
        ("half", loss, 7, "half"),
        (
            "words.csv",
            loss,
            4,
            "takes a number as 'labels', found Utf8",
        ),
        (
            "preds.parquet",
            "SELECT exact_sum(logit) FROM preds",
            4,
            "logit",
        ),
        (
            "preds.parquet",
            "SELECT exact_sum(logits) FROM pred",
            4,
            "pred",
        ),
        (
            "preds.parquet",
            "SELECT exact_some(logits) FROM preds",
            4,
            "exact_some",
        ),
        ("preds.parquet", "SELEC 1", 4, "SELEC"),
    ] {
        let answer = ask(&at(file), sql, &[]);
        assert_eq!(answer.code, Some(code), "{file}, {sql}: {answer:?}");
        assert!(
            answer.stderr.contains(expected),
            "{file}, {sql}: {answer:?}"
        );
        assert!(answer.stderr.starts_with("error: "), "{answer:?}");
        assert_eq!(answer.stderr.lines().count(), 1, "{answer:?}");
        assert_eq!(answer.stdout, "");
    }
    assert_eq!(run(&[]).code, Some(2));
    assert_eq!(run(&["SELECT 1", "--table", "preds"]).code, Some(2));
    let twice = ["SELECT 1", "--table", "t=a.csv", "--table", "T=b.csv"];
    assert_eq!(run(&twice).code, Some(2));
    assert_eq!(run(&["SELECT 1 / 0"]).code, Some(1));
    let nobody = run(&["SELECT 1", "--cluster", "127.0.0.1:1"]);
    assert_eq!(nobody.code, Some(10), "{nobody:?}");
    assert!(
        nobody.stderr.contains("no scheduler at 127.0.0.1:1"),
        "{nobody:?}"
    );
}

#[test]
fn arrays_that_do_not_fit_make_no_table() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let labels = format!("labels={}", data_file("digits_labels.npy").display());
    let weights = format!("weights={}", data_file("digits_pos_weight.npy").display());
    fs::write(at("no.npy"), "labels").expect("a file");
    let huge = b"\x93NUMPY\x01\x00\x46\x00{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999,)}\n";
    fs::write(at("huge.npy"), huge).expect("a file");
    // A header that says how long it is by a byte that looks like its end; and brackets that take a parser for ever.
    let header = |length: u16, text: &str| {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend(length.to_le_bytes());
        bytes.extend(format!("{text:<0$}", usize::from(length)).bytes());
        bytes
    };
    let wrapping = "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}";
    fs::write(at("wrapping.npy"), header(0x010a, wrapping)).expect("a file");
    let nested = format!("{{'descr': {}1{}}}", "[".repeat(40), "]".repeat(40));
    fs::write(at("nested.npy"), header(118, &nested)).expect("a file");
    let out = at("t.parquet");
    for (columns, code, expected) in [
        (
            vec![labels.clone(), weights],
            7,
            "as many elements as each other",
        ),
        (
            vec![format!("a={}", at("no.npy"))],
            7,
            "expected a .npy file",
        ),
        (vec![format!("a={}", at("huge.npy"))], 7, "huge.npy"),
        (vec![format!("a={}", at("gone.npy"))], 7, "cannot read"),
        (
            vec![format!("a={}", at("wrapping.npy"))],
            7,
            "expected a .npy file",
        ),
        (
            vec![format!("a={}", at("nested.npy"))],
            7,
            "expected a .npy file",
        ),
        (
            vec![labels.clone(), labels.replace("labels=", "LABELS=")],
            2,
            "the name 'labels' is given twice",
        ),
    ] {
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        let answer = run(&[&["parquet", "--out", &out], &columns[..]].concat());
        assert_eq!(answer.code, Some(code), "{answer:?}");
        assert!(answer.stderr.contains(expected), "{answer:?}");
        assert!(!Path::new(&out).exists());
    }
    let nowhere = run(&["parquet", &labels, "--out", &at("no/where.parquet")]);
    assert_eq!(nowhere.code, Some(8), "{nowhere:?}");
}

#[test]
fn an_interrupt_ends_a_query() {
    let folder = tempfile::tempdir().expect("a folder");
    let table = format!("preds={}", preds(folder.path(), "digits", None).display());
    let long = "SELECT mean_weighted_cross_entropy_with_logits(a.labels, b.logits + c.logits, 2.0) FROM preds a, preds b, preds c";
    let mut query = Running::start(&[long, "--table", &table]);
    std::thread::sleep(Duration::from_secs(1));
    assert!(query.goes_on());
    query.interrupt();
    let answer = query.finish();
    assert_eq!(answer.code, Some(130), "{answer:?}");
    assert_eq!(answer.stderr, "error: interrupted\n");
}

#[test]
fn functions_are_listed_with_their_arguments() {
    let all = run(&["functions"]);
    assert_eq!(all.code, Some(0), "{all:?}");
    let heads = all.stdout.lines().filter(|line| !line.starts_with(' '));
    let heads: Vec<&str> = heads.collect();
    assert!(heads.is_sorted(), "{heads:?}");
    for expected in [
        "exact_mean(x [, sample_weight])",
        "math_log1p(x)",
        "mean_sigmoid_cross_entropy_with_logits(labels, logits [, sample_weight])",
        "nn_weighted_cross_entropy_with_logits(labels, logits, pos_weight)",
    ] {
        assert!(heads.contains(&expected), "{expected} in {heads:?}");
    }
    let some = run(&["functions", "tf_where"]);
    assert_eq!(some.stdout.lines().count(), 3, "{some:?}");
    assert_eq!(run(&["functions", "nonesuch"]).stdout, "");
}
