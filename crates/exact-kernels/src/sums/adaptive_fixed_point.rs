//! Fixed-point numbers that fit a cache line while all that was added is of like size, and that
//! allocate all of their limbs once it is not.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

use crate::number::limbs::{add_shifted, significant, take_sign};

/// The limbs of a window. The topmost is for the sign and for carries.
const WINDOW: usize = 6;

/// A signed fixed-point number of `N` limbs, in two's complement.
#[derive(Clone, Debug)]
pub(crate) enum AdaptiveFixedPoint<const N: usize> {
    /// The limbs from `low` on. Those below are 0, those above repeat the sign.
    Window { limbs: [u64; WINDOW], low: u8 },
    /// All limbs.
    Whole(Box<[u64; N]>),
}

impl<const N: usize> AdaptiveFixedPoint<N> {
    pub(crate) const ZERO: Self = Self::Window {
        limbs: [0; WINDOW],
        low: 0,
    };

    /// Adds `±magnitude · 2^position`, in units of the lowest bit; the topmost limb of the
    /// magnitude is 0.
    #[inline]
    pub(crate) fn add<const M: usize>(
        &mut self,
        magnitude: [u64; M],
        negative: bool,
        position: usize,
    ) {
        let shifted = shifted_left(magnitude, (position % 64) as u32);
        self.add_limbs(&shifted, negative, position / 64);
    }

    /// Adds `±magnitude · 2^(64 · first)`.
    #[inline]
    fn add_limbs(&mut self, magnitude: &[u64], negative: bool, first: usize) {
        // 0 has no position: it must not move the window.
        if magnitude.iter().all(|&limb| limb == 0) {
            return;
        }
        if let Self::Window { limbs, low } = self {
            let start = first.checked_sub(usize::from(*low));
            if start.is_some_and(|start| add_at(limbs, start, magnitude, negative)) {
                return;
            }
        }
        self.add_outside(magnitude, negative, first);
    }

    /// As `add_limbs`, where the window is in the wrong place: leaves out the limbs of 0 at the
    /// ends, moves an empty window, else allocates all limbs.
    #[cold]
    fn add_outside(&mut self, magnitude: &[u64], negative: bool, first: usize) {
        let (start, end) = significant(magnitude);
        let (magnitude, first) = (&magnitude[start..end], first + start);
        if let Self::Window { limbs, low } = self {
            if *limbs == [0; WINDOW] && magnitude.len() < WINDOW {
                // Room on both sides.
                *low = first.saturating_sub((WINDOW - 1 - magnitude.len()) / 2) as u8;
            }
            let start = first.checked_sub(usize::from(*low));
            if start.is_some_and(|start| add_at(limbs, start, magnitude, negative)) {
                return;
            }
            *self = Self::Whole(Box::new(self.whole()));
        }
        if let Self::Whole(limbs) = self {
            add_shifted(&mut limbs[..], magnitude, negative, 64 * first as i64);
        }
    }

    /// Adds another number.
    pub(crate) fn merge(&mut self, other: &Self) {
        match other {
            Self::Window { limbs, low } => self.add_signed(limbs, usize::from(*low)),
            Self::Whole(limbs) => self.add_signed(limbs, 0),
        }
    }

    /// Adds a number in two's complement whose lowest limb has the index `low`.
    pub(crate) fn add_signed<const M: usize>(&mut self, limbs: &[u64; M], low: usize) {
        let mut add = |magnitude: &[u64], negative| {
            let (start, end) = significant(magnitude);
            self.add_limbs(&magnitude[start..end], negative, low + start);
        };
        if sign_limb(limbs) == 0 {
            return add(limbs, false);
        }
        let mut magnitude = *limbs;
        take_sign(&mut magnitude);
        add(&magnitude, true);
    }

    /// All limbs.
    fn whole(&self) -> [u64; N] {
        let (limbs, low) = self.held();
        let mut whole = [sign_limb(limbs); N];
        whole[..low].fill(0);
        for (place, limb) in whole[low..].iter_mut().zip(limbs) {
            *place = *limb;
        }
        whole
    }

    /// The bytes that it has allocated.
    #[inline]
    pub(crate) fn heap_size(&self) -> usize {
        match self {
            Self::Window { .. } => 0,
            Self::Whole(limbs) => size_of_val(&**limbs),
        }
    }

    /// The limbs that are stored, and the index of the first of them.
    fn held(&self) -> (&[u64], usize) {
        match self {
            Self::Window { limbs, low } => (limbs, usize::from(*low)),
            Self::Whole(limbs) => (&limbs[..], 0),
        }
    }

    /// The limbs that make the number, and the index of the first of them: those below are 0, those
    /// above repeat the sign, and no fewer would do. Equal numbers have the same; 0 has none.
    fn minimal(&self) -> (&[u64], usize) {
        let (limbs, low) = self.held();
        let Some(start) = limbs.iter().position(|&limb| limb != 0) else {
            return (&[], 0);
        };
        let mut end = limbs.len();
        while repeats_sign(&limbs[start..end]) {
            end -= 1;
        }
        (&limbs[start..end], low + start)
    }

