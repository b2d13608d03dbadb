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
        let result = self.flatten(&self.expression, &mut steps);
        Steps { steps, result }
    }

    fn flatten(&self, expression: &Expression, steps: &mut Vec<Step>) -> Operand {
        let (&operation, operands) = match expression {
            Expression::Constant(value) => return Operand::Constant(*value),
            Expression::Variable(variable) => return Operand::Variable(*variable),
            Expression::Apply(operation, operands) => (operation, operands),
        };
        let operands = operands.iter();
        let operands: Vec<Operand> = operands
            .map(|operand| self.flatten(operand, steps))
            .collect();
        let is_same = |other: &Step| other.operation == operation && other.operands == operands;
        Operand::Step(steps.iter().position(is_same).unwrap_or_else(|| {
            let text = self.shown(expression).to_string();
            steps.push(Step {
                operation,
                operands,
                text,
            });
            steps.len() - 1
        }))
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
