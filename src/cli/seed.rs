//! `ingam seed`

use super::{
    RefusedToStart, SeedArgs,
    target::{Target, actor},
};
use crate::{
    clock::Clock,
    demo::{
        customers::LoadSample,
        fill::{load, load_orders},
        orders::LoadOrders,
    },
    sql,
};
use std::process::ExitCode;

pub(super) async fn run(args: SeedArgs, clock: Clock) -> anyhow::Result<ExitCode> {
    let target = Target::open(&args.target, clock).await?;
    if target.config.profile.is_production() {
        return Err(RefusedToStart("sample data is not loaded in production".to_owned()).into());
    }
    let (there,): (i64,) = target.store.reader.query(sql!("select coalesce(max(id), 0) from users")).one().await?;
    let sample = LoadSample { first: there + 1, total: args.users, ..LoadSample::default() };
    load(&target.gate, (&actor(), &args.why.reason), sample).await?;
    let orders =
        load_orders(&target.store, &target.gate, (&actor(), &args.why.reason), args.orders, &LoadOrders::default())
            .await?;
    println!("There are {} sample customers with {orders} orders.", args.users.max(there));
    Ok(ExitCode::SUCCESS)
}
