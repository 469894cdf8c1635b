//! Order of a graph of nodes, and its cycles.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

/// What sorting a graph gives.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sorted {
    /// Nodes after all their parents; of those that are ready, the lowest number first.
    pub order: Vec<usize>,
    /// Cycles in the direction of the data, each beginning at its lowest number, no two sharing a node.
    pub cycles: Vec<Vec<usize>>,
}

/// Sorts nodes `0..parents.len()`; `parents[n]` holds numbers of nodes.
pub(super) fn sort(parents: &[Vec<usize>]) -> Sorted {
    let mut children = vec![Vec::new(); parents.len()];
    let mut waiting: Vec<usize> = parents.iter().map(Vec::len).collect();
    for (node, parents) in parents.iter().enumerate() {
        for parent in parents {
            children[*parent].push(node);
        }
    }
    let ready = (0..parents.len()).filter(|node| waiting[*node] == 0).map(Reverse);
    let mut ready: BinaryHeap<Reverse<usize>> = ready.collect();
    let mut order = Vec::new();
    while let Some(Reverse(node)) = ready.pop() {
        order.push(node);
        for child in &children[node] {
            waiting[*child] -= 1;
            if waiting[*child] == 0 {
                ready.push(Reverse(*child));
            }
        }
    }
    let left = (0..parents.len()).filter(|node| waiting[*node] > 0).collect();
    Sorted { order, cycles: cycles(parents, left) }
}

/// Every node left over has a parent that is left over, so walking up from any of them runs into a cycle. A cycle
/// that is found is taken out, and with it what then no longer has a parent among the rest.
fn cycles(parents: &[Vec<usize>], mut left: BTreeSet<usize>) -> Vec<Vec<usize>> {
    let mut found = Vec::new();
    while let Some(start) = left.first().copied() {
        let mut walk: Vec<usize> = Vec::new();
        let mut node = start;
        let begin = loop {
            if let Some(at) = walk.iter().position(|seen| *seen == node) {
                break Some(at);
            }
            walk.push(node);
            match parents[node].iter().find(|parent| left.contains(parent)) {
                Some(parent) => node = *parent,
                None => break None,
            }
        };
        let Some(begin) = begin else {
            // Its only parents were on a cycle that is reported already.
            if let Some(node) = walk.last() {
                left.remove(node);
            }
            continue;
        };
        let mut cycle = walk.split_off(begin);
        // The walk went from child to parent; data goes the other way.
        cycle.reverse();
        let lowest = cycle.iter().enumerate().min_by_key(|(_, node)| **node).map_or(0, |(at, _)| at);
        cycle.rotate_left(lowest);
        for node in &cycle {
            left.remove(node);
        }
        found.push(cycle);
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_to_the_lowest_number() {
        // 3 feeds 0, the others are free.
        let sorted = sort(&[vec![3], vec![], vec![], vec![]]);
        assert_eq!(sorted, Sorted { order: vec![1, 2, 3, 0], cycles: vec![] });
    }

    #[test]
    fn every_cycle_is_found_once() {
        for (parents, cycles) in [
            (vec![vec![0]], vec![vec![0]]),
            (vec![vec![1], vec![0]], vec![vec![0, 1]]),
            // 2 -> 0 -> 1 -> 2, and 3 hangs below it.
            (vec![vec![2], vec![0], vec![1], vec![2]], vec![vec![0, 1, 2]]),
            // 0 hangs below the cycle of 1 and 2.
            (vec![vec![1], vec![2], vec![1]], vec![vec![1, 2]]),
            (vec![vec![1], vec![0], vec![3], vec![2]], vec![vec![0, 1], vec![2, 3]]),
        ] {
            assert_eq!(sort(&parents).cycles, cycles, "{parents:?}");
        }
    }
}
