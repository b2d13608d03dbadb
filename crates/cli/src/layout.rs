//! The index arithmetic of a broadcast operand: which of its elements a range of the result needs,
//! so that only those are read.

use std::ops::Range;

use ops_nn::tensor_core::Shape;

/// How an operand of one shape is repeated over a target, for any stretch of the target.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// Innermost first; neighbours of one kind are merged.
    axes: Vec<Axis>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Axis {
    count: usize,
    /// Whether the operand has this axis; else its elements repeat along it.
    advances: bool,
}

/// Neighbouring elements of the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// The index of the operand's first element.
    pub(crate) operand: usize,
    /// How many elements of the target.
    pub(crate) len: usize,
    /// Whether each takes the operand's next element; else all take the first.
    pub(crate) advances: bool,
}

impl Layout {
    /// The layout of an operand that broadcasts to `target`.
    pub(crate) fn new(operand: &Shape, target: &Shape) -> Self {
        let mut own = operand.dims().iter().rev();
        let mut axes: Vec<Axis> = Vec::new();
        for &count in target.dims().iter().rev() {
            let advances = own.next().copied().unwrap_or(1) == count;
            match axes.last_mut() {
                _ if count == 1 => {}
                Some(axis) if axis.advances == advances => axis.count *= count,
                _ => axes.push(Axis { count, advances }),
            }
        }
        Self { axes }
    }

    /// Whether the operand's elements are the target's, one to one.
    pub(crate) fn is_same(&self) -> bool {
        self.axes.iter().all(|axis| axis.advances)
    }

    /// The index of the operand's element that is broadcast to `target`.
    pub(crate) fn operand_index(&self, target: usize) -> usize {
        let (mut rest, mut stride, mut index) = (target, 1, 0);
        for axis in &self.axes {
            if axis.advances {
                index += rest % axis.count * stride;
                stride *= axis.count;
            }
            rest /= axis.count;
        }
        index
    }

    /// The runs that make up a stretch of the target.
    pub(crate) fn runs(&self, target: Range<usize>) -> impl Iterator<Item = Run> {
        let inner = self.axes.first().copied().unwrap_or(Axis {
            count: usize::MAX,
            advances: true,
        });
        let mut at = target.start;
        std::iter::from_fn(move || {
            if at >= target.end {
                return None;
            }
            let run = Run {
                operand: self.operand_index(at),
                len: (inner.count - at % inner.count).min(target.end - at),
                advances: inner.advances,
            };
            at += run.len;
            Some(run)
        })
    }

    /// How many neighbouring elements of the operand the target goes through repeatedly before it
    /// leaves them for good.
    pub(crate) fn block(&self) -> usize {
        let outermost_repeat = self.axes.iter().rposition(|axis| !axis.advances);
        let inside = &self.axes[..outermost_repeat.unwrap_or(0)];
        let advancing = inside.iter().filter(|axis| axis.advances);
        advancing.map(|axis| axis.count).product()
    }
}

#[cfg(test)]
mod tests {
    use ops_nn::tensor_core::Tensor;

    use super::*;

    const CASES: [(&[usize], &[usize], usize); 10] = [
        (&[6], &[6], 1),
        (&[], &[2, 3], 1),
        (&[3], &[2, 3], 3),
        (&[2, 1], &[2, 3], 1),
        (&[2, 1, 2], &[2, 3, 2], 2),
        (&[1, 3, 1], &[2, 3, 2], 3),
        (&[2, 1, 2, 1], &[2, 3, 2, 2], 2),
        (&[1, 1], &[1, 1], 1),
        (&[2, 3], &[1, 2, 3], 1),
        (&[3, 1, 2, 1, 2], &[3, 2, 2, 3, 2], 4),
    ];

    /// Against `broadcast_to` of tensors whose elements are their own indices.
    #[test]
    fn runs_of_any_stretch_name_the_elements_that_broadcasting_puts_there() {
        for (operand, target, _) in CASES {
            let (operand, target) = (Shape::new(operand).unwrap(), Shape::new(target).unwrap());
            let indices: Vec<f64> = (0..operand.len()).map(|i| i as f64).collect();
            let tensor = Tensor::new(operand.dims(), indices).unwrap();
            let expected = tensor.broadcast_to(&target).unwrap().into_vec();
            let layout = Layout::new(&operand, &target);
            for start in 0..=target.len() {
                for end in start..=target.len() {
                    let mut found = Vec::new();
                    for run in layout.runs(start..end) {
                        let step = usize::from(run.advances);
                        found.extend((0..run.len).map(|i| (run.operand + i * step) as f64));
                    }
                    assert_eq!(
                        found,
                        expected[start..end],
                        "{operand} to {target}, {start}..{end}"
                    );
                }
            }
        }
    }

    /// A block that is left is never met again, and no smaller division into blocks has that
    /// property.
    #[test]
    fn the_target_leaves_each_block_for_good() {
        for (operand, target, expected) in CASES {
            let (operand, target) = (Shape::new(operand).unwrap(), Shape::new(target).unwrap());
            let layout = Layout::new(&operand, &target);
            assert_eq!(layout.block(), expected, "{operand} to {target}");
            let blocks = (0..target.len()).map(|i| layout.operand_index(i) / expected);
            assert!(blocks.is_sorted(), "{operand} to {target}");
        }
    }
}
