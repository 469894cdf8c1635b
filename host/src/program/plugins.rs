//! `plugins`: what the plugin directories hold. One file per subcommand.

mod list;
mod load;
mod lock;
mod show;

use super::args;
use super::fault::Outcome;
use super::session::Session;

pub(crate) use list::headline;
pub(crate) use show::plugin_to_json;

pub(crate) fn plugins(session: &Session, args: &args::Plugins) -> Outcome {
    match args {
        args::Plugins::List { load } => list::list(session, *load),
        args::Plugins::Show { id } => show::show(session, id),
        args::Plugins::Lock => lock::lock(session),
        args::Plugins::Load { file } => load::load(session, file),
    }
}
