//! The file, its manifest and its entry.
#![allow(unsafe_code)]

use super::{ALGORITHMS, Case, Level, component, file};
use crate::plugin::conformance::batches::TYPE_NAMES;
use crate::plugin::conformance::desk::counting_host;
use crate::plugin::conformance::driver::FileUnderTest;
use crate::plugin::conformance::subject::Subject;
use crate::plugin::conformance::{Checked, Stop, ensure, failed};
use crate::plugin::library::{Table, open};
use crate::plugin::manifest::ComponentKind;
use artemis_plugin_api::abi::artemis_host;

pub(super) const CASES: &[Case] = &[
    file(
        "manifest-readable",
        Level::Load,
        "The manifest is read from the file, without loading it, by a host of the same ABI.",
        |_| Ok(()),
    ),
    file(
        "library-loads",
        Level::Load,
        "The library loads with all libraries that it needs, and its entry gives complete tables.",
        |file| file.tables().map(drop),
    ),
    file(
        "manifest-described",
        Level::Load,
        "The manifest tells vendor, licence, description, and one line for every component and property.",
        described,
    ),
    file(
        "manifest-known-keys",
        Level::Load,
        "The manifest has no key that is misspelt or unknown.",
        |file| match file.manifest.unknown_keys.first() {
            Some(key) => Err(failed(format!("this host does not know the key {key}"))),
            None => Ok(()),
        },
    ),
    file(
        "accepts-known-types",
        Level::Load,
        "Every type that a component accepts has the name of an Arrow type, or is `*`.",
        accepts,
    ),
    file(
        "exports-match-manifest",
        Level::Load,
        "The library exports the components of its manifest, each as its kind, and no others.",
        exports,
    ),
    file(
        "entry-repeatable",
        Level::Load,
        "The entry may be called again and gives the same tables.",
        entry_again,
    ),
    file(
        "host-newer",
        Level::Load,
        "The entry takes a host of a later minor revision, whose table is longer.",
        newer_host,
    ),
    component(
        "partial-functions-complete",
        Level::Load,
        ALGORITHMS,
        "An algorithm has all six functions of partials or none, and a promise in its manifest just then.",
        partial_functions,
    ),
];

fn described(file: &FileUnderTest) -> Checked {
    let manifest = &file.manifest;
    for (what, text) in
        [("vendor", &manifest.vendor), ("licence", &manifest.licence), ("description", &manifest.description)]
    {
        ensure(!text.trim().is_empty(), || format!("there is no {what}"))?;
    }
    for spec in &manifest.components {
        ensure(!spec.doc.trim().is_empty(), || format!("component `{}` has no doc", spec.name))?;
        for property in &spec.properties {
            ensure(!property.doc.trim().is_empty(), || {
                format!("property `{}` of `{}` has no doc", property.name, spec.name)
            })?;
        }
    }
    Ok(())
}

fn accepts(file: &FileUnderTest) -> Checked {
    for spec in &file.manifest.components {
        for name in &spec.accepts {
            ensure(TYPE_NAMES.iter().any(|known| known.eq_ignore_ascii_case(name)), || {
                format!("component `{}` accepts `{name}`, which is no Arrow type", spec.name)
            })?;
        }
    }
    Ok(())
}

fn exports(file: &FileUnderTest) -> Checked {
    let tables = file.tables()?;
    for spec in &file.manifest.components {
        let kind = match tables.get(&spec.name) {
            Some(Table::Reader(_)) => ComponentKind::Reader,
            Some(Table::Algorithm(_)) => ComponentKind::Algorithm,
            Some(Table::Tool(_)) => ComponentKind::Tool,
            None => return Err(failed(format!("component `{}` is not exported", spec.name))),
        };
        ensure(kind == spec.kind, || {
            format!("component `{}` is exported as {kind}, the manifest says {}", spec.name, spec.kind)
        })?;
    }
    match tables.keys().find(|name| file.manifest.component(name).is_none()) {
        Some(name) => Err(failed(format!("component `{name}` is exported but not in the manifest"))),
        None => Ok(()),
    }
}

fn address(table: &Table) -> usize {
    match table {
        Table::Reader(table) => std::ptr::from_ref(*table) as usize,
        Table::Algorithm(table) => std::ptr::from_ref(*table) as usize,
        Table::Tool(table) => std::ptr::from_ref(*table) as usize,
    }
}

fn entry_again(file: &FileUnderTest) -> Checked {
    let first = file.tables()?;
    let again = file.tables().map_err(|stop| match stop {
        Stop::Failed(text) => failed(format!("the second time: {text}")),
        other => other,
    })?;
    let same = first.len() == again.len()
        && first.iter().all(|(name, table)| again.get(name).is_some_and(|t| address(t) == address(table)));
    ensure(same, || "the second call gave other tables".into())
}

/// A table that is longer than this host's.
#[repr(C)]
struct LaterHost {
    known: artemis_host,
    appended: [usize; 8],
}

fn newer_host(file: &FileUnderTest) -> Checked {
    let mut known = *counting_host();
    known.struct_size = size_of::<LaterHost>() as u64;
    known.abi_minor += 99;
    // The plugin may keep it as long as the process lives.
    let later: &'static LaterHost = Box::leak(Box::new(LaterHost { known, appended: [0; 8] }));
    open(&file.path, std::ptr::from_ref(later).cast()).map(drop).map_err(failed)
}

fn partial_functions(subject: &Subject) -> Checked {
    let Table::Algorithm(table) = subject.table else { return Err(failed("this is no algorithm")) };
    let there = [
        ("new_partial", table.new_partial.is_some()),
        ("release_partial", table.release_partial.is_some()),
        ("merge_partials", table.merge_partials.is_some()),
        ("save_partial", table.save_partial.is_some()),
        ("load_partial", table.load_partial.is_some()),
        ("partial_bytes", table.partial_bytes.is_some()),
    ];
    let promised = subject.spec.partial != crate::plugin::manifest::PartialPromise::None;
    let missing = there.iter().find(|(_, is_there)| *is_there != promised);
    match (missing, promised) {
        (Some((name, _)), true) => Err(failed(format!("the manifest promises partials, but {name} is null"))),
        (Some((name, _)), false) => {
            Err(failed(format!("the manifest promises no partials, but there is {name}")))
        }
        (None, _) => Ok(()),
    }
}
