//! An S3 server over HTTP for the tests, started once per process.
//!
//! `ARTEMIS_TEST_PYTHON` names a Python that has moto; without it the tests that need a server say so and do
//! nothing.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

use object_store::aws::AmazonS3Builder;

/// A running server. It ends when the pipe to its standard input closes: with this process.
struct Server {
    address: String,
    _process: Child,
}

/// The settings of a client of the server's bucket; `None`, with a loud word, where there is no server.
pub(crate) fn settings() -> Option<AmazonS3Builder> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let server = SERVER.get_or_init(start).as_ref();
    if server.is_none() {
        eprintln!("SKIPPED: ARTEMIS_TEST_PYTHON names no Python with moto, the S3 test does not run");
    }
    Some(
        AmazonS3Builder::new()
            .with_endpoint(&server?.address)
            .with_region("us-east-1")
            .with_access_key_id("test")
            .with_secret_access_key("test")
            .with_bucket_name(BUCKET),
    )
}

/// The bucket that the server makes.
pub(crate) const BUCKET: &str = "artemis";

fn start() -> Option<Server> {
    let python = std::env::var_os("ARTEMIS_TEST_PYTHON")?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/python/s3_server.py");
    let mut process = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("ARTEMIS_TEST_PYTHON runs");
    let mut address = String::new();
    let stdout = process.stdout.take().expect("a pipe");
    BufReader::new(stdout).read_line(&mut address).expect("the server says where it is");
    assert!(address.starts_with("http://"), "the server did not start: {address:?}");
    Some(Server { address: address.trim().to_owned(), _process: process })
}
