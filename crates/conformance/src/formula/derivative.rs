//! Symbolic differentiation, with just enough simplification to stay readable.

use super::{Expression, Operation, Variable};

use Operation::{
    Abs, Add, Divide, Exp, Log, Log1p, Maximum, Multiply, Negative, Sigmoid, Subtract,
};

pub(super) fn derivative(expression: &Expression, variable: Variable) -> Expression {
    let (operation, operands) = match expression {
        Expression::Constant(_) => return Expression::Constant(0.0),
        Expression::Variable(other) => {
            return Expression::Constant(f64::from(u8::from(*other == variable)));
        }
        Expression::Apply(operation, operands) => (*operation, operands),
    };
    let inner: Vec<Expression> = operands
        .iter()
        .map(|operand| derivative(operand, variable))
        .collect();
    let one = || Expression::Constant(1.0);
    let own = || expression.clone();
    match (operation, &operands[..], &inner[..]) {
        (Negative, _, [dx]) => apply(Negative, [dx.clone()]),
        (Add | Subtract, _, [dx, dy]) => apply(operation, [dx.clone(), dy.clone()]),
        (Multiply, [x, y], [dx, dy]) => apply(
            Add,
            [
                apply(Multiply, [dx.clone(), y.clone()]),
                apply(Multiply, [x.clone(), dy.clone()]),
            ],
        ),
        // (x/y)' = (x' - (x/y) y')/y
        (Divide, [_, y], [dx, dy]) => {
            let shrink = apply(Multiply, [own(), dy.clone()]);
            apply(Divide, [apply(Subtract, [dx.clone(), shrink]), y.clone()])
        }
        (Exp, _, [dx]) => apply(Multiply, [own(), dx.clone()]),
        (Log, [x], [dx]) => apply(Divide, [dx.clone(), x.clone()]),
        (Log1p, [x], [dx]) => apply(Divide, [dx.clone(), apply(Add, [one(), x.clone()])]),
        (Sigmoid, _, [dx]) => {
            let slope = apply(Multiply, [own(), apply(Subtract, [one(), own()])]);
            apply(Multiply, [slope, dx.clone()])
        }
        // |x|' = x'·x/|x|
        (Abs, [x], [dx]) => apply(Multiply, [apply(Divide, [x.clone(), own()]), dx.clone()]),
        // max(x, y)' = x' (1 + s)/2 + y' (1 - s)/2 with the sign s = (x - y)/|x - y|. Each
        // derivative occurs once, or nested ones would double at every level.
        (Maximum, [x, y], [dx, dy]) => {
            let gap = apply(Subtract, [x.clone(), y.clone()]);
            let sign = apply(Divide, [gap.clone(), apply(Abs, [gap])]);
            let half = |operation, slope: &Expression| {
                let twice = apply(operation, [one(), sign.clone()]);
                let weight = apply(Divide, [twice, Expression::Constant(2.0)]);
                apply(Multiply, [slope.clone(), weight])
            };
            apply(Add, [half(Add, dx), half(Subtract, dy)])
        }
        _ => expression.clone(),
    }
}

/// Applies an operation, leaving out zeros and ones.
fn apply<const N: usize>(operation: Operation, operands: [Expression; N]) -> Expression {
    let is = |index: usize, value: f64| operands[index] == Expression::Constant(value);
    match operation {
        Multiply if is(0, 0.0) || is(1, 0.0) => Expression::Constant(0.0),
        Multiply | Add if is(0, f64::from(u8::from(operation == Multiply))) => take(operands, 1),
        Multiply | Divide if is(1, 1.0) => take(operands, 0),
        Add | Subtract if is(1, 0.0) => take(operands, 0),
        Subtract if is(0, 0.0) => apply(Negative, [take(operands, 1)]),
        Divide | Negative if is(0, 0.0) => Expression::Constant(0.0),
        _ => Expression::Apply(operation, operands.to_vec()),
    }
}

fn take<const N: usize>(operands: [Expression; N], index: usize) -> Expression {
    operands
        .into_iter()
        .nth(index)
        .unwrap_or(Expression::Constant(0.0))
}

#[cfg(test)]
mod tests {
    use crate::Formula;

    /// Differentiating the operands of max twice a level would take 2^180 steps.
    #[test]
    fn nested_maxima_are_differentiated_once_a_level() {
        let nested = format!("{}x{}", "max(".repeat(180), ", z)".repeat(180));
        let derived = Formula::parse(&nested).unwrap().derivative("x");
        assert!(derived.expression.operations() > 180);
    }

    #[test]
    fn rules_are_those_of_the_textbook() {
        let table = [
            ("x * z", "z", "x"),
            ("q - x", "x", "-1"),
            ("exp(-x)", "x", "exp(-x) * -1"),
            ("log(1 + x)", "x", "1 / (1 + x)"),
            ("x / y", "y", "-(x / y) / y"),
            ("sigmoid(x)", "x", "sigmoid(x) * (1 - sigmoid(x))"),
            ("abs(x)", "x", "x / abs(x)"),
            ("max(x, 0)", "x", "(1 + x / abs(x)) / 2"),
        ];
        for (formula, variable, expected) in table {
            let derived = Formula::parse(formula).unwrap().derivative(variable);
            assert_eq!(derived.to_string(), expected, "{formula}");
        }
    }
}
