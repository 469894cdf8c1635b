//! The plugins that were found, and the components that job files can name.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;

use super::cache::PrivateCopy;
use super::elf::AbiVersion;
use super::manifest::{ComponentSpec, Manifest};
use super::version;
use crate::menu::{ComponentRef, suggest};

/// Everything that the plugin directories hold.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Catalogue {
    /// One per file or folder, in the order of the directories and of the names in them.
    pub entries: Vec<Entry>,
}

/// A file or folder of a plugin directory.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Where it is.
    pub path: PathBuf,
    /// What it is.
    pub status: Status,
}

impl Entry {
    /// Why it was refused, with its path.
    fn refusal(&self) -> Option<String> {
        match &self.status {
            Status::Refused { reason, .. } => Some(format!("{} {reason}", self.path.display())),
            _ => None,
        }
    }
}

/// What a file of a plugin directory is.
#[derive(Debug, Clone, PartialEq)]
pub enum Status {
    /// A plugin that can be named in job files.
    Available(Box<PluginFile>),
    /// Not meant to be a plugin.
    Skipped {
        /// Why.
        reason: String,
    },
    /// Meant to be one, but not usable.
    Refused {
        /// Why; reads on after the file's name.
        reason: String,
        /// What to do about it, and who.
        remedy: String,
    },
}

/// A plugin that can be named in job files.
#[derive(Debug, Clone, PartialEq)]
pub struct PluginFile {
    /// The library, absolute, symbolic links resolved.
    pub path: PathBuf,
    /// What it says of itself.
    pub manifest: Manifest,
    /// The ABI it was built for; its major version is the host's.
    pub abi: AbiVersion,
    /// Whether it exports an `abi_stable` root module.
    pub root_module: bool,
    /// The libraries that it needs.
    pub needed: Vec<String>,
    /// The SHA-256 that its file must have, in hex, if a lock pins it.
    pub pin: Option<String>,
    /// What was hashed and will be loaded: made at first use, so that a job's record and its code are one file.
    pub copy: OnceLock<PrivateCopy>,
}

/// A component that is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct UnknownComponent {
    /// What was not found.
    pub message: String,
    /// What there is instead.
    pub help: Option<String>,
}

impl Catalogue {
    /// Makes a catalogue; of two libraries with the same id and version both are refused, and a library that is
    /// there twice under different names counts once.
    pub fn new(mut entries: Vec<Entry>) -> Catalogue {
        let mut seen: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
        let mut paths: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
        for (index, entry) in entries.iter_mut().enumerate() {
            let Status::Available(plugin) = &entry.status else { continue };
            if let Some(first) = paths.get(&plugin.path) {
                entry.status = Status::Skipped { reason: format!("the same file as {}", first.display()) };
                continue;
            }
            paths.insert(plugin.path.clone(), entry.path.clone());
            let key = (plugin.manifest.id.clone(), plugin.manifest.version.clone());
            seen.entry(key).or_default().push(index);
        }
        for ((id, version), indexes) in seen.into_iter().filter(|(_, indexes)| indexes.len() > 1) {
            let found: Vec<String> =
                indexes.iter().map(|index| entries[*index].path.display().to_string()).collect();
            for index in indexes {
                entries[index].status = Status::Refused {
                    reason: format!(
                        "is plugin {id} {version}, which is there {} times: {}",
                        found.len(),
                        found.join(", ")
                    ),
                    remedy: "keep one of these files, or give one another version".into(),
                };
            }
        }
        Catalogue { entries }
    }

    /// The plugins that can be used, in the order of the directories.
    pub fn plugins(&self) -> impl Iterator<Item = &PluginFile> + Clone {
        self.entries.iter().filter_map(|entry| match &entry.status {
            Status::Available(plugin) => Some(plugin.as_ref()),
            _ => None,
        })
    }

    /// Finds `id/name` or `id@version/name`. A version pins by its first parts: `1.2` takes 1.2.7; of all that fit,
    /// and without one, the highest version is taken.
    ///
    /// # Errors
    /// If the text is not such a name, or there is no such plugin, version or component.
    pub fn component(&self, name: &str) -> Result<(&PluginFile, &ComponentSpec), UnknownComponent> {
        match name.parse() {
            Ok(name) => self.resolve(&name),
            Err(_) => {
                let message = format!("`{name}` does not name a component");
                let help = match self
                    .all_components()
                    .iter()
                    .find(|full| full.split_once('/').is_some_and(|(_, c)| c == name))
                {
                    Some(full) => format!("did you mean `{full}`?"),
                    None => "write plugin/component, or plugin@version/component".to_owned(),
                };
                Err(UnknownComponent { message, help: Some(help) })
            }
        }
    }

