//! The C header: made from the Rust tables, the same bytes as the one that is checked in, and right for C and C++.

use ::artemis_host::catalog::{Catalog, ObjectKind};
use ::artemis_host::store::{LocalOptions, LocalStore};
use artemis_plugin_api::abi::*;
use artemis_proto::artemis::JobInfo;
use artemis_tests::{Scratch, header, ran, root};
use std::mem::{offset_of, size_of};
use std::process::Command;
use std::sync::Arc;

/// Compiles a file without a warning.
fn compile(scratch: &Scratch, compiler: &str, args: &[&str], source: &str) {
    let include = root().join("plugin-api/include");
    let mut command = Command::new(compiler);
    command
        .current_dir(scratch.path(""))
        .args(["-Wall", "-Wextra", "-Werror", "-pedantic", "-I"])
        .arg(include);
    ran(command.args(args).arg(source).output().expect("the compiler runs")).expect(0);
}

#[test]
fn the_checked_in_header_is_the_one_that_the_tables_make() {
    let checked_in = std::fs::read_to_string(root().join("plugin-api/include/artemis_plugin.h")).unwrap();
    let same = checked_in == header::generate();
    assert!(same, "make it anew: cargo run -p artemis-tests --example header");
    assert!(checked_in.lines().count() < 500, "{} lines", checked_in.lines().count());
}

/// Assertions for the compiler: every size and offset of the structs that are named.
macro_rules! layouts {
    ($($name:ident { $($field:ident),* $(,)? })*) => {
        vec![$((
            stringify!($name),
            size_of::<$name>(),
            vec![$((stringify!($field), offset_of!($name, $field))),*],
        )),*]
    };
}

/// Name and size of a struct, names and offsets of its fields.
type Layout = (&'static str, usize, Vec<(&'static str, usize)>);

fn layouts() -> Vec<Layout> {
    layouts! {
        artemis_str { data, len }
        artemis_error { struct_size, status, reserved, record, offset, column, text }
        artemis_value { kind, reserved, integer, number, text, items, keys, count }
        artemis_histogram { struct_size, name, title, axis_name, axis, bins, lower, upper, edges, edge_count }
        artemis_reject { struct_size, record, offset, column, reason, raw, raw_record }
        artemis_chunk { struct_size, data, len, handle }
        artemis_framing {
            struct_size, kind, unit_bytes, delimiter, quote, escape, comment, terminator, header_records,
            footer_records, prefix, record_bytes, header_bytes, footer_bytes,
        }
        artemis_context {
            struct_size, host, handle, job, node, component, datum_index, datum_name, datum_content_id, chunk_index,
            block_index, byte_offset, first_record, flags,
        }
        artemis_host {
            struct_size, abi_major, abi_minor, log, property, book_histogram, fill, book_timer, record_timer, count,
            annotate, open_tool, call_tool, emit, reject, progress, cancelled, allocate, deallocate, plugin_dir,
            open_input, keep_chunk, release_chunk,
        }
        artemis_plugin { struct_size, abi_minor, reserved, components, component_count }
        artemis_component { struct_size, kind, reserved, name, reader, algorithm, tool }
        artemis_reader {
            struct_size, configure, release, framing, open_datum, close_datum, sample, merge_samples, release_sample,
            schema, initialize, new_instance, release_instance, execute,
        }
        artemis_input { parent, array }
        artemis_algorithm {
            struct_size, configure, release, initialize, book, new_instance, release_instance, new_partial,
            release_partial, merge_partials, save_partial, load_partial, partial_bytes, execute, finalize, abort,
        }
        artemis_tool { struct_size, configure, release, initialize, release_place, execute }
    }
}

#[test]
fn c_and_cpp_see_the_same_sizes_and_offsets_as_rust() {
    let scratch = Scratch::new();
    let mut text = String::from(
        "#include \"artemis_plugin.h\"\n#ifdef __cplusplus\n#define _Static_assert static_assert\n#endif\n",
    );
    for (name, size, fields) in layouts() {
        text += &format!("_Static_assert(sizeof({name}) == {size}, \"size of {name}\");\n");
        for (field, offset) in fields {
            text += &format!("_Static_assert(offsetof({name}, {field}) == {offset}, \"{name}.{field}\");\n");
        }
    }
    text += &format!(
        "_Static_assert(sizeof(struct ArrowArray) == {} && sizeof(struct ArrowSchema) == {}, \"Arrow\");\n",
        size_of::<FFI_ArrowArray>(),
        size_of::<FFI_ArrowSchema>()
    );
    text += &format!("_Static_assert(ARTEMIS_ABI_MINOR == {ABI_MINOR}, \"minor\");\n");
    scratch.write("layout.c", &text);
    scratch.write("layout.cpp", &text);
    compile(&scratch, "cc", &["-std=c11", "-c"], "layout.c");
    compile(&scratch, "c++", &["-std=c++17", "-c"], "layout.cpp");
}

