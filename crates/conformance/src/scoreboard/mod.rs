//! The scoreboard: several implementations judged on the same cases and the same sweep of
//! logits, as a page and as curves to draw.

mod page;

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::external::{ExternalImplementation, Limits};
use crate::function::{SIGMOID, WEIGHTED};
use crate::suite::{Failure, Implementation};
use crate::{ConformanceError, DType, Function, Report, Suite, correctly_rounded};

/// Random cases of each class, beside the hand-picked ones.
const RANDOM: usize = 200;

/// The curves span logits from minus to plus this.
pub const SPAN: i32 = 110;

/// Logits between two whole numbers of the sweep.
const DENSITY: i32 = 16;

/// A program to bring before the judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contestant {
    /// Name to show if it does not start.
    pub name: String,
    /// Its command, split into words as a shell does.
    pub command: String,
}

/// The six peers, through the adapters in `adapters`: those in Python are run by `python`, those
/// in Rust are packages of their own and are built on their first run, which takes minutes.
pub fn peers(adapters: &Path, python: &str) -> Vec<Contestant> {
    let quoted = |path: PathBuf| {
        let path = path.to_string_lossy().into_owned();
        // Only a zero byte cannot be quoted, and no path holds one.
        shlex::try_quote(&path).map_or_else(|_| path.clone(), std::borrow::Cow::into_owned)
    };
    let python = |name: &str, file: &str| Contestant {
        name: name.to_owned(),
        command: format!("{} {}", quoted(python.into()), quoted(adapters.join(file))),
    };
    let cargo = |name: &str| Contestant {
        name: name.to_owned(),
        command: format!(
            "cargo run --quiet --release --manifest-path {}",
            quoted(adapters.join(name).join("Cargo.toml"))
        ),
    };
    vec![
        python("TensorFlow", "tensorflow_nn.py"),
        python("PyTorch", "pytorch.py"),
        python("JAX, optax", "jax_optax.py"),
        python("scikit-learn", "sklearn_loss.py"),
        cargo("candle"),
        cargo("burn"),
    ]
}

/// The outcome for all contestants.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Scoreboard {
    /// Those that were judged.
    pub entries: Vec<Entry>,
    /// Those that did not start, and why.
    pub absent: Vec<(Contestant, Failure)>,
    /// The day, as `year-month-day` in UTC.
    pub date: String,
    /// Processor and operating system.
    pub machine: String,
}

/// The outcome for one contestant.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Entry {
    /// Its report on the suite.
    pub report: Report,
    /// Its errors over the sweep of logits, in f32.
    pub curves: Vec<Curve>,
}

/// The largest errors in each interval of logits, for one op and one hard label.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Curve {
    /// Loss or gradient.
    pub function: Function,
    /// 0 or 1.
    pub label: u8,
    /// For each unit interval from -110 on: the largest error in ulp, `None` for a wrong NaN or
    /// infinity.
    pub worst: Vec<Option<u64>>,
}

/// Judges all contestants, one after the other. `progress` gets the contestant's name, and the
/// number of op and dtype pairs done and of all.
///
/// # Errors
/// Only if the oracle fails, which is a defect of this crate: contestants that do not start
/// are listed as absent.
pub fn run(
    contestants: &[Contestant],
    limits: Limits,
    mut progress: impl FnMut(&str, usize, usize),
) -> Result<Scoreboard, ConformanceError> {
    let mut scoreboard = Scoreboard {
        entries: Vec::new(),
        absent: Vec::new(),
        date: today(),
        machine: machine(),
    };
    for contestant in contestants {
        progress(&contestant.name, 0, 1);
        match ExternalImplementation::start(&contestant.command, limits) {
            Ok(mut implementation) => {
                let report =
                    Suite::new()
                        .random(RANDOM)
                        .judge_with(&mut implementation, |done, all| {
                            progress(&contestant.name, done, all);
                        })?;
                let curves = curves(&mut implementation)?;
                scoreboard.entries.push(Entry { report, curves });
            }
            Err(failure) => scoreboard.absent.push((contestant.clone(), failure)),
        }
    }
    Ok(scoreboard)
}

