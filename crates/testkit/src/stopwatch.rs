//! The stopwatch of an adapter: how long the library takes for a call (`cargo xtask bench --peers`).

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Random;
use crate::adapter::{Call, Data, Outcome, Prepare};

const SAMPLE: Duration = Duration::from_millis(20);

/// Remembers what it prepared last: a task is asked for in several rounds.
pub(crate) struct Stopwatch {
    prepare: Prepare,
    last: Option<(Value, Call)>,
}

impl Stopwatch {
    pub(crate) fn new(prepare: Prepare) -> Self {
        Self {
            prepare,
            last: None,
        }
    }

    /// For one call: the mean over as many as fit into a sample.
    pub(crate) fn nanoseconds(&mut self, request: &Value) -> Outcome<f64> {
        let key = ["task", "dtype", "count"].map(|name| request[name].clone());
        let key = Value::from(key.to_vec());
        if self.last.as_ref().is_none_or(|(last, _)| *last != key) {
            self.last = None;
            let call = self.prepared(request)?;
            let (_, call) = self.last.insert((key, call));
            call()?;
        }
        let (_, call) = self.last.as_mut().ok_or("nothing is prepared")?;
        let once = timed(call, 1)?;
        let repeats = (SAMPLE.as_secs_f64() * 1e9 / once) as u32;
        if repeats > 1 {
            timed(call, repeats)
        } else {
            Ok(once)
        }
    }

    fn prepared(&self, request: &Value) -> Outcome<Call> {
        let text = |name: &str| {
            request[name]
                .as_str()
                .ok_or_else(|| format!("no {name} in the request"))
        };
        let (task, dtype) = (text("task")?, text("dtype")?);
        let count = request["count"].as_u64().ok_or("no count in the request")?;
        let mut random = Random(1);
        let logits = (0..count).map(|_| random.usual_logit()).collect();
        let labels = (0..count).map(|_| random.hard_label()).collect();
        (self.prepare)(task, dtype, &Data { labels, logits })
    }
}

fn timed(call: &mut Call, repeats: u32) -> Outcome<f64> {
    let start = Instant::now();
    for _ in 0..repeats {
        call()?;
    }
    Ok(start.elapsed().as_secs_f64() * 1e9 / f64::from(repeats))
}
