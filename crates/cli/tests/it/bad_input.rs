//! Bad input: one clear line, an exit code of its own class, and nothing left behind.

use crate::common::{self, Files, WEIGHTED, command, npy_header, npy_header_of, opsnn, stderr};

/// Good files, and one of each bad kind.
fn files() -> Files {
    let files = Files::new();
    let values = [0.5_f32, -1.0, 2.0, 3.5, -0.25, 1.0];
    let bytes = common::little_endian(&values);
    files.npy("x.npy", "<f4", "(2, 3)", &values);
    files.npy("ones.npy", "<f4", "(2, 3)", &[1.0_f32; 6]);
    files.npy("doubles.npy", "<f8", "(2, 3)", &[1.0_f64; 6]);
    files.npy("ints.npy", "<i8", "(2, 3)", &[1_i64; 6]);
    files.npy("bools.npy", "|b1", "(2, 3)", &[true; 6]);
    files.npy("transposed.npy", "<f4", "(3, 2)", &values);
    files.npy("pair.npy", "<f4", "(2,)", &[1.0_f32; 2]);
    files.npy("large.npy", "<f4", "(4, 2, 3)", &[1.0_f32; 24]);
    files.npy("column.npy", "<f4", "(6, 1)", &values);
    files.npy("empty.npy", "<f4", "(0,)", &[] as &[f32]);
    files.npy("rows.npy", "<f4", "(0, 2, 3)", &[] as &[f32]);
    files.npy("nan.npy", "<f4", "(2, 3)", &[f32::NAN; 6]);
    let npy = |descr, shape| npy_header(descr, false, shape);
    let cut = [npy("<f4", "(2, 3)"), bytes[..20].to_vec()].concat();
    for (name, content) in [
        ("truncated.npy", cut),
        ("headless.npy", npy("<f4", "(2, 3)")[..40].to_vec()),
        ("long.npy", [npy("<f4", "(2, 3)"), bytes.clone(), bytes.clone()].concat()),
        ("object.npy", [npy("|O", "(2, 3)"), bytes.clone()].concat()),
        ("complex.npy", [npy("<c8", "(3,)"), bytes.clone()].concat()),
        ("text.npy", [npy("<U1", "(6,)"), bytes.clone()].concat()),
        ("void.npy", [npy("|V2", "(12,)"), bytes.clone()].concat()),
        ("record.npy", [npy_header_of(
            "{'descr': [('a', '<f4'), ('b', '<f4')], 'fortran_order': False, 'shape': (3,), }",
        ), bytes.clone()].concat()),
        ("negative.npy", [npy("<f4", "(-2, 3)"), bytes.clone()].concat()),
        ("huge.npy", npy("<f4", "(9223372036854775807, 2)")),
        ("overflow.npy", npy("<f4", "(4294967296, 4294967296)")),
        ("keyless.npy", npy_header_of("{'descr': '<f4'}")),
        ("rubbish.npy", npy_header_of("{'descr': <<<")),
        ("other.npy", b"PK\x03\x04 some other format".to_vec()),
        ("nothing.npy", Vec::new()),
        ("version.npy", [b"\x93NUMPY\x09\x00".to_vec(), vec![0; 64]].concat()),
        ("claims.npy", [b"\x93NUMPY\x02\x00\xff\xff\xff\xff".to_vec(), vec![b' '; 64]].concat()),
        ("claims.safetensors", [u64::MAX.to_le_bytes().to_vec(), vec![b' '; 64]].concat()),
        ("short.safetensors", safetensors(r#"{"a":{"dtype":"F32","shape":[6],"data_offsets":[0,24]}}"#, &bytes[..8])),
        ("good.safetensors", safetensors(
            r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[4],"data_offsets":[8,24]}}"#,
            &bytes,
        )),
        ("f8.safetensors", safetensors(r#"{"a":{"dtype":"F8_E4M3","shape":[24],"data_offsets":[0,24]}}"#, &bytes)),
        ("broken.safetensors", safetensors("{\"a\":", &bytes)),
        ("t.csv", b"label,logit,logit\n0,1,1\none,2,2\n".to_vec()),
        ("far.csv", b"a\ninf\n-1e400\n".to_vec()),
        ("ragged.csv", b"a,b\n1,2\n3\n".to_vec()),
        ("latin1.csv", b"a\n\xff\n".to_vec()),
    ] {
        files.write(name, content);
    }
    std::fs::create_dir(files.dir().join("directory.npy")).unwrap();
    files
}

fn safetensors(header: &str, data: &[u8]) -> Vec<u8> {
    let length = (header.len() as u64).to_le_bytes();
    [&length[..], header.as_bytes(), data].concat()
}

/// Runs `opsnn run ARGS` in the directory of the files and expects the exit code and the parts of the
/// message, on one line, and the same files as before.
fn check(files: &Files, args: &[&str], code: i32, parts: &[&str]) {
    let before = files.names();
    let output = command(&[&["run"], args].concat())
        .current_dir(files.dir())
        .output()
        .unwrap();
    let error = stderr(&output);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {error}");
    assert!(output.stdout.is_empty(), "{args:?}");
    let line = error.strip_suffix('\n').unwrap_or(&error);
    assert!(
        line.starts_with("error: ") && !line.contains('\n'),
        "{args:?}: {error}"
    );
    for part in parts {
        assert!(line.contains(part), "{args:?}: '{part}' is not in\n{error}");
    }
    assert_eq!(files.names(), before, "{args:?}");
}

#[test]
fn names_and_arguments() {
    let files = files();
    let (unknown, op) = ("nn.weighted_cross_entropy", WEIGHTED);
    let v1 = "tf.compat.v1.nn.weighted_cross_entropy_with_logits";
    for (args, code, parts) in [
        (
            &[unknown][..],
            3,
            &["Op type not registered", unknown, "did you mean", WEIGHTED][..],
        ),
        (
            &[op, "labels=ones.npy", "pos_weight=2"],
            4,
            &["missing argument 'logits'"],
        ),
        (
            &[op, "labels=None", "logits=x.npy", "pos_weight=2"],
            4,
            &["missing argument 'labels'"],
        ),
        (
            &[op, "lables=ones.npy", "logits=x.npy", "pos_weight=2"],
            4,
            &["'lables'", "'labels'"],
        ),
        (
            &[op, "ones.npy", "x.npy", "2", "labels=ones.npy"],
            4,
            &["multiple values", "'labels'"],
        ),
        (
            &[
                op,
                "labels=x.npy",
                "labels=x.npy",
                "logits=x.npy",
                "pos_weight=2",
            ],
            4,
            &["multiple values"],
        ),
        (
            &[
                v1,
                "labels=ones.npy",
                "targets=ones.npy",
                "logits=x.npy",
                "pos_weight=2",
            ],
            4,
            &["Cannot specify both 'targets' and 'labels'"],
        ),
        (
            &[op, "ones.npy", "x.npy", "2", "None", "3"],
            4,
            &["at most 4"],
        ),
        (
            &[op, "labels=ones.txt", "logits=x.npy", "pos_weight=2"],
            4,
            &[
                "'labels'",
                "expected a number, FILE.npy",
                "found 'ones.txt'",
            ],
        ),
        (
            &["reshape", "x.npy", "shape=two"],
            4,
            &["'shape'", "[2, 3]", "'two'"],
        ),
        (
            &["cast", "x.npy", "dtype=int8"],
            4,
            &["'dtype'", "float32", "'int8'"],
        ),
        (
            &["math.reduce_sum", "x.npy", "keepdims=1"],
            4,
            &["'keepdims'", "true or false"],
        ),
        (
            &[op, "ones.npy", "x.npy", "2", "--grad", "logit=g.npy"],
            4,
            &["'logit'", "labels, logits, pos_weight"],
        ),
    ] {
        check(&files, args, code, parts);
    }
}

#[test]
fn arguments_that_python_would_refuse_by_order_and_numbers_that_no_dtype_holds() {
    let files = files();
    for (args, part) in [
        (
            &["cast", "dtype=float32", "x.npy"][..],
            "'x.npy': positional argument follows keyword argument 'dtype'; put it first or name it",
        ),
        (
            &["cast", "dtype=float32", "x.npy", "x=x.npy"],
            "positional argument follows keyword argument 'dtype'",
        ),
        // Before the values are read, which would be of the wrong kinds or missing.
        (
            &["reshape", "[6]", "tensor=missing.npy"],
            "multiple values for argument 'tensor'; give it once",
        ),
        (
            &["math.exp", "1e400"],
            "a number within float64's range, or inf, found '1e400'",
        ),
    ] {
        check(&files, args, 4, &[part]);
    }
}

#[test]
fn shapes_and_dtypes() {
    let files = files();
    let op = WEIGHTED;
    let s3 = "tf.nn.weighted_cross_entropy_with_logits@1.13";
    for (args, code, parts) in [
        (
            &[op, "ones.npy", "transposed.npy", "2"][..],
            5,
            &["`logits` and `labels` must have the same shape, received ((3, 2) vs (2, 3))."][..],
        ),
        (
            &[s3, "ones.npy", "transposed.npy", "2"],
            5,
            &["logits and targets must have the same shape ((3, 2) vs (2, 3))"],
        ),
        (
            &[op, "ones.npy", "x.npy", "pair.npy"],
            5,
            &["'pos_weight'", "(2,)", "(2, 3)"],
        ),
        (
            &[op, "ones.npy", "x.npy", "large.npy"],
            5,
            &["'pos_weight'", "(4, 2, 3)", "(2, 3)"],
        ),
        (
            &["math.add", "x.npy", "transposed.npy"],
            5,
            &["(2, 3)", "(3, 2)"],
        ),
        (
            &[op, "ones.npy", "doubles.npy", "2"],
            5,
            &["float64", "float32", "cast"],
        ),
        (
            &[op, "ints.npy", "x.npy", "2"],
            5,
            &["ints.npy", "int64", "--dtype float32"],
        ),
        (
            &[op, "bools.npy", "x.npy", "2"],
            5,
            &["bools.npy", "bool", "--dtype float32"],
        ),
        (
            &["where", "ints.npy", "x.npy", "0"],
            5,
            &["ints.npy", "expected bool", "int64"],
        ),
        (
            &["broadcast_to", "x.npy", "[9223372036854775807, 2, 3]"],
            5,
            &["overflow"],
        ),
        (
            &["math.greater_equal", "x.npy", "0", "--reduction", "sum"],
            5,
            &["bool", "--reduction"],
        ),
        (
            &["identity", "empty.npy", "--reduction", "mean"],
            5,
            &["no elements", "mean"],
        ),
    ] {
        check(&files, args, code, parts);
    }
}

#[test]
fn values_outside_their_domains_and_missing_derivatives() {
    let files = files();
    let op = WEIGHTED;
    for (args, code, parts) in [
        (
            &[op, "x.npy", "x.npy", "2", "--checked", "--out", "out.npy"][..],
            6,
            &["'labels'[1] is -1", "[0, 1]"][..],
        ),
        (
            &[op, "ones.npy", "nan.npy", "2", "--checked"],
            6,
            &["'logits'[0]", "NaN"],
        ),
        (
            &[op, "ones.npy", "x.npy", "-2", "--checked"],
            6,
            &["'pos_weight'[0] is -2"],
        ),
        (
            &[op, "ones.npy", "x.npy", "inf", "--checked"],
            6,
            &["'pos_weight'[0] is inf"],
        ),
        // Without elements there are still numbers, and arrays that are repeated not once.
        (
            &[op, "empty.npy", "empty.npy", "-2", "--checked"],
            6,
            &["'pos_weight'[0] is -2"],
        ),
        (
            &[op, "rows.npy", "rows.npy", "x.npy", "--checked"],
            6,
            &["'pos_weight'[1] is -1"],
        ),
        (
            &["math.greater_equal", "x.npy", "0", "--grad", "x=g.npy"],
            9,
            &["derivative", "'x'"],
        ),
        (
            &[op, "ones.npy", "x.npy", "2", "--hess", "labels=h.npy"],
            9,
            &["second derivative", "'labels'"],
        ),
        (
            &["reshape", "x.npy", "[6]", "--hess", "tensor=h.npy"],
            9,
            &["second derivative"],
        ),
    ] {
        check(&files, args, code, parts);
    }
}

#[test]
fn input_files() {
    let files = files();
    for (file, parts) in [
        (
            "missing.npy",
            &["missing.npy", "cannot read", "No such file"][..],
        ),
        ("directory.npy", &["directory.npy", "cannot read"]),
        ("truncated.npy", &["24 bytes", "20 bytes", "truncated"]),
        ("headless.npy", &["header", "end of the file"]),
        ("nothing.npy", &["end of the file"]),
        ("long.npy", &["24 bytes", "48 bytes", "more than one array"]),
        ("object.npy", &["'|O'", "astype"]),
        ("complex.npy", &["'<c8'", "real part"]),
        ("text.npy", &["'<U1'"]),
        ("void.npy", &["'|V2'", ".safetensors"]),
        ("record.npy", &["structured", "one field"]),
        ("negative.npy", &["header", "negative"]),
        ("overflow.npy", &["2^64"]),
        ("huge.npy", &["huge.npy", "overflow"]),
        ("keyless.npy", &["header", "fortran_order"]),
        ("rubbish.npy", &["header"]),
        ("other.npy", &["another format"]),
        ("version.npy", &["version"]),
        ("claims.npy", &["header of at most"]),
        ("missing.safetensors#a", &["No such file"]),
        ("good.safetensors#c", &["no tensor 'c'", "a, b"]),
        (
            "good.safetensors",
            &["name a tensor, as in good.safetensors#a", "a, b"],
        ),
        (
            "x.npy#foo",
            &["a .npy file holds one unnamed array; leave '#foo' out"],
        ),
        (
            "ragged.csv",
            &["name a column, as in ragged.csv#a; it has a, b"],
        ),
        (
            "far.csv#a",
            &[
                "float64's range, or inf",
                "column 'a'",
                "'-1e400' in line 3",
            ],
        ),
        ("short.safetensors#a", &["24 bytes", "truncated"]),
        ("claims.safetensors#a", &["header of at most"]),
        ("f8.safetensors#a", &["F8_E4M3"]),
        ("broken.safetensors#a", &["header"]),
        ("missing.csv#a", &["No such file"]),
        ("t.csv#id", &["no column 'id'", "label, logit"]),
        ("t.csv#logit", &["one column 'logit'", "several"]),
        ("t.csv#label", &["'label'", "'one' in line 3", "float32"]),
        ("ragged.csv#b", &["2 fields", "1 in line 3"]),
        ("latin1.csv#a", &["UTF-8"]),
    ] {
        check(&files, &["identity", file], 7, parts);
    }
}

#[test]
fn outputs() {
    let files = files();
    let identity = ["identity", "x.npy"];
    for (args, parts) in [
        (
            &["--out", "y.txt"][..],
            &["y.txt", "*.npy or *.safetensors"][..],
        ),
        (
            &["--out", "missing/y.npy"],
            &[
                "missing/y.npy: cannot write into the folder missing: No such file or directory (os error 2);",
            ],
        ),
        (
            &["--out", "directory.npy"],
            &["directory.npy", "cannot write"],
        ),
        (&["--out", "x.npy"], &["x.npy", "an input"]),
        (&["--out", "./x.npy"], &["an input"]),
        (
            &["--out", "y.npy", "--grad", "input=y.npy"],
            &["another output"],
        ),
        (
            &["--out", "y.npy", "--dtype", "bf16"],
            &["bfloat16", "*.safetensors"],
        ),
        // The first output could be written; the second cannot, so neither is.
        (
            &["--out", "y.npy", "--grad", "input=missing/g.npy"],
            &["missing/g.npy"],
        ),
    ] {
        check(&files, &[&identity[..], args].concat(), 8, parts);
    }
}

#[cfg(unix)]
#[test]
fn an_output_that_exists_is_replaced_whole_or_kept() {
    let files = files();
    let before = std::fs::read(files.path("ones.npy")).unwrap();
    check(
        &files,
        &[
            WEIGHTED,
            "x.npy",
            "x.npy",
            "2",
            "--checked",
            "--out",
            "ones.npy",
        ],
        6,
        &[],
    );
    assert_eq!(std::fs::read(files.path("ones.npy")).unwrap(), before);
    let out = files.path("ones.npy");
    assert!(
        opsnn(&["run", "identity", &files.path("x.npy"), "--out", &out])
            .status
            .success()
    );
    assert_eq!(
        std::fs::read(&out).unwrap()[128..],
        std::fs::read(files.path("x.npy")).unwrap()[128..]
    );
}

#[test]
fn usage_errors_have_a_code_of_their_own_and_help_documents_all_codes() {
    for args in [
        &["run"][..],
        &["fly"],
        &["run", "identity", "1", "--dtype", "bool"],
    ] {
        assert_eq!(opsnn(args).status.code(), Some(2), "{args:?}");
    }
    assert_eq!(opsnn(&["ops", "nothing."]).status.code(), Some(3));
    for args in [&["--help"][..], &["run", "--help"]] {
        let help = common::stdout(&opsnn(args));
        for code in (0..=9).chain([130]) {
            assert!(
                help.contains(&format!("\n  {code}  ")),
                "{code} in {args:?}"
            );
        }
    }
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = command(&["ops"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
}

/// Asked to end in the middle of a long run, it removes what it has begun; a second time, it does so
/// at once.
#[cfg(target_os = "linux")]
#[test]
fn an_interrupt_leaves_nothing_behind() {
    for signals in [&["-INT"][..], &["-TERM"], &["-INT", "-INT"]] {
        let files = Files::new();
        let x = files.path("x.npy");
        let header = npy_header("<f4", false, "(1000000000,)");
        files.write("x.npy", &header);
        let file = std::fs::OpenOptions::new().write(true).open(&x).unwrap();
        file.set_len(header.len() as u64 + 4_000_000_000).unwrap();
        let before = files.names();
        let mut child = command(&["run", "math.exp", &x, "--out", &files.path("y.npy")])
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        while files.names() == before {
            assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        }
        for signal in signals {
            // After the first signal it may have ended already.
            let kill = std::process::Command::new("kill")
                .args([signal, &*child.id().to_string()])
                .status();
            assert!(kill.unwrap().success() || signals.len() > 1);
        }
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{signals:?}");
        if signals.len() == 1 {
            assert_eq!(
                stderr(&output),
                "error: interrupted; no output was written\n"
            );
        }
        assert_eq!(files.names(), before, "{signals:?}");
    }
}
