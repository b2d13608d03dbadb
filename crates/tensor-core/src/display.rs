//! Tensors as text: nested brackets, aligned columns, the middle of long axes left out.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::{DType, Element, Tensor};

/// Up to this many elements, all are shown.
const THRESHOLD: usize = 1000;
/// Above it, this many at either end of an axis.
const EDGE: usize = 3;

impl<T: Element> fmt::Display for Tensor<'_, T> {
    /// Writes the elements in nested brackets, each with the fewest digits that tell it from its
    /// neighbours in `T`; above 1000 elements, only three at either end of each axis.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let edge = if self.len() > THRESHOLD {
            EDGE
        } else {
            usize::MAX
        };
        let mut texts = Vec::new();
        collect(self.as_slice(), self.shape().dims(), edge, &mut texts);
        let width = texts.iter().map(String::len).max().unwrap_or(0);
        write(f, self.shape().dims(), edge, width, 0, &mut texts.iter())
    }
}

/// The texts of the elements that are shown, in row-major order.
fn collect<T: Element>(data: &[T], dims: &[usize], edge: usize, texts: &mut Vec<String>) {
    match *dims {
        [] => texts.extend(data.first().map(|&value| text(value))),
        [0, ..] => {}
        [dim, ref inner @ ..] => {
            let stride = data.len() / dim;
            for index in shown(dim, edge).into_iter().flatten() {
                collect(&data[index * stride..][..stride], inner, edge, texts);
            }
        }
    }
}

/// The brackets of one axis and all within; `depth` of them are open already.
fn write<'t>(
    f: &mut fmt::Formatter<'_>,
    dims: &[usize],
    edge: usize,
    width: usize,
    depth: usize,
    texts: &mut impl Iterator<Item = &'t String>,
) -> fmt::Result {
    let [dim, inner @ ..] = dims else {
        return texts
            .next()
            .map_or(Ok(()), |text| write!(f, "{text:>width$}"));
    };
    f.write_str("[")?;
    let [head, tail] = shown(*dim, edge);
    let left_out = head.end < tail.start;
    for index in head.chain(tail.clone()) {
        if index > 0 {
            separate(f, inner.len(), depth + 1)?;
        }
        if left_out && index == tail.start {
            f.write_str("...")?;
            separate(f, inner.len(), depth + 1)?;
        }
        write(f, inner, edge, width, depth + 1, texts)?;
    }
    f.write_str("]")
}

/// A comma, then a space between elements, or as many line breaks as there are axes within and the
/// indentation of `depth` brackets.
fn separate(f: &mut fmt::Formatter<'_>, inner_rank: usize, depth: usize) -> fmt::Result {
    if inner_rank == 0 {
        return f.write_str(", ");
    }
    write!(f, ",{:\n<inner_rank$}{:depth$}", "", "")
}

/// The indices of an axis that are shown: a head and a tail.
fn shown(dim: usize, edge: usize) -> [core::ops::Range<usize>; 2] {
    if dim / 2 < edge || dim == 2 * edge {
        [0..dim, dim..dim]
    } else {
        [0..edge, dim - edge..dim]
    }
}

/// The shortest decimal that reads back as the same value.
fn text<T: Element>(value: T) -> String {
    match T::DTYPE {
        // Rust writes these types' shortest decimal itself.
        DType::Bool | DType::F32 | DType::F64 => format!("{value:?}"),
        DType::F16 | DType::BF16 => {
            let exact = value.widen();
            // Five significant digits tell all values of 16-bit formats apart.
            let shortest = (0..5)
                .filter_map(|digits| format!("{exact:.digits$e}").parse().ok())
                .find(|&decimal| T::narrow(decimal) == value);
            format!("{:?}", shortest.unwrap_or(exact))
        }
    }
}
