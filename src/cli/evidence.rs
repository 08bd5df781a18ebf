//! `ingam audit keygen | sign | prove`, and `verify` with a file: evidence that leaves the machine.

use super::{
    TargetArgs,
    compare::read,
    target::{Target, database_url},
};
use crate::{
    audit::background::report_unsigned,
    clock::Clock,
    digits::group,
    evidence::{
        access::{self, bundle::Bundled},
        bundle::{self, Files, Held, Kind, StampHeld},
        keep::sign_and_keep,
        keys::Keys,
        offline::{self, Proven},
        prove,
        sign::Refused,
        signing,
        timestamp::Roots,
    },
    id::Seq,
    store::{Store, stamp},
    tlog::verifier::Verifier,
};
use anyhow::{Context as _, anyhow, bail};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::Args;
use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

#[derive(Debug, Args)]
pub struct KeygenArgs {
    /// The name of the log, as in its checkpoints: a host and a path without a scheme, such as `audit.example.com/ingam`.
    #[arg(long)]
    name: String,
    /// The file for the private key, readable by its owner only.
    #[arg(long)]
    key: PathBuf,
    /// The file for what was signed last, beside the key where this is not given. It must not be in the database's backups.
    #[arg(long)]
    state: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ProveArgs {
    /// The number of the row, as in the log; the first is 0.
    seq: i64,
    /// The directory for the receipt and the bytes of the row.
    #[arg(long, default_value = ".")]
    dir: PathBuf,
    #[command(flatten)]
    target: TargetArgs,
}

#[derive(Debug, Args)]
pub struct ConsistencyArgs {
    /// The number of rows of an earlier checkpoint.
    old: i64,
    /// The number of rows of a later one.
    new: i64,
    #[command(flatten)]
    target: TargetArgs,
}

/// What is verified without a database.
#[derive(Debug, Args)]
pub struct OfflineArgs {
    /// A bundle (a `.tar` file, or its directory), a checkpoint, a receipt (`.tlog-proof`, with the bytes of its row in a `.json`
    /// beside it), a receipt of an access record (`.access-proof`), or a directory of checkpoints and receipts.
    /// Without it the database is verified.
    #[arg(requires = "vkey")]
    path: Option<PathBuf>,
    /// The public key of the log, as `ingam audit keygen` printed it.
    #[arg(long, value_parser = verifier, requires = "path")]
    vkey: Option<Verifier>,
    /// The public key of a witness that must have signed too; may be given several times.
    #[arg(long, value_parser = verifier, requires = "path")]
    witness: Vec<Verifier>,
    /// The bytes of the row, where they are not beside the receipt.
    #[arg(long, requires = "path")]
    entry: Option<PathBuf>,
    /// An earlier checkpoint that the log of the bundle must continue, or a directory of them; may be given several times.
    #[arg(long, requires = "path")]
    earlier: Vec<PathBuf>,
    /// The certificates, in PEM, of the authority that has stamped the bundle with a time.
    #[arg(long, requires = "path")]
    timestamp_certificates: Option<PathBuf>,
}

pub(super) fn verifier(text: &str) -> Result<Verifier, String> {
    Verifier::read(text.trim()).map_err(|fault| fault.to_string())
}

pub(super) fn keygen(args: &KeygenArgs) -> anyhow::Result<ExitCode> {
    let state = args.state.clone().unwrap_or_else(|| signing::beside(&args.key));
    if state == args.key {
        bail!("the key and what was signed last are two files; give --state another name than --key");
    }
    let verifier = signing::make(&args.name, &args.key, &state)?;
    println!("Made {} and {}. Set INGAM_AUDIT_KEY_FILE to the first.", args.key.display(), state.display());
    if args.state.is_some() {
        println!("Set INGAM_AUDIT_STATE_FILE to the second.");
    }
    println!("The public key, which auditors need and must not get from the database:\n");
    println!("{verifier}");
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn sign(args: TargetArgs, clock: Clock) -> anyhow::Result<ExitCode> {
    let target = Target::open(&args, clock).await?;
    let Some(signing) = &target.config.signing else {
        bail!("no key is set: make one with `ingam audit keygen`, and set INGAM_AUDIT_KEY_FILE");
    };
    match sign_and_keep(&target.store.reader, &target.gate, signing).await {
        Ok(state) => {
            print!("{}", state.note);
            Ok(ExitCode::SUCCESS)
        }
        Err(Refused::Store(error)) => Err(error.into()),
        Err(busy @ Refused::Busy) => Err(busy.into()),
        Err(refused) => {
            report_unsigned(&target.gate, &refused).await?;
            Err(anyhow::Error::new(refused).context("nothing was signed"))
        }
    }
}

pub(super) async fn prove(args: ProveArgs) -> anyhow::Result<ExitCode> {
    let store = open(&args.target).await?;
    let proven = prove::receipt(&store.reader, Seq::new(args.seq)).await;
    store.close().await;
    let proven = proven?;
    let [receipt, body] = ["tlog-proof", "json"].map(|end| args.dir.join(format!("row-{}.{end}", args.seq)));
    write(&receipt, proven.receipt.to_string().as_bytes())?;
    write(&body, &proven.body)?;
    println!("Wrote {} and {}.", receipt.display(), body.display());
    println!("They prove row {} in a log of {} rows.", args.seq, group(i64::try_from(proven.size).unwrap_or(i64::MAX)));
    Ok(ExitCode::SUCCESS)
}

/// Prints the proof that the log of a later checkpoint begins with the one of an earlier: a hash in base64 on each line.
pub(super) async fn consistency(args: ConsistencyArgs) -> anyhow::Result<ExitCode> {
    let store = open(&args.target).await?;
    let proof = prove::growth(&store.reader, args.old, args.new).await;
    store.close().await;
    for hash in proof? {
        println!("{}", STANDARD.encode(hash));
    }
    Ok(ExitCode::SUCCESS)
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    fs::write(path, bytes).with_context(|| format!("{} cannot be written", path.display()))
}

/// Verifies files. Exits with 1 where one does not fit, and with 2 where one cannot be read.
pub(super) fn verify(args: &OfflineArgs) -> Option<ExitCode> {
    let (path, vkey) = args.path.as_deref().zip(args.vkey.as_ref())?;
    let keys = Keys { log: vkey, witnesses: &args.witness };
    if bundle::is_bundle(path) {
        return Some(verify_bundle(path, keys, args));
    }
    if !args.earlier.is_empty() || args.timestamp_certificates.is_some() {
        eprintln!(
            "ingam: earlier checkpoints and certificates are held against a bundle, and {} is none",
            path.display()
        );
        return Some(ExitCode::from(2));
    }
    let proven = match offline::verify(path, args.entry.as_deref(), keys) {
        Ok(proven) => proven,
        Err(unproven) => {
            eprintln!("ingam: {unproven}");
            return Some(ExitCode::from(if unproven.is_unreadable() { 2 } else { 1 }));
        }
    };
    for one in proven {
        match one {
            Proven::Checkpoint { size } => println!("{} signed a log of {size} rows.", vkey.name()),
            Proven::Row { index, size } => {
                println!("Row {index} is in the log of {size} rows that {} signed.", vkey.name());
            }
            Proven::Record(access::Held { index, leaves, row, size }) => {
                println!(
                    "The access record is leaf {index} of the tree of {leaves} whose root is in row {row} of the log of {size} rows that {} signed.",
                    vkey.name()
                );
            }
        }
    }
    Some(ExitCode::SUCCESS)
}

fn verify_bundle(path: &Path, keys: Keys<'_>, args: &OfflineArgs) -> ExitCode {
    let refused = |code, text: String| {
        eprintln!("ingam: {}: {text}", path.display());
        ExitCode::from(code)
    };
    let mut known = Vec::new();
    for file in &args.earlier {
        match read(file, keys.log) {
            Ok(checkpoints) => known.extend(checkpoints),
            Err(error) => return refused(2, format!("{error:#}")),
        }
    }
    let files = match Files::open(path) {
        Ok(files) => files,
        Err(error) => return refused(2, error.to_string()),
    };
    if access::bundle::is_of_access(&files) {
        return verify_records(&files, keys, args, refused);
    }
    let roots = match args.timestamp_certificates.as_deref().map(roots).transpose() {
        Ok(roots) => roots,
        Err(error) => return refused(2, format!("{error:#}")),
    };
    let held = match bundle::verify(&files, keys, &known, roots.as_ref()) {
        Ok(held) => held,
        Err(unfit) => return refused(if unfit.is_unreadable() { 2 } else { 1 }, unfit.to_string()),
    };
    let Held { kind, first, last, size, earlier, stamp, .. } = held;
    let (count, name) = (group(held.count), keys.log.name());
    match kind {
        Kind::Whole => println!("These are all {size} rows of the log that {name} signed."),
        Kind::Range => {
            println!("These are all {count} rows from {first} to {last} of the log of {size} rows that {name} signed.");
        }
        Kind::Selection => {
            println!("These {count} rows are in the log of {size} rows that {name} signed.");
            println!("That no other row fits the filter is not proven: {}", held.filter.unwrap_or_default());
        }
    }
    if earlier > 0 {
        println!("The log continues {earlier} earlier checkpoints.");
    }
    match stamp {
        None => {}
        Some(StampHeld { size, time: Some(time) }) => {
            println!("A log of {size} rows was there at {time}, as the authority of the time stamp says.");
        }
        Some(StampHeld { size, time: None }) => {
            println!("The time stamp on a log of {size} rows was not verified: give --timestamp-certificates.");
        }
    }
    ExitCode::SUCCESS
}

/// A bundle of access records.
fn verify_records(
    files: &Files,
    keys: Keys<'_>,
    args: &OfflineArgs,
    refused: impl Fn(u8, String) -> ExitCode,
) -> ExitCode {
    if !args.earlier.is_empty() || args.timestamp_certificates.is_some() {
        return refused(
            2,
            "it is of access records, and has no log that an earlier checkpoint or a time is held against".to_owned(),
        );
    }
    let Bundled { kind, records, filter, leaves, row, size } = match access::bundle::verify(files, keys) {
        Ok(bundled) => bundled,
        Err(unfit) => return refused(if unfit.is_unreadable() { 2 } else { 1 }, unfit.to_string()),
    };
    let (count, name) = (group(records), keys.log.name());
    let what = if kind == Kind::Selection { "These" } else { "These are all" };
    let are = if kind == Kind::Selection { "are" } else { "between the first and the last," };
    println!(
        "{what} {count} access records {are} in the tree of {leaves} whose root is in row {row} of the log of {size} rows that {name} signed."
    );
    if let Some(filter) = filter {
        println!("That no other record fits the filter is not proven: {filter}");
    }
    ExitCode::SUCCESS
}

fn roots(file: &Path) -> anyhow::Result<Roots> {
    let pem = fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    Roots::read(&pem).map_err(|why| anyhow!("{}: {why}", file.display()))
}

/// A database for reading, without a key: anybody who can read the rows can prove and compare them.
pub(super) async fn open(args: &TargetArgs) -> anyhow::Result<Store> {
    let store = Store::open(&database_url(args)?, 1).await?;
    stamp(&store.reader, store.engine).await?;
    Ok(store)
}
