//! A formula as a list of steps, one operation each, equal subexpressions computed once:
//! the order in which a machine computes it.

use super::{Expression, Formula, Operation, Variable};

/// The steps of a formula; the last one gives the result.
#[derive(Debug, Clone)]
pub(crate) struct Steps {
    pub(crate) steps: Vec<Step>,
    pub(crate) result: Operand,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    pub(crate) operation: Operation,
    pub(crate) operands: Vec<Operand>,
    /// What the step computes, as text.
    pub(crate) text: String,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Operand {
    Constant(f64),
    Variable(Variable),
    /// The result of an earlier step.
    Step(usize),
}

impl Formula {
    pub(crate) fn steps(&self) -> Steps {
        let mut steps = Vec::new();
        let result = flatten(&self.0, &mut steps);
        Steps { steps, result }
    }
}

fn flatten(expression: &Expression, steps: &mut Vec<Step>) -> Operand {
    match expression {
        Expression::Constant(value) => Operand::Constant(*value),
        Expression::Variable(variable) => Operand::Variable(*variable),
        Expression::Apply(operation, operands) => {
            let operands = operands
                .iter()
                .map(|operand| flatten(operand, steps))
                .collect();
            let step = Step {
                operation: *operation,
                operands,
                text: expression.to_string(),
            };
            let known = steps.iter().position(|other| {
                other.operation == step.operation && other.operands == step.operands
            });
            Operand::Step(known.unwrap_or_else(|| {
                steps.push(step);
                steps.len() - 1
            }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_subexpressions_are_one_step() {
        let steps = Formula::parse("log(1 + exp(-x)) + z * log(1 + exp(-x))")
            .unwrap()
            .steps();
        let texts: Vec<&str> = steps.steps.iter().map(|step| &*step.text).collect();
        let log = "log(1 + exp(-x))";
        let expected = [
            "-x",
            "exp(-x)",
            "1 + exp(-x)",
            log,
            &format!("z * {log}"),
            &format!("{log} + z * {log}"),
        ];
        assert_eq!(texts, expected);
        assert_eq!(steps.result, Operand::Step(5));
    }
}
