//! Where and with what something was measured.

use std::fs;
use std::process::Command;

use serde::{Deserialize, Serialize};

/// What a reader of a measurement must know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Conditions {
    /// Year-month-day, UTC.
    pub(crate) date: String,
    /// Processor, cores, operating system.
    pub(crate) machine: String,
    pub(crate) rustc: String,
    pub(crate) commands: Vec<String>,
}

impl Conditions {
    pub(crate) fn now(commands: Vec<String>) -> Self {
        Self {
            date: output("date", &["-u", "+%Y-%m-%d"]),
            machine: machine(),
            rustc: output("rustc", &["--version"]),
            commands,
        }
    }
}

/// Processor (the kernel's name of it), cores and operating system.
fn machine() -> String {
    let described = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = described.lines().find(|line| line.starts_with(name))?;
        line.split_once(": ").map(|(_, value)| value.to_owned())
    };
    let model = field("model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let flags = field("flags").unwrap_or_default();
    let widest = ["avx512f", "avx2"]
        .into_iter()
        .find(|&flag| flags.split(' ').any(|f| f == flag));
    let (cores, system) = (cores(), std::env::consts::OS);
    let vectors = widest.map(|flag| format!(", {flag}")).unwrap_or_default();
    format!("{model}, {cores} cores{vectors}, {system}")
}

/// How many threads can run at once.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The first line that a program prints; "unknown" if it does not run.
fn output(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let text = text.unwrap_or_default();
    text.lines().next().unwrap_or("unknown").to_owned()
}
