//! The order in which runs merge: the aligned binary tree over the run numbers of a datum, then the datums in
//! order. It follows from the input alone, so that sums of floats do too.

/// What merges.
pub trait Merged: Sized {
    /// Why a merge fails.
    type Error;

    /// Adds what is of later runs.
    ///
    /// # Errors
    /// When the two do not fit.
    fn merge(&mut self, later: Self) -> Result<(), Self::Error>;
}

/// Takes the runs in order and holds at most one entry per level of the tree.
#[derive(Debug)]
pub struct MergeTree<T> {
    total: Option<T>,
    datum: Option<usize>,
    /// Completed subtrees of the current datum, with their level; levels fall from the bottom to the top.
    levels: Vec<(u32, T)>,
}

impl<T> Default for MergeTree<T> {
    fn default() -> Self {
        Self { total: None, datum: None, levels: Vec::new() }
    }
}

impl<T: Merged> MergeTree<T> {
    /// Takes the next run.
    ///
    /// # Errors
    /// Those of the merge.
    pub fn push(&mut self, datum: usize, run: T) -> Result<(), T::Error> {
        if self.datum != Some(datum) {
            self.end_datum()?;
            self.datum = Some(datum);
        }
        let (mut level, mut subtree) = (0, run);
        while let Some((_, mut earlier)) = self.levels.pop_if(|(top, _)| *top == level) {
            earlier.merge(subtree)?;
            (level, subtree) = (level + 1, earlier);
        }
        self.levels.push((level, subtree));
        Ok(())
    }

    fn end_datum(&mut self) -> Result<(), T::Error> {
        let mut whole: Option<T> = None;
        while let Some((_, mut earlier)) = self.levels.pop() {
            if let Some(later) = whole.take() {
                earlier.merge(later)?;
            }
            whole = Some(earlier);
        }
        match (&mut self.total, whole) {
            (Some(total), Some(datum)) => total.merge(datum)?,
            (total @ None, datum) => *total = datum,
            (Some(_), None) => {}
        }
        Ok(())
    }

    /// Everything merged; `None`: there was no run.
    ///
    /// # Errors
    /// Those of the merge.
    pub fn finish(mut self) -> Result<Option<T>, T::Error> {
        self.end_datum()?;
        Ok(self.total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Term(String);

    impl Merged for Term {
        type Error = std::convert::Infallible;
        fn merge(&mut self, later: Self) -> Result<(), Self::Error> {
            self.0 = format!("({} {})", self.0, later.0);
            Ok(())
        }
    }

    fn merged(runs: &[(usize, &str)]) -> Option<String> {
        let mut tree = MergeTree::default();
        for (datum, name) in runs {
            tree.push(*datum, Term((*name).to_owned())).unwrap();
        }
        tree.finish().unwrap().map(|term| term.0)
    }

    #[test]
    fn runs_merge_along_the_aligned_tree_and_datums_in_order() {
        assert_eq!(merged(&[]), None);
        assert_eq!(merged(&[(0, "a")]).unwrap(), "a");
        let five = [(0, "a"), (0, "b"), (0, "c"), (0, "d"), (0, "e")];
        assert_eq!(merged(&five).unwrap(), "(((a b) (c d)) e)");
        let two = [(0, "a"), (0, "b"), (0, "c"), (1, "d"), (1, "e"), (3, "f")];
        assert_eq!(merged(&two).unwrap(), "((((a b) c) (d e)) f)");
    }
}
