//! The bins of an axis. An edge belongs to the bin above it, the last one to the last bin, as in numpy and physt. A
//! value outside counts as underflow or overflow, never nowhere.

use artemis_plugin_api::Axis;

/// Bins per axis at most: a booking beyond is an error, not an allocation.
pub const BINS_MAX: u32 = 1 << 20;

/// An axis that cannot be booked.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct BadAxis(String);

/// Bins with fixed limits.
///
/// Invariants: at least one bin unless it is open; limits finite and ascending; a logarithmic axis starts above 0.
#[derive(Clone, Debug, PartialEq)]
pub enum Binning {
    /// Bins of equal width.
    Fixed {
        /// Number of bins.
        bins: u32,
        /// Lower edge of the first bin.
        lower: f64,
        /// Upper edge of the last bin.
        upper: f64,
    },
    /// Bins between edges.
    Variable {
        /// One more than bins.
        edges: Vec<f64>,
    },
    /// Bins of equal ratio.
    Log {
        /// Number of bins.
        bins: u32,
        /// Lower edge of the first bin.
        lower: f64,
        /// Upper edge of the last bin.
        upper: f64,
    },
    /// Limits still to be taken from the sample; only sums are kept.
    Open {
        /// Number of bins to come.
        bins: u32,
    },
}

impl Binning {
    /// Checks an axis.
    ///
    /// # Errors
    /// When limits or bins make no axis.
    pub fn new(axis: &Axis) -> Result<Self, BadAxis> {
        let bad = |text: &str| Err(BadAxis(text.to_owned()));
        let bins_ok = |bins: u32| (1..=BINS_MAX).contains(&bins);
        match *axis {
            Axis::Fixed { bins, lower, upper } => {
                if !bins_ok(bins) || !(upper - lower).is_finite() || lower >= upper {
                    return bad(
                        "a fixed axis needs at least one bin between finite limits, the lower one first",
                    );
                }
                Ok(Binning::Fixed { bins, lower, upper })
            }
            Axis::Log { bins, lower, upper } => {
                if !bins_ok(bins) || !upper.is_finite() || lower.is_nan() || lower <= 0.0 || lower >= upper {
                    return bad("a logarithmic axis needs at least one bin between positive finite limits");
                }
                Ok(Binning::Log { bins, lower, upper })
            }
            Axis::Variable { ref edges } => {
                let ascending = edges.windows(2).all(|pair| pair[0] < pair[1]);
                let finite = edges.iter().all(|edge| edge.is_finite());
                if edges.len() < 2 || edges.len() > BINS_MAX as usize || !ascending || !finite {
                    return bad("a variable axis needs at least two finite ascending edges");
                }
                Ok(Binning::Variable { edges: edges.clone() })
            }
            Axis::Sample { bins } if bins_ok(bins) => Ok(Binning::Open { bins }),
            Axis::Sample { .. } => bad("an axis from the sample needs at least one bin"),
        }
    }

    /// Number of bins that are filled.
    pub fn bins(&self) -> usize {
        match self {
            Binning::Fixed { bins, .. } | Binning::Log { bins, .. } => *bins as usize,
            Binning::Variable { edges } => edges.len() - 1,
            Binning::Open { .. } => 0,
        }
    }

    /// The edges: one more than bins; none while open.
    pub fn edges(&self) -> Vec<f64> {
        match self {
            Binning::Fixed { bins, lower, upper } => {
                let n = f64::from(*bins);
                (0..=*bins).map(|i| lower + (upper - lower) * (f64::from(i) / n)).collect()
            }
            Binning::Log { bins, lower, upper } => {
                let (n, ratio) = (f64::from(*bins), upper / lower);
                (0..=*bins).map(|i| lower * ratio.powf(f64::from(i) / n)).collect()
            }
            Binning::Variable { edges } => edges.clone(),
            Binning::Open { .. } => Vec::new(),
        }
    }

