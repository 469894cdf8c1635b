//! What was booked: histograms, timers, by owner and name. Fixed before the first chunk.

use super::axis::{BadAxis, Binning};
use super::filled::Book;
use artemis_plugin_api::{Axis, Histogram};

/// Bins of every timer: times in nanoseconds, ten bins a decade from 100 ns to 1,000 s. All timers of all jobs are
/// alike, so that any two merge.
pub struct TimerBinning;

impl TimerBinning {
    /// The axis.
    pub const AXIS: Axis = Axis::Log { bins: 100, lower: 1e2, upper: 1e12 };
}

/// Who booked: the host, or a step of the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// The host itself.
    Host,
    /// The reader.
    Reader,
    /// A step by its index.
    Step(usize),
}

/// A booked histogram or timer.
#[derive(Clone, Debug)]
pub struct Booked {
    /// Key in the stored collection.
    pub key: String,
    /// Title for people.
    pub title: String,
    /// Name of the axis, with its unit.
    pub axis_name: String,
    /// Bins.
    pub binning: Binning,
    /// A timer: it never goes into an object whose id must reproduce.
    pub is_timer: bool,
    owner: Owner,
    name: String,
}

/// All that was booked; the index of an entry is its id.
#[derive(Clone, Debug, Default)]
pub struct BookLayout {
    booked: Vec<Booked>,
}

impl BookLayout {
    /// Books a histogram under a key; the same owner, name and axis again give the same id.
    ///
    /// # Errors
    /// When the axis is none, or the name is taken with another axis.
    pub fn book(&mut self, owner: Owner, key: String, spec: &Histogram) -> Result<usize, BookError> {
        let binning = Binning::new(&spec.axis)?;
        self.add(Booked {
            key,
            title: spec.title.clone(),
            axis_name: spec.axis_name.clone(),
            binning,
            is_timer: false,
            owner,
            name: spec.name.clone(),
        })
    }

    /// Books a timer under a key.
    ///
    /// # Errors
    /// When the name is taken by a histogram.
    pub fn book_timer(&mut self, owner: Owner, key: String, name: &str) -> Result<usize, BookError> {
        self.add(Booked {
            title: key.clone(),
            key,
            axis_name: "time (ns)".to_owned(),
            binning: Binning::new(&TimerBinning::AXIS)?,
            is_timer: true,
            owner,
            name: name.to_owned(),
        })
    }

    fn add(&mut self, new: Booked) -> Result<usize, BookError> {
        if let Some(id) = self.booked.iter().position(|b| b.owner == new.owner && b.name == new.name) {
            let old = &self.booked[id];
            return match old.binning == new.binning && old.is_timer == new.is_timer {
                true => Ok(id),
                false => Err(BookError::Taken(new.name)),
            };
        }
        if self.booked.iter().any(|b| b.key == new.key) {
            return Err(BookError::Taken(new.key));
        }
        self.booked.push(new);
        Ok(self.booked.len() - 1)
    }

    /// The entries by id.
    pub fn booked(&self) -> &[Booked] {
        &self.booked
    }

    /// Whether an id was booked by this owner.
    pub fn owns(&self, owner: Owner, id: u64) -> bool {
        usize::try_from(id).ok().and_then(|id| self.booked.get(id)).is_some_and(|b| b.owner == owner)
    }

    /// An empty book of this layout.
    pub fn empty(&self) -> Book {
        Book::new(self.booked.iter().map(|b| b.binning.bins()))
    }

    /// Whether some axis waits for the sample.
    pub fn has_open_axes(&self) -> bool {
        self.booked.iter().any(|b| matches!(b.binning, Binning::Open { .. }))
    }

    /// Rebooks open axes with the limits of a sample.
    pub fn close_axes(&mut self, sample: &Book) {
        for (booked, filled) in self.booked.iter_mut().zip(sample.filled()) {
            booked.binning = booked.binning.closed(filled.entries as f64, filled.sum, filled.sum_squares);
        }
    }
}

/// A booking that was refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BookError {
    /// The axis is none.
    #[error(transparent)]
    Axis(#[from] BadAxis),
    /// The name stands for something else already.
    #[error("`{0}` is booked already, with other bins")]
    Taken(String),
}
