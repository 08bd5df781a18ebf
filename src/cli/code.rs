//! `ingam code`

use super::CodeArgs;
use crate::{
    changes::KINDS, clock::Clock, demo::data::Data, gate::code, id::StaffId, sql, staff::normal_email, store::Store,
};
use anyhow::{Context as _, bail};
use std::process::ExitCode;

/// Reads the secret from the database and not from `staff.json`: the account may have another authenticator by now.
pub(super) async fn run(args: CodeArgs, clock: Clock) -> anyhow::Result<ExitCode> {
    let config = Data::existing(&args.data)?.config(KINDS)?;
    let Some(email) = normal_email(&args.email) else { bail!("{:?} is not an e-mail address", args.email) };
    let store = Store::open(&config.database_url, 1).await?;
    let row: Option<(StaffId, Vec<u8>)> = store
        .reader
        .query(sql!("select s.id, a.secret from staff s join authenticators a on a.staff_id = s.id where s.email = $1"))
        .bind(email.as_str())
        .optional()
        .await?;
    store.close().await;
    let (staff, sealed) = row.with_context(|| format!("no account of this demo has the e-mail address {email}"))?;
    let secret = config
        .secret_key
        .open(&code::context(staff), &sealed)
        .context("the account's secret does not open with the demo's key")?;
    println!("{}", code::current(&secret, clock.now()).context("the clock is set before 1970")?);
    Ok(ExitCode::SUCCESS)
}