/// Sizes of the tables of revision 1.0, and where their last fields stand. They never change: a minor revision appends.
#[test]
fn the_layout_of_revision_1_0_is_frozen() {
    const FROZEN: [(&str, usize, &str, usize); 15] = [
        ("artemis_str", 16, "len", 8),
        ("artemis_error", 1184, "text", 160),
        ("artemis_value", 64, "count", 56),
        ("artemis_histogram", 96, "edge_count", 88),
        ("artemis_reject", 88, "raw_record", 72),
        ("artemis_chunk", 32, "handle", 24),
        ("artemis_framing", 72, "footer_bytes", 64),
        ("artemis_context", 152, "flags", 144),
        ("artemis_host", 176, "release_chunk", 168),
        ("artemis_plugin", 32, "component_count", 24),
        ("artemis_component", 56, "tool", 48),
        ("artemis_reader", 112, "execute", 104),
        ("artemis_input", 16, "array", 8),
        ("artemis_algorithm", 128, "abort", 120),
        ("artemis_tool", 48, "execute", 40),
    ];
    let now = layouts();
    for (name, size, last, offset) in FROZEN {
        let (_, size_now, fields) = now.iter().find(|(known, ..)| *known == name).unwrap();
        assert!(*size_now >= size, "{name} shrank from {size} to {size_now} bytes");
        assert!(fields.contains(&(last, offset)), "{name}.{last} moved from {offset}: {fields:?}");
    }
}

/// The example in the header's first comment.
fn example() -> String {
    let header = header::generate();
    let lines = header.lines().take_while(|line| line.starts_with("//"));
    let code: Vec<&str> = lines.filter_map(|line| line.strip_prefix("//     ")).collect();
    let (last, code) = code.split_last().unwrap();
    assert!(last.starts_with("cc "), "{last}");
    code.join("\n") + "\n"
}

#[test]
fn the_example_of_the_header_is_a_plugin_that_runs() {
    let scratch = Scratch::new();
    scratch.write("acme.c", example());
    compile(&scratch, "cc", &["-std=c11", "-O2", "-fPIC", "-shared", "-o", "plugins/libacme.so"], "acme.c");
    scratch.write("in.csv", "n\n1\n2\n3\n");
    scratch.write(
        "job.toml",
        "[job]\nname = \"count\"\n[input]\npaths = [\"in.csv\"]\nreader = \"parse\"\n[algorithms.parse]\ncomponent = \
         \"csv-reader/csv\"\n[algorithms.rows]\ncomponent = \"acme/rows\"\n[[chain]]\nname = \"c\"\n[[chain.node]]\nname \
         = \"count\"\nparents = [\"initial\"]\nalgorithms = [\"rows\"]\n",
    );
    let summary = scratch.job("job.toml", &[]);
    let options = LocalOptions { durable: false, read_only: true };
    let catalog = Catalog::open(Arc::new(LocalStore::new(scratch.path("artemis-store"), options))).unwrap();
    let dataset = catalog.dataset(&summary["dataset"].as_str().unwrap().parse().unwrap()).unwrap();
    let job: JobInfo = catalog.get_message(&dataset.of_kind(ObjectKind::Job).next().unwrap().id).unwrap();
    assert_eq!(job.counters["rows.rows"], 3.0);
}

#[test]
fn the_manifest_is_found_whatever_the_linker_strips_and_hides() {
    let scratch = Scratch::new();
    scratch.write("acme.c", example());
    let shared = ["-fPIC", "-shared", "-O2"];
    for (name, flags) in [
        ("gc", &["-flto", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections", "-s"][..]),
        ("hidden", &["-fvisibility=hidden", "-s"][..]),
    ] {
        let output = format!("plugins/lib{name}.so");
        let args = [&["-std=c11"], &shared[..], flags, &["-o", &output]].concat();
        compile(&scratch, "cc", &args, "acme.c");
        let listed = scratch.run(&["--format", "json", "plugins", "list"]).expect(0).json();
        let files = listed["files"].as_array().unwrap();
        let found = files.iter().find(|file| file["path"].as_str().unwrap().ends_with(&output)).unwrap();
        assert_eq!(found["status"], "available", "{found:#}");
        std::fs::remove_file(scratch.path(&output)).unwrap();
    }
}
