//! What a dataset is made of, beside its inputs: menu, configuration, plugins, files named by properties.

use super::attempt::file_name;
use super::change::PluginChange;
use super::{ErrorKind, JobError};
use crate::catalog::recipe::{self, RecipePlugin, RecipeSecret};
use crate::catalog::{Catalog, ObjectKind, ObjectRef, Recipe};
use crate::menu::{ComponentConfig, Job, OnBadInput, OnMismatch, Value, compile, compile_recipe};
use crate::plugin::catalogue::{Catalogue, PluginFile};
use crate::plugin::manifest::PropertyType;
use crate::store::ContentId;
use artemis_proto::FORMAT_VERSION;
use artemis_proto::host::PluginUsed;
use std::collections::BTreeMap;
use std::path::Path;
use uuid::Uuid;

/// Raised when the bytes of a dataset may change with the same recipe.
pub const OUTPUT_REVISION: u32 = 1;

/// The parts of a job's recipe that are known before its inputs.
pub struct Identity {
    /// Stored menu, configuration, and files named by properties.
    pub objects: Vec<ObjectRef>,
    /// Id of the stored menu.
    pub menu: ContentId,
    /// Id of the stored configuration.
    pub config: ContentId,
    /// The plugins, for the job's record.
    pub plugins: Vec<PluginUsed>,
    /// Plugins that are not the files that the stored menu ran with.
    pub changes: Vec<PluginChange>,
    recipe: Recipe,
}

impl Identity {
    /// Hashes and stores what the job is made of.
    ///
    /// # Errors
    /// When a file cannot be read or the store fails.
    pub fn new(job: &Job, plugins: &Catalogue, catalog: &Catalog) -> Result<Self, JobError> {
        let (menu, config) = compile(job);
        let (menu, config) = (catalog.put_menu(&menu)?, catalog.put_config(&config)?);
        let used = used_plugins(job, plugins)?;
        let (mut objects, mut path_inputs) = (vec![menu.clone(), config.clone()], Vec::new());
        let mut secrets = Vec::new();
        for component in components(job) {
            for (name, value) in &component.properties {
                let property = format!("{}.{name}", component.name);
                match (component.types.get(name), value) {
                    (Some(PropertyType::Path), Value::Str(path)) if !path.is_empty() => {
                        let bytes = std::fs::read(path).map_err(|e| {
                            JobError::new(ErrorKind::Usage, format!("cannot read {path} (`{property}`): {e}"))
                        })?;
                        let object = catalog.put(ObjectKind::PathInput, &property, &bytes)?;
                        path_inputs.push((property, object.id));
                        objects.push(object);
                    }
                    (_, Value::Str(text)) if component.secrets.contains(name) => {
                        let (reference, version) = (text.clone(), String::new());
                        secrets.push(RecipeSecret { property, reference, version });
                    }
                    _ => {}
                }
            }
        }
        let data = catalog.identity().data;
        let (recipe_menu, recipe_config) = compile_recipe(job);
        let is_deterministic = used.iter().all(|plugin| plugin.deterministic);
        let recipe = Recipe {
            menu: recipe::canonical_id(data, &recipe_menu),
            config: recipe::canonical_id(data, &recipe_config),
            inputs: Vec::new(),
            path_inputs,
            plugins: used
                .iter()
                .map(|plugin| RecipePlugin {
                    id: plugin.id.clone(),
                    version: plugin.version.clone(),
                    sha256: plugin.sha256.clone(),
                })
                .collect(),
            output_revision: OUTPUT_REVISION,
            job_salt: (!is_deterministic).then(Uuid::now_v7),
            secrets,
            left_out: Vec::new(),
            input_names: Vec::new(),
        };
        Ok(Self { objects, menu: menu.id, config: config.id, plugins: used, changes: Vec::new(), recipe })
    }

    /// The recipe over inputs, in order, and what says of those that were left out.
    pub fn recipe(&self, job: &Job, inputs: Vec<ContentId>, left_out: Vec<String>) -> Recipe {
        // Where rows carry the name of their input, the name is part of the output.
        let holds_names = job.input.provenance
            || job.input.on_mismatch == OnMismatch::Quarantine
            || job.input.on_bad_input == OnBadInput::Quarantine;
        let input_names = match holds_names {
            true => job.input.files.iter().map(|path| file_name(path)).collect(),
            false => Vec::new(),
        };
        Recipe { inputs, left_out, input_names, ..self.recipe.clone() }
    }
}

/// All configured components.
fn components(job: &Job) -> impl Iterator<Item = &ComponentConfig> {
    job.tools.values().chain(job.algorithms.values())
}

/// The plugins that the job names, each once, with the hash of its file.
pub(super) fn used_plugins(job: &Job, plugins: &Catalogue) -> Result<Vec<PluginUsed>, JobError> {
    let mut used: BTreeMap<&Path, &PluginFile> = BTreeMap::new();
    for component in components(job) {
        let (file, _) = plugins
            .resolve(&component.component)
            .map_err(|unknown| JobError::new(ErrorKind::Usage, unknown.message))?;
        used.insert(&file.path, file);
    }
    used.into_values().map(plugin_used).collect()
}

fn plugin_used(file: &PluginFile) -> Result<PluginUsed, JobError> {
    // The hash of what will be loaded, not of what lies there by then.
    let copy = file.private_copy()?;
    let manifest = &file.manifest;
    Ok(PluginUsed {
        format_version: FORMAT_VERSION,
        id: manifest.id.clone(),
        version: manifest.version.clone(),
        sha256: copy.sha256.clone(),
        compiler: manifest.compiler.clone().unwrap_or_default(),
        arrow_version: manifest.arrow.clone().unwrap_or_default(),
        vendor: manifest.vendor.clone(),
        licence: manifest.licence.clone(),
        sdk: manifest.sdk.clone().unwrap_or_default(),
        deterministic: manifest.deterministic,
    })
}
