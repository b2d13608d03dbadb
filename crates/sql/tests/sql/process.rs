//! Processes that are waited for with patience, and never left behind.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// No wait is longer.
const PATIENCE: Duration = Duration::from_mins(2);

/// A part of a cluster, killed when the test ends.
pub(crate) struct Process {
    child: Child,
    /// The first line that it printed.
    pub(crate) greeting: String,
}

impl Process {
    /// Starts the program and waits until it says that it is ready.
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut child = command(args)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program");
        let stdout = child.stdout.take().expect("piped");
        let (said, heard) = mpsc::channel();
        thread::spawn(move || {
            let mut lines = BufReader::new(stdout).lines();
            let _ = said.send(lines.next());
            // What follows must not fill the pipe.
            lines.for_each(drop);
        });
        let mut process = Self {
            child,
            greeting: String::new(),
        };
        let line = heard.recv_timeout(PATIENCE).expect("a line in time");
        process.greeting = line.expect("a line").expect("text");
        process
    }

    /// Ends it as a machine that loses power does.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks it to end, as a service manager does; what it says about that.
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(sent.expect("kill").success());
        wait(&mut self.child)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What a run printed, and its exit code.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the program to its end.
pub(crate) fn run(args: &[&str]) -> Run {
    Running::start(args).finish()
}

/// A run that goes on.
pub(crate) struct Running {
    process: Child,
    stdout: thread::JoinHandle<String>,
    stderr: thread::JoinHandle<String>,
}

impl Running {
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut command = command(args);
        let mut process = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program");
        Self {
            stdout: reader(process.stdout.take().expect("piped")),
            stderr: reader(process.stderr.take().expect("piped")),
            process,
        }
    }

    /// Whether it has not ended yet.
    pub(crate) fn goes_on(&mut self) -> bool {
        self.process.try_wait().expect("a child").is_none()
    }

    pub(crate) fn interrupt(&mut self) {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill").args(["-INT", &pid]).status();
        assert!(sent.expect("kill").success());
    }

    pub(crate) fn finish(mut self) -> Run {
        let status = wait(&mut self.process);
        Run {
            code: status.code(),
            stdout: self.stdout.join().expect("a reader"),
            stderr: self.stderr.join().expect("a reader"),
        }
    }
}

fn reader(mut stream: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut text = String::new();
        let _ = stream.read_to_string(&mut text);
        text
    })
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(Path::new(env!("CARGO_BIN_EXE_opsnn-sql")));
    command.args(args).stdin(Stdio::null());
    command
}

fn wait(child: &mut Child) -> ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("a child") {
            return status;
        }
        if start.elapsed() > PATIENCE {
            let _ = child.kill();
            let _ = child.wait();
            panic!("a process did not end in {PATIENCE:?}");
        }
        thread::sleep(Duration::from_millis(20));
    }
}
