//! Every statement of the product is one that both engines understand.

use crate::kit::{Engine, block_on, on_both};
use ingam::store::{STATEMENTS, Statement};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqlSafeStr as _, SqliteConnection};

/// The engine's errors about the statements, and the places of these.
async fn misunderstood(engine: Engine, url: &str) -> sqlx::Result<Vec<String>> {
    let mut wrong = Vec::new();
    let mut say = |statement: &Statement, text: &str, error: sqlx::Error| {
        wrong.push(format!("{}: {error}\n{text}", statement.at));
    };
    match engine {
        Engine::Sqlite => {
            let mut connection = SqliteConnection::connect(url).await?;
            for statement in STATEMENTS {
                let text = AssertSqlSafe(statement.sqlite).into_sql_str();
                if let Err(error) = connection.prepare(text).await {
                    say(statement, statement.sqlite, error);
                }
            }
        }
        Engine::Postgres => {
            let mut connection = PgConnection::connect(url).await?;
            // Parsed with the eyes of the role that will run it.
            connection.execute("set role ingam_app").await?;
            for statement in STATEMENTS {
                let text = AssertSqlSafe(statement.postgres).into_sql_str();
                if let Err(error) = connection.prepare(text).await {
                    say(statement, statement.postgres, error);
                }
            }
        }
    }
    Ok(wrong)
}

on_both! {
    fn every_statement_can_be_prepared(world) {
        // An empty list would pass too.
        assert!(STATEMENTS.len() > 60, "only {} statements are listed", STATEMENTS.len());
        let wrong = block_on(misunderstood(world.engine, &world.database().url)).unwrap();
        assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    }
}
