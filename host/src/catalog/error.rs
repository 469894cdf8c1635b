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
