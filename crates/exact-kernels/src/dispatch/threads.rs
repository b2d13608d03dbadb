//! Threads: how slices are divided among them. Results have the same bits for any number of
//! threads.
//!
//! With the feature `parallel`, slices above a threshold go to rayon's current pool in parts of
//! fixed size.

/// The elements of one part: big enough to outweigh the hand-over (some microseconds), small enough
/// to stay in a cache.
const PART: usize = 1 << 14;
/// The fewest outputs of one part, however much is behind each.
#[cfg(feature = "parallel")]
const FEWEST: usize = 8;

/// Whether work on so many elements is shared out.
pub(crate) fn are_worth_it(elements: usize) -> bool {
    #[cfg(feature = "parallel")]
    let several = || rayon::current_num_threads() > 1;
    #[cfg(not(feature = "parallel"))]
    let several = || false;
    elements > 2 * PART && several()
}

/// Calls `f` with the start and the slices of each part of the outputs. `behind` is the number of
/// inputs that each output takes. Outputs are of one length; an empty one is left out.
///
/// The function is a trait object, so that the code that shares work is compiled once for each type
/// of output and not for each kernel.
pub(crate) fn for_each_part<T: Send, const K: usize>(
    outputs: [&mut [T]; K],
    behind: usize,
    f: &(dyn Fn(usize, [&mut [T]; K]) + Sync),
) {
    #[cfg(feature = "parallel")]
    if are_worth_it(longest(&outputs).saturating_mul(behind)) {
        return halve(0, outputs, FEWEST.max(PART / behind), f);
    }
    let _ = behind;
    f(0, outputs);
}

/// Halves the slices, at a multiple of a part's size, until parts are left.
#[cfg(feature = "parallel")]
fn halve<T: Send, const K: usize>(
    start: usize,
    outputs: [&mut [T]; K],
    part: usize,
    f: &(dyn Fn(usize, [&mut [T]; K]) + Sync),
) {
    let parts = longest(&outputs).div_ceil(part);
    if parts <= 1 {
        return f(start, outputs);
    }
    let middle = parts / 2 * part;
    let (before, after) = split_each(outputs, middle);
    rayon::join(
        || halve(start, before, part, f),
        || halve(start + middle, after, part, f),
    );
}

/// The length of the outputs that are not left out.
pub(crate) fn longest<T>(outputs: &[&mut [T]]) -> usize {
    let lengths = outputs.iter().map(|output| output.len());
    lengths.max().unwrap_or_default()
}

/// Splits every slice at the same place; an empty one stays empty.
pub(crate) fn split_each<T, const K: usize>(
    slices: [&mut [T]; K],
    at: usize,
) -> ([&mut [T]; K], [&mut [T]; K]) {
    let mut later = [const { None }; K];
    let mut index = 0;
    let now = slices.map(|slice| {
        let (before, after) = slice.split_at_mut(at.min(slice.len()));
        later[index] = Some(after);
        index += 1;
        before
    });
    (now, later.map(Option::unwrap_or_default))
}

/// Maps each part of `0..length` and merges the results, in any grouping but always in order.
pub(crate) fn map_merge<R: Send>(
    length: usize,
    map: &(dyn Fn(usize, usize) -> R + Sync),
    merge: &(dyn Fn(R, R) -> R + Sync),
) -> R {
    #[cfg(feature = "parallel")]
    if are_worth_it(length) {
        return halve_range(0, length, map, merge);
    }
    #[cfg(not(feature = "parallel"))]
    let _ = merge;
    map(0, length)
}

#[cfg(feature = "parallel")]
fn halve_range<R: Send>(
    start: usize,
    length: usize,
    map: &(dyn Fn(usize, usize) -> R + Sync),
    merge: &(dyn Fn(R, R) -> R + Sync),
) -> R {
    let parts = length.div_ceil(PART);
    if parts <= 1 {
        return map(start, length);
    }
    let middle = parts / 2 * PART;
    let (before, after) = rayon::join(
        || halve_range(start, middle, map, merge),
        || halve_range(start + middle, length - middle, map, merge),
    );
    merge(before, after)
}
