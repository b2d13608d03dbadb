//! Pieces: they change no bit, and memory does not grow with the files.

use crate::common::{self, Files, WEIGHTED, json};

/// Numbers that look random, from a multiplicative generator.
fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed;
    let next = || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        ((state >> 40) as f32 / 2f32.powi(24) - 0.5) * 40.0
    };
    std::iter::repeat_with(next).take(count).collect()
}

/// Everything that a run reports and writes, with pieces of `piece` elements.
fn run(files: &Files, weight: &str, piece: &str) -> (serde_json::Value, Vec<Vec<u8>>) {
    let (labels, logits) = (files.path("labels.npy"), files.path("logits.npy"));
    let outputs = ["out", "logits", "labels", "pos_weight", "hess"]
        .map(|name| files.path(&format!("{name}-out.npy")));
    let object = json(&[
        WEIGHTED,
        &labels,
        &logits,
        weight,
        "--out",
        &outputs[0],
        "--grad",
        &format!("logits={}", outputs[1]),
        "--grad",
        &format!("labels={}", outputs[2]),
        "--grad",
        &format!("pos_weight={}", outputs[3]),
        "--hess",
        &format!("logits={}", outputs[4]),
        "--piece",
        piece,
    ]);
    let written = outputs
        .iter()
        .map(|path| std::fs::read(path).expect("written"));
    (object, written.collect())
}

#[test]
fn pieces_of_any_size_give_the_same_bits() {
    let files = Files::new();
    let (shape, count) = ("(4, 3, 5)", 60);
    let labels: Vec<f32> = numbers(count, 1).iter().map(|x| (x / 40.0) + 0.5).collect();
    files.npy("labels.npy", "<f4", shape, &labels);
    files.npy("logits.npy", "<f4", shape, &numbers(count, 2));
    for (weight, count) in [
        ("()", 1),
        ("(5,)", 5),
        ("(3, 1)", 3),
        ("(4, 1, 1)", 4),
        ("(4, 1, 5)", 20),
        ("(1, 3, 1)", 3),
        ("(4, 3, 5)", 60),
    ] {
        let weights = files.npy("weight.npy", "<f4", weight, &numbers(count, 3));
        let expected = run(&files, &weights, "1000");
        for piece in ["1", "4", "7", "59", "60"] {
            assert!(
                run(&files, &weights, piece) == expected,
                "{weight}, piece {piece}"
            );
        }
    }
    let expected = run(&files, "2.5", "1000");
    assert!(run(&files, "2.5", "7") == expected, "a number");
}

/// The gradient of `w * y` with respect to `w` is the sum of the `y` that each `w` is multiplied
/// by; of small integers, so that the expected sums are exact.
#[test]
fn the_gradient_of_a_broadcast_argument_sums_over_the_places_where_it_stands() {
    let files = Files::new();
    let (outer, middle, inner) = (6, 30, 3);
    let y: Vec<f32> = (0..outer * middle * inner)
        .map(|i| (i % 101) as f32)
        .collect();
    let mut expected = vec![0.0; outer * inner];
    for (at, y) in y.iter().enumerate() {
        expected[at / (middle * inner) * inner + at % inner] += y;
    }
    let y = files.npy("y.npy", "<f4", "(6, 30, 3)", &y);
    let w = files.npy("w.npy", "<f4", "(6, 1, 3)", &expected);
    let gradient = files.path("gradient.npy");
    for piece in ["1", "50", "100", "1000"] {
        let grad = format!("x={gradient}");
        json(&["math.multiply", &w, &y, "--grad", &grad, "--piece", piece]);
        let bytes = common::little_endian(&expected);
        assert_eq!(
            common::tail(&gradient, 1, bytes.len()),
            [bytes],
            "piece {piece}"
        );
    }
}

#[test]
fn the_checked_call_names_the_element_of_the_whole_argument() {
    let files = Files::new();
    let mut weights = numbers(20, 1);
    for weight in &mut weights {
        *weight = weight.abs();
    }
    weights[17] = -1.0;
    let weights = files.npy("weight.npy", "<f4", "(4, 1, 5)", &weights);
    let labels = files.npy("labels.npy", "<f4", "(4, 3, 5)", &[0.5_f32; 60]);
    let logits = files.npy("logits.npy", "<f4", "(4, 3, 5)", &numbers(60, 2));
    for piece in ["1", "7", "1000"] {
        let args = [
            "run",
            WEIGHTED,
            &labels,
            &logits,
            &weights,
            "--checked",
            "--piece",
            piece,
        ];
        let output = common::opsnn(&args);
        assert_eq!(output.status.code(), Some(6));
        let error = common::stderr(&output);
        assert!(error.contains("'pos_weight'[17] is -1"), "{piece}: {error}");
    }
}

/// The logits go wrong first, the labels last; labels come first among the parameters.
#[test]
fn the_checked_call_names_the_same_offender_whatever_the_pieces() {
    let files = Files::new();
    let (mut labels, mut logits) = ([0.5_f32; 60], [1.0_f32; 60]);
    (labels[41], labels[58], logits[3]) = (-1.0, 7.0, f32::NAN);
    let labels = files.npy("labels.npy", "<f4", "(60,)", &labels);
    let logits = files.npy("logits.npy", "<f4", "(60,)", &logits);
    for piece in ["1", "7", "30", "1000"] {
        let args = [
            "run",
            WEIGHTED,
            &labels,
            &logits,
            "2",
            "--checked",
            "--piece",
            piece,
        ];
        let output = common::opsnn(&args);
        assert_eq!(output.status.code(), Some(6));
        let error = common::stderr(&output);
        assert!(error.contains("'labels'[41] is -1"), "{piece}: {error}");
    }
}

/// Two files of 256 MiB each; the bound holds for both and the program.
#[cfg(target_os = "linux")]
#[test]
fn memory_stays_below_256_mib_whatever_the_files_sizes() {
    use std::fs::File;
    use std::io::Write;

    const BOUND: u64 = 256 << 10;
    const COUNT: u64 = 32 << 20;

    let files = Files::new();
    let paths = ["x.npy", "y.npy"].map(|name| {
        let mut file = File::create(files.path(name)).unwrap();
        let header = common::npy_header("<f8", false, &format!("({COUNT},)"));
        file.write_all(&header).unwrap();
        // A sparse file: it takes no disk space.
        file.set_len(header.len() as u64 + COUNT * 8).unwrap();
        files.path(name)
    });
    let args = ["run", "math.add", &paths[0], &paths[1]];
    let mut child = common::command(&args)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        peak = peak.max(peak_memory(child.id()).unwrap_or(0));
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    assert!(child.wait().unwrap().success());
    assert!((1..BOUND).contains(&peak), "peak of {peak} KiB");
}

/// The largest resident set of a running process so far, in KiB.
#[cfg(target_os = "linux")]
fn peak_memory(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
