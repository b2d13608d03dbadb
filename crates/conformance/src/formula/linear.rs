//! Symbolic analysis: which formulas are linear in softplus, sigmoid, exp and log, with polynomials
//! over the arguments as coefficients. Their value has an exact head (see `oracle::value`).

use super::polynomial::Polynomial;
use super::{Expression, Operation};
use crate::exact::Dyadic;

/// A function of one number in which a formula is linear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Base {
    /// `log(1 + e^u)`
    Softplus,
    /// `1/(1 + e^-u)`
    Sigmoid,
    /// `sigmoid(u) * sigmoid(-u)`
    SigmoidProduct,
    /// `e^u`
    Exp,
    /// `ln u`
    Log,
}

/// `plus * base(at) + minus * base(-at)`; `minus` is zero for all but softplus and sigmoid.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Term {
    pub(crate) base: Base,
    pub(crate) at: Polynomial,
    pub(crate) plus: Polynomial,
    pub(crate) minus: Polynomial,
}

impl Term {
    /// True where the coefficients cancel: logarithms of which only the domain is left.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.plus.is_zero() && self.minus.is_zero()
    }
}

/// A polynomial plus terms.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Linear {
    pub(crate) polynomial: Polynomial,
    pub(crate) terms: Vec<Term>,
}

/// The linear form of a formula that has one and is not plain arithmetic.
pub(crate) fn linear(expression: &Expression) -> Option<Linear> {
    if !is_transcendental(expression) {
        return None;
    }
    let sum = Sum::of(expression)?;
    let mut terms: Vec<Term> = Vec::new();
    for Atom { base, at, factor } in sum.atoms {
        let is_even = base == Base::SigmoidProduct;
        let has_pair = is_even || matches!(base, Base::Softplus | Base::Sigmoid);
        let is_mirrored = has_pair && at.is_negative();
        let at = if is_mirrored { at.negated() } else { at };
        let index = terms
            .iter()
            .position(|term| term.base == base && term.at == at);
        let index = index.unwrap_or_else(|| {
            let (plus, minus) = (Polynomial::default(), Polynomial::default());
            terms.push(Term {
                base,
                at,
                plus,
                minus,
            });
            terms.len() - 1
        });
        let slot = if is_mirrored && !is_even {
            &mut terms[index].minus
        } else {
            &mut terms[index].plus
        };
        *slot = slot.plus(&factor);
    }
    terms.retain(|term| term.base == Base::Log || !term.is_cancelled());
    Some(Linear {
        polynomial: sum.polynomial,
        terms,
    })
}

fn is_transcendental(expression: &Expression) -> bool {
    match expression {
        Expression::Constant(_) | Expression::Variable(_) => false,
        Expression::Apply(operation, operands) => {
            use Operation::{Exp, Log, Log1p, Sigmoid};
            matches!(operation, Exp | Log | Log1p | Sigmoid)
                || operands.iter().any(is_transcendental)
        }
    }
}

/// `factor * base(at)`
#[derive(Debug, Clone)]
struct Atom {
    base: Base,
    at: Polynomial,
    factor: Polynomial,
}

/// A polynomial plus atoms, no two of which have the same base and place. Only logarithms may have
/// the factor 0.
#[derive(Debug, Clone, Default)]
struct Sum {
    polynomial: Polynomial,
    atoms: Vec<Atom>,
}

impl Sum {
    fn of(expression: &Expression) -> Option<Sum> {
        let (operation, operands) = match expression {
            Expression::Constant(value) => {
                let value = Dyadic::from_f64(*value);
                return Some(Sum::pure(Polynomial::constant(value)));
            }
            Expression::Variable(variable) => {
                return Some(Sum::pure(Polynomial::variable(variable.0)));
            }
            Expression::Apply(operation, operands) => (*operation, operands),
        };
        let operands: Vec<Sum> = operands.iter().map(Sum::of).collect::<Option<_>>()?;
        match (operation, &operands[..]) {
            (Operation::Negative, [x]) => Some(x.negated()),
            (Operation::Add, [x, y]) => Some(x.plus(y)),
            (Operation::Subtract, [x, y]) => Some(x.plus(&y.negated())),
            (Operation::Multiply, [x, y]) => x.times(y),
            (Operation::Divide, [x, y]) => x.over(y),
            (Operation::Exp, [x]) => Some(Sum::atom(Base::Exp, x.as_pure()?.clone())),
            (Operation::Sigmoid, [x]) => Some(Sum::atom(Base::Sigmoid, x.as_pure()?.clone())),
            (Operation::Log, [x]) => x.logarithm(),
            (Operation::Log1p, [x]) => x.plus(&Sum::pure(one())).logarithm(),
            _ => None,
        }
    }

