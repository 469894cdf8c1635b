//! Recipes: what a dataset is made of, and so what it is called.

use artemis_proto::{FORMAT_VERSION, cronus, host};
use prost::Message;
use uuid::Uuid;

use crate::store::{Algorithm, ContentId};

/// All that decides the bytes of a dataset, and nothing else: no place, no clock, no worker, no limit.
///
/// Equal recipes have equal ids, in every store that names data by the same hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// Id of the [canonical menu](canonical_menu).
    pub menu: ContentId,
    /// Id of the [canonical configuration](canonical_config).
    pub config: ContentId,
    /// Ids of the inputs, in order.
    pub inputs: Vec<ContentId>,
    /// The files that properties name, as (`component.property`, id), in any order.
    pub path_inputs: Vec<(String, ContentId)>,
    /// The plugins used, in any order.
    pub plugins: Vec<RecipePlugin>,
    /// Raised by the host when its output bytes may change.
    pub output_revision: u32,
    /// The job's id if a plugin is not deterministic.
    pub job_salt: Option<Uuid>,
    /// Secrets by reference, in any order.
    pub secrets: Vec<RecipeSecret>,
    /// Inputs that were left out, as `index:content id` or `index:unreadable`, in order.
    pub left_out: Vec<String>,
    /// Names of the inputs in order, where the output holds them.
    pub input_names: Vec<String>,
}

/// A plugin as far as it decides the output.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecipePlugin {
    /// The plugin's id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its library file, in hex.
    pub sha256: String,
}

/// A secret as far as it decides the output: never its value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecipeSecret {
    /// `component.property`.
    pub property: String,
    /// Where the value comes from, such as `env:NAME`.
    pub reference: String,
    /// Which version of the value.
    pub version: String,
}

impl Recipe {
    /// The recipe as it is stored and hashed.
    pub fn to_message(&self) -> host::Recipe {
        let format_version = FORMAT_VERSION;
        let mut path_inputs = self.path_inputs.clone();
        path_inputs.sort();
        let mut plugins = self.plugins.clone();
        plugins.sort();
        let mut secrets = self.secrets.clone();
        secrets.sort();
        host::Recipe {
            format_version,
            menu: self.menu.to_string(),
            config: self.config.to_string(),
            inputs: self.inputs.iter().map(ToString::to_string).collect(),
            path_inputs: path_inputs
                .into_iter()
                .map(|(property, id)| host::PathInput {
                    format_version,
                    property,
                    content_id: id.to_string(),
                })
                .collect(),
            plugins: plugins
                .into_iter()
                .map(|p| host::RecipePlugin {
                    format_version,
                    id: p.id,
                    version: p.version,
                    sha256: p.sha256,
                })
                .collect(),
            output_revision: self.output_revision,
            left_out: self.left_out.clone(),
            input_names: self.input_names.clone(),
            job_salt: self.job_salt.map(|salt| salt.to_string()).unwrap_or_default(),
            secrets: secrets
                .into_iter()
                .map(|s| host::SecretRef {
                    format_version,
                    property: s.property,
                    reference: s.reference,
                    version: s.version,
                })
                .collect(),
        }
    }

    /// The id of the dataset that this recipe makes, by the hash that the store names data by.
    pub fn dataset_id(&self, data: Algorithm) -> ContentId {
        ContentId::of(data, &self.to_message().encode_to_vec())
    }
}

/// The menu without its uuid.
pub fn canonical_menu(menu: &cronus::Menu) -> cronus::Menu {
    cronus::Menu { uuid: String::new(), ..menu.clone() }
}

