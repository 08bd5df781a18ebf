//! Orders in currencies with no, three and four digits after the point.

use crate::{
    kit::{Database, Engine, World, assert_sound, on_both},
    orders::support::{held, refund_amount, settled},
};

/// A paid order of one line at `price`, in minor units, with the payment `id`.
fn order(world: &World, id: i64, currency: &str, price: i64) -> Result<(), String> {
    let at = "2026-02-20T03:00:00.000000Z";
    world.database().tamper(&format!(
        "insert into orders (id, number, user_id, state, currency, total, shipping_fee, carrier, tracking_number, placed_at, paid_at,
           shipped_at, delivered_at)
         values ({id}, 'CUR-{id}', 2, 'delivered', '{currency}', {price}, 0, 'dhl', '12345678{id}', '{at}', '{at}', '{at}', '{at}');
         insert into order_lines (order_id, n, sku, title, quantity, unit_price) values ({id}, 1, 'A-1', 'Dates', 1, {price});
         insert into payments (id, order_id, method, label, reference, captured, captured_at)
         values ({id}, {id}, 'card', '···· 1111', 'cur-{id}', {price}, '{at}')"
    ))
}

on_both! {
    fn an_amount_has_the_digits_of_its_currency_where_it_is_shown_typed_and_logged(world) {
        let mina = world.signed_in("mina");
        for (id, currency, price, shown, part, minor, too_fine, example) in [
            (70, "KWD", 12_345_678, "KWD 12,345.678", "1.234", 1_234, "1.2345", "12,300.000"),
            (71, "CLF", 25_000, "CLF 2.5000", "0.0007", 7, "0.00071", "12,300.0000"),
            (72, "ISK", 4_500, "ISK 4,500", "1,500", 1_500, "1500.5", "ISK 12,300"),
            (73, "GBP", 4_500, "£45.00", "£1.50", 150, "1.505", "£12,300.00"),
        ] {
            order(world, id, currency, price).unwrap();
            let page = mina.get(&format!("/orders/{id}"));
            assert!(page.says("main").replace('\u{a0}', " ").contains(shown), "{shown}: {page}");
            let refused = refund_amount(&mina, id, too_fine).set("code", &world.code("mina")).submit();
            assert_eq!(refused.status, 422, "{too_fine}: {refused}");
            assert!(refused.says("#amount-error").contains(example), "{refused}");
            let done = refused.form_to("/refunds").set("amount", part).set("code", &world.code("mina")).submit();
            assert_eq!(done.status, 303, "{part}: {done}");
            assert_eq!(held(world, id), minor);
            let row = world.last_audit();
            let row = if row.action == "orders.refund" { row } else { world.audit_from(row.seq - 1).remove(0) };
            assert_eq!(row.after["amount"], format!("{currency} {minor}"), "{row:?}");
            settled(world);
        }
        assert_sound(world);
    }

    fn a_list_is_narrowed_by_amounts_of_any_currency(world) {
        order(world, 70, "KWD", 12_345).unwrap();
        order(world, 71, "KWD", 2_000).unwrap();
        let mina = world.signed_in("mina");
        for (query, found) in [
            ("currency=KWD", &["CUR-71", "CUR-70"][..]),
            ("currency=KWD&min=12.345", &["CUR-70"]),
            ("currency=KWD&min=12.346", &[]),
            ("currency=KWD&max=2", &["CUR-71"]),
            ("currency=CLF", &[]),
        ] {
            let page = mina.get(&format!("/orders?days=365&{query}"));
            let numbers = page.all("main tbody td.t a");
            assert_eq!((page.status, numbers.len()), (200, found.len()), "{query}: {page}");
            for number in found {
                assert!(numbers.iter().any(|one| one.starts_with(number)), "{query}: {numbers:?}");
            }
        }
        let page = mina.get("/orders?currency=KWD&min=1.2345");
        assert!(page.says("#min-error").contains("KWD"), "{page}");
        assert!(mina.get("/orders?currency=XAU").has("#currency-error"));
    }

    fn metals_and_letters_that_are_no_currency_get_into_no_table(world) {
        for code in ["XAU", "XXX", "ABC", "krw", ""] {
            assert!(order(world, 70, code, 100).is_err(), "{code}");
        }
        order(world, 70, "HRK", 100).unwrap();
    }
}

/// The check is replaced in the schema of SQLite, which keeps rows, indexes, triggers and references.
#[test]
fn the_migration_of_a_database_with_orders_keeps_everything_and_is_seen_by_open_connections() {
    crate::kit::within(Engine::Sqlite, |world| {
        let database = world.database();
        let schema = |database: &Database| {
            database.rows("select type, name, tbl_name, sql from sqlite_schema order by type, name")
        };
        let after = schema(database);
        let orders = database.number("select count(*) from orders");
        let table = database.value("select sql from sqlite_schema where name = 'orders'");
        let codes = table.split("check (currency in (").nth(1).and_then(|rest| rest.split("))").next()).unwrap();
        database
            .tamper(&format!(
                "pragma writable_schema = on;
                 update sqlite_schema set sql = replace(sql, '{}', '''KRW'', ''USD'', ''EUR'', ''JPY''')
                  where name in ('orders', 'settlements');
                 pragma writable_schema = reset; create table seen (n integer) strict; drop table seen",
                codes.replace('\'', "''")
            ))
            .unwrap();
        assert!(order(world, 70, "KWD", 12_345).is_err(), "as it was before the migration");
        database.tamper(include_str!("../../../migrations/sqlite/0015_currencies.sql")).unwrap();
        order(world, 70, "KWD", 12_345).unwrap();
        assert_eq!(schema(database), after);
        assert_eq!(database.number("select count(*) from orders"), orders + 1);
        assert_eq!(database.value("select integrity_check from pragma_integrity_check"), "ok");
        assert!(database.rows("select * from pragma_foreign_key_check").is_empty());
        let page = world.signed_in("mina").get("/orders/70");
        assert!(page.says("main").contains("12.345"), "{page}");
    });
}
