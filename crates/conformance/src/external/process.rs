//! A child process that is written to and read from without ever blocking the judge.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::suite::{Failure, FailureKind};

/// A longer line than this is not an answer.
const LONGEST_LINE: u64 = 64 << 20;

/// So much of the end of standard error is kept for the message about a crash.
const KEPT_ERRORS: usize = 2000;

/// How long a process whose input or output is closed may take to exit, before it is ended.
const GRACE: Duration = Duration::from_secs(2);

/// A running child with its pipes in the hands of threads.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    requests: Option<Sender<String>>,
    answers: Receiver<Result<String, String>>,
    errors: Arc<Mutex<Vec<u8>>>,
    /// True if the last answer was a proper one, so that the child can be trusted to end by itself.
    pub(super) is_in_order: bool,
}

impl Process {
    pub(super) fn start(command: &[String]) -> Result<Process, Failure> {
        let failed = |message: String| Failure {
            kind: FailureKind::Crash,
            message,
        };
        let [program, arguments @ ..] = command else {
            return Err(failed("no program given".to_owned()));
        };
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| failed(format!("cannot start {program:?}: {error}")))?;
        let (requests, to_write) = mpsc::channel();
        // Whoever writes more lines than are asked for has to wait: nothing piles up here.
        let (to_answer, answers) = mpsc::sync_channel(1);
        let errors = Arc::new(Mutex::new(Vec::new()));
        if let Some(pipe) = child.stdin.take() {
            thread::spawn(move || write_lines(pipe, &to_write));
        }
        if let Some(pipe) = child.stdout.take() {
            thread::spawn(move || read_lines(pipe, &to_answer));
        }
        if let Some(pipe) = child.stderr.take() {
            let errors = Arc::clone(&errors);
            thread::spawn(move || keep_end(pipe, &errors));
        }
        Ok(Process {
            child,
            requests: Some(requests),
            answers,
            errors,
            is_in_order: false,
        })
    }

    /// Sends one line and waits for one.
    pub(super) fn exchange(&mut self, line: String, limit: Duration) -> Result<String, Failure> {
        self.is_in_order = false;
        if let Some(requests) = &self.requests {
            // If the writer is gone so is the child, which the missing answer will show.
            let _ = requests.send(line);
        }
        match self.answers.recv_timeout(limit) {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(message)) => Err(Failure {
                kind: FailureKind::Malformed,
                message,
            }),
            Err(RecvTimeoutError::Timeout) => {
                let message = format!("no answer in {} s", limit.as_secs_f64());
                Err(Failure {
                    kind: FailureKind::Timeout,
                    message,
                })
            }
            Err(RecvTimeoutError::Disconnected) => Err(Failure {
                kind: FailureKind::Crash,
                message: self.last_words(),
            }),
        }
    }

    /// Waits for the child to exit by itself.
    fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        let end = Instant::now() + limit;
        loop {
            match self.child.try_wait() {
                Ok(None) if Instant::now() < end => thread::sleep(Duration::from_millis(5)),
                Ok(status) => return status,
                Err(_) => return None,
            }
        }
    }

    /// How the child ended, and the end of what it wrote to standard error.
    fn last_words(&mut self) -> String {
        let status = self.wait(GRACE).map_or_else(
            || "closed its output without exiting".to_owned(),
            |status| status.to_string(),
        );
        // The reader of standard error may be a moment behind.
        thread::sleep(Duration::from_millis(20));
        let errors = self
            .errors
            .lock()
            .map(|errors| errors.clone())
            .unwrap_or_default();
        let errors = String::from_utf8_lossy(&errors).trim().to_owned();
        if errors.is_empty() {
            status
        } else {
            format!("{status}; standard error ends: {errors}")
        }
    }
}

impl Drop for Process {
    /// Closing its input asks the child to end; one in order is given the time for it.
    fn drop(&mut self) {
        self.requests = None;
        if self.is_in_order && self.wait(GRACE).is_some() {
            return;
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn write_lines(mut pipe: ChildStdin, requests: &Receiver<String>) {
    for line in requests {
        if pipe
            .write_all(line.as_bytes())
            .and_then(|()| pipe.write_all(b"\n"))
            .is_err()
        {
            return;
        }
        if pipe.flush().is_err() {
            return;
        }
    }
}

fn read_lines(pipe: impl Read, answers: &SyncSender<Result<String, String>>) {
    let mut pipe = BufReader::new(pipe);
    loop {
        let mut line = Vec::new();
        match pipe
            .by_ref()
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut line)
        {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let answer = if line.last() == Some(&b'\n') || (line.len() as u64) < LONGEST_LINE {
            String::from_utf8(line).map_err(|error| format!("not UTF-8: {error}"))
        } else {
            Err(format!("a line of more than {LONGEST_LINE} bytes"))
        };
        let is_last = answer.is_err();
        if answers.send(answer).is_err() || is_last {
            return;
        }
    }
}

fn keep_end(mut pipe: impl Read, errors: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 1024];
    while let Ok(count @ 1..) = pipe.read(&mut buffer) {
        let Ok(mut errors) = errors.lock() else {
            return;
        };
        errors.extend_from_slice(&buffer[..count]);
        let excess = errors.len().saturating_sub(KEPT_ERRORS);
        errors.drain(..excess);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Empty lines without end, counted.
    struct Flood(Arc<AtomicUsize>);

    impl Read for Flood {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            buffer.fill(b'\n');
            self.0.fetch_add(buffer.len(), Ordering::Relaxed);
            Ok(buffer.len())
        }
    }

    #[test]
    fn a_flood_of_lines_is_not_read_before_it_is_asked_for() {
        let read = Arc::new(AtomicUsize::new(0));
        let (to_answer, answers) = mpsc::sync_channel(1);
        let flood = Flood(Arc::clone(&read));
        let reader = thread::spawn(move || read_lines(flood, &to_answer));
        for _ in 0..3 {
            assert_eq!(answers.recv().unwrap().unwrap(), "\n");
        }
        thread::sleep(Duration::from_millis(100));
        assert!(read.load(Ordering::Relaxed) < 1 << 20);
        drop(answers);
        reader.join().unwrap();
    }
}
