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
    /// neighbours in `T`; above 1000 elements, only three at either end of each axis. A tensor
    /// without elements is `[]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("[]");
        }
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
        [] => texts.extend(data.iter().map(|&value| text(value))),
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

#[cfg(test)]
mod tests {
    use std::string::ToString;
    use std::vec::Vec;

    use crate::{DynTensor, Float, Shape, Tensor, bf16, f16};

    #[test]
    fn tensors_are_written_in_nested_brackets_with_aligned_columns() {
        let counting = |len: u8| (0..len).map(f32::from).collect::<Vec<_>>();
        let cube = Tensor::new([2, 2, 2], counting(8)).unwrap();
        let cases: [(DynTensor, &str); 8] = [
            (Tensor::scalar(-0.0_f64).into(), "-0.0"),
            (Tensor::from(Vec::<f32>::new()).into(), "[]"),
            (
                Tensor::<f32>::zeros(Shape::new([isize::MAX as usize, 0]).unwrap()).into(),
                "[]",
            ),
            (
                Tensor::from(Vec::from([true, false])).into(),
                "[ true, false]",
            ),
            (
                Tensor::from(Vec::from([1e-7_f32, 0.1, 1e30])).into(),
                "[1e-7,  0.1, 1e30]",
            ),
            (
                Tensor::from(Vec::from([f64::NAN, f64::INFINITY])).into(),
                "[NaN, inf]",
            ),
            (
                cube.into(),
                "[[[0.0, 1.0],\n  [2.0, 3.0]],\n\n [[4.0, 5.0],\n  [6.0, 7.0]]]",
            ),
            (
                Tensor::new([1, 1, 1], counting(1)).unwrap().into(),
                "[[[0.0]]]",
            ),
        ];
        for (tensor, expected) in cases {
            assert_eq!(tensor.to_string(), expected);
        }
    }

    #[test]
    fn sixteen_bit_elements_are_written_with_their_shortest_decimal() {
        let halves = [0x2e66, 0x3c00, 0x0001, 0x7bff, 0xfc00, 0x7e00].map(f16::from_bits);
        let halves = Tensor::from(Vec::from(halves));
        assert_eq!(
            halves.to_string(),
            "[    0.1,     1.0,    6e-8, 65500.0,    -inf,     NaN]"
        );

        let brains = [0x3dcd, 0x3f80, 0x7f7f, 0x0001].map(bf16::from_bits);
        let brains = Tensor::from(Vec::from(brains));
        assert_eq!(brains.to_string(), "[    0.1,     1.0, 3.39e38,   9e-41]");
    }

    #[test]
    fn every_sixteen_bit_element_reads_back_from_at_most_five_digits() {
        fn check<T: Float>(bits: u64) {
            let value = T::from_bits(bits);
            let text = Tensor::scalar(value).to_string();
            let decimal: f64 = text.parse().unwrap();
            assert!(
                T::from_f64(decimal) == value || value.is_nan(),
                "{value} as {text}"
            );
            if decimal.is_finite() {
                let digits = text.split('e').next().unwrap().replace(['-', '.'], "");
                let significant = digits.trim_start_matches('0').trim_end_matches('0').len();
                assert!(significant <= 5, "{text}");
            }
        }
        for bits in 0..=0xffff {
            check::<f16>(bits);
            check::<bf16>(bits);
        }
    }

    #[test]
    fn above_a_thousand_elements_the_middle_of_each_axis_is_left_out() {
        let ones = |dims: &[usize]| Tensor::full(Shape::new(dims).unwrap(), true).to_string();
        assert_eq!(ones(&[1001]), "[true, true, true, ..., true, true, true]");
        let row = "[true, true, true, ..., true, true, true]";
        let rows = [row; 3].join(",\n ");
        assert_eq!(ones(&[400, 400]), std::format!("[{rows},\n ...,\n {rows}]"));
        let pair = "[true, true]";
        let pairs = [pair; 3].join(",\n ");
        assert_eq!(ones(&[501, 2]), std::format!("[{pairs},\n ...,\n {pairs}]"));
        assert_eq!(ones(&[1000]).matches("true").count(), 1000);
    }
}
