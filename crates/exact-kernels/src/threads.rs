//! Threads: how slices are shared out, with the same bits for any number of threads.
//!
//! With the feature `parallel`, slices above a threshold go to rayon's current pool in parts of
//! fixed size.

/// The elements of one part: big enough to outweigh the hand-over (some microseconds), small enough
/// to stay in a cache.
#[cfg(feature = "parallel")]
const PART: usize = 1 << 14;

/// Calls `f` with the start and the slices of each part, until all elements are through.
pub(crate) fn for_each_part<T: Send, const K: usize>(
    outputs: [&mut [T]; K],
    f: impl Fn(usize, [&mut [T]; K]) + Sync,
) {
    #[cfg(feature = "parallel")]
    if outputs[0].len() > 2 * PART && rayon::current_num_threads() > 1 {
        return halve(0, outputs, &f);
    }
    f(0, outputs);
}

/// Halves the slices, at a multiple of the part's size, until parts are left.
#[cfg(feature = "parallel")]
fn halve<T: Send, const K: usize>(
    start: usize,
    outputs: [&mut [T]; K],
    f: &(impl Fn(usize, [&mut [T]; K]) + Sync),
) {
    let parts = outputs[0].len().div_ceil(PART);
    if parts <= 1 {
        return f(start, outputs);
    }
    let middle = parts / 2 * PART;
    let (before, after) = split_each(outputs, middle);
    rayon::join(
        || halve(start, before, f),
        || halve(start + middle, after, f),
    );
}

/// Splits every slice at the same place.
#[cfg(feature = "parallel")]
fn split_each<T, const K: usize>(
    slices: [&mut [T]; K],
    at: usize,
) -> ([&mut [T]; K], [&mut [T]; K]) {
    let mut later = [const { None }; K];
    let mut index = 0;
    let now = slices.map(|slice| {
        let (before, after) = slice.split_at_mut(at);
        later[index] = Some(after);
        index += 1;
        before
    });
    (now, later.map(Option::unwrap_or_default))
}

/// Maps each part of `0..length` and merges the results, in any grouping but always in order.
pub(crate) fn map_merge<R: Send>(
    length: usize,
    map: impl Fn(usize, usize) -> R + Sync,
    merge: impl Fn(R, R) -> R + Sync,
) -> R {
    #[cfg(feature = "parallel")]
    if length > 2 * PART && rayon::current_num_threads() > 1 {
        return halve_range(0, length, &map, &merge);
    }
    #[cfg(not(feature = "parallel"))]
    let _ = merge;
    map(0, length)
}

#[cfg(feature = "parallel")]
fn halve_range<R: Send>(
    start: usize,
    length: usize,
    map: &(impl Fn(usize, usize) -> R + Sync),
    merge: &(impl Fn(R, R) -> R + Sync),
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
