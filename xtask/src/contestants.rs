//! This project and the peers, as programs: each answers JSON lines
//! (docs/conformance-protocol.md).

use std::path::Path;

use conformance::scoreboard::{self, Contestant};

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
