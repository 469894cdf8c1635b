//! `artemis-host`: the command line of the host. It parses, calls the library, and says what came of it.

mod program;

fn main() -> std::process::ExitCode {
    program::main()
}