    /// The bin of a value that is not NaN: `Err(false)` below the first, `Err(true)` above the last edge.
    pub fn bin_of(&self, value: f64) -> Result<usize, bool> {
        let (bins, lower, upper, position) = match self {
            Binning::Fixed { bins, lower, upper } => {
                (*bins, *lower, *upper, (value - lower) / (upper - lower))
            }
            Binning::Log { bins, lower, upper } => {
                (*bins, *lower, *upper, (value / lower).ln() / (upper / lower).ln())
            }
            Binning::Variable { edges } => {
                let above = edges.partition_point(|edge| *edge <= value);
                return match above {
                    0 => Err(false),
                    n if n < edges.len() => Ok(n - 1),
                    n if edges[n - 1] == value => Ok(n - 2),
                    _ => Err(true),
                };
            }
            Binning::Open { .. } => return Err(true),
        };
        if value < lower {
            Err(false)
        } else if value > upper {
            Err(true)
        } else {
            Ok(((position * f64::from(bins)) as usize).min(bins as usize - 1))
        }
    }

    /// An open axis with limits from the sample: mean ± 5 standard deviations, or one around the mean where there
    /// is no spread.
    pub fn closed(&self, entries: f64, sum: f64, sum_squares: f64) -> Binning {
        let Binning::Open { bins } = *self else { return self.clone() };
        let mean = if entries > 0.0 { sum / entries } else { 0.0 };
        let variance = if entries > 0.0 { (sum_squares / entries - mean * mean).max(0.0) } else { 0.0 };
        let half = 5.0 * variance.sqrt();
        let (lower, upper) = (mean - half, mean + half);
        if lower < upper && (upper - lower).is_finite() {
            return Binning::Fixed { bins, lower, upper };
        }
        let mean = if mean.is_finite() { mean } else { 0.0 };
        let half = (mean.abs() * 1e-6).max(0.5);
        Binning::Fixed { bins, lower: mean - half, upper: mean + half }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn edges_belong_to_the_bin_above_and_the_last_one_to_the_last_bin() {
        let fixed = Binning::new(&Axis::Fixed { bins: 2, lower: 0.0, upper: 1.0 }).unwrap();
        assert_eq!(fixed.bin_of(0.0), Ok(0));
        assert_eq!(fixed.bin_of(0.5), Ok(1));
        assert_eq!(fixed.bin_of(1.0), Ok(1));
        assert_eq!(fixed.bin_of(1.5), Err(true));
        assert_eq!(fixed.bin_of(-0.1), Err(false));
        assert_eq!(fixed.bin_of(f64::INFINITY), Err(true));
        assert_eq!(fixed.bin_of(f64::NEG_INFINITY), Err(false));
    }

    #[test]
    fn axes_that_make_none_are_refused() {
        for axis in [
            Axis::Fixed { bins: 0, lower: 0.0, upper: 1.0 },
            Axis::Fixed { bins: 1, lower: 1.0, upper: 1.0 },
            Axis::Fixed { bins: 1, lower: f64::NAN, upper: 1.0 },
            Axis::Fixed { bins: u32::MAX, lower: 0.0, upper: 1.0 },
            Axis::Log { bins: 1, lower: 0.0, upper: 1.0 },
            Axis::Variable { edges: vec![1.0] },
            Axis::Variable { edges: vec![1.0, 0.0] },
            Axis::Sample { bins: 0 },
        ] {
            assert!(Binning::new(&axis).is_err(), "{axis:?}");
        }
    }

    #[test]
    fn limits_from_a_sample_without_spread_are_around_the_mean() {
        let open = Binning::Open { bins: 10 };
        assert_eq!(open.closed(0.0, 0.0, 0.0), Binning::Fixed { bins: 10, lower: -0.5, upper: 0.5 });
        assert_eq!(open.closed(2.0, 6.0, 18.0), Binning::Fixed { bins: 10, lower: 2.5, upper: 3.5 });
    }

    proptest! {
        #[test]
        fn a_value_lies_between_the_edges_of_its_bin(value in -1e3f64..1e3, bins in 1u32..50) {
            for axis in [
                Axis::Fixed { bins, lower: -500.0, upper: 500.0 },
                Axis::Log { bins, lower: 0.1, upper: 500.0 },
                Axis::Variable { edges: vec![-10.0, 0.0, 3.0, 400.0] },
            ] {
                let binning = Binning::new(&axis).unwrap();
                let edges = binning.edges();
                match binning.bin_of(value) {
                    // The edges are rounded, so a value may lie a rounding beside them.
                    Ok(bin) => {
                        let slack = 1e-9 * value.abs().max(1.0);
                        prop_assert!(edges[bin] - slack <= value && value <= edges[bin + 1] + slack);
                    }
                    Err(false) => prop_assert!(value < edges[0]),
                    Err(true) => prop_assert!(value > edges[edges.len() - 1]),
                }
            }
        }
    }
}