    fn pure(polynomial: Polynomial) -> Sum {
        Sum {
            polynomial,
            atoms: Vec::new(),
        }
    }

    fn atom(base: Base, at: Polynomial) -> Sum {
        let mut sum = Sum::default();
        sum.add(Atom {
            base,
            at,
            factor: one(),
        });
        sum
    }

    fn add(&mut self, atom: Atom) {
        let same = |other: &Atom| other.base == atom.base && other.at == atom.at;
        match self.atoms.iter().position(same) {
            Some(index) => {
                self.atoms[index].factor = self.atoms[index].factor.plus(&atom.factor);
                // A logarithm that cancels keeps its domain.
                let is_left = |atom: &Atom| atom.base == Base::Log || !atom.factor.is_zero();
                self.atoms.retain(is_left);
            }
            None => self.atoms.push(atom),
        }
    }

    fn as_pure(&self) -> Option<&Polynomial> {
        self.atoms.is_empty().then_some(&self.polynomial)
    }

    /// The only atom; `c - c sigmoid(u)` is `c sigmoid(-u)`.
    fn as_atom(&self) -> Option<Atom> {
        let [atom] = &self.atoms[..] else { return None };
        if self.polynomial.is_zero() {
            return Some(atom.clone());
        }
        let is_rest = atom.base == Base::Sigmoid && atom.factor == self.polynomial.negated();
        is_rest.then(|| Atom {
            base: Base::Sigmoid,
            at: atom.at.negated(),
            factor: self.polynomial.clone(),
        })
    }

    /// The sum as exponentials and their factors; a polynomial is a factor of `e^0`.
    fn as_exponentials(&self) -> Option<Vec<(Polynomial, Polynomial)>> {
        if self.atoms.iter().any(|atom| atom.base != Base::Exp) {
            return None;
        }
        let atoms = self.atoms.iter();
        let exponentials = atoms.map(|atom| (atom.at.clone(), atom.factor.clone()));
        let constant = (Polynomial::default(), self.polynomial.clone());
        let constant = (!self.polynomial.is_zero()).then_some(constant);
        Some(constant.into_iter().chain(exponentials).collect())
    }

    fn plus(&self, other: &Sum) -> Sum {
        let mut sum = self.clone();
        sum.polynomial = sum.polynomial.plus(&other.polynomial);
        other.atoms.iter().for_each(|atom| sum.add(atom.clone()));
        sum
    }

    fn negated(&self) -> Sum {
        let minus_one = -&Dyadic::one();
        let mut sum = Sum::pure(self.polynomial.negated());
        sum.atoms.clone_from(&self.atoms);
        for atom in &mut sum.atoms {
            atom.factor = atom.factor.times_exact(&minus_one);
        }
        sum
    }

    fn scaled(&self, factor: &Polynomial) -> Option<Sum> {
        let mut sum = Sum::pure(self.polynomial.times(factor)?);
        if factor.is_zero() {
            return Some(sum);
        }
        for Atom {
            base,
            at,
            factor: own,
        } in self.atoms.iter().cloned()
        {
            let factor = own.times(factor)?;
            sum.add(Atom { base, at, factor });
        }
        Some(sum)
    }

    fn times(&self, other: &Sum) -> Option<Sum> {
        if let Some(factor) = other.as_pure() {
            return self.scaled(factor);
        }
        if let Some(factor) = self.as_pure() {
            return other.scaled(factor);
        }
        let (one, two) = (self.as_atom()?, other.as_atom()?);
        let product = match (one.base, two.base) {
            (Base::Exp, Base::Exp) => Sum::atom(Base::Exp, one.at.plus(&two.at)),
            (Base::Sigmoid, Base::Sigmoid) if one.at == two.at.negated() => {
                Sum::atom(Base::SigmoidProduct, one.at.clone())
            }
            _ => return None,
        };
        product.scaled(&one.factor.times(&two.factor)?)
    }

