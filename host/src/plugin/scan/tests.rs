//! Directories as users have them.

use super::super::elf::fixture::Library;
use super::*;

fn manifest(id: &str) -> String {
    format!("manifest = 1\nid = '{id}'\nversion = '1.0'\n[[component]]\nkind = 'tool'\nname = 't'\n")
}

fn layout(target_dir: Option<PathBuf>) -> Layout {
    Layout { profile: "debug".into(), target_dir }
}

/// Name and status of each entry, on one line.
fn listing(catalogue: &Catalogue) -> Vec<String> {
    let one = |entry: &Entry| {
        let name = entry.path.file_name().unwrap().to_string_lossy().into_owned();
        match &entry.status {
            Status::Available(plugin) => format!("{name}: {}", plugin.manifest.id),
            Status::Skipped { reason } => format!("{name}: skipped, {reason}"),
            Status::Refused { reason, .. } => format!("{name}: refused, {reason}"),
        }
    };
    catalogue.entries.iter().map(one).collect()
}

#[test]
fn every_file_has_an_entry_with_a_reason() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("plugins");
    fs::create_dir_all(dir.join("empty")).unwrap();
    fs::write(dir.join("a.so"), Library::new(&manifest("a")).bytes()).unwrap();
    fs::write(dir.join("b.so"), "no ELF").unwrap();
    fs::write(dir.join("c.so"), Library::new("manifest = 2").bytes()).unwrap();
    fs::write(dir.join("notes.txt"), "").unwrap();
    let missing = scratch.path().join("missing");
    let catalogue = scan_with(&[dir, missing], &layout(None), &Trust::default());
    let found = listing(&catalogue);
    assert_eq!(found[0], "a.so: a");
    assert_eq!(found[1], "b.so: refused, is not an ELF file");
    assert!(
        found[2].starts_with("c.so: refused, has a manifest that does not read: manifest:1:"),
        "{}",
        found[2]
    );
    assert_eq!(found[3], "empty: skipped, a folder without a plugin.toml");
    assert_eq!(found[4], "notes.txt: skipped, not a .so file");
    assert!(found[5].starts_with("missing: refused, cannot be read: "));
    assert!(catalogue.plugins().next().unwrap().path.is_absolute());
}

#[test]
fn a_folder_points_to_a_library_by_profile_and_target() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("plugins");
    for (profile, id) in [("target/debug", "debug"), ("target/release", "release"), ("other/debug", "other")]
    {
        let folder = scratch.path().join(profile);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("libp.so"), Library::new(&manifest(id)).bytes()).unwrap();
    }
    fs::create_dir_all(dir.join("p")).unwrap();
    let text = "target = '../../target'\nlibrary = '{target}/{profile}/libp.so'\n";
    fs::write(dir.join("p/plugin.toml"), text).unwrap();
    let release = Layout { profile: "release".into(), target_dir: None };
    let other = layout(Some(scratch.path().join("other")));
    for (layout, id) in [(layout(None), "debug"), (release, "release"), (other, "other")] {
        assert_eq!(
            listing(&scan_with(std::slice::from_ref(&dir), &layout, &Trust::default())),
            [format!("p: {id}")]
        );
    }
    let gone = layout(Some(scratch.path().join("gone")));
    assert!(
        listing(&scan_with(&[dir], &gone, &Trust::default()))[0].ends_with("libp.so, which is not there")
    );
}

#[test]
fn a_bad_pointer_says_what_is_wrong() {
    for (text, expected) in [
        (
            "library = 'x.so'\nlibary = 2\n",
            "f:2:1: unknown key `libary` in plugin.toml (did you mean `library`? allowed keys: library, target)",
        ),
        (
            "",
            "f:1:1: `library` is missing in plugin.toml (write library = \"{target}/{profile}/libmy_plugin.so\")",
        ),
        ("library = '{target}/x.so'", "f:1:11: `{target}` without a key `target` (write target = \"…\")"),
    ] {
        assert_eq!(point(text, "f", &layout(None)).unwrap_err().to_string(), expected);
    }
    assert_eq!(
        point("library = 'x/lib{profile}.so'", "f", &layout(None)).unwrap(),
        Path::new("x/libdebug.so")
    );
}

#[test]
fn a_library_reached_twice_counts_once() {
    let scratch = tempfile::tempdir().unwrap();
    fs::write(scratch.path().join("a.so"), Library::new(&manifest("a")).bytes()).unwrap();
    let dir = scratch.path().to_owned();
    let catalogue = scan_with(&[dir.clone(), dir], &layout(None), &Trust::default());
    assert_eq!(catalogue.plugins().count(), 1);
    assert!(listing(&catalogue)[1].starts_with("a.so: skipped, the same file as "));
}
