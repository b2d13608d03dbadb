//! The order in which nodes are imported: each after its inputs.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The positions of the nodes of a cycle, in order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cycle(pub(super) Vec<usize>);

/// The positions, each after its inputs and otherwise in ascending order. `inputs` has the
/// positions that each position needs.
pub(super) fn after_inputs(inputs: &[Vec<usize>]) -> Result<Vec<usize>, Cycle> {
    let mut missing: Vec<usize> = inputs.iter().map(Vec::len).collect();
    let mut users = vec![Vec::new(); inputs.len()];
    for (user, needed) in inputs.iter().enumerate() {
        for &input in needed {
            users[input].push(user);
        }
    }
    let free = (0..inputs.len()).filter(|&position| missing[position] == 0);
    let mut ready: BinaryHeap<_> = free.map(Reverse).collect();
    let mut order = Vec::with_capacity(inputs.len());
    while let Some(Reverse(position)) = ready.pop() {
        order.push(position);
        for &user in &users[position] {
            missing[user] -= 1;
            if missing[user] == 0 {
                ready.push(Reverse(user));
            }
        }
    }
    match (0..inputs.len()).find(|&position| missing[position] > 0) {
        None => Ok(order),
        Some(start) => Err(cycle_from(start, inputs, &missing)),
    }
}

/// Follows inputs that were never ready until a position occurs again.
fn cycle_from(start: usize, inputs: &[Vec<usize>], missing: &[usize]) -> Cycle {
    let mut seen_at = vec![None; inputs.len()];
    let mut path = Vec::new();
    let mut position = start;
    while seen_at[position].is_none() {
        seen_at[position] = Some(path.len());
        path.push(position);
        let next = inputs[position].iter().find(|&&input| missing[input] > 0);
        position = *next.unwrap_or(&position);
    }
    let first = seen_at[position].unwrap_or_default();
    path.drain(..first);
    Cycle(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(inputs: &[&[usize]], expected: Result<&[usize], &[usize]>) {
        let inputs: Vec<_> = inputs.iter().map(|needed| needed.to_vec()).collect();
        let expected = expected
            .map(<[_]>::to_vec)
            .map_err(|cycle| Cycle(cycle.to_vec()));
        assert_eq!(after_inputs(&inputs), expected);
    }

    #[test]
    fn nodes_in_order_stay_as_they_are() {
        check(&[&[], &[0], &[], &[1, 2, 2]], Ok(&[0, 1, 2, 3]));
    }

    #[test]
    fn inputs_that_come_later_are_made_first() {
        check(&[&[2], &[], &[]], Ok(&[1, 2, 0]));
    }

    #[test]
    fn cycles_are_found() {
        check(&[&[0]], Err(&[0]));
        check(&[&[1], &[2], &[1], &[0]], Err(&[1, 2]));
    }
}
