//! What the behaviour tests stand on: everything is built once, plugins are copied to a scratch directory, the program
//! runs as a user runs it.

pub mod header;

use arrow::array::RecordBatch;
use arrow::ipc::reader::FileReader;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use tempfile::TempDir;

/// What was built.
#[derive(Debug)]
pub struct Built {
    /// The program.
    pub host: PathBuf,
    /// Libraries of the shipped plugins.
    pub shipped: Vec<PathBuf>,
    /// The deliberately wrong plugins.
    pub misbehaving: Vec<PathBuf>,
    /// The plugin of a third party.
    pub third_party: PathBuf,
}

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the repository")
}

/// Builds the program and all plugins, once per process.
pub fn built() -> &'static Built {
    static BUILT: OnceLock<Built> = OnceLock::new();
    BUILT.get_or_init(|| {
        let host = cargo_build(
            &[
                "-p",
                "artemis-host",
                "-p",
                "artemis-csv-reader",
                "-p",
                "artemis-fwf-reader",
                "-p",
                "artemis-relational",
            ],
            Path::new("Cargo.toml"),
        );
        let wrong = cargo_build(&[], Path::new("tests/plugins/Cargo.toml"));
        let third = cargo_build(&[], Path::new("tests/third-party/Cargo.toml"));
        let library = |files: &[PathBuf], name: &str| {
            let file = format!("lib{name}.so");
            let found = files.iter().find(|path| path.file_name().is_some_and(|n| n == file.as_str()));
            found.unwrap_or_else(|| panic!("{file} was not built; there are {files:?}")).clone()
        };
        Built {
            host: host
                .iter()
                .find(|path| path.file_name().is_some_and(|name| name == "artemis-host"))
                .expect("the program was built")
                .clone(),
            shipped: ["artemis_csv_reader", "artemis_fwf_reader", "artemis_relational"]
                .map(|name| library(&host, name))
                .to_vec(),
            misbehaving: vec![library(&wrong, "misbehaving"), library(&wrong, "misbehaving_raw")],
            third_party: library(&third, "acme_shout"),
        }
    })
}

/// Builds and gives the files that cargo says it made.
fn cargo_build(packages: &[&str], manifest: &Path) -> Vec<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(root())
        .args(["build", "--message-format=json-render-diagnostics", "--manifest-path"])
        .arg(manifest)
        .args(packages)
        // One target directory: what these crates share is built once.
        .env("CARGO_TARGET_DIR", target_dir())
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "cargo build of {} failed", manifest.display());
    let messages = String::from_utf8_lossy(&output.stdout).into_owned();
    let parsed = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    parsed
        .flat_map(|message| {
            let files = message["filenames"].as_array().cloned().unwrap_or_default();
            files.into_iter().chain(std::iter::once(message["executable"].clone())).collect::<Vec<_>>()
        })
        .filter_map(|file| file.as_str().map(PathBuf::from))
        .collect()
}

fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// A scratch directory with plugins, inputs, job files and a store.
#[derive(Debug)]
pub struct Scratch {
    dir: TempDir,
}

/// What a run of the program gave.
#[derive(Debug)]
pub struct Ran {
    /// Exit code; −1: a signal.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ran {
    /// Standard output as JSON.
    ///
    /// # Panics
    /// When it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| {
            panic!("stdout is not JSON ({e}):\n{}\nstderr:\n{}", self.stdout, self.stderr)
        })
    }

    /// Makes sure of the exit code.
    ///
    /// # Panics
    /// When it is another one.
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

impl Scratch {
    /// A scratch directory without plugins, for tests that run no job.
    pub fn bare() -> Self {
        Self { dir: tempfile::tempdir().expect("a scratch directory") }
    }

    /// A scratch directory with the shipped plugins in `plugins`.
    pub fn new() -> Self {
        let scratch = Self::bare();
        std::fs::create_dir(scratch.path("plugins")).expect("a directory");
        built().shipped.iter().for_each(|plugin| scratch.add_plugin(plugin));
        scratch
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Copies a library into the plugin directory: that is how a user adds one.
    pub fn add_plugin(&self, library: &Path) {
        let name = library.file_name().expect("a library has a name");
        std::fs::copy(library, self.path("plugins").join(name)).expect("the library is copied");
    }

    /// Writes a file.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a file has a directory")).expect("a directory");
        std::fs::write(&path, content).expect("a file is written");
        path
    }