    /// As [`Catalogue::component`], for a name that is already taken apart.
    ///
    /// # Errors
    /// If there is no such plugin, version or component.
    pub fn resolve(&self, name: &ComponentRef) -> Result<(&PluginFile, &ComponentSpec), UnknownComponent> {
        let of_id: Vec<&PluginFile> =
            self.plugins().filter(|plugin| plugin.manifest.id == name.plugin).collect();
        if of_id.is_empty() {
            let message = format!("there is no plugin `{}`", name.plugin);
            return Err(UnknownComponent { message, help: Some(self.help_for_plugin(name)) });
        }
        let fits = |plugin: &&&PluginFile| {
            name.version.as_deref().is_none_or(|pin| version::pinned(&plugin.manifest.version, pin))
        };
        let newest = of_id
            .iter()
            .filter(fits)
            .max_by(|a, b| version::compare(&a.manifest.version, &b.manifest.version));
        let Some(plugin) = newest else {
            let versions: Vec<&str> = of_id.iter().map(|plugin| plugin.manifest.version.as_str()).collect();
            let pin = name.version.as_deref().unwrap_or_default();
            let message = format!("there is no version {pin} of plugin `{}`", name.plugin);
            return Err(UnknownComponent {
                message,
                help: Some(format!("versions: {}", versions.join(", "))),
            });
        };
        plugin.manifest.component(&name.name).map(|component| (*plugin, component)).ok_or_else(|| {
            let names = plugin.manifest.components.iter().map(|component| component.name.as_str());
            let version = &plugin.manifest.version;
            let message = format!("plugin `{}` {version} has no component `{}`", name.plugin, name.name);
            UnknownComponent { message, help: suggest::help(&name.name, names, "components") }
        })
    }

    fn help_for_plugin(&self, name: &ComponentRef) -> String {
        let all = self.all_components();
        let wanted = format!("{}/{}", name.plugin, name.name);
        let mut help =
            suggest::help(&wanted, all.iter().map(String::as_str), "components").unwrap_or_default();
        let mut refused: Vec<String> = self.entries.iter().filter_map(Entry::refusal).collect();
        // The one that is most likely the wanted one is told first: it names the id, or its file does.
        let (id, file) = (name.plugin.as_str(), name.plugin.replace('-', "_"));
        refused.sort_by_key(|text| !(text.contains(id) || text.contains(&file)));
        if let [only] = refused.as_slice() {
            help += &format!("; a file was refused: {only}");
        } else if let Some(first) = refused.first() {
            help += &format!("; {} files were refused, `plugins list` says why: {first}, …", refused.len());
        }
        help.trim_start_matches("; ").to_owned()
    }

    fn all_components(&self) -> Vec<String> {
        let mut all: Vec<String> = self
            .plugins()
            .flat_map(|plugin| {
                plugin
                    .manifest
                    .components
                    .iter()
                    .map(|component| format!("{}/{}", plugin.manifest.id, component.name))
            })
            .collect();
        all.sort();
        all.dedup();
        all
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::plugin::elf::HOST_ABI;

    /// A catalogue of manifests, each as if it lay in a file of its own.
    pub(crate) fn catalogue(manifests: &[&str]) -> Catalogue {
        let entry = |(index, text): (usize, &&str)| {
            let path = PathBuf::from(format!("plugins/{index}.so"));
            let manifest = Manifest::parse(text).unwrap();
            let file = PluginFile {
                path: path.clone(),
                manifest,
                abi: HOST_ABI,
                root_module: false,
                needed: vec![],
                pin: None,
                copy: OnceLock::new(),
            };
            Entry { path, status: Status::Available(Box::new(file)) }
        };
        Catalogue::new(manifests.iter().enumerate().map(entry).collect())
    }

    fn manifest(id: &str, version: &str, component: &str) -> String {
        format!(
            "manifest = 1\nid = '{id}'\nversion = '{version}'\n[[component]]\nkind = 'tool'\nname = '{component}'\n"
        )
    }

    #[test]
    fn the_highest_version_that_fits_is_taken() {
        let texts = [("a", "1.9.0", "x"), ("a", "1.10.0", "x"), ("a", "2.0", "y"), ("b", "0.1", "z")]
            .map(|(id, version, component)| manifest(id, version, component));
        let catalogue = catalogue(&texts.each_ref().map(String::as_str));
        for (name, expected) in [
            ("a@1/x", Ok("1.10.0")),
            ("a@1.9/x", Ok("1.9.0")),
            ("a/y", Ok("2.0")),
            ("b/z", Ok("0.1")),
            ("a/x", Err("plugin `a` 2.0 has no component `x` (components: y)")),
            ("a@3/x", Err("there is no version 3 of plugin `a` (versions: 1.9.0, 1.10.0, 2.0)")),
            ("c/x", Err("there is no plugin `c` (did you mean `a/x`? components: a/x, a/y, b/z)")),
            ("z", Err("`z` does not name a component (did you mean `b/z`?)")),
            ("", Err("`` does not name a component (write plugin/component, or plugin@version/component)")),
        ] {
            let found = catalogue.component(name);
            let found = found.map(|(plugin, _)| plugin.manifest.version.as_str());
            let found =
                found.map_err(|error| format!("{error} ({})", error.help.clone().unwrap_or_default()));
            assert_eq!(found, expected.map_err(str::to_owned), "{name}");
        }
    }

    #[test]
    fn the_same_id_and_version_twice_is_refused_with_both_paths() {
        let text = manifest("a", "1.0", "x");
        let catalogue = catalogue(&[&text, &text]);
        assert_eq!(catalogue.plugins().count(), 0);
        for entry in &catalogue.entries {
            let Status::Refused { reason, .. } = &entry.status else { panic!("{entry:?}") };
            assert_eq!(reason, "is plugin a 1.0, which is there 2 times: plugins/0.so, plugins/1.so");
        }
    }
}
