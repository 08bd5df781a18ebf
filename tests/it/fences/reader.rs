//! What handlers hold cannot write: the engine itself refuses every such statement.

use crate::kit::{block_on, on_both};
use ingam::{
    sql,
    store::{Reader, Sql, Store},
};

/// Statements that write, most of them in the shape of a question, because that is all a handler could ask by mistake.
fn writes() -> [Sql; 7] {
    [
        sql!(
            "insert into searches (id, staff_id, term, kind, at) select 'x', id, 't', 'name', created_at from staff limit 1 returning id"
        ),
        sql!("update users set points = points + 1000 where id = 1 returning points"),
        sql!("delete from sessions returning id"),
        sql!("update audit_head set size = size + 1 where id = 1 returning size"),
        sql!("delete from idempotency"),
        sql!("update users set points = 0"),
        sql!("create table mine (id integer)"),
    ]
}

async fn let_through(reader: &Reader) -> Vec<String> {
    let mut let_through = Vec::new();
    for write in writes() {
        for error in [reader.query(write).run().await.err(), reader.query(write).all::<(i64,)>().await.err()] {
            let said = error.map_or_else(|| "nothing".to_owned(), |error| error.to_string());
            if !said.contains("read-only") && !said.contains("readonly") {
                let_through.push(format!("{write:?}\nwas answered: {said}"));
            }
        }
    }
    let_through
}

on_both! {
    fn a_reader_does_not_write(world) {
        let before = world.rows("select points from users order by id");
        let wrong = block_on(async {
            let store = Store::open(&world.database().url, 2).await.unwrap();
            let wrong = let_through(&store.reader).await;
            let read: (i64,) = store.reader.query(sql!("select count(*) from users")).one().await.unwrap();
            assert_eq!(read.0, 5, "it does read");
            store.close().await;
            wrong
        });
        assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
        assert_eq!(world.rows("select points from users order by id"), before);
    }
}
