//! What several tests need: known functions by name, and the example program that is judged.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use conformance::Function;

/// The known function of an op; `weighted` and `sigmoid_loss` stand for the long names of the
/// losses.
pub(crate) fn known(name: &str) -> Function {
    let name = name
        .replace("weighted", "nn.weighted_cross_entropy_with_logits")
        .replace("sigmoid_loss", "nn.sigmoid_cross_entropy_with_logits");
    Function::known(&name).unwrap()
}

/// The example program. `cargo test` builds it beside the tests, `cargo test --test it`
/// does not.
pub(crate) fn program() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        let directory = test.parent().and_then(|deps| deps.parent()).unwrap();
        let name = format!("judged{}", std::env::consts::EXE_SUFFIX);
        let program = directory.join("examples").join(name);
        if !program.exists() {
            let profile = if directory.ends_with("release") {
                "release"
            } else {
                "dev"
            };
            let arguments = [
                "build",
                "--quiet",
                "--example",
                "judged",
                "--profile",
                profile,
            ];
            let status = Command::new(env!("CARGO"))
                .args(arguments)
                .status()
                .unwrap();
            assert!(status.success(), "cannot build the example");
        }
        program
    });
    built.clone()
}
