//! `plugins`: what the plugin directories hold. One file per subcommand.

mod list;
mod show;

use super::args;
use super::fault::Outcome;
use super::session::Session;

pub(crate) use list::headline;
pub(crate) use show::plugin_to_json;

pub(crate) fn plugins(session: &Session, args: &args::Plugins) -> Outcome {
    match args {
        args::Plugins::List => list::list(session),
        args::Plugins::Show { id } => show::show(session, id),
    }
}
