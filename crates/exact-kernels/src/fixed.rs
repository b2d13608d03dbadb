//! Fixed-point numbers that take the memory of a cache line while all that was added is of like
//! size, and all of their limbs once it is not.

use std::boxed::Box;
use std::vec::Vec;

use crate::limbs::{add_shifted, highest_bit, take_sign};

/// The limbs of a window. The topmost is for the sign and for carries.
const WINDOW: usize = 6;

/// A signed fixed-point number of `N` limbs, in two's complement.
#[derive(Clone, Debug)]
pub(crate) enum Fixed<const N: usize> {
    /// The limbs from `low` on. Those below are 0, those above repeat the sign.
    Window { limbs: [u64; WINDOW], low: u8 },
    /// All limbs.
    Whole(Box<[u64; N]>),
}

impl<const N: usize> Fixed<N> {
    pub(crate) const ZERO: Self = Self::Window {
        limbs: [0; WINDOW],
        low: 0,
    };

    /// Adds `±magnitude · 2^position`, in units of the lowest bit.
    #[inline]
    pub(crate) fn add(&mut self, magnitude: &[u64], negative: bool, position: usize) {
        if let Self::Window { limbs, low } = self {
            if add_to_window(limbs, low, magnitude, negative, position) {
                return;
            }
            *self = Self::Whole(Box::new(self.limbs()));
        }
        if let Self::Whole(limbs) = self {
            add_shifted(&mut limbs[..], magnitude, negative, position as i64);
        }
    }

    /// Adds another number.
    pub(crate) fn merge(&mut self, other: &Self) {
        match other {
            Self::Window { limbs, low } => self.add_signed(*limbs, usize::from(*low)),
            Self::Whole(limbs) => self.add_signed(**limbs, 0),
        }
    }

    /// Adds a number in two's complement whose lowest limb stands at `low`.
    pub(crate) fn add_signed<const M: usize>(&mut self, mut limbs: [u64; M], low: usize) {
        let negative = take_sign(&mut limbs);
        let (start, end) = significant(&limbs);
        self.add(&limbs[start..end], negative, 64 * (low + start));
    }

    /// All limbs.
    pub(crate) fn limbs(&self) -> [u64; N] {
        match self {
            Self::Whole(limbs) => **limbs,
            Self::Window { limbs, low } => {
                let mut whole = [sign_limb(limbs); N];
                let low = usize::from(*low);
                whole[..low].fill(0);
                for (place, limb) in whole[low..].iter_mut().zip(limbs) {
                    *place = *limb;
                }
                whole
            }
        }
    }

    /// The memory of the limbs that do not lie here.
    #[inline]
    pub(crate) fn heap_size(&self) -> usize {
        match self {
            Self::Window { .. } => 0,
            Self::Whole(limbs) => size_of_val(&**limbs),
        }
    }

    /// The limbs that are held, and the number of the first of them.
    fn held(&self) -> (&[u64], usize) {
        match self {
            Self::Window { limbs, low } => (limbs, usize::from(*low)),
            Self::Whole(limbs) => (&limbs[..], 0),
        }
    }

    /// Calls `work` with the sign and the magnitude, `spare` limbs of 0 below it, and the position of its lowest bit.
    pub(crate) fn with_magnitude<const M: usize, R>(
        &self,
        spare: usize,
        work: impl FnOnce(bool, &mut [u64], i64) -> R,
    ) -> R {
        const { assert!(M >= N) };
        let (limbs, low) = self.held();
        let mut magnitude = [0; M];
        let magnitude = &mut magnitude[..spare + limbs.len()];
        magnitude[spare..].copy_from_slice(limbs);
        let negative = take_sign(magnitude);
        work(negative, magnitude, 64 * (low as i64 - spare as i64))
    }

    /// How many bits the magnitude has.
    pub(crate) fn bits(&self) -> usize {
        self.with_magnitude::<N, _>(0, |_, magnitude, low| {
            highest_bit(magnitude).map_or(0, |top| low as usize + top + 1)
        })
    }

