//! What can go wrong with a catalog, by what the caller can do about it.

use crate::store::{ContentId, StoreError};

/// An error of a catalog.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// The store refused, or is damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no store here.
    #[error("there is no store here: it has no store.toml")]
    NoStore,
    /// There is a store here already.
    #[error("there is a store here already")]
    StoreThere,
    /// Nothing goes by this name or id.
    #[error("the store has nothing called {text:?}{}", did_you_mean(near))]
    Unknown {
        /// What was asked for.
        text: String,
        /// Names like it.
        near: Vec<String>,
    },
    /// Several datasets begin with this.
    #[error("{text:?} may mean any of {}", candidates.join(", "))]
    Ambiguous {
        /// What was asked for.
        text: String,
        /// The ids that begin so.
        candidates: Vec<String>,
    },
    /// The dataset was deleted.
    #[error("{dataset} was deleted at {at}: {reason}; running its job again brings it back")]
    Deleted {
        /// The dataset.
        dataset: ContentId,
        /// What the deleter said.
        reason: String,
        /// When.
        at: prost_types::Timestamp,
    },
    /// The call does not fit what is registered.
    #[error("{what}; {help}")]
    Misuse {
        /// What was asked for, and why it cannot be.
        what: String,
        /// What to do instead.
        help: &'static str,
    },
    /// The store is another one than was meant.
    #[error("this is not the store {name:?} that was asked for: it is {found}, not {wanted}")]
    WrongStore {
        /// The store's name.
        name: String,
        /// Its name or id.
        found: String,
        /// The name or id that was given.
        wanted: String,
    },
    /// The name cannot be given to a dataset or partition.
    #[error("{name:?} is no name: {reason}")]
    BadName {
        /// The name.
        name: String,
        /// The rule that it breaks.
        reason: &'static str,
    },
    /// A job made other bytes than the dataset of the same recipe has.
    #[error("{dataset} is there with other content: {what}")]
    Differs {
        /// The dataset.
        dataset: ContentId,
        /// The part or object that differs.
        what: String,
    },
}

fn did_you_mean(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(" or ")) }
}