    /// Calls `work` with the sign, the magnitude above `spare` limbs of 0, and the position of the
    /// lowest bit.
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

    /// Writes the index of the first limb, how many limbs there are, and the limbs, as few as make
    /// the number.
    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        let (limbs, first) = self.minimal();
        bytes.extend_from_slice(&[first as u8, limbs.len() as u8]);
        for limb in limbs {
            bytes.extend_from_slice(&limb.to_le_bytes());
        }
    }

    /// Reads what [`write`](Self::write) wrote for a sum of so many addends, each below
    /// 2^`addend_bits` in magnitude; returns it with the bytes behind it. None of any other bytes.
    pub(crate) fn read(bytes: &[u8], addends: u64, addend_bits: usize) -> Option<(Self, &[u8])> {
        let (&[low, count], rest) = bytes.split_first_chunk::<2>()?;
        let (first, count) = (usize::from(low), usize::from(count));
        let (body, rest) = rest.split_at_checked(8 * count)?;
        if first + count > N {
            return None;
        }
        let sign = body.last().map_or(0, |&byte| (byte as i8 >> 7) as u64);
        let number = if count < WINDOW {
            let mut limbs = [sign; WINDOW];
            copy_words(&mut limbs, body);
            Self::Window { limbs, low }
        } else {
            let mut limbs = [sign; N];
            limbs[..first].fill(0);
            copy_words(&mut limbs[first..], body);
            Self::Whole(Box::new(limbs))
        };
        let (limbs, lowest) = number.minimal();
        let is_minimal = (lowest, limbs.len()) == (first, count);
        let is_valid = is_minimal && number.is_possible(addends, addend_bits);
        is_valid.then_some((number, rest))
    }

    /// Whether so many addends, each below 2^`addend_bits` in magnitude, may have this sum.
    pub(crate) fn is_possible(&self, addends: u64, addend_bits: usize) -> bool {
        let (limbs, low) = self.held();
        let sign = sign_limb(limbs);
        let bits = match limbs.iter().rposition(|&limb| limb != sign) {
            Some(top) => 64 * (low + top + 1) - (limbs[top] ^ sign).leading_zeros() as usize,
            None if sign == 0 => return true,
            None => 64 * low,
        };
        let most = addend_bits + 64 - addends.leading_zeros() as usize;
        addends > 0 && bits <= most
    }
}

impl<const N: usize> PartialEq for AdaptiveFixedPoint<N> {
    fn eq(&self, other: &Self) -> bool {
        self.minimal() == other.minimal()
    }
}

impl<const N: usize> Eq for AdaptiveFixedPoint<N> {}

impl<const N: usize> Hash for AdaptiveFixedPoint<N> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.minimal().hash(state);
    }
}

/// `limbs · 2^bit` for a bit below 64, where nothing is lost above.
#[inline]
fn shifted_left<const M: usize>(limbs: [u64; M], bit: u32) -> [u64; M] {
    let mut shifted = limbs;
    let mut below = 0;
    for limb in &mut shifted {
        let wide = u128::from(*limb) << bit;
        (*limb, below) = (wide as u64 | below, (wide >> 64) as u64);
    }
    shifted
}

/// Adds to a window from its limb `start` on, below the topmost; returns false, and changes
/// nothing, if there may be no room for a carry.
#[inline]
fn add_at(limbs: &mut [u64; WINDOW], start: usize, addend: &[u64], negative: bool) -> bool {
    const FULL: [u64; 2] = [i64::MAX as u64, i64::MIN as u64];
    if start + addend.len() >= WINDOW || FULL.contains(&limbs[WINDOW - 1]) {
        return false;
    }
    let (own, above) = limbs[start..].split_at_mut(addend.len());
    // Subtracting is adding the complement and 1; the complement's higher limbs are all ones.
    let (flip, step) = if negative {
        (u64::MAX, u64::MAX)
    } else {
        (0, 1)
    };
    let mut carry = negative;
    for (limb, &addend) in own.iter_mut().zip(addend) {
        let (sum, first) = limb.overflowing_add(addend ^ flip);
        let (sum, second) = sum.overflowing_add(u64::from(carry));
        (*limb, carry) = (sum, first | second);
    }
    for limb in above {
        if carry == negative {
            break;
        }
        (*limb, carry) = limb.overflowing_add(step);
    }
    true
}

/// Reads as many limbs as there are bytes for, the lowest first.
fn copy_words(limbs: &mut [u64], bytes: &[u8]) {
    let words = bytes.chunks_exact(8).filter_map(<[u8]>::first_chunk);
    for (limb, word) in limbs.iter_mut().zip(words) {
        *limb = u64::from_le_bytes(*word);
    }
}

/// Whether the topmost of several limbs only repeats the sign of the one below.
fn repeats_sign(limbs: &[u64]) -> bool {
    matches!(limbs, [below @ .., top] if !below.is_empty() && *top == sign_limb(below))
}

/// The limbs above the topmost: all ones for a negative number.
fn sign_limb(limbs: &[u64]) -> u64 {
    match limbs.last() {
        Some(&top) if top >> 63 == 1 => u64::MAX,
        _ => 0,
    }
}
