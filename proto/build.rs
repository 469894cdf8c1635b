//! Compiles the `.proto` files of this crate without a system `protoc`.

use std::{env, error::Error, path::PathBuf};

const FILES: [&str; 8] = [
    "artemis.proto",
    "configuration.proto",
    "cronus.proto",
    "histogram.proto",
    "host.proto",
    "menu.proto",
    "table.proto",
    "tdigest.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    for file in FILES {
        println!("cargo:rerun-if-changed={file}");
    }
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let set = protox::compile(FILES, ["."])?;
    // Sorted maps make the encoding of a message a function of its value.
    prost_build::Config::new().btree_map(["."]).include_file("generated.rs").compile_fds(set.clone())?;
    std::fs::write(out.join("descriptors.bin"), prost::Message::encode_to_vec(&set))?;
    Ok(())
}
