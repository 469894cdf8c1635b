//! Components that misbehave through the SDK. All of them pass on what they get until they misbehave, and all are
//! good in a sampling pass.

mod fails;
mod keeps_memory;
mod leaks;
mod moment;
mod panics;
mod reader;
mod slow;

use artemis_plugin_api::{Context, Input, Result};
use fails::{Fails, OtherSchema};
use keeps_memory::KeepsMemory;
use leaks::Leaks;
use panics::{Panics, ToolPanics};
use reader::PanicsAtOpen;
use slow::Slow;

/// Emits what comes in.
fn pass_on(context: &Context<'_>, inputs: Vec<Input>) -> Result<()> {
    inputs.into_iter().try_for_each(|input| context.emit(0, input.batch))
}

artemis_plugin_api::export_plugin! {
    id: "misbehaving",
    version: "0.1.0",
    vendor: "The artemis-host authors",
    licence: "Apache-2.0",
    description: "Components that misbehave, for tests.",
    readers: [PanicsAtOpen],
    algorithms: [Panics, Fails, OtherSchema, Slow, KeepsMemory, Leaks],
    tools: [ToolPanics],
}
