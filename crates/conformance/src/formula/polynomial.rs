//! Polynomials over the arguments of a function, with exact dyadic coefficients.

use std::collections::BTreeMap;

use crate::exact::Dyadic;

/// Formulas of higher degree, or with more monomials, are not expanded.
const LARGEST_DEGREE: usize = 8;
const MOST_MONOMIALS: usize = 64;

/// A product of variables: their indices in order, each as often as it is a factor. Of two
/// monomials, the one of lower degree comes first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Monomial {
    degree: usize,
    factors: Vec<usize>,
}

/// A sum of monomials with coefficients, none of which is zero.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Polynomial(BTreeMap<Monomial, Dyadic>);

impl Polynomial {
    pub(crate) fn constant(value: Dyadic) -> Self {
        let mut sum = Polynomial::default();
        sum.add(Monomial::default(), value);
        sum
    }

    pub(crate) fn variable(index: usize) -> Self {
        let mut sum = Polynomial::default();
        sum.add(Monomial::of(vec![index]), Dyadic::one());
        sum
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a polynomial that depends on no variable.
    pub(crate) fn as_constant(&self) -> Option<Dyadic> {
        match self.0.len() {
            0 => Some(Dyadic::zero()),
            1 => self.0.get(&Monomial::default()).cloned(),
            _ => None,
        }
    }

    /// The monomial of highest degree, and the rest.
    pub(crate) fn without_last(&self) -> Option<(Polynomial, Polynomial)> {
        let mut rest = self.clone();
        let last = rest.0.pop_last()?;
        Some((rest, Polynomial(BTreeMap::from([last]))))
    }

    /// The coefficients and the variables of each monomial, in order of their degree.
    pub(crate) fn monomials(&self) -> impl Iterator<Item = (&Dyadic, &[usize])> {
        let factors = |(monomial, coefficient)| (coefficient, &Monomial::factors(monomial)[..]);
        self.0.iter().map(factors)
    }

    pub(crate) fn degree(&self) -> usize {
        self.0
            .keys()
            .map(|monomial| monomial.degree)
            .max()
            .unwrap_or(0)
    }

    pub(crate) fn uses(&self, variable: usize) -> bool {
        self.0
            .keys()
            .any(|monomial| monomial.factors.contains(&variable))
    }

    /// True if the monomial of highest degree has a negative coefficient.
    pub(crate) fn is_negative(&self) -> bool {
        self.0.values().next_back().is_some_and(Dyadic::is_negative)
    }

    pub(crate) fn plus(&self, other: &Polynomial) -> Polynomial {
        let mut sum = self.clone();
        for (monomial, coefficient) in &other.0 {
            sum.add(monomial.clone(), coefficient.clone());
        }
        sum
    }

    pub(crate) fn minus(&self, other: &Polynomial) -> Polynomial {
        self.plus(&other.negated())
    }

    pub(crate) fn negated(&self) -> Polynomial {
        self.times_exact(&-&Dyadic::one())
    }

    pub(crate) fn times_exact(&self, factor: &Dyadic) -> Polynomial {
        let mut product = Polynomial::default();
        for (monomial, coefficient) in &self.0 {
            product.add(monomial.clone(), coefficient * factor);
        }
        product
    }

    /// The product, unless it is too long.
    pub(crate) fn times(&self, other: &Polynomial) -> Option<Polynomial> {
        let is_long = self.0.len() * other.0.len() > MOST_MONOMIALS;
        if is_long || self.degree() + other.degree() > LARGEST_DEGREE {
            return None;
        }
        let mut product = Polynomial::default();
        for (one, left) in &self.0 {
            for (two, right) in &other.0 {
                let factors = [&one.factors[..], &two.factors[..]].concat();
                product.add(Monomial::of(factors), left * right);
            }
        }
        Some(product)
    }

    /// The exact value at finite arguments.
    pub(crate) fn value(&self, arguments: &[f64]) -> Dyadic {
        let mut sum = Dyadic::zero();
        for (coefficient, factors) in self.monomials() {
            let factors = factors
                .iter()
                .map(|&index| Dyadic::from_f64(arguments[index]));
            sum = &sum + &factors.fold(coefficient.clone(), |product, factor| &product * &factor);
        }
        sum
    }

    /// The coefficients by powers of one variable, which need not be finite, at the others.
    pub(crate) fn in_powers_of(&self, variable: usize, arguments: &[f64]) -> Vec<Dyadic> {
        let mut powers = vec![Dyadic::zero(); self.degree() + 1];
        for (own, coefficient) in self.by_factors(|index| index == variable, arguments) {
            powers[own.len()] = coefficient;
        }
        powers
    }

    /// The monomials with at least one of these variables, and the others.
    pub(crate) fn split_by(&self, variables: &[usize]) -> (Polynomial, Polynomial) {
        let uses = |(monomial, _): &(Monomial, Dyadic)| {
            let mut factors = monomial.factors.iter();
            factors.any(|index| variables.contains(index))
        };
        let (with, without) = self.0.clone().into_iter().partition(uses);
        (Polynomial(with), Polynomial(without))
    }

    /// The coefficients by the products of some variables, which need not be finite, at the others.
    pub(crate) fn by_factors(
        &self,
        is_factor: impl Fn(usize) -> bool,
        arguments: &[f64],
    ) -> BTreeMap<Vec<usize>, Dyadic> {
        let mut sums = BTreeMap::new();
        for (monomial, coefficient) in &self.0 {
            let factors = monomial.factors.iter();
            let (own, others): (Vec<usize>, Vec<usize>) =
                factors.partition(|&&index| is_factor(index));
            let rest = BTreeMap::from([(Monomial::of(others), coefficient.clone())]);
            let sum = sums.entry(own).or_insert_with(Dyadic::zero);
            *sum = &*sum + &Polynomial(rest).value(arguments);
        }
        sums
    }

    fn add(&mut self, monomial: Monomial, coefficient: Dyadic) {
        let sum = match self.0.remove(&monomial) {
            Some(other) => &other + &coefficient,
            None => coefficient,
        };
        if !sum.is_zero() {
            self.0.insert(monomial, sum);
        }
    }
}

impl Monomial {
    fn of(mut factors: Vec<usize>) -> Self {
        factors.sort_unstable();
        Monomial {
            degree: factors.len(),
            factors,
        }
    }

    fn factors(&self) -> &Vec<usize> {
        &self.factors
    }
}
