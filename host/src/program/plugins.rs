//! `plugins`: what the plugin directories hold. One file per subcommand.

mod list;
mod load;
mod lock;
mod show;

use super::args;
use super::fault::Outcome;
use super::session::Session;
use super::{plugins_check, plugins_new, plugins_run};

pub(crate) use list::headline;
pub(crate) use show::plugin_to_json;

pub(crate) fn plugins(session: &Session, args: &args::Plugins) -> Outcome {
    match args {
        args::Plugins::New(args) => plugins_new::new(session, args),
        args::Plugins::List { load } => list::list(session, *load),
        args::Plugins::Show { id } => show::show(session, id),
        args::Plugins::Lock => lock::lock(session),
        args::Plugins::Load { file } => load::load(session, file),
        args::Plugins::Check(args) => plugins_check::check(session, args),
        args::Plugins::CheckCase(args) => plugins_check::case(session, args),
        args::Plugins::Run(args) => plugins_run::run(session, args),
    }
}
