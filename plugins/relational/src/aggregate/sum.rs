//! Sums of floats without rounding, so that they do not depend on the order of the values.

/// A sum of floats, exact until [`ExactSum::value`] rounds it once.
///
/// It is kept as floats that do not overlap, in ascending magnitude, whose exact sum is the sum of all values added:
/// the expansions of J. R. Shewchuk, "Adaptive Precision Floating-Point Arithmetic and Fast Robust Geometric
/// Predicates" (1997), theorem 10. Usually these are one to three floats.
///
/// A sum that leaves the range of float64 on its way is infinite, whatever follows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExactSum {
    parts: Vec<f64>,
    /// Sum of what is not finite.
    special: f64,
}

impl ExactSum {
    /// Adds a value.
    #[inline]
    pub fn add(&mut self, value: f64) {
        if !value.is_finite() {
            self.special += value;
            return;
        }
        let mut carry = value;
        let mut kept = 0;
        for index in 0..self.parts.len() {
            let part = self.parts[index];
            let (sum, error) = two_sum(carry, part);
            if error != 0.0 {
                self.parts[kept] = error;
                kept += 1;
            }
            carry = sum;
        }
        self.parts.truncate(kept);
        if !carry.is_finite() {
            self.parts.clear();
            self.special += carry;
        } else if carry != 0.0 {
            self.parts.push(carry);
        }
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: &Self) {
        self.special += other.special;
        for part in &other.parts {
            self.add(*part);
        }
    }

    /// The float nearest to the exact sum, ties to even.
    pub fn value(&self) -> f64 {
        if self.special != 0.0 {
            return self.special;
        }
        let mut rest = self.parts.iter().rev();
        let mut sum = rest.next().copied().unwrap_or(0.0);
        let mut error = 0.0;
        for part in rest.by_ref() {
            (sum, error) = two_sum(sum, *part);
            if error != 0.0 {
                break;
            }
        }
        // Half way between two floats, what lies below decides.
        if let Some(below) = rest.next()
            && (error < 0.0) == (*below < 0.0)
            && error != 0.0
        {
            let twice = error * 2.0;
            let other = sum + twice;
            if other - sum == twice {
                return other;
            }
        }
        sum
    }

    /// The floats that it is made of: the parts, then what is not finite.
    pub fn parts(&self) -> impl Iterator<Item = f64> + '_ {
        self.parts.iter().copied().chain([self.special])
    }
}

/// Sum and rounding error, exactly (D. E. Knuth, The Art of Computer Programming, vol. 2, 4.2.2, theorem B).
#[inline]
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let b_rounded = sum - a;
    let a_rounded = sum - b_rounded;
    (sum, (a - a_rounded) + (b - b_rounded))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sum(values: &[f64]) -> ExactSum {
        let mut sum = ExactSum::default();
        values.iter().for_each(|value| sum.add(*value));
        sum
    }

    #[test]
    fn what_cancels_leaves_nothing_behind() {
        for (values, expected) in [
            (vec![], 0.0),
            (vec![0.1; 10], 1.0),
            (vec![1e100, 1.0, -1e100], 1.0),
            (vec![1e16, 1.0, 1e-16], 10_000_000_000_000_002.0),
            (vec![1e16, 1.0, -1e-16], 1e16),
            (vec![-0.0], 0.0),
            (vec![f64::MAX, f64::MAX, -f64::MAX], f64::INFINITY),
            (vec![f64::INFINITY, 1.0], f64::INFINITY),
            (vec![f64::MIN_POSITIVE / 4.0, f64::MIN_POSITIVE / 4.0], f64::MIN_POSITIVE / 2.0),
        ] {
            assert_eq!(sum(&values).value().to_bits(), expected.to_bits(), "{values:?}");
        }
        assert!(sum(&[f64::INFINITY, f64::NEG_INFINITY]).value().is_nan());
        assert!(sum(&[f64::NAN, 1.0]).value().is_nan());
    }

    proptest! {
        #[test]
        fn order_and_splits_do_not_matter(
            values in proptest::collection::vec((-1e9f64..1e9, -60i32..60).prop_map(|(m, e)| m * 2f64.powi(e)), 0..60),
            cut in 0usize..60,
        ) {
            let whole = sum(&values);
            let cut = cut.min(values.len());
            let mut backwards = values.clone();
            backwards.reverse();
            let mut merged = sum(&values[..cut]);
            merged.merge(&sum(&values[cut..]));
            prop_assert_eq!(whole.value().to_bits(), sum(&backwards).value().to_bits());
            prop_assert_eq!(whole.value().to_bits(), merged.value().to_bits());
        }

        #[test]
        fn it_equals_whole_numbers_summed_exactly(values in proptest::collection::vec(-(1i64 << 53)..(1i64 << 53), 0..80)) {
            let exact: i128 = values.iter().map(|v| i128::from(*v)).sum();
            let floats: Vec<f64> = values.iter().map(|v| *v as f64).collect();
            prop_assert_eq!(sum(&floats).value(), exact as f64);
        }
    }
}
