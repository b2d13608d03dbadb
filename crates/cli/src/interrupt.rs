//! Ctrl-C ends a run between two pieces, so that temporary files are removed; a second one ends it at
//! once.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::CliError;

static IS_INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From here on, an interrupt is noted rather than obeyed.
pub(crate) fn watch() {
    // Without a handler the process ends as processes do; outputs are whole all the same.
    let _ = ctrlc::set_handler(|| {
        if IS_INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(CliError::Interrupted.exit_code().into());
        }
    });
}

/// Whether to go on.
///
/// # Errors
/// [`CliError::Interrupted`] once an interrupt has been noted.
pub(crate) fn check() -> Result<(), CliError> {
    if IS_INTERRUPTED.load(Ordering::Relaxed) {
        return Err(CliError::Interrupted);
    }
    Ok(())
}
