//! `plugins new`: the project of a new plugin.

use std::path::PathBuf;

use artemis_host::scaffold::{self, Kind, Language, Project, Request, ScaffoldError};
use serde_json::json;

use super::args;
use super::fault::{Fault, Kind as FaultKind, Outcome};
use super::session::Session;

pub(super) fn new(session: &Session, args: &args::New) -> Outcome {
    let language = match args.lang {
        args::Language::Rust => Language::Rust,
        args::Language::C => Language::C,
        args::Language::Cpp => Language::Cpp,
    };
    if args.sdk.is_some() && language != Language::Rust {
        return Err(Fault::usage(
            "--sdk is for --lang rust: C and C++ projects bring their header with them",
        ));
    }
    let from_environment = || std::env::var_os("ARTEMIS_SDK").filter(|value| !value.is_empty());
    let project = scaffold::create(&Request {
        name: args.name.clone(),
        language,
        kind: match args.kind {
            args::Kind::Reader => Kind::Reader,
            args::Kind::Algorithm => Kind::Algorithm,
            args::Kind::Tool => Kind::Tool,
        },
        directory: args.dir.clone().unwrap_or_else(|| PathBuf::from(&args.name)),
        sdk: args.sdk.clone().or_else(|| from_environment().map(PathBuf::from)),
    })?;
    if session.json() {
        return session.answer(json!({ "project": {
            "directory": project.directory,
            "files": project.files,
            "component": project.component,
            "library": project.library,
            "build": project.build,
            "test": project.test,
            "sdk": project.sdk,
        }}));
    }
    session.print(&report(&project))
}

/// What was written, and what to do next.
fn report(project: &Project) -> String {
    let mut out = format!("{}  with the component {}\n", project.directory.display(), project.component);
    for file in &project.files {
        out += &format!("  {file}\n");
    }
    if let Some(sdk) = &project.sdk {
        out += &format!("The SDK is artemis-plugin-api = {sdk} in Cargo.toml");
        out += match sdk.starts_with('{') {
            true => ": a directory, as --sdk or ARTEMIS_SDK says.\n",
            false => ", as published; from a checkout, name its plugin-api with --sdk or ARTEMIS_SDK.\n",
        };
    }
    out += &format!(
        "\nNext, in that directory:\n  {:<36} builds {}\n  {:<36} tests it without the host\n  {}\n  README.md says how to \
         install, debug and ship it\n",
        project.build,
        project.library,
        project.test,
        format_args!("artemis-host plugins check {}", project.library),
    );
    out
}

impl From<ScaffoldError> for Fault {
    fn from(error: ScaffoldError) -> Fault {
        let message = error.to_string();
        match error {
            ScaffoldError::Name { .. } => Fault::usage(message),
            ScaffoldError::Exists { .. } => Fault::usage(message).help("name another directory with --dir"),
            ScaffoldError::Sdk { .. } => {
                Fault::usage(message).help("name the directory `plugin-api` of a checkout of artemis-host")
            }
            _ => Fault::new(FaultKind::Store, message),
        }
    }
}
