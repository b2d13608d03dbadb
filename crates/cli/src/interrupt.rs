//! Ctrl-C or SIGTERM ends a run between two pieces; a second one ends it at once. Either way the
//! temporary files are removed.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tempfile::NamedTempFile;

use crate::error::CliError;

/// Whether the run has been asked to end, and what it would have to remove.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupt {
    is_noted: Arc<AtomicBool>,
    temporary: Arc<Mutex<Vec<PathBuf>>>,
}

impl Interrupt {
    /// From here on, an interrupt is noted rather than obeyed.
    pub(crate) fn watch() -> Self {
        let interrupt = Self::default();
        let handler = interrupt.clone();
        // Without a handler the process ends as processes do; outputs are whole all the same.
        let _ = ctrlc::set_handler(move || {
            if handler.is_noted.swap(true, Ordering::Relaxed) {
                handler.remove_and_exit();
            }
        });
        interrupt
    }

    /// Whether to go on.
    ///
    /// # Errors
    /// [`CliError::Interrupted`] once an interrupt has been noted.
    pub(crate) fn check(&self) -> Result<(), CliError> {
        if self.is_noted.load(Ordering::Relaxed) {
            return Err(CliError::Interrupted);
        }
        Ok(())
    }

    /// Creates a temporary file that no interrupt leaves behind.
    pub(crate) fn temporary(
        &self,
        create: impl FnOnce() -> io::Result<NamedTempFile>,
    ) -> io::Result<NamedTempFile> {
        let mut temporary = self.hold();
        let file = create()?;
        temporary.push(file.path().to_owned());
        Ok(file)
    }

    /// While the guard lives, no interrupt ends the process and no temporary file is created.
    pub(crate) fn hold(&self) -> MutexGuard<'_, Vec<PathBuf>> {
        self.temporary
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn remove_and_exit(&self) -> ! {
        let temporary = self.hold();
        for path in temporary.iter() {
            // It may be removed, or in its place, already.
            let _ = fs::remove_file(path);
        }
        // The guard is held to the end, so that none is created meanwhile.
        std::process::exit(CliError::Interrupted.exit_code().into())
    }
}
