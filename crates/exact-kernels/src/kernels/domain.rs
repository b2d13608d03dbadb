//! Domains that checked calls demand of their arguments.

use crate::error::KernelError;
use crate::functions::weighted_fused::inputs;
use crate::number::format::Real;
use crate::number::lane::Lane;
use crate::operand::Operand;
use crate::ziv::driver::Inputs;

/// A set of numbers that a checked call accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Domain {
    /// Everything, NaN included.
    Any,
    /// Everything but NaN: logits.
    NotNan,
    /// From 0 to 1: labels.
    UnitInterval,
    /// Finite and at least 0 (`-0` counts as 0): weights.
    FiniteNonNegative,
}

impl Domain {
    /// What each element must be, in words, as error messages give it.
    pub fn description(self) -> &'static str {
        match self {
            Self::Any => "any number or NaN",
            Self::NotNan => "a number, not NaN",
            Self::UnitInterval => "in [0, 1]",
            Self::FiniteNonNegative => "finite and not negative",
        }
    }

    #[inline(always)]
    fn contains<L: Lane>(self, value: L) -> bool {
        match self {
            Self::Any => true,
            Self::NotNan => !value.is_nan(),
            Self::UnitInterval => value >= L::default() && value <= L::ONE,
            Self::FiniteNonNegative => value >= L::default() && value < L::INFINITY,
        }
    }
}

/// The index of the first element outside a domain.
///
/// ```
/// use exact_kernels::{Domain, first_outside};
///
/// assert_eq!(first_outside(Domain::UnitInterval, &[0.0_f32, 1.0, 1.5, -1.0]), Some(2));
/// ```
pub fn first_outside<T: Real>(domain: Domain, x: &[T]) -> Option<usize> {
    const CHUNK: usize = 64;
    for (index, chunk) in x.chunks(CHUNK).enumerate() {
        // Loops without a way out vectorise; the search is for the rare offender.
        let mut lanes = [T::Lane::default(); CHUNK];
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = value.to_lane();
        }
        let outside = lanes[..chunk.len()]
            .iter()
            .fold(false, |any, lane| any | !domain.contains(*lane));
        if outside {
            let within = chunk
                .iter()
                .position(|value| !domain.contains(value.to_lane()))?;
            return Some(index * CHUNK + within);
        }
    }
    None
}

/// Checks what the losses of a checked call demand: labels in [0, 1], logits not NaN, weights
/// finite and not negative. The lengths are not compared.
///
/// # Errors
/// [`KernelError::Domain`] with the argument, the index and the domain of the first offender,
/// labels first; the index of a scalar weight is 0, that of a periodic one counts its values.
///
/// ```
/// use exact_kernels::{KernelError, Operand, check_domains};
///
/// let refused = check_domains(&[0.0_f32, 1.5], &[1.0, 2.0], Operand::Scalar(1.0));
/// assert_eq!(refused, Err(KernelError::Domain { argument: "labels", index: 1, domain: "in [0, 1]" }));
/// ```
pub fn check_domains<T: Real>(
    labels: &[T],
    logits: &[T],
    pos_weight: Operand<T>,
) -> Result<(), KernelError> {
    check_inputs(&inputs(labels, logits, pos_weight))
}

/// The inputs of the losses with their domains, in the order in which they are checked.
pub(crate) fn domains<'a, T: Real>(
    &[(logits, x), (labels, z), (pos_weight, q)]: &Inputs<'a, T, 3>,
) -> [(&'static str, Operand<'a, T>, Domain); 3] {
    [
        (labels, z, Domain::UnitInterval),
        (logits, x, Domain::NotNan),
        (pos_weight, q, Domain::FiniteNonNegative),
    ]
}

/// Refuses the first element outside its argument's domain.
pub(crate) fn check_inputs<T: Real>(inputs: &Inputs<T, 3>) -> Result<(), KernelError> {
    for (argument, operand, domain) in domains(inputs) {
        let outside = match operand {
            Operand::Scalar(value) => first_outside(domain, &[value]),
            Operand::Full(values) | Operand::Periodic { values, .. } => {
                first_outside(domain, values)
            }
        };
        if let Some(index) = outside {
            return Err(KernelError::Domain {
                argument,
                index,
                domain: domain.description(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_domain_ends_where_it_says() {
        let inside_outside: [(Domain, &[f64], &[f64]); 4] = [
            (Domain::Any, &[f64::NAN, f64::INFINITY, -1.0], &[]),
            (
                Domain::NotNan,
                &[f64::INFINITY, f64::NEG_INFINITY, -0.0],
                &[f64::NAN],
            ),
            (
                Domain::UnitInterval,
                &[0.0, -0.0, 1.0, 5e-324],
                &[1.0 + f64::EPSILON, -5e-324, f64::NAN, f64::INFINITY],
            ),
            (
                Domain::FiniteNonNegative,
                &[0.0, -0.0, f64::MAX],
                &[-5e-324, f64::INFINITY, f64::NAN],
            ),
        ];
        for (domain, inside, outside) in inside_outside {
            assert_eq!(first_outside(domain, inside), None, "{domain:?}");
            for &value in outside {
                let mut x = std::vec![0.5; 3000];
                x[2500] = value;
                assert_eq!(first_outside(domain, &x), Some(2500), "{domain:?}, {value}");
            }
        }
    }
}
