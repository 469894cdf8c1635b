//! Writes the C header of the plugin API anew: `cargo run -p artemis-tests --example header`.

fn main() -> std::io::Result<()> {
    let path = artemis_tests::root().join("plugin-api/include/artemis_plugin.h");
    std::fs::write(path, artemis_tests::header::generate())
}
