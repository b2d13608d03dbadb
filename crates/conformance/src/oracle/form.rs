//! The form of a function, found once from its formula: it says which exact value it has.

use super::value::Tail;
use crate::Formula;
use crate::exact::Dyadic;
use crate::formula::{Base, Expression, Linear, Operation, Polynomial, Term, Variable, linear};

/// What is known of a function beyond its formula.
#[derive(Debug)]
pub(crate) enum Form {
    /// One operation of IEEE-754 arithmetic on the arguments, in order.
    Arithmetic(Operation),
    /// A polynomial plus polynomials times transcendental functions.
    Linear(LinearForm),
    /// Only the formula, step by step.
    Other,
}

/// A formula that is linear in transcendental functions, ready for evaluation.
#[derive(Debug)]
pub(crate) struct LinearForm {
    pub(crate) polynomial: Polynomial,
    pub(crate) terms: Vec<TermForm>,
    pub(super) fast: Option<super::filter::Fast>,
}

/// A term and the exact heads and tails that it has in each region.
#[derive(Debug)]
pub(crate) struct TermForm {
    pub(crate) term: Term,
    /// In the order of [`Region`].
    branches: [Branch; 4],
}

/// Where the argument `u` of a term lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Region {
    Down,
    Up,
    CentreDown,
    CentreUp,
}

impl Region {
    pub(crate) const ALL: [Region; 4] = {
        use Region::{CentreDown, CentreUp, Down, Up};
        [Down, Up, CentreDown, CentreUp]
    };

    pub(crate) fn of(is_negative: bool, is_central: bool) -> Region {
        Region::ALL[usize::from(!is_negative) + 2 * usize::from(is_central)]
    }
}

/// `head + coefficient * tail`
#[derive(Debug, Clone)]
pub(crate) struct Branch {
    pub(crate) head: Polynomial,
    pub(crate) coefficient: Polynomial,
    pub(crate) tail: Tail,
}

impl Form {
    pub(crate) fn of(formula: &Formula, arguments: usize) -> Form {
        if let Some(operation) = arithmetic(&formula.expression, arguments) {
            return Form::Arithmetic(operation);
        }
        let form = linear(&formula.expression).and_then(LinearForm::of);
        form.map_or(Form::Other, Form::Linear)
    }

    pub(crate) fn as_arithmetic(&self) -> Option<Operation> {
        match self {
            Form::Arithmetic(operation) => Some(*operation),
            _ => None,
        }
    }

    pub(crate) fn as_linear(&self) -> Option<&LinearForm> {
        match self {
            Form::Linear(form) => Some(form),
            _ => None,
        }
    }
}

/// The operation that the formula is, if its operands are all the arguments in order.
fn arithmetic(expression: &Expression, arguments: usize) -> Option<Operation> {
    use Operation::{Abs, Add, Divide, Maximum, Multiply, Negative, Subtract};
    let Expression::Apply(operation, operands) = expression else {
        return None;
    };
    let in_order = (0..arguments).map(|index| Expression::Variable(Variable(index)));
    let is_plain = matches!(
        operation,
        Abs | Add | Divide | Maximum | Multiply | Negative | Subtract
    );
    (is_plain && operands.iter().cloned().eq(in_order)).then_some(*operation)
}

impl LinearForm {
    fn of(Linear { polynomial, terms }: Linear) -> Option<LinearForm> {
        let terms: Option<Vec<TermForm>> = terms.into_iter().map(TermForm::of).collect();
        let terms = terms?;
        let fast = super::filter::Fast::of(&polynomial, &terms);
        Some(LinearForm {
            polynomial,
            terms,
            fast,
        })
    }
}

impl TermForm {
    /// The heads and tails of a term `plus * base(u) + minus * base(-u)`, from
    ///
    /// - `softplus(u) = max(u, 0) + log1p(e^-|u|)`,
    /// - `sigmoid(u) = 1 - e^-u/(1 + e^-u)` for `u >= 0`, or `1/2` and the rest near 0,
    /// - `sigmoid(u) sigmoid(-u) = 1/4 - (sigmoid(u) - 1/2)²` near 0,
    /// - `e^u = 1 + expm1(u)` near 0.
    fn of(term: Term) -> Option<TermForm> {
        let Term {
            base,
            at,
            plus,
            minus,
        } = &term;
        let none = Polynomial::default();
        let branch = |head: Polynomial, coefficient: Polynomial, tail| Branch {
            head,
            coefficient,
            tail,
        };
        let scaled = |factor: &Polynomial, power| factor.times_exact(&Dyadic::power_of_two(power));
        let [down, up, centre_down, centre_up] = match base {
            Base::Softplus => {
                let tail = |head| branch(head, plus.plus(minus), Tail::Log1pExp);
                let (down, up) = (tail(minus.times(at)?.negated()), tail(plus.times(at)?));
                [down.clone(), up.clone(), down, up]
            }
            Base::Sigmoid => {
                let (rise, fall) = (plus.minus(minus), minus.minus(plus));
                let half = scaled(&plus.plus(minus), -1);
                [
                    branch(minus.clone(), rise.clone(), Tail::Sigmoid),
                    branch(plus.clone(), fall.clone(), Tail::Sigmoid),
                    branch(half.clone(), fall, Tail::CentredSigmoid),
                    branch(half, rise, Tail::CentredSigmoid),
                ]
            }
            Base::SigmoidProduct => {
                let slope = branch(none, plus.clone(), Tail::SigmoidSlope);
                let centre = branch(scaled(plus, -2), plus.negated(), Tail::CentredSquare);
                [slope.clone(), slope, centre.clone(), centre]
            }
            Base::Exp => {
                let power = branch(none, plus.clone(), Tail::Exp);
                let centre = branch(plus.clone(), plus.clone(), Tail::ExpM1);
                [power.clone(), power, centre.clone(), centre]
            }
            Base::Log => {
                let logarithm = branch(none.clone(), plus.clone(), Tail::Log);
                let centre = branch(none, plus.clone(), Tail::Log1p);
                [logarithm.clone(), logarithm, centre.clone(), centre]
            }
        };
        let branches = [down, up, centre_down, centre_up];
        Some(TermForm { term, branches })
    }

    pub(crate) fn branch(&self, region: Region) -> &Branch {
        &self.branches[region as usize]
    }
}
