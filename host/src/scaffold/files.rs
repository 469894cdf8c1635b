//! The files of a project: which templates it is made of, and what takes the place of their words.

use std::path::Path;

use super::{Kind, Language, Request};

/// The files, sorted by path.
pub(super) fn project(request: &Request, sdk: Option<&Path>) -> Vec<(String, String)> {
    let mut files = match request.language {
        Language::Rust => rust(request.kind),
        Language::C => c(request.kind),
        Language::Cpp => cpp(request.kind),
    };
    files.extend(examples(request.kind));
    let is_cpp = request.language == Language::Cpp;
    let either = |in_c: &str, in_cpp: &str| if is_cpp { in_cpp.to_owned() } else { in_c.to_owned() };
    let words = [
        ("my-plugin", request.name.clone()),
        ("my_plugin", request.name.replace('-', "_")),
        ("@kind@", request.kind.to_string()),
        ("@component@", component(request.kind).to_owned()),
        ("@sdk@", dependency(sdk)),
        ("@library@", library(request)),
        ("@language@", either("C", "C++")),
        ("@standard@", either("C11", "C++17")),
        ("@source@", either("src/plugin.c", "src/plugin.cpp")),
        ("@test@", either("test/test.c", "test/test.cpp")),
        ("@compiler@", either("CC", "CXX")),
        ("@flags@", either("CFLAGS", "CXXFLAGS")),
        ("@zig@", either("cc", "c++")),
        ("@oldsystems@", either("", OLD_CPP)),
    ];
    let mut filled: Vec<_> = files
        .into_iter()
        .map(|(path, template)| {
            let text = words.iter().fold(template.to_owned(), |text, (word, with)| text.replace(word, with));
            (path.to_owned(), text)
        })
        .collect();
    filled.sort();
    filled
}

/// What C++ needs beyond C on an old system.
const OLD_CPP: &str = "
The library of the compiler counts too: `make LDFLAGS='-static-libstdc++ -static-libgcc'` puts it into the file.
";

/// Name of the component of a kind.
pub(super) fn component(kind: Kind) -> &'static str {
    match kind {
        Kind::Reader => "readings",
        Kind::Algorithm => "sums",
        Kind::Tool => "letters",
    }
}

/// The library that a build makes.
pub(super) fn library(request: &Request) -> String {
    let name = request.name.replace('-', "_");
    match request.language {
        Language::Rust => format!("target/release/lib{name}.so"),
        Language::C | Language::Cpp => format!("build/lib{name}.so"),
    }
}

/// The dependency on the SDK as Cargo.toml writes it: the version is that of the host, whose ABI it speaks.
pub(super) fn dependency(sdk: Option<&Path>) -> String {
    match sdk {
        // The only characters that a basic string of TOML does not hold as they are.
        Some(path) => {
            let path = path.display().to_string().replace('\\', "\\\\").replace('"', "\\\"");
            format!("{{ path = \"{path}\" }}")
        }
        None => format!("\"{}\"", artemis_plugin_api::SDK),
    }
}

type Template = (&'static str, &'static str);

fn rust(kind: Kind) -> Vec<Template> {
    let (lib, tests) = match kind {
        Kind::Reader => (include_str!("rust/reader.rs"), include_str!("rust/reader_tests.rs")),
        Kind::Algorithm => (include_str!("rust/algorithm.rs"), include_str!("rust/algorithm_tests.rs")),
        Kind::Tool => (include_str!("rust/tool.rs"), include_str!("rust/tool_tests.rs")),
    };
    vec![
        (".gitignore", "/target\n/plugins\n/artemis-store\n"),
        ("Cargo.toml", include_str!("rust/Cargo.toml.in")),
        ("README.md", include_str!("rust/README.md")),
        ("src/lib.rs", lib),
        ("src/tests.rs", tests),
    ]
}

fn c(kind: Kind) -> Vec<Template> {
    let (plugin, test) = match kind {
        Kind::Reader => (include_str!("c/reader.c"), include_str!("c/reader_test.c")),
        Kind::Algorithm => (include_str!("c/algorithm.c"), include_str!("c/algorithm_test.c")),
        Kind::Tool => (include_str!("c/tool.c"), include_str!("c/tool_test.c")),
    };
    let mut files = native();
    files.extend([
        ("Makefile", include_str!("c/Makefile.in")),
        ("src/plugin.c", plugin),
        ("test/test.c", test),
    ]);
    files
}

fn cpp(kind: Kind) -> Vec<Template> {
    // The tests are valid in both languages.
    let (plugin, test) = match kind {
        Kind::Reader => (include_str!("cpp/reader.cpp"), include_str!("c/reader_test.c")),
        Kind::Algorithm => (include_str!("cpp/algorithm.cpp"), include_str!("c/algorithm_test.c")),
        Kind::Tool => (include_str!("cpp/tool.cpp"), include_str!("c/tool_test.c")),
    };
    let mut files = native();
    files.extend([
        ("Makefile", include_str!("cpp/Makefile.in")),
        ("include/artemis_plugin.hpp", include_str!("../../../plugin-api/include/artemis_plugin.hpp")),
        ("src/plugin.cpp", plugin),
        ("test/test.cpp", test),
    ]);
    files
}

/// What projects in C and C++ share.
fn native() -> Vec<Template> {
    vec![
        (".gitignore", "/build\n/plugins\n/artemis-store\n"),
        ("README.md", include_str!("c/README.md")),
        ("include/artemis_plugin.h", include_str!("../../../plugin-api/include/artemis_plugin.h")),
        ("include/artemis_test.h", include_str!("../../../plugin-api/include/artemis_test.h")),
        ("src/columns.h", include_str!("c/columns.h")),
    ]
}

fn examples(kind: Kind) -> Vec<Template> {
    match kind {
        Kind::Reader => vec![
            ("example/job.toml", include_str!("examples/reader.toml")),
            ("example/readings.txt", include_str!("examples/readings.txt")),
        ],
        Kind::Algorithm => vec![
            ("example/job.toml", include_str!("examples/algorithm.toml")),
            ("example/orders.csv", include_str!("examples/orders.csv")),
        ],
        Kind::Tool => vec![
            ("example/job.toml", include_str!("examples/tool.toml")),
            ("example/orders.csv", include_str!("examples/orders.csv")),
        ],
    }
}
