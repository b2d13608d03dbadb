//! The program `conformance`: each form of its commands, its output and its exit code.

use std::process::{Command, Output};

use crate::common::program;

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_conformance"))
        .args(arguments)
        .output()
        .unwrap()
}

/// Runs the program and looks for a part of what it prints: on standard output for the exit codes
/// 0 and 1, on standard error for the others.
fn check(arguments: &[&str], code: i32, part: &str) {
    let output = run(arguments);
    let [stdout, stderr] =
        [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    let told = format!("{arguments:?}\nstdout: {stdout}\nstderr: {stderr}");
    assert_eq!(output.status.code(), Some(code), "{told}");
    let text = if code < 2 { &stdout } else { &stderr };
    assert!(text.contains(part), "no {part:?} from {told}");
}

#[test]
fn explain_takes_its_point_and_its_options_in_any_order() {
    let exact = "4.13993763308974744770836006167e-8";
    check(
        &["explain", "x=-17", "z=0", "q=1", "--dtype", "f32"],
        0,
        exact,
    );
    check(&["explain", "--dtype", "f32", "z=0", "x=-17"], 0, exact);
    check(
        &[
            "explain",
            "logits=-17",
            "--dtype=f64",
            "labels=0",
            "pos_weight=1",
        ],
        0,
        exact,
    );
    check(&["explain", "x=-inf", "z=0"], 0, "exact value  0\n");
}

#[test]
fn explain_refuses_what_it_cannot_read() {
    let table: [(&[&str], &str); 8] = [
        (&[], "required arguments"),
        (&["x=1"], "z (labels) is missing"),
        (&["z=1"], "x (logits) is missing"),
        (&["x=1", "x=2", "z=0"], "x is given twice, 1 and 2"),
        (&["x=1", "logits=1", "z=0"], "logits is given twice"),
        (&["x=0x10", "z=0"], "cannot read \"x=0x10\""),
        (&["x=1", "z=0", "--dtype", "f8"], "unknown dtype \"f8\""),
        (&["-x=1", "z=0"], "unexpected argument '-x'"),
    ];
    for (arguments, part) in table {
        check(&[&["explain"], arguments].concat(), 2, part);
    }
}

#[test]
fn judge_fails_what_is_wrong_and_passes_what_fits_its_budget() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_string_lossy().into_owned()
    };
    let program = program().to_string_lossy().into_owned();
    let softplus = [
        "judge",
        "--command",
        &program,
        "--op",
        "math.softplus",
        "--random",
        "0",
    ];
    let judge =
        |more: &[&str], code, part: &str| check(&[&softplus[..], more].concat(), code, part);
    judge(&[], 1, "math.softplus f32 tail");
    judge(
        &["--dtype", "f32", "--json"],
        1,
        "\"quantity\": \"math.softplus\"",
    );
    judge(
        &["--dtype", "f64"],
        1,
        "f64 was asked for and is not offered",
    );
    let nothing = file("nothing.json", r#"{"schema":1,"allowed":{}}"#);
    judge(
        &["--dtype", "f64", "--budget", &nothing],
        1,
        "no op and dtype",
    );
    judge(&["--op", "math.sin"], 2, "unknown op \"math.sin\"");
    judge(&["--dtype", "f8"], 2, "unknown dtype \"f8\"");
    judge(&["--timeout", "many"], 2, "invalid value");
    judge(
        &["--budget", &file("bad.json", "{}")],
        3,
        "cannot read a budget",
    );
    judge(&["--budget", "no such file"], 3, "cannot read no such file");
    check(
        &["judge", "--command", "no-such-program-anywhere"],
        3,
        "cannot start",
    );
    check(&["judge", "--command", "a \"b"], 3, "is not a command");
    check(&["judge"], 2, "--command");
}

#[test]
fn judge_passes_what_is_right() {
    let directory = tempfile::tempdir().unwrap();
    let budget = directory.path().join("budget.json");
    let text = r#"{"schema":1,"allowed":{"math.softplus":{"f32":0}}}"#;
    std::fs::write(&budget, text).unwrap();
    let command = format!("{} right", program().display());
    let right = [
        "judge",
        "--command",
        &command,
        "--op",
        "math.softplus",
        "--random",
        "2",
    ];
    check(&right, 0, "0 of");
    check(
        &[&right[..], &["--start-timeout", "30"]].concat(),
        0,
        "0 of",
    );
    let budget = budget.to_string_lossy().into_owned();
    let held = run(&[&right[..], &["--budget", &budget]].concat());
    assert_eq!(held.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&held.stderr), "within budget\n");
}

/// Nobody reading its messages is no reason to crash.
#[test]
#[cfg(target_os = "linux")]
fn a_full_standard_error_changes_no_exit_code() {
    let full = || {
        std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .unwrap()
    };
    let empty = tempfile::tempdir().unwrap();
    let empty = empty.path().to_string_lossy().into_owned();
    for (arguments, code) in [
        (&["explain", "x=1"][..], 2),
        (&["judge", "--command", "no-such-program-anywhere"], 3),
        (&["goldens", "--check", &empty], 1),
    ] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_conformance"));
        let status = program.args(arguments).stderr(full()).status().unwrap();
        assert_eq!(status.code(), Some(code), "{arguments:?}");
    }
}

#[test]
fn goldens_are_written_and_checked() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory
        .path()
        .join("goldens")
        .to_string_lossy()
        .into_owned();
    check(
        &["goldens", &path, "--check"],
        3,
        "cannot read golden files",
    );
    check(&["goldens", &path], 0, "");
    check(&["goldens", "--check", &path], 0, "");
    std::fs::write(directory.path().join("goldens/math.exp.json"), "{}").unwrap();
    check(&["goldens", "--check", &path], 1, "");
}

#[test]
fn scoreboard_needs_somebody_to_judge() {
    let nobody = ["scoreboard", "--contestant", "nobody=no-such-program"];
    let directory = tempfile::tempdir().unwrap();
    let page = |name: &str| directory.path().join(name).to_string_lossy().into_owned();
    let writable = page("page.md");
    let absent = [&nobody[..], &["--page", &writable]].concat();
    check(&absent, 3, "nobody is absent: crash");
    assert!(std::fs::read_dir(&directory).unwrap().next().is_none());
    let unwritable = run(&[&nobody[..], &["--page", &page("no/page.md")]].concat());
    let told = String::from_utf8_lossy(&unwritable.stderr).into_owned();
    assert_eq!(unwritable.status.code(), Some(3), "{told}");
    assert!(
        told.starts_with("error: cannot write"),
        "judged before: {told}"
    );
    check(&["scoreboard"], 2, "nobody to judge");
    check(
        &["scoreboard", "--contestant", "nobody"],
        2,
        "expected NAME=COMMAND",
    );
    check(&["no-such-command"], 2, "unrecognized subcommand");
    check(&["--version"], 0, env!("CARGO_PKG_VERSION"));
}
