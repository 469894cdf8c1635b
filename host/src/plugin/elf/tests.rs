//! Good files, bad files, and files cut at every byte.

use super::fixture::{Library, manifest};
use super::*;

const TEXT: &str = "manifest = 1 # é";

#[test]
fn a_plugin_is_read_without_loading_it() {
    let mut library = Library::new(TEXT);
    library.symbols.push((ROOT_MODULE_SYMBOL.into(), 200));
    library.needed.push("libm.so.6".into());
    let plugin = inspect(library.bytes().as_slice()).unwrap();
    assert_eq!(
        plugin,
        ElfPlugin {
            abi: HOST_ABI,
            manifest_text: TEXT.into(),
            root_module: true,
            dynamic: Dynamic { needed: vec!["libc.so.6".into(), "libm.so.6".into()], ..Dynamic::default() },
        }
    );
    assert!(!inspect(Library::new(TEXT).bytes().as_slice()).unwrap().root_module);
}

#[test]
fn a_newer_minor_revision_is_taken() {
    let mut library = Library::new(TEXT);
    library.manifest = manifest(1, 7, TEXT.len() as u64, TEXT.as_bytes());
    assert_eq!(inspect(library.bytes().as_slice()).unwrap().abi.minor, 7);
}

#[test]
fn every_refusal_says_why() {
    let check = |change: &dyn Fn(&mut Library), expected: &str| {
        let mut library = Library::new(TEXT);
        change(&mut library);
        let error = inspect(library.bytes().as_slice()).unwrap_err();
        assert_eq!(error.to_string(), expected.replace("HOST", std::env::consts::ARCH));
        assert!(!error.remedy().is_empty());
    };
    check(&|l| l.machine = 243, "is built for riscv64, this host runs on HOST");
    check(&|l| l.machine = 999, "is built for ELF machine 999, this host runs on HOST");
    check(&|l| l.class = 1, "is built for 32-bit HOST, this host runs on HOST");
    check(&|l| l.kind = 2, "is an ELF file but not a shared library");
    check(&|l| drop(l.symbols.remove(1)), "has no symbol `artemis_manifest_v1`");
    check(&|l| l.symbols[1].1 = 0, "has no symbol `artemis_manifest_v1`");
    check(&|l| drop(l.symbols.remove(2)), "has a manifest but no function `artemis_plugin_v1`");
    check(
        &|l| l.manifest[0] = b'a',
        "has a symbol `artemis_manifest_v1` that does not begin with the manifest's magic bytes",
    );
    check(&|l| l.manifest = manifest(2, 0, 0, b""), "is built for plugin ABI 2.0, this host speaks 1.0");
    check(&|l| l.manifest = manifest(0, 9, 0, b""), "is built for plugin ABI 0.9, this host speaks 1.0");
    check(
        &|l| l.manifest = manifest(1, 0, (1 << 20) + 1, b""),
        "has a manifest of 1048577 bytes; at most 1048576 are allowed",
    );
    check(
        &|l| l.manifest = manifest(1, 0, 1 << 20, b""),
        "is cut short or damaged: the manifest lies outside the file",
    );
    check(&|l| l.manifest = manifest(1, 0, 1, b"\xff"), "has a manifest that is not UTF-8");
    check(
        &|l| l.symbols[1].1 = usize::MAX >> 1,
        "is cut short or damaged: the manifest lies outside the file",
    );
    for bytes in [&b""[..], b"#!/bin/sh\n", b"\x7fEL", b"INPUT(libfoo.so.1) and some more text"] {
        assert!(matches!(inspect(bytes), Err(ElfError::NotElf)));
    }
}

#[test]
fn the_abi_refusal_names_who_must_act() {
    let remedy = |major| ElfError::AbiMajor { plugin: AbiVersion { major, minor: 0 } }.remedy();
    assert!(remedy(2).contains("newer host"));
    assert!(remedy(0).contains("author has to build"));
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let bytes = Library::new(TEXT).bytes();
    for length in 0..bytes.len() {
        assert!(inspect(&bytes[..length]).is_err(), "{length}");
    }
}

#[test]
fn the_name_of_the_root_module_is_that_of_abi_stable() {
    assert_eq!(ROOT_MODULE_SYMBOL, abi_stable::library::ROOT_MODULE_LOADER_NAME);
}

proptest::proptest! {
    #[test]
    fn changed_bytes_never_panic(changes in proptest::collection::vec((0usize..1000, 0u8..), 1..6)) {
        let mut bytes = Library::new(TEXT).bytes();
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        let _ = inspect(bytes.as_slice());
    }
}