    /// Divides by a power of two, by an exponential, or by the sum of two: `e^a/(e^a + e^b)` is
    /// `sigmoid(a - b)`.
    fn over(&self, divisor: &Sum) -> Option<Sum> {
        if let Some(constant) = divisor.as_pure().map(Polynomial::as_constant) {
            return self.scaled(&Polynomial::constant(reciprocal(&constant?)?));
        }
        let divisor = divisor.as_exponentials()?;
        let ((a, factor), b) = match &divisor[..] {
            [first] => (first, None),
            [first, (b, other)] if first.1 == *other => (first, Some(b)),
            _ => return None,
        };
        let scale = Polynomial::constant(reciprocal(&factor.as_constant()?)?);
        let mut quotient = Sum::default();
        for (at, factor) in self.as_exponentials()? {
            let part = match b {
                None => Sum::atom(Base::Exp, at.minus(a)),
                Some(b) if at == *a => Sum::atom(Base::Sigmoid, a.minus(b)),
                Some(b) if at == *b => Sum::atom(Base::Sigmoid, b.minus(a)),
                Some(_) => return None,
            };
            quotient = quotient.plus(&part.scaled(&factor.times(&scale)?)?);
        }
        Some(quotient)
    }

    /// The logarithm of a polynomial, an exponential, the sum of two, or a sigmoid:
    /// `log(e^a + e^b)` is `a + softplus(b - a)`, `log sigmoid(u)` is `-softplus(-u)`.
    fn logarithm(&self) -> Option<Sum> {
        if let Some(polynomial) = self.as_pure() {
            return Some(Sum::atom(Base::Log, polynomial.clone()));
        }
        if let Some(Atom {
            base: Base::Sigmoid,
            at,
            factor,
        }) = self.as_atom()
        {
            let softplus = Sum::atom(Base::Softplus, at.negated());
            return (factor == one()).then(|| softplus.negated());
        }
        let exponentials = self.as_exponentials()?;
        if exponentials.iter().any(|(_, factor)| *factor != one()) {
            return None;
        }
        match &exponentials[..] {
            [(a, _)] => Some(Sum::pure(a.clone())),
            [(a, _), (b, _)] => {
                Some(Sum::pure(a.clone()).plus(&Sum::atom(Base::Softplus, b.minus(a))))
            }
            _ => None,
        }
    }
}

fn one() -> Polynomial {
    Polynomial::constant(Dyadic::one())
}

/// The reciprocal of a power of two, of either sign.
fn reciprocal(value: &Dyadic) -> Option<Dyadic> {
    if value.is_zero() {
        return None;
    }
    let (power, reciprocal) = (value.top(), Dyadic::power_of_two(-value.top()));
    let is_negative = value.is_negative();
    let magnitude = if is_negative { -value } else { value.clone() };
    let reciprocal = if is_negative {
        -&reciprocal
    } else {
        reciprocal
    };
    (magnitude == Dyadic::power_of_two(power)).then_some(reciprocal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Formula;

    fn form(text: &str) -> Option<Linear> {
        linear(&Formula::parse(text).unwrap().expression)
    }

    #[test]
    fn equal_functions_have_equal_terms_however_they_are_written() {
        let table = [
            ("log(1 + exp(x))", "softplus(x)"),
            ("log(exp(x) + 1)", "softplus(x)"),
            ("log1p(exp(x))", "softplus(x)"),
            ("-log(1 - sigmoid(x))", "softplus(x)"),
            ("log(1 / (1 + exp(-x)))", "-softplus(-x)"),
            ("1 / (1 + exp(-x))", "sigmoid(x)"),
            ("exp(x) / (1 + exp(x))", "sigmoid(x)"),
            ("-log(exp(-x) / (1 + exp(-x)))", "log(1 + exp(x))"),
            ("sigmoid(x) * (1 - sigmoid(x))", "sigmoid(-x) * sigmoid(x)"),
            (
                "(exp(x) - exp(-x)) / (exp(x) + exp(-x))",
                "sigmoid(2 * x) - sigmoid(-2 * x)",
            ),
            ("exp(x) * exp(z) / 2", "exp(x + z) / 2"),
            ("z / exp(x)", "z * exp(-x)"),
            ("log1p(-x)", "log(1 - x)"),
            (
                "qz * log(1 + exp(-x)) + (1 - z) * x",
                "(1 - z) * x + softplus(-x) * z * q",
            ),
        ];
        for (one, other) in table {
            assert!(form(one).is_some(), "{one}");
            assert_eq!(form(one), form(other), "{one}");
        }
    }

    #[test]
    fn other_formulas_have_no_linear_form() {
        for text in [
            "x * z",
            "max(x, exp(z))",
            "exp(x) * sigmoid(x)",
            "exp(exp(x))",
            "exp(x) / 3",
            "1 / (2 + exp(x))",
            "log(2 + exp(x))",
            "log(softplus(x))",
            "sigmoid(x) * sigmoid(z)",
            "exp(x / z)",
        ] {
            assert!(form(text).is_none(), "{text}");
        }
    }
}
