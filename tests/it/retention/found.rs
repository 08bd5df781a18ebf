//! What an owner of the database does with records beside the console is found.

use super::support::{at, fits, is_found, looks, nothing_goes, purged, records, row, world, years};
use crate::{
    evidence::support::{lay_open_tables, literal, tamper},
    kit::{World, on_both, wait_until},
};
use ingam::retention::Retention;

fn lay_open(world: &World) {
    let tables = ["access_records", "access_subjects", "access_heads", "access_leaves", "access_head", "access_sealed"];
    lay_open_tables(world, &tables);
}

/// A world in which the records of a day were removed, and later ones are there.
fn removed(world: &World) {
    looks(world, "mina");
    let first = records(world);
    at(world, "2027-03-01T03:00:00");
    looks(world, "hana");
    at(world, "2027-03-10T03:00:00");
    row(world);
    at(world, "2027-03-11T04:00:00");
    row(world);
    wait_until(|| purged(world) == first);
    fits(world);
    lay_open(world);
}

on_both! {
    fn a_leaf_that_is_altered_after_its_record_was_removed_is_found(outer) {
        let world = &world(outer.engine, years(1));
        removed(world);
        let hash = literal(world.engine, &[7; 32]);
        tamper(world, &format!("update access_leaves set leaf = {hash} where n = 1"));
        is_found(world, "do not give the root that row");
    }

    fn a_leaf_that_goes_with_its_record_is_found(outer) {
        let world = &world(outer.engine, years(1));
        removed(world);
        tamper(world, "delete from access_leaves where n = 1");
        is_found(world, "leaf 1 of their tree, or its record, is missing");
    }

    fn more_records_that_go_as_if_their_time_were_over_are_found(outer) {
        let world = &world(outer.engine, years(1));
        removed(world);
        let next = purged(world);
        let (id, lane, place) = (
            world.number(&format!("select record_id from access_leaves where n = {next}")),
            world.number(&format!("select r.lane from access_leaves l join access_records r on r.id = l.record_id where n = {next}")),
            world.number(&format!("select r.place from access_leaves l join access_records r on r.id = l.record_id where n = {next}")),
        );
        tamper(world, &format!("create table taken as select hash from access_records where id = {id}"));
        tamper(world, &format!("delete from access_records where id = {id}; delete from access_subjects where record_id = {id}; delete from looks"));
        is_found(world, &format!("of chain {lane}"));
        tamper(world, &format!("update access_sealed set kept = {place} + 1, kept_hash = (select hash from taken) where lane = {lane}"));
        tamper(world, &format!("update access_leaves set body = null where n = {next}"));
        is_found(world, "their chains do not say which records were removed");
        tamper(world, &format!("update access_head set purged = {next} + 1"));
        is_found(world, "and no row of the log removed them");
    }

    fn what_is_left_of_a_chain_is_held_to_what_was_removed(outer) {
        let world = &world(outer.engine, years(1));
        removed(world);
        let hash = literal(world.engine, &[7; 32]);
        tamper(world, &format!("update access_sealed set kept_hash = {hash} where kept is not null"));
        is_found(world, "chain");
    }

    fn a_mark_that_is_moved_back_is_found(outer) {
        let world = &world(outer.engine, years(1));
        removed(world);
        tamper(world, "update access_head set purged = 0");
        is_found(world, "the log removed records that do not count as removed");
    }

    fn a_record_in_the_place_of_one_that_was_removed_is_found(outer) {
        let world = &world(outer.engine, years(1));
        removed(world);
        tamper(world, &format!("update access_leaves set body = {} where n = 0", literal(world.engine, b"{}")));
        is_found(world, "was removed, and its bytes are there");
        tamper(world, "update access_leaves set body = null where n = 0");
        let id = world.number("select record_id from access_leaves where n = 0");
        let over = if world.engine == crate::kit::Engine::Postgres { "overriding system value" } else { "" };
        tamper(world, &format!(
            "insert into access_records (id, at, staff_id, staff_name, ip, ip_key, task, request_id, lane, place, hash, shown) {over}
             select {id}, r.at, r.staff_id, r.staff_name, r.ip, r.ip_key, r.task, r.request_id, s.lane, s.starts, r.hash, 0
               from access_records r cross join access_sealed s where s.kept is not null order by r.id limit 1"
        ));
        is_found(world, "records were added or taken away beside the chains");
    }

    fn a_record_that_was_altered_is_not_removed_and_stays_to_be_found(outer) {
        let world = &world(outer.engine, years(1));
        looks(world, "mina");
        lay_open(world);
        tamper(world, "update access_records set staff_name = 'Another' where id = (select record_id from access_leaves where n = 1)");
        at(world, "2027-03-10T03:00:00");
        row(world);
        at(world, "2027-03-11T04:00:00");
        row(world);
        nothing_goes(world);
        assert_eq!(purged(world), 0);
        is_found(world, "of chain");
    }

    fn records_that_are_gone_without_a_row_are_missed(outer) {
        let world = &world(outer.engine, Retention::default());
        looks(world, "mina");
        lay_open(world);
        tamper(world, "update access_head set purged = 1; delete from looks");
        tamper(world, "delete from access_subjects where record_id = (select record_id from access_leaves where n = 0)");
        tamper(world, "delete from access_records where id = (select record_id from access_leaves where n = 0)");
        tamper(world, "update access_leaves set body = null where n = 0");
        is_found(world, "chain");
    }
}
