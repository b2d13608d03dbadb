//! Programs that misbehave in every way are findings, and the judge goes on.

use std::time::Duration;

use conformance::{Budget, DType, ExternalImplementation, FailureKind, Limits, Report, Suite};

use crate::common::{known, program};

fn judge(manner: &str) -> Report {
    let mut limits = Limits::default();
    limits.batch = Duration::from_millis(if manner == "hang" { 300 } else { 30_000 });
    let command = format!("{} {manner:?}", program().display());
    let mut program = ExternalImplementation::start(&command, limits).unwrap();
    let suite = Suite::new()
        .random(5)
        .functions([known("math.softplus"), known("math.exp")])
        .dtypes([DType::F32, DType::F64]);
    suite.judge(&mut program).unwrap()
}

#[test]
fn a_program_that_answers_is_judged() {
    let report = judge("");
    assert_eq!(report.implementation, "softplus in f32");
    let row = &report.merged()[&(known("math.softplus"), DType::F32)];
    assert!(
        row.wrong > 0 && row.lost > 0 && row.wrong_special > 0,
        "{row:?}"
    );
    assert_eq!(report.findings.len(), 1, "{report}");
    assert_eq!(
        report.findings[0].failure.to_string(),
        "refused: only the softplus is written"
    );
}

#[test]
fn cases_that_cannot_be_expressed_are_skipped() {
    let report = judge("only");
    let judged: usize = report.rows.iter().map(|row| row.cases).sum();
    assert_eq!(judged, 3, "0, -0 and 1");
    assert!(report.skipped > 20);
    let text = report.to_string();
    let headline = format!("; {} cases skipped", report.skipped);
    assert!(text.contains(&headline), "{text}");
}

/// What is offered under a name that nobody knows, or accepts no case, must not pass unjudged.
#[test]
fn nothing_judged_is_a_fault() {
    let table: [(&str, &[&str]); 4] = [
        (
            "typo",
            &[
                "unknown name: unknown op \"math.Exp\"",
                "unknown name: math.exp: unknown dtype \"float32\"",
                "not judged: math.softplus was asked for and is not offered",
                "not judged: no op and dtype is both offered and known here",
            ],
        ),
        ("no ops", &["not judged: no op and dtype"]),
        (
            "only typo",
            &[
                "only: math.softplus has no argument \"x\", expected one of features",
                "only: unknown op \"math.softmax\"",
            ],
        ),
        (
            "only nothing",
            &["math.softplus f32: not judged: none of the cases is accepted"],
        ),
    ];
    for (manner, parts) in table {
        let report = judge(manner);
        let text = report.to_string();
        assert!(!report.is_perfect(), "{text}");
        let verdict = Budget::measured(&report).verdict(&report);
        assert!(!verdict.is_passed(), "{text}");
        for part in parts {
            assert!(text.contains(part), "no {part:?} from {manner}: {text}");
            assert!(verdict.to_string().contains(part), "{manner}: {verdict}");
        }
    }
}

#[test]
fn every_misbehaviour_is_a_finding_of_its_kind() {
    let table = [
        (
            "crash",
            FailureKind::Crash,
            "exit status: 3; standard error ends: out of memory, say",
        ),
        ("hang", FailureKind::Timeout, "no answer in 0.3 s"),
        ("garbage", FailureKind::Malformed, "Hello, world!"),
        ("stranger", FailureKind::Malformed, "found one to 999999"),
        ("short", FailureKind::WrongCount, "found 3"),
        ("wide", FailureKind::Malformed, "is not a hexadecimal f32"),
        (
            "neither",
            FailureKind::Malformed,
            "expected results or refused, found neither",
        ),
        (
            "both",
            FailureKind::Malformed,
            "expected results or refused, found both",
        ),
        ("flood", FailureKind::Malformed, "EOF while parsing"),
    ];
    for (manner, kind, part) in table {
        let report = judge(manner);
        let failure = &report.findings[0].failure;
        assert_eq!(failure.kind, kind, "{manner}: {failure}");
        assert!(failure.message.contains(part), "{manner}: {failure}");
    }
}

/// Fields that are null are fields that are not there.
#[test]
fn null_is_absent() {
    let report = judge("null");
    let findings = report.findings.iter();
    let findings: Vec<_> = findings.map(|finding| finding.failure.kind).collect();
    assert_eq!(findings, [FailureKind::Refused], "{report}");
    assert_eq!((report.skipped, report.merged().len()), (0, 1));
}

#[test]
fn a_name_cannot_break_a_page_or_a_terminal() {
    assert_eq!(judge("evil").implementation, "evil [31m / row /");
}

/// The end of its input asks a program to end, and it has the time to clean up.
#[test]
fn a_program_in_order_ends_by_itself() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("cleaned up");
    judge(&format!("cleanup {}", file.display()));
    assert!(file.exists());
}

#[test]
fn programs_that_do_not_start_are_failures() {
    let start = |command: &str| {
        let mut limits = Limits::default();
        limits.start = Duration::from_secs(5);
        ExternalImplementation::start(command, limits)
            .unwrap_err()
            .to_string()
    };
    assert!(start("no-such-program-anywhere").contains("cannot start"));
    assert!(start("").contains("is not a command"));
    assert!(start("program \"unpaired").contains("is not a command"));
}
