//! Histograms, timers and counters: booked once, filled per run of chunks, merged in an order that depends on the
//! input alone.

mod axis;
mod filled;
mod layout;

pub use axis::{BadAxis, Binning};
pub use filled::{Book, Filled};
pub use layout::{BookError, BookLayout, Booked, Owner, TimerBinning};
