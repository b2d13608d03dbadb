//! Recall and precision against the weight, drawn by the training example.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

pub(super) fn draw(root: &Path) -> Result<String, String> {
    let file = env::temp_dir().join(format!("pos_weight_{}.svg", std::process::id()));
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["run", "--quiet", "--release", "-p", "ops-nn"])
        .args(["--example", "train_logistic_regression", "--"])
        .arg(&file)
        .current_dir(root)
        .output()
        .map_err(|error| format!("the training example did not start: {error}"))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(format!("the training example failed: {errors}"));
    }
    let picture = fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()));
    _ = fs::remove_file(&file);
    picture
}
