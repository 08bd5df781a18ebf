//! How an engine would run a statement.

use super::{Engine, World};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _, SqlSafeStr as _, SqliteConnection};

/// How an engine would run a statement, with tables too small to be scanned left out of the question.
pub(crate) async fn plan(world: &World, statement: &ingam::store::Statement) -> sqlx::Result<String> {
    let url = &world.database().url;
    match world.engine {
        Engine::Sqlite => {
            let text = AssertSqlSafe(format!("explain query plan {}", statement.sqlite)).into_sql_str();
            let rows = SqliteConnection::connect(url).await?.fetch_all(text).await?;
            Ok(rows.iter().map(|row| row.get::<String, _>("detail")).collect::<Vec<_>>().join("\n"))
        }
        Engine::Postgres => {
            let mut connection = PgConnection::connect(url).await?;
            let values = (1..).take_while(|n| statement.postgres.contains(&format!("${n}"))).map(|_| "null");
            let values = values.collect::<Vec<_>>().join(", ");
            let values = if values.is_empty() { values } else { format!("({values})") };
            connection.execute("set enable_seqscan = off").await?;
            connection.execute("set plan_cache_mode = force_generic_plan").await?;
            let prepare = format!("prepare search as {}", statement.postgres);
            #[expect(clippy::disallowed_methods, reason = "asks the engine for a plan, behind the one door")]
            connection.execute(sqlx::raw_sql(AssertSqlSafe(prepare))).await?;
            let text = AssertSqlSafe(format!("explain execute search{values}")).into_sql_str();
            let rows = connection.fetch_all(text).await?;
            Ok(rows.iter().map(|row| row.get::<String, _>(0)).collect::<Vec<_>>().join("\n"))
        }
    }
}
