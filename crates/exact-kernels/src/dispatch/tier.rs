//! Tiers: the instruction sets that a loop is compiled for, and which of them runs.
//!
//! The bits of every result are the same in each; only the time differs. Loops are written once,
//! generic over the arithmetic of the tier, and inlined into an entry that is compiled for it.

use core::fmt;

/// An instruction set that the loops are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Tier {
    /// What the target is compiled for: SSE2 on x86-64, NEON on aarch64.
    Scalar,
    /// AVX2 and FMA.
    Avx2,
    /// AVX-512 F, BW, CD, DQ and VL.
    Avx512,
}

impl Tier {
    /// All tiers, the slowest first.
    pub const ALL: [Self; 3] = [Self::Scalar, Self::Avx2, Self::Avx512];

    /// Whether this build and this processor have the tier.
    pub fn is_available(self) -> bool {
        match self {
            Self::Scalar => true,
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Self::Avx2 => pulp::x86::V3::is_available(),
            #[cfg(all(feature = "std", feature = "x86-v4", target_arch = "x86_64"))]
            Self::Avx512 => pulp::x86::V4::is_available(),
            #[allow(
                unreachable_patterns,
                reason = "which tiers are left depends on the build"
            )]
            _ => false,
        }
    }

    /// The tier that kernels called from this thread use: the one forced by `Tier::run`, else the
    /// best available; without the feature `std` always [`Tier::Scalar`].
    ///
    /// The environment variable `OPS_NN_TIER`, read once, may name a ceiling: `scalar`, `avx2` or
    /// `avx512`; any other text is no ceiling.
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
    /// Tier::Scalar.run(|| exp(&[1.0], &mut out)).expect("always there")?;
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
            #[cfg(all(feature = "std", feature = "x86-v4", target_arch = "x86_64"))]
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
            Self::Scalar => "scalar",
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
    Tier::Scalar
}

/// The best tier available, up to the ceiling that the environment names.
#[cfg(feature = "std")]
fn best() -> Tier {
    let named = std::env::var("OPS_NN_TIER").unwrap_or_default();
    let ceiling = Tier::ALL
        .into_iter()
        .find(|tier| std::string::ToString::to_string(tier) == named);
    let mut tiers = Tier::ALL.into_iter().rev();
    tiers
        .find(|&tier| tier <= ceiling.unwrap_or(Tier::Avx512) && tier.is_available())
        .unwrap_or(Tier::Scalar)
}

/// Something to do in the loops of a tier. `run` and all that it calls in loops is to be inlined
/// always.
pub(crate) trait Work {
    type Output;
    fn run<A: Arithmetic>(self) -> Self::Output;
}

/// The operations that tiers do differently.
pub trait Arithmetic {
    /// `a b + c`, rounded once or twice.
    fn mul_add(a: f64, b: f64, c: f64) -> f64;
    /// The same in `f32`.
    fn mul_add_single(a: f32, b: f32, c: f32) -> f32;
    /// The product and its rounding error, exactly (in the range that `double_double::two_product`
    /// names).
    fn two_product(a: f64, b: f64) -> (f64, f64);
}

/// What the target is compiled for.
pub(crate) struct Baseline;

impl Arithmetic for Baseline {
    #[cfg(all(feature = "std", any(target_arch = "aarch64", target_feature = "fma")))]
    #[inline(always)]
    fn mul_add(a: f64, b: f64, c: f64) -> f64 {
        a.mul_add(b, c)
    }

    // Where the processor may have no such instruction, `f64::mul_add` is a slow software routine.
    #[cfg(not(all(feature = "std", any(target_arch = "aarch64", target_feature = "fma"))))]
    #[inline(always)]
    fn mul_add(a: f64, b: f64, c: f64) -> f64 {
        a * b + c
    }

    #[cfg(all(feature = "std", any(target_arch = "aarch64", target_feature = "fma")))]
    #[inline(always)]
    fn mul_add_single(a: f32, b: f32, c: f32) -> f32 {
        a.mul_add(b, c)
    }

    #[cfg(not(all(feature = "std", any(target_arch = "aarch64", target_feature = "fma"))))]
    #[inline(always)]
    fn mul_add_single(a: f32, b: f32, c: f32) -> f32 {
        a * b + c
    }

    #[inline(always)]
    fn two_product(a: f64, b: f64) -> (f64, f64) {
        crate::number::double_double::two_product(a, b)
    }
}

/// Tiers with a fused multiply-add instruction.
#[cfg(all(feature = "std", target_arch = "x86_64"))]
pub(crate) struct FusedMultiplyAdd;

#[cfg(all(feature = "std", target_arch = "x86_64"))]
impl Arithmetic for FusedMultiplyAdd {
    #[inline(always)]
    fn mul_add(a: f64, b: f64, c: f64) -> f64 {
        a.mul_add(b, c)
    }

    #[inline(always)]
    fn mul_add_single(a: f32, b: f32, c: f32) -> f32 {
        a.mul_add(b, c)
    }

    #[inline(always)]
    fn two_product(a: f64, b: f64) -> (f64, f64) {
        let product = a * b;
        (product, a.mul_add(b, -product))
    }
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
