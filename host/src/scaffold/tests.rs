//! Projects of all languages and kinds, as text; `tests/vendor.sh` builds and runs them.

use super::*;

const LANGUAGES: [Language; 3] = [Language::Rust, Language::C, Language::Cpp];
const KINDS: [Kind; 3] = [Kind::Reader, Kind::Algorithm, Kind::Tool];

fn request(name: &str, language: Language, kind: Kind, directory: PathBuf) -> Request {
    Request { name: name.to_owned(), language, kind, directory, sdk: None }
}

#[test]
fn every_project_has_its_files_and_no_word_of_the_template_is_left() {
    let scratch = tempfile::tempdir().unwrap();
    for language in LANGUAGES {
        for kind in KINDS {
            let directory = scratch.path().join(format!("{language:?}-{kind}"));
            let project = create(&request("two-words", language, kind, directory.clone())).unwrap();
            assert!(project.component.starts_with("two-words/"), "{project:?}");
            assert!(project.library.ends_with("/libtwo_words.so"), "{project:?}");
            assert!(project.files.is_sorted() && project.files.len() >= 6, "{project:?}");
            for file in &project.files {
                let text = fs::read_to_string(directory.join(file)).unwrap();
                let is_word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
                let left = text.split('@').skip(1).step_by(2).find(|part| is_word(part));
                assert_eq!(left, None, "in {file} of {language:?} {kind}");
                for word in ["my-plugin", "my_plugin"] {
                    assert!(!text.contains(word), "{word} in {file} of {language:?} {kind}");
                }
            }
            assert!(project.files.contains(&"README.md".to_owned()), "{project:?}");
            let readme = fs::read_to_string(directory.join("README.md")).unwrap();
            for command in [project.build, project.test, "plugins check", &project.library] {
                assert!(readme.contains(command), "{command} in the README of {language:?} {kind}");
            }
        }
    }
}

#[test]
fn names_are_ids_of_plugins_and_names_of_packages() {
    for name in ["a", "my-reader", "x2-y3"] {
        assert!(check_name(name).is_ok(), "{name}");
    }
    let long = "a".repeat(NAME_MAX_BYTES + 1);
    for name in [
        "",
        "2x",
        "My-reader",
        "my_reader",
        "a--b",
        "-a",
        "a-",
        "a/b",
        "../a",
        "ä",
        "a b",
        "test",
        "fn",
        &long,
    ] {
        assert!(matches!(check_name(name), Err(ScaffoldError::Name { .. })), "{name}");
    }
}

#[test]
fn what_is_there_is_never_overwritten() {
    let scratch = tempfile::tempdir().unwrap();
    let directory = scratch.path().join("there");
    fs::create_dir(&directory).unwrap();
    let link = scratch.path().join("dangling");
    std::os::unix::fs::symlink("nowhere", &link).unwrap();
    let file = scratch.path().join("file");
    fs::write(&file, "mine").unwrap();
    for path in [&directory, &link, &file] {
        let error = create(&request("x", Language::Rust, Kind::Tool, path.clone())).unwrap_err();
        assert!(matches!(error, ScaffoldError::Exists { .. }), "{error}");
    }
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 0);
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn the_sdk_is_a_version_or_a_directory_that_is_one() {
    let scratch = tempfile::tempdir().unwrap();
    let cargo = |name: &str, sdk: Option<PathBuf>| {
        let directory = scratch.path().join(name);
        let project =
            create(&Request { sdk, ..request("x", Language::Rust, Kind::Tool, directory.clone()) })?;
        assert!(project.sdk.is_some());
        Ok::<_, ScaffoldError>(fs::read_to_string(directory.join("Cargo.toml")).unwrap())
    };
    let line = format!("artemis-plugin-api = \"{}\"\n", artemis_plugin_api::SDK);
    assert!(cargo("published", None).unwrap().contains(&line));

    let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("plugin-api");
    let text = cargo("checkout", Some(sdk.clone())).unwrap();
    assert!(text.contains(&format!("artemis-plugin-api = {{ path = \"{}\" }}", sdk.display())), "{text}");

    let error = cargo("wrong", Some(scratch.path().to_owned())).unwrap_err();
    assert!(matches!(error, ScaffoldError::Sdk { .. }), "{error}");
    assert!(!scratch.path().join("wrong").exists());
}
