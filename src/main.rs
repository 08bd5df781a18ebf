//! See the library's documentation: `ingam::cli` is the entry.

fn main() -> std::process::ExitCode {
    ingam::cli::run()
}