/// The configuration without its uuid, its memory limit and the places of its inputs. The values of the
/// named properties, as (name of the module, name of the property), go too: paths, whose files stand in
/// the recipe by content, and whatever else says where or how fast, not what.
pub fn canonical_config(config: &cronus::Configuration, placed: &[(&str, &str)]) -> cronus::Configuration {
    let mut config = config.clone();
    config.uuid.clear();
    config.max_malloc_size_bytes = 0;
    if let Some(atom) = config.input.as_mut().and_then(|input| input.atom.as_mut()) {
        atom.repo.clear();
        atom.glob.clear();
    }
    let generator = config.input.as_mut().and_then(|i| i.generator.as_mut()).and_then(|g| g.config.as_mut());
    let named = config.tools.iter_mut().map(|(name, module)| (name.clone(), module));
    let listed = config.algos.iter_mut().chain(generator).map(|module| (module.name.clone(), module));
    for (name, module) in named.chain(listed) {
        for property in module.properties.iter_mut().flat_map(|p| &mut p.property) {
            if placed.contains(&(name.as_str(), property.name.as_str())) {
                property.value.clear();
            }
        }
    }
    config
}

/// The id of a canonical menu or configuration, as it stands in a recipe.
pub fn canonical_id(data: Algorithm, message: &impl Message) -> ContentId {
    ContentId::of(data, &message.encode_to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> ContentId {
        ContentId::of(Algorithm::Blake3, text.as_bytes())
    }

    fn plugin(name: &str) -> RecipePlugin {
        RecipePlugin { id: name.into(), version: "0.1.0".into(), sha256: "ab".into() }
    }

    fn recipe() -> Recipe {
        Recipe {
            menu: id("menu"),
            config: id("config"),
            inputs: vec![id("one"), id("two")],
            path_inputs: vec![("b.path".into(), id("b")), ("a.path".into(), id("a"))],
            plugins: vec![plugin("csv-reader"), plugin("relational")],
            output_revision: 1,
            job_salt: None,
            secrets: Vec::new(),
            left_out: vec![],
            input_names: vec![],
        }
    }

    #[test]
    fn the_id_depends_on_everything_in_the_recipe_but_not_on_the_order_of_sets() {
        let base = recipe().dataset_id(Algorithm::Blake3);
        let mut same = recipe();
        same.plugins.reverse();
        same.path_inputs.reverse();
        assert_eq!(same.dataset_id(Algorithm::Blake3), base);

        let changes: [fn(&mut Recipe); 8] = [
            |r| r.menu = id("other"),
            |r| r.config = id("other"),
            |r| r.inputs.reverse(),
            |r| r.path_inputs[0].1 = id("other"),
            |r| r.plugins[0].sha256 = "cd".into(),
            |r| r.output_revision = 2,
            |r| r.job_salt = Some(Uuid::nil()),
            |r| r.inputs.clear(),
        ];
        for (i, change) in changes.iter().enumerate() {
            let mut other = recipe();
            change(&mut other);
            assert_ne!(other.dataset_id(Algorithm::Blake3), base, "change {i}");
        }
    }

    #[test]
    fn places_and_limits_are_no_part_of_a_canonical_configuration() {
        let property = |name: &str, value: &str| cronus::Property {
            name: name.into(),
            r#type: "str".into(),
            value: value.into(),
        };
        let config = |place: &str, limit: u64| cronus::Configuration {
            name: "flights".into(),
            uuid: place.into(),
            max_malloc_size_bytes: limit,
            algos: vec![cronus::Module {
                name: "csv".into(),
                properties: Some(cronus::Properties {
                    property: vec![property("codes", place), property("delimiter", ",")],
                }),
                ..Default::default()
            }],
            input: Some(cronus::Input {
                atom: Some(cronus::AtomInput {
                    repo: place.into(),
                    glob: place.into(),
                    ..Default::default()
                }),
                generator: None,
            }),
            ..Default::default()
        };
        let placed = [("csv", "codes")];
        let canonical = canonical_config(&config("here", 1), &placed);
        assert_eq!(canonical, canonical_config(&config("there", 2), &placed));
        assert_eq!(canonical.algos[0].properties.as_ref().unwrap().property[1].value, ",");
        assert_ne!(canonical, canonical_config(&config("here", 1), &[]));
    }
}
