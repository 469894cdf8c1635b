//! What was filled: contents by id, and counters by name.

use super::axis::Binning;
use super::layout::BookLayout;
use std::collections::BTreeMap;

/// The contents of one histogram.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filled {
    /// Sum of weights per bin.
    pub weights: Vec<f64>,
    /// Sum of squared weights per bin.
    pub squares: Vec<f64>,
    /// Weight below the first bin.
    pub underflow: f64,
    /// Weight above the last edge.
    pub overflow: f64,
    /// Weight of NaN values.
    pub nan: f64,
    /// Number of values, NaN among them.
    pub entries: u64,
    /// Sum of weight × value, outside of the bins too.
    pub sum: f64,
    /// Sum of weight × value².
    pub sum_squares: f64,
}

impl Filled {
    fn with_bins(bins: usize) -> Self {
        Self { weights: vec![0.0; bins], squares: vec![0.0; bins], ..Self::default() }
    }

    /// Fills one value.
    pub fn fill(&mut self, binning: &Binning, value: f64, weight: f64) {
        self.entries += 1;
        if value.is_nan() {
            self.nan += weight;
            return;
        }
        self.sum += weight * value;
        self.sum_squares += weight * value * value;
        match binning.bin_of(value) {
            Ok(bin) => {
                self.weights[bin] += weight;
                self.squares[bin] += weight * weight;
            }
            Err(false) => self.underflow += weight,
            Err(true) => self.overflow += weight,
        }
    }

    /// Adds what later chunks filled.
    fn merge(&mut self, later: &Filled) {
        for (a, b) in self.weights.iter_mut().zip(&later.weights) {
            *a += b;
        }
        for (a, b) in self.squares.iter_mut().zip(&later.squares) {
            *a += b;
        }
        self.underflow += later.underflow;
        self.overflow += later.overflow;
        self.nan += later.nan;
        self.entries += later.entries;
        self.sum += later.sum;
        self.sum_squares += later.sum_squares;
    }

    /// Weight in and outside of the bins.
    pub fn total(&self) -> f64 {
        self.weights.iter().sum::<f64>() + self.underflow + self.overflow + self.nan
    }
}

/// All histograms of a layout, and counters by `component.name`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Book {
    filled: Vec<Filled>,
    counters: BTreeMap<String, u64>,
}

impl Book {
    pub(super) fn new(bins: impl Iterator<Item = usize>) -> Self {
        Self { filled: bins.map(Filled::with_bins).collect(), counters: BTreeMap::new() }
    }

    /// The contents by id.
    pub fn filled(&self) -> &[Filled] {
        &self.filled
    }

    /// The counters.
    pub fn counters(&self) -> &BTreeMap<String, u64> {
        &self.counters
    }

    /// Fills values of a booked histogram, with a weight each or none at all.
    pub fn fill(&mut self, layout: &BookLayout, id: usize, values: &[f64], weights: Option<&[f64]>) {
        let (Some(filled), Some(booked)) = (self.filled.get_mut(id), layout.booked().get(id)) else { return };
        for (i, value) in values.iter().enumerate() {
            let weight = weights.map_or(1.0, |weights| weights[i]);
            filled.fill(&booked.binning, *value, weight);
        }
    }

    /// Adds to a counter.
    pub fn count(&mut self, name: String, amount: u64) {
        let counter = self.counters.entry(name).or_default();
        *counter = counter.saturating_add(amount);
    }

    /// Adds what later chunks filled; both are of one layout.
    pub fn merge(&mut self, later: &Book) {
        for (a, b) in self.filled.iter_mut().zip(&later.filled) {
            a.merge(b);
        }
        for (name, amount) in &later.counters {
            self.count(name.clone(), *amount);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::Owner;
    use artemis_plugin_api::{Axis, Histogram};

    fn layout(axis: Axis) -> BookLayout {
        let mut layout = BookLayout::default();
        let spec = Histogram { name: "h".into(), title: "t".into(), axis_name: "x".into(), axis };
        layout.book(Owner::Host, "artemis.h".into(), &spec).unwrap();
        layout
    }

    #[test]
    fn values_outside_of_the_bins_stay_in_the_sums() {
        let layout = layout(Axis::Fixed { bins: 2, lower: 0.0, upper: 2.0 });
        let mut book = layout.empty();
        book.fill(&layout, 0, &[-1.0, 0.5, 1.5, 7.0, f64::NAN], None);
        let filled = &book.filled()[0];
        assert_eq!((filled.underflow, filled.overflow, filled.nan), (1.0, 1.0, 1.0));
        assert_eq!((filled.entries, filled.sum, filled.total()), (5, 8.0, 5.0));
    }

    #[test]
    fn merged_books_hold_what_one_book_would() {
        let layout = layout(Axis::Fixed { bins: 4, lower: 0.0, upper: 4.0 });
        let (mut all, mut first, mut second) = (layout.empty(), layout.empty(), layout.empty());
        all.fill(&layout, 0, &[0.0, 1.0, 2.0, 9.0], Some(&[1.0, 2.0, 4.0, 8.0]));
        first.fill(&layout, 0, &[0.0, 1.0], Some(&[1.0, 2.0]));
        second.fill(&layout, 0, &[2.0, 9.0], Some(&[4.0, 8.0]));
        second.count("x".into(), 2);
        all.count("x".into(), 2);
        first.merge(&second);
        assert_eq!(first, all);
    }

    #[test]
    fn an_open_axis_gets_its_limits_from_the_sample_and_starts_empty() {
        let mut layout = layout(Axis::Sample { bins: 10 });
        let mut sample = layout.empty();
        sample.fill(&layout, 0, &[1.0, 3.0], None);
        layout.close_axes(&sample);
        assert_eq!(layout.booked()[0].binning, Binning::Fixed { bins: 10, lower: -3.0, upper: 7.0 });
        assert_eq!(layout.empty().filled()[0].total(), 0.0);
    }

    #[test]
    fn one_name_with_two_axes_is_refused() {
        let mut layout = layout(Axis::Fixed { bins: 4, lower: 0.0, upper: 4.0 });
        let other = Histogram {
            name: "h".into(),
            title: "t".into(),
            axis_name: "x".into(),
            axis: Axis::Fixed { bins: 5, lower: 0.0, upper: 4.0 },
        };
        assert!(layout.book(Owner::Host, "artemis.h".into(), &other).is_err());
    }
}
