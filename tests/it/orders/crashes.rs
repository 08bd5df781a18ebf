//! The real program, killed around its conversation with the payment provider: after a restart every refund is settled, and
//! the provider has paid it once.

use crate::{
    kit::{Mode, Process, Provider, World, assert_sound, on_both, operators, program, wait_until},
    orders::support::{held, orders, refund, settled},
};
use ingam::{clock::Clock, secret};
use std::{process::Command, thread, time::Duration};

fn command(world: &World, provider: &Provider) -> Command {
    let mut command = program(world.database());
    provider.serve_program(&mut command);
    command
}

/// The real program beside a world's own console, whose clock is long before the refunds are due, so that it asks no
/// provider.
fn beside(world: &World) -> (Provider, Process) {
    let provider = Provider::start();
    let process = Process::start_as(command(world, &provider));
    (provider, process)
}

on_both! {
    fn killed_between_commit_and_provider_it_asks_after_the_restart(world) {
        let (provider, mut process) = beside(world);
        orders(world, 1000, 1);
        let person = &operators(world, 1, Clock::system().now(), || process.browser())[0];
        provider.set(Mode::Away);
        let form = refund(&person.browser, 1000, &[(1, "3")]).set("code", &person.code(Clock::system().now(), 0));
        assert_eq!(form.submit().status, 303);
        process.kill();
        assert_eq!((held(world, 10_000), provider.asked("refund.requested")), (3000, 0));
        provider.set(Mode::Pay);
        process.restart_as(command(world, &provider));
        settled(world);
        assert_eq!((provider.paid("card-1000"), provider.most_under_one_key()), (3000, 1));
        assert_sound(world);
    }

    fn killed_between_answer_and_commit_it_asks_what_became_of_it(world) {
        let (provider, mut process) = beside(world);
        orders(world, 1000, 1);
        let person = &operators(world, 1, Clock::system().now(), || process.browser())[0];
        // Paid, and the answer is on its way for ever.
        provider.set(Mode::PayAndHang);
        let form = refund(&person.browser, 1000, &[(1, "3")]).set("code", &person.code(Clock::system().now(), 0));
        assert_eq!(form.submit().status, 303);
        wait_until(|| provider.paid("card-1000") == 3000);
        process.kill();
        provider.set(Mode::Pay);
        process.restart_as(command(world, &provider));
        settled(world);
        assert_eq!((provider.paid("card-1000"), provider.asked("refund.requested")), (3000, 1));
        assert!(provider.asked("refund.status") >= 1);
        assert_sound(world);
    }

    fn killed_at_any_moment_no_refund_is_lost_and_none_is_paid_twice(world) {
        const ORDERS: i64 = 40;
        let (provider, mut process) = beside(world);
        orders(world, 1000, ORDERS);
        let people = operators(world, ORDERS, Clock::system().now(), || process.browser());
        for (turn, (person, order)) in people.iter().zip(1000..).enumerate() {
            let browser = person.browser.at(process.address);
            let form = refund(&browser, order, &[(1, "3")]).set("code", &person.code(Clock::system().now(), 0));
            assert_eq!(form.submit().status, 303);
            if turn % 8 == 7 {
                thread::sleep(Duration::from_millis(u64::from(secret::random::<1>()[0]) * 3));
                process.kill();
                process.restart_as(command(world, &provider));
            }
        }
        settled(world);
        for order in 1000..1000 + ORDERS {
            assert_eq!((held(world, order * 10), provider.paid(&format!("card-{order}"))), (3000, 3000), "{order}");
        }
        assert_eq!(world.number("select count(*) from refunds where state = 'succeeded'"), ORDERS);
        assert_sound(world);
    }
}
