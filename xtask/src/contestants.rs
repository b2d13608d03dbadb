//! This project and the peers, as programs: each answers JSON lines
//! (docs/conformance-protocol.md).

use std::path::Path;
use std::time::Duration;

use conformance::Limits;
use conformance::scoreboard::{self, Contestant, Scoreboard};

/// This project among the contestants.
pub(crate) const OURS: &str = "cargo run --quiet --release -p ops-nn-testkit";

/// This project first, then the six peers.
pub(crate) fn all(root: &Path, python: &str) -> Vec<Contestant> {
    let ours = Contestant {
        name: "this".to_owned(),
        command: OURS.to_owned(),
    };
    let peers = scoreboard::peers(&root.join("crates/conformance/adapters"), python);
    [ours].into_iter().chain(peers).collect()
}

/// All of them before the judge. Adapters in Rust are built when they start.
pub(crate) fn scoreboard(root: &Path, python: &str) -> Result<Scoreboard, String> {
    let mut limits = Limits::default();
    limits.start = Duration::from_mins(30);
    let board = scoreboard::run(&all(root, python), limits, |name, done, count| {
        if done == 0 {
            eprintln!("{name}: {count} ops and dtypes");
        }
    });
    let board = board.map_err(|error| error.to_string())?;
    for (absent, failure) in &board.absent {
        eprintln!("{} is absent: {failure}", absent.name);
    }
    if board.entries.is_empty() {
        return Err("no implementation could be judged".to_owned());
    }
    Ok(board)
}

/// The documented formula written with NumPy, which is only timed.
pub(crate) fn numpy(root: &Path, python: &str) -> Contestant {
    let script = root.join("crates/conformance/adapters/numpy_formula.py");
    let quoted = shlex::try_join([python, &script.to_string_lossy()]);
    Contestant {
        name: "NumPy".to_owned(),
        // Only a zero byte cannot be quoted, and no path holds one.
        command: quoted.unwrap_or_default(),
    }
}
