//! The numbers behind the pictures of accuracy: what this project and the peers
//! returned, compared with the oracle, in docs/measurements/pictures.json.

use std::fs;
use std::path::Path;

use conformance::{
    DType, ExternalImplementation, Function, Implementation, Limits, correctly_rounded,
};
use serde::{Deserialize, Serialize};

use crate::contestants;
use crate::generated::Generated;
use crate::machine::Conditions;

const STORE: &str = "docs/measurements/pictures.json";

/// What measures it anew.
const COMMAND: &str = "cargo xtask pictures --measure";
/// The weight, where a library has one.
pub(crate) const WEIGHT: f64 = 2.0;
/// Logits from minus to plus this.
pub(crate) const SPAN: i32 = 30;
/// Intervals for each unit of the logit, and points in each of them.
pub(crate) const INTERVALS: i32 = 2;
const POINTS: i32 = 8;
/// Sixteenths around 0 at which slopes are asked for.
const NEAR_ZERO: std::ops::RangeInclusive<i32> = -10..=10;

/// Everything that was measured.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    #[serde(flatten)]
    pub(crate) conditions: Conditions,
    /// Names, and why they did not take part.
    pub(crate) absent: Vec<String>,
    pub(crate) curves: Vec<Curve>,
    pub(crate) slopes: Vec<Slopes>,
}

/// The largest error in each interval of logits, in ulp of float32; null for a
/// NaN or an infinity that is wrong.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Curve {
    pub(crate) contestant: String,
    pub(crate) is_gradient: bool,
    pub(crate) is_weighted: bool,
    pub(crate) label: u8,
    pub(crate) worst: Vec<Option<u64>>,
}

/// The gradient at z = 1, as pairs of logit and slope.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Slopes {
    pub(crate) contestant: String,
    pub(crate) points: Vec<(f64, f64)>,
}

impl Measured {
    pub(crate) fn read(root: &Path) -> Result<Self, String> {
        let failed = |error: String| format!("{STORE}: {error}; restore it, or run `{COMMAND}`");
        let text = fs::read_to_string(root.join(STORE)).map_err(|e| failed(e.to_string()))?;
        serde_json::from_str(&text).map_err(|e| failed(e.to_string()))
    }

    /// Stores it, one line for each curve.
    pub(crate) fn write(&self, root: &Path) -> Result<(), String> {
        let text = serde_json::to_string(self).map_err(|error| error.to_string())?;
        let text = text.replace("{\"contestant\"", "\n{\"contestant\"");
        let mut store = Generated::default();
        store.file(STORE, text + "\n");
        store.write(root).pop().map_or(Ok(()), Err)
    }

    /// Asks all contestants.
    pub(crate) fn measure(root: &Path, python: &str, without: &[String]) -> Result<Self, String> {
        let left_out: String = without
            .iter()
            .flat_map(|name| [" --without ", name])
            .collect();
        let mut measured = Self::empty();
        measured.conditions = Conditions::now(vec![format!("{COMMAND}{left_out}")]);
        for contestant in contestants::all(root, python) {
            if without.contains(&contestant.name) {
                measured
                    .absent
                    .push(format!("{} (left out)", contestant.name));
                continue;
            }
            println!("{}", contestant.name);
            match ExternalImplementation::start(&contestant.command, Limits::default()) {
                Ok(mut program) => measured.add(&mut program)?,
                Err(failure) => {
                    let reason = format!("{} ({failure})", contestant.name);
                    measured.absent.push(reason);
                }
            }
        }
        Ok(measured)
    }

    fn empty() -> Self {
        Self {
            conditions: Conditions::now(vec![COMMAND.to_owned()]),
            absent: Vec::new(),
            curves: Vec::new(),
            slopes: Vec::new(),
        }
    }

    fn add(&mut self, program: &mut dyn Implementation) -> Result<(), String> {
        let contestant = program.name();
        let known = |op: &str| Function::known(op).map_err(|e| e.to_string());
        let weighted = known("nn.weighted_cross_entropy_with_logits")?;
        let is_weighted = program.supports(&weighted, DType::F32);
        let loss = if is_weighted {
            weighted
        } else {
            known("nn.sigmoid_cross_entropy_with_logits")?
        };
        let slope = known(&format!("{loss}_grad_logits"))?;
        for (function, is_gradient) in [(&loss, false), (&slope, true)] {
            for label in [0, 1] {
                let answers = answers(program, function, label, &sweep())?;
                let worst = answers.chunks(POINTS as usize).map(worst).collect();
                self.curves.push(Curve {
                    contestant: contestant.clone(),
                    is_gradient,
                    is_weighted,
                    label,
                    worst,
                });
            }
        }
        if is_weighted {
            let logits: Vec<f64> = NEAR_ZERO.map(|step| f64::from(step) / 16.0).collect();
            let found = answers(program, &slope, 1, &logits)?;
            let values = found.iter().map(|answer| answer.value);
            let points = logits.into_iter().zip(values).collect();
            self.slopes.push(Slopes { contestant, points });
        }
        Ok(())
    }
}

/// Logits with full significands: a third of a step off the grid.
fn sweep() -> Vec<f64> {
    let steps = SPAN * INTERVALS * POINTS;
    let density = f64::from(INTERVALS * POINTS);
    let logit = |step| (f64::from(step) + 1.0 / 3.0) / density;
    (-steps..steps).map(logit).collect()
}

/// A result, and its error in ulp; `None` for a wrong NaN or infinity.
struct Answer {
    value: f64,
    error: Option<u64>,
}

fn worst(answers: &[Answer]) -> Option<u64> {
    let errors = answers.iter().map(|answer| answer.error);
    errors.collect::<Option<Vec<_>>>()?.into_iter().max()
}

fn answers(
    program: &mut dyn Implementation,
    function: &Function,
    label: u8,
    logits: &[f64],
) -> Result<Vec<Answer>, String> {
    let dtype = DType::F32;
    let count = logits.len();
    let logits: Vec<u64> = logits.iter().map(|&logit| dtype.from_f64(logit)).collect();
    let labels = vec![dtype.from_f64(f64::from(label)); count];
    let weights = vec![dtype.from_f64(WEIGHT); count];
    let columns = [&labels[..], &logits, &weights];
    let columns = &columns[..function.arguments().len()];
    let found = program.run(function, dtype, columns);
    let found = found.map_err(|failure| failure.to_string())?;
    if found.len() != count {
        let found = found.len();
        return Err(format!(
            "{function}: expected {count} results, found {found}"
        ));
    }
    let answer = |(index, bits): (usize, u64)| {
        let inputs: Vec<u64> = columns.iter().map(|column| column[index]).collect();
        let right = correctly_rounded(function, dtype, &inputs).map_err(|e| e.to_string())?;
        Ok(Answer {
            value: dtype.to_f64(bits),
            error: dtype.ulps_between(right, bits),
        })
    };
    found.into_iter().enumerate().map(answer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use conformance::NaiveImplementation;

    #[test]
    fn the_formula_as_it_stands_loses_the_tail() {
        let mut measured = Measured::empty();
        measured.add(&mut NaiveImplementation).unwrap();
        let loss = &measured.curves[0];
        assert_eq!(loss.worst.len(), (2 * SPAN * INTERVALS) as usize);
        assert!(
            loss.worst[0] > Some(1 << 23),
            "x = -30, z = 0: nothing is left"
        );
        assert!(
            loss.worst.last() < Some(&Some(10)),
            "x = 30, z = 0: the loss is x"
        );
        assert_eq!(measured.slopes[0].points[10].0, 0.0);
    }
}
