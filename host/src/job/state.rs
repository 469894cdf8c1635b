//! The states of a job. Every legal transition stands in one `match`.

use super::JobState;

/// What happens to a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// Components are made; properties are locked from then on.
    Configure,
    /// Inputs are looked at, schemas fixed.
    Initialize,
    /// Histograms are booked.
    Book,
    /// Sampled chunks run through the menu.
    Sample,
    /// Histograms get bins from the sample.
    Rebook,
    /// All chunks run through the menu.
    Execute,
    /// Types did not hold, or inputs were left out: the job goes back to fix its schemas.
    StartOver,
    /// Algorithms end their work.
    Finalize,
    /// The dataset is committed.
    Succeed,
    /// Something went wrong.
    Stop,
}

/// A transition that the state does not have: an error of ours.
#[derive(Debug, thiserror::Error)]
#[error("a job in state {state} has no transition {transition:?}")]
pub struct IllegalTransition {
    state: JobState,
    transition: Transition,
}

impl JobState {
    /// The state after a transition.
    ///
    /// # Errors
    /// When the state does not have it.
    pub fn after(self, transition: Transition) -> Result<JobState, IllegalTransition> {
        use JobState as S;
        use Transition as T;
        Ok(match (self, transition) {
            (S::Starting, T::Configure) => S::Configure,
            (S::Configure, T::Initialize) => S::Initialize,
            (S::Initialize, T::Book) => S::Book,
            (S::Book, T::Sample) => S::Sample,
            (S::Sample, T::Rebook) => S::Rebook,
            (S::Rebook, T::Execute) => S::Execute,
            (S::Initialize | S::Book | S::Sample | S::Rebook | S::Execute, T::StartOver) => S::Configure,
            (S::Execute, T::Finalize) => S::Finalize,
            (S::Finalize, T::Succeed) => S::Success,
            (S::Starting | S::Configure | S::Initialize | S::Book, T::Stop) => S::Failure,
            (S::Sample | S::Rebook | S::Execute | S::Finalize, T::Stop) => S::Abort,
            (state, transition) => return Err(IllegalTransition { state, transition }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_goes_from_starting_to_success_and_may_start_over() {
        use Transition::*;
        let path = [
            Configure, Initialize, Book, Sample, Rebook, Execute, StartOver, Initialize, Book, Sample,
            Rebook, Execute, Finalize, Succeed,
        ];
        let end = path.iter().try_fold(JobState::Starting, |state, t| state.after(*t)).unwrap();
        assert_eq!(end, JobState::Success);
    }

    #[test]
    fn a_job_that_ran_aborts_and_one_that_did_not_fails() {
        assert_eq!(JobState::Initialize.after(Transition::Stop).unwrap(), JobState::Failure);
        assert_eq!(JobState::Execute.after(Transition::Stop).unwrap(), JobState::Abort);
        let error = JobState::Success.after(Transition::Stop).unwrap_err().to_string();
        assert_eq!(error, "a job in state success has no transition Stop");
    }
}
