//! Fixed-point numbers that take the memory of a cache line while all that was added is of like
//! size, and all of their limbs once it is not.

use std::boxed::Box;
use std::vec::Vec;

use crate::number::limbs::{add_shifted, highest_bit, take_sign};

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

    /// Adds `±magnitude · 2^position`, in units of the lowest bit; the topmost limb of the magnitude is 0.
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
        // 0 has no position: it must not look far away.
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

    /// As `add_limbs`, where the window does not lie right: moves one that holds nothing, else opens it.
    #[cold]
    fn add_outside(&mut self, magnitude: &[u64], negative: bool, first: usize) {
        if let Self::Window { limbs, low } = self {
            if *limbs == [0; WINDOW] && magnitude.len() < WINDOW {
                // Room on both sides.
                *low = first.saturating_sub((WINDOW - 1 - magnitude.len()) / 2) as u8;
                if add_at(limbs, first - usize::from(*low), magnitude, negative) {
                    return;
                }
            }
            *self = Self::Whole(Box::new(self.limbs()));
        }
        if let Self::Whole(limbs) = self {
            add_shifted(&mut limbs[..], magnitude, negative, 64 * first as i64);
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
        self.add_limbs(&limbs[start..end], negative, low + start);
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
        let bits = |limbs: &mut [u64], low: u8| {
            take_sign(limbs);
            highest_bit(limbs).map_or(0, |top| 64 * usize::from(low) + top + 1)
        };
        match self {
            Self::Window { limbs, low } => bits(&mut { *limbs }, *low),
            Self::Whole(limbs) => bits(&mut { **limbs }, 0),
        }
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
        bytes.extend_from_slice(&[first as u8, kept.len() as u8]);
        for limb in kept {
            bytes.extend_from_slice(&limb.to_le_bytes());
        }
    }

    /// What [`write`](Self::write) wrote, from the front of `bytes`, and what follows it.
    pub(crate) fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (&[low, count], rest) = bytes.split_first_chunk::<2>()?;
        let (low, count) = (usize::from(low), usize::from(count));
        let (body, rest) = rest.split_at_checked(8 * count)?;
        if low + count > N {
            return None;
        }
        let top = body.last().map_or(0, |&byte| (byte as i8 >> 7) as u64);
        let number = if count < WINDOW {
            let mut limbs = [top; WINDOW];
            copy_words(&mut limbs, body);
            let low = low as u8;
            Self::Window { limbs, low }
        } else {
            let mut limbs = [top; N];
            limbs[..low].fill(0);
            copy_words(&mut limbs[low..], body);
            Self::Whole(Box::new(limbs))
        };
        Some((number, rest))
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

/// Adds to a window from its limb `start` on, below the topmost; returns false, and changes nothing, if there may be
/// no room for a carry.
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

/// Copies as many limbs as there are bytes for, little end first.
fn copy_words(limbs: &mut [u64], bytes: &[u8]) {
    let words = bytes.chunks_exact(8).filter_map(<[u8]>::first_chunk);
    for (limb, word) in limbs.iter_mut().zip(words) {
        *limb = u64::from_le_bytes(*word);
    }
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