impl Scoreboard {
    /// The page, in Markdown, with the picture at this path as seen from it, if there is one.
    pub fn to_markdown(&self, picture: Option<&str>) -> String {
        page::markdown(self, picture)
    }
}

/// Loss and gradient for both hard labels: of the weighted op at weight 1 where there is one, else
/// of the sigmoid op.
fn curves(implementation: &mut dyn Implementation) -> Result<Vec<Curve>, ConformanceError> {
    for family in [WEIGHTED, SIGMOID] {
        let slope = Function::known(&format!("{family}_grad_logits"))?;
        let functions = [Function::known(family)?, slope];
        if !implementation.supports(&functions[0], DType::F32) {
            continue;
        }
        let mut curves = Vec::new();
        for function in &functions {
            for label in [0, 1] {
                curves.extend(curve(implementation, function, label)?);
            }
        }
        return Ok(curves);
    }
    Ok(Vec::new())
}

/// `None` if the implementation gives no results.
fn curve(
    implementation: &mut dyn Implementation,
    function: &Function,
    label: u8,
) -> Result<Option<Curve>, ConformanceError> {
    let dtype = DType::F32;
    // Logits with full significands: a third of a step off the grid.
    let logit = |step: i32| dtype.from_f64((f64::from(step) + 1.0 / 3.0) / f64::from(DENSITY));
    let logits: Vec<u64> = (-SPAN * DENSITY..SPAN * DENSITY).map(logit).collect();
    let labels = vec![dtype.from_f64(f64::from(label)); logits.len()];
    let weights = vec![dtype.one(); logits.len()];
    let columns = [&labels[..], &logits, &weights];
    let columns = &columns[..function.arguments().len()];
    let Ok(found) = implementation.run(function, dtype, columns) else {
        return Ok(None);
    };
    if found.len() != logits.len() {
        return Ok(None);
    }
    let mut worst = Vec::new();
    for (interval, found) in found.chunks(DENSITY as usize).enumerate() {
        let mut largest = Some(0);
        for (index, &bits) in found.iter().enumerate() {
            let case = interval * DENSITY as usize + index;
            let inputs: Vec<u64> = columns.iter().map(|column| column[case]).collect();
            let right = correctly_rounded(function, dtype, &inputs)?;
            largest = largest
                .zip(dtype.ulps_between(right, bits))
                .map(|(one, other)| one.max(other));
        }
        worst.push(largest);
    }
    Ok(Some(Curve {
        function: function.clone(),
        label,
        worst,
    }))
}

/// Today in UTC, by the days-from-civil algorithm run backwards (H. Hinnant).
fn today() -> String {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs());
    civil((seconds / 86_400) as i64)
}

fn civil(days: i64) -> String {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let described = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = described
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or(std::env::consts::ARCH, |(_, model)| model);
    format!("{model}, {cores} cores, {}", std::env::consts::OS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_from_1970() {
        let table = [
            (0, "1970-01-01"),
            (59, "1970-03-01"),
            (11_016, "2000-02-29"),
            (20_779, "2026-11-22"),
        ];
        for (days, expected) in table {
            assert_eq!(civil(days), expected);
        }
    }

    #[test]
    fn every_peer_has_an_adapter() {
        let adapters = Path::new(env!("CARGO_MANIFEST_DIR")).join("adapters");
        let peers = peers(&adapters, "python 3");
        assert_eq!(peers.len(), 6);
        for peer in peers {
            let words = shlex::split(&peer.command).unwrap();
            let file = Path::new(words.last().unwrap());
            assert!(file.exists(), "{}", peer.command);
        }
    }

    #[test]
    fn the_naive_implementation_has_curves_that_rise_where_it_loses_bits() {
        let curves = curves(&mut crate::NaiveImplementation).unwrap();
        assert_eq!(curves.len(), 4);
        let loss = &curves[0];
        assert_eq!(
            (loss.function.op(), loss.label, loss.worst.len()),
            (WEIGHTED, 0, 220)
        );
        assert!(
            loss.worst[SPAN as usize - 40] > Some(1_000_000),
            "x = -40, z = 0: nothing is left"
        );
        assert!(
            loss.worst[SPAN as usize + 40] < Some(10),
            "x = 40, z = 0: the loss is x"
        );
    }
}
