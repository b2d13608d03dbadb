//! Ctrl-C ends a run between two pieces, so that temporary files are removed; a second one ends it at
//! once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::CliError;

/// Whether the user has pressed Ctrl-C since it was made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// From here on, an interrupt is noted rather than obeyed.
    pub(crate) fn watch() -> Self {
        let interrupt = Self::default();
        let noted = interrupt.clone();
        // Without a handler the process ends as processes do; outputs are whole all the same.
        let _ = ctrlc::set_handler(move || {
            if noted.0.swap(true, Ordering::Relaxed) {
                std::process::exit(CliError::Interrupted.exit_code().into());
            }
        });
        interrupt
    }

    /// Whether to go on.
    ///
    /// # Errors
    /// [`CliError::Interrupted`] once an interrupt has been noted.
    pub(crate) fn check(&self) -> Result<(), CliError> {
        if self.0.load(Ordering::Relaxed) {
            return Err(CliError::Interrupted);
        }
        Ok(())
    }
}