    /// Whether so many addends of so many bits can sum to this; none sum to 0.
    pub(crate) fn is_possible(&self, count: u64, addend_bits: usize) -> bool {
        let count_bits = 64 - count.leading_zeros() as usize;
        let bits = self.bits();
        count_bits < 64 && bits <= addend_bits + count_bits && (count > 0 || bits == 0)
    }

    /// Writes the number of the first limb that is not 0, how many limbs follow, and the limbs, little
    /// end first; the limbs left out above them repeat the sign.
    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        let (limbs, low) = self.held();
        let sign = sign_limb(limbs);
        let (start, top) = significant(limbs);
        let mut end = if top == 0 { 0 } else { limbs.len() };
        while end > start + 1 && limbs[end - 1] == sign && limbs[end - 2] >> 63 == sign >> 63 {
            end -= 1;
        }
        let kept = &limbs[start..end];
        let first = if kept.is_empty() { 0 } else { low + start };
        bytes.extend([first as u8, kept.len() as u8]);
        bytes.extend(kept.iter().flat_map(|limb| limb.to_le_bytes()));
    }

    /// What [`write`](Self::write) wrote, from the front of `bytes`, and what follows it.
    pub(crate) fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (&[low, count], rest) = bytes.split_first_chunk::<2>()?;
        let (low, count) = (usize::from(low), usize::from(count));
        let (body, rest) = rest.split_at_checked(8 * count)?;
        if low + count > N {
            return None;
        }
        let mut limbs = [0; N];
        for (limb, place) in limbs[low..].iter_mut().zip(body.chunks_exact(8)) {
            *limb = u64::from_le_bytes(place.try_into().ok()?);
        }
        let written = &limbs[low..low + count];
        let sign = sign_limb(written);
        if count < WINDOW {
            let mut window = [sign; WINDOW];
            window[..count].copy_from_slice(written);
            return Some((
                Self::Window {
                    limbs: window,
                    low: low as u8,
                },
                rest,
            ));
        }
        limbs[low + count..].fill(sign);
        Some((Self::Whole(Box::new(limbs)), rest))
    }
}

/// Adds to a window, moving one that holds nothing; returns false, and changes nothing, if the
/// number does not fit.
#[inline]
fn add_to_window(
    limbs: &mut [u64; WINDOW],
    low: &mut u8,
    magnitude: &[u64],
    negative: bool,
    position: usize,
) -> bool {
    let (first, bit) = (position / 64, position % 64);
    let taken = magnitude.len() + usize::from(bit != 0);
    if first < usize::from(*low) || first - usize::from(*low) + taken >= WINDOW {
        if *limbs != [0; WINDOW] || taken >= WINDOW {
            return false;
        }
        // Room on both sides.
        *low = first.saturating_sub((WINDOW - 1 - taken) / 2) as u8;
    }
    let mut sum = *limbs;
    let shift = position - 64 * usize::from(*low);
    add_shifted(&mut sum, magnitude, negative, shift as i64);
    let (was, is) = (sign_limb(limbs) != 0, sign_limb(&sum) != 0);
    let overflows = was == negative && is != negative && magnitude.iter().any(|&limb| limb != 0);
    if overflows {
        return false;
    }
    *limbs = sum;
    true
}

/// What the limbs above the topmost are: all ones for a negative number.
fn sign_limb(limbs: &[u64]) -> u64 {
    match limbs.last() {
        Some(&top) if top >> 63 == 1 => u64::MAX,
        _ => 0,
    }
}

/// From the first to behind the last limb that is not 0.
fn significant(limbs: &[u64]) -> (usize, usize) {
    let start = limbs.iter().position(|&limb| limb != 0);
    let end = limbs.iter().rposition(|&limb| limb != 0);
    match (start, end) {
        (Some(start), Some(end)) => (start, end + 1),
        _ => (0, 0),
    }
}
