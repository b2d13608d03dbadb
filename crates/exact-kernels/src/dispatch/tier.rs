//! Tiers: the instruction sets that a loop is compiled for, and which of them runs.
//!
//! The bits of every result are the same in each; only the time differs. Loops are written once,
//! generic over the arithmetic of the tier, and inlined into an entry that is compiled for it.

use core::fmt;

#[cfg(all(feature = "std", target_arch = "x86_64"))]
use crate::number::arithmetic::FusedMultiplyAdd;
use crate::number::arithmetic::{Arithmetic, Baseline};

/// An instruction set that the loops are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Tier {
    /// What the target is compiled for: SSE2 on x86-64, NEON on aarch64.
    Baseline,
    /// AVX2 and FMA.
    Avx2,
    /// AVX-512 F, BW, CD, DQ and VL.
    Avx512,
}

impl Tier {
    /// All tiers, the slowest first.
    pub const ALL: [Self; 3] = [Self::Baseline, Self::Avx2, Self::Avx512];

    /// Whether this build and this processor have the tier.
    pub fn is_available(self) -> bool {
        match self {
            Self::Baseline => true,
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Self::Avx2 => pulp::x86::V3::is_available(),
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Self::Avx512 => pulp::x86::V4::is_available(),
            #[allow(
                unreachable_patterns,
                reason = "which tiers are left depends on the build"
            )]
            _ => false,
        }
    }

    /// The tier that kernels called from this thread use: the one forced by `Tier::run`, else the
    /// best available; without the feature `std` always [`Tier::Baseline`].
    ///
    /// The environment variable `EXACT_KERNELS_TIER`, read once, may limit the choice: `baseline`,
    /// `avx2` or `avx512` is the best tier to use; any other text is ignored.
    pub fn current() -> Self {
        chosen()
    }

    /// Calls `f` with this tier in force for the kernels that it calls from this thread, or returns
    /// `None` where the tier is not available.
    ///
    /// ```
    /// use exact_kernels::{Tier, exp};
    ///
    /// let mut out = [0.0_f32];
    /// Tier::Baseline.run(|| exp(&[1.0], &mut out)).expect("always there")?;
    /// assert_eq!(out, [core::f32::consts::E]);
    /// # Ok::<(), exact_kernels::KernelError>(())
    /// ```
    #[cfg(feature = "std")]
    pub fn run<R>(self, f: impl FnOnce() -> R) -> Option<R> {
        self.is_available().then(|| {
            let _restore = Restore(FORCED.replace(Some(self)));
            f()
        })
    }

    /// Does the work in the loops of this tier.
    pub(crate) fn dispatch<W: Work>(self, work: W) -> W::Output {
        match self {
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Self::Avx512 => match pulp::x86::V4::try_new() {
                Some(tier) => tier.vectorize(Entry(work)),
                None => work.run::<Baseline>(),
            },
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Self::Avx2 => match pulp::x86::V3::try_new() {
                Some(tier) => tier.vectorize(Entry(work)),
                None => work.run::<Baseline>(),
            },
            _ => work.run::<Baseline>(),
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Baseline => "baseline",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        })
    }
}

#[cfg(feature = "std")]
std::thread_local! {
    static FORCED: core::cell::Cell<Option<Tier>> = const { core::cell::Cell::new(None) };
}

/// Puts the tier back that was forced before, also when the call unwinds.
#[cfg(feature = "std")]
struct Restore(Option<Tier>);

#[cfg(feature = "std")]
impl Drop for Restore {
    fn drop(&mut self) {
        FORCED.set(self.0);
    }
}

#[cfg(feature = "std")]
fn chosen() -> Tier {
    static BEST: std::sync::OnceLock<Tier> = std::sync::OnceLock::new();
    FORCED.get().unwrap_or_else(|| *BEST.get_or_init(best))
}

#[cfg(not(feature = "std"))]
fn chosen() -> Tier {
    Tier::Baseline
}

/// The best tier available, up to the one that the environment names.
#[cfg(feature = "std")]
fn best() -> Tier {
    let named = std::env::var("EXACT_KERNELS_TIER").unwrap_or_default();
    let ceiling = Tier::ALL
        .into_iter()
        .find(|tier| std::string::ToString::to_string(tier) == named);
    let mut tiers = Tier::ALL.into_iter().rev();
    tiers
        .find(|&tier| tier <= ceiling.unwrap_or(Tier::Avx512) && tier.is_available())
        .unwrap_or(Tier::Baseline)
}

/// Work whose loops are compiled for each tier. `run` and all that it calls in loops must be
/// `#[inline(always)]`.
pub(crate) trait Work {
    type Output;
    fn run<A: Arithmetic>(self) -> Self::Output;
}

/// Work as `pulp` calls it, inside the function that has the tier's instructions.
#[cfg(all(feature = "std", target_arch = "x86_64"))]
struct Entry<W>(W);

#[cfg(all(feature = "std", target_arch = "x86_64"))]
impl<W: Work> pulp::NullaryFnOnce for Entry<W> {
    type Output = W::Output;

    #[inline(always)]
    fn call(self) -> W::Output {
        self.0.run::<FusedMultiplyAdd>()
    }
}