    /// The program with plugins and store of this directory.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&built().host);
        command
            .current_dir(self.dir.path())
            .env_remove("ARTEMIS_STORE")
            .env_remove("ARTEMIS_PLUGINS")
            .env("XDG_CACHE_HOME", self.path("cache"))
            .env("NO_COLOR", "1")
            .args(["--plugins", "plugins"])
            .args(args)
            .stdin(Stdio::null());
        command
    }

    /// Runs the program.
    pub fn run(&self, args: &[&str]) -> Ran {
        ran(self.command(args).output().expect("the program runs"))
    }

    /// Runs a job and gives its summary.
    pub fn job(&self, job: &str, args: &[&str]) -> Value {
        let mut all = vec!["--format", "json", "run", job, "--no-sync"];
        all.extend(args);
        self.run(&all).expect(0).json()
    }
}

/// What a process gave.
pub fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The part files of a partition in a summary.
pub fn files(summary: &Value, partition: &str) -> Vec<PathBuf> {
    let partitions = summary["partitions"].as_array().cloned().unwrap_or_default();
    let found = partitions
        .iter()
        .find(|p| p["name"] == partition)
        .unwrap_or_else(|| panic!("no partition {partition} in {summary:#}"));
    let files = found["files"].as_array().cloned().unwrap_or_default();
    files.iter().filter_map(|file| file.as_str().map(PathBuf::from)).collect()
}

/// The batches of a partition, over all parts in order.
pub fn batches(summary: &Value, partition: &str) -> Vec<RecordBatch> {
    let read = |path: PathBuf| {
        let file = std::fs::File::open(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let reader = FileReader::try_new(file, None).expect("an Arrow file");
        reader.map(|batch| batch.expect("a batch")).collect::<Vec<_>>()
    };
    files(summary, partition).into_iter().flat_map(read).collect()
}

/// A partition as one batch.
pub fn table(summary: &Value, partition: &str) -> RecordBatch {
    let all = batches(summary, partition);
    let schema = match all.first() {
        Some(batch) => batch.schema(),
        None => {
            let path = &files(summary, partition)[0];
            let file = std::fs::File::open(path).expect("a part");
            FileReader::try_new(file, None).expect("an Arrow file").schema()
        }
    };
    arrow::compute::concat_batches(&schema, &all).expect("batches of one schema")
}

/// The bytes of all part files by partition and name.
pub fn part_bytes(summary: &Value) -> BTreeMap<String, Vec<u8>> {
    let partitions = summary["partitions"].as_array().cloned().unwrap_or_default();
    let mut all = BTreeMap::new();
    for partition in partitions {
        let name = partition["name"].as_str().unwrap_or_default().to_owned();
        for file in files(summary, &name) {
            let key = format!("{name}/{}", file.file_name().unwrap_or_default().to_string_lossy());
            all.insert(key, std::fs::read(&file).expect("a part file"));
        }
    }
    all
}

/// The directory of larger test data; `None` with a loud word where it is not given.
pub fn shared() -> Option<PathBuf> {
    match std::env::var_os("ARTEMIS_SHARED") {
        Some(dir) => Some(PathBuf::from(dir)),
        None => {
            eprintln!("SKIPPED: ARTEMIS_SHARED is not set, the test on the whole flights table does not run");
            None
        }
    }
}

/// An S3 server on this machine.
#[derive(Debug)]
pub struct S3 {
    /// Ends when the pipe to its standard input closes.
    _process: std::process::Child,
    env: Vec<(String, String)>,
}

impl S3 {
    /// What the program needs to know of it.
    pub fn env(&self) -> &[(String, String)] {
        &self.env
    }

    /// The URL of a store in its bucket.
    pub fn store(&self, name: &str) -> String {
        format!("s3://artemis/{name}")
    }
}

/// A new S3 server; `None` with a loud word where `ARTEMIS_TEST_PYTHON` names no Python that has moto.
pub fn s3() -> Option<S3> {
    let Some(python) = std::env::var_os("ARTEMIS_TEST_PYTHON") else {
        eprintln!("SKIPPED: ARTEMIS_TEST_PYTHON names no Python with moto, the test on S3 does not run");
        return None;
    };
    let mut process = Command::new(python)
        .arg(root().join("tests/python/s3_server.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("ARTEMIS_TEST_PYTHON runs");
    let mut address = String::new();
    let mut stdout = BufReader::new(process.stdout.take().expect("a pipe"));
    stdout.read_line(&mut address).expect("the server says where it is");
    assert!(address.starts_with("http://"), "the server did not start: {address:?}");
    let env = [
        ("AWS_ENDPOINT_URL", address.trim()),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ];
    let env = env.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    Some(S3 { _process: process, env })
}

/// A job file that reads `paths` with the CSV reader and stores what it reads as the partition `initial`.
pub fn read_job(name: &str, paths: &str, input: &str, reader: &str) -> String {
    format!(
        "[job]\nname = \"{name}\"\n[input]\npaths = {paths}\nreader = \"parse\"\n{input}\n[algorithms.parse]\ncomponent \
         = \"csv-reader/csv\"\n{reader}\n"
    )
}
