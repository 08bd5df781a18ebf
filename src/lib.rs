//! Ingam (인감, the registered seal that makes a document binding in Korea) is an admin console in which every change is
//! sealed: the person's right to make it, the network it comes from, a fresh one-time code, a reason, and an append-only
//! audit row that commits together with the change or not at all.
//!
//! # The map
//!
//! | module | content |
//! |---|---|
//! | [`gate`] | the one door: [`Gate::submit`](gate::Gate::submit), the trait [`Change`](gate::Change), the steps of admission, the audit row, the outbox |
//! | [`store`] | one SQL text, two engines: [`sql!`], [`Reader`](store::Reader), migrations |
//! | [`mod@changes`] | everything that can be done, as two closed lists: changes and background work |
//! | [`routes`] | the route table as data: method, path, to whom it opens |
//! | [`sections`] | what the navigation counts, as data |
//! | [`app`] | the middleware in order, starting and stopping |
//! | [`web`] | what HTTP looks like here: what all requests share, sessions, what a route is, the desk a handler sits at, forms, forgery, addresses, pages, words |
//! | [`staff`] | who is asking and who may: roles, authenticators, signing in and out, invitations, the pages of staff |
//! | [`users`], [`orders`], [`audit`], [`access`], [`dashboard`] | slices: each holds its pages, its SQL and its changes |
//! | `search` | the one search for everything, behind every box |
//! | [`approvals`] | what waits for a second person: deciding, withdrawing, running out |
//! | [`payments`] | who really gives the money back: bookkeeping, a signed webhook, Stripe |
//! | [`batches`] | jobs, schedules, runs and their results, and rerunning by hand |
//! | [`demo`] | sample customers, orders and runs, and the shop's own nightly work, which the demo's jobs do |
//! | `alerts` | what is wrong: from when it was noticed until it is right again |
//! | [`evidence`] | checkpoints, receipts and proofs: what shows to others that the log was not rewritten |
//! | `detection` | rules that look for what people should explain; what they find is closed by a person with a reason |
//! | `exports` | files of rows of the log: asked for with a sealed change, written while they are sent |
//! | [`retention`] | how long things are kept, and removing them when that time is over |
//! | `reversal` | taking back what a row of the log changed: which kinds can be, by what, and the page on which it is done |
//! | `tlog` | the formats of transparency logs: notes, checkpoints, tiles, proofs |
//! | `incidents` | what went wrong, worked on step by step, with its timeline and postmortem |
//! | `kafka` | Kafka: a cluster, the names an environment may use on it, a client with a small face |
//! | [`notify`] | telling others: channels, routes, messages on their way |
//! | [`queues`] | topics that are read: reports of batches, how far each partition is, what was set aside |
//! | [`metrics`] | what Prometheus reads: requests, changes, runs, queues, pools, the process |
//! | [`networks`] | the networks that the console opens to: those of the environment, and the list that owners keep |
//! | `reviews`, [`plan`] | reports about a period, read from what there is, signed and kept; by which plan |
//! | [`config`], [`profile`] | parsed once; environment isolation |
//! | [`clock`], [`secret`] | where time and randomness come from, and nowhere else |
//! | [`zone`] | time zones, by the newer of two editions: the one in this program and the system's |
//! | [`allowlist`] | networks as values: reading, matching and explaining them |
//! | [`merkle`] | the tree of RFC 6962 that the audit log is hashed into |
//! | [`password`] | hashing passwords, a few at a time, and which are too weak |
//! | `text` | what text that others will read may hold |
//! | [`digits`] | how whole numbers are written |
//! | [`id`] | the number of a row as a type of its own |
//! | [`money`] | amounts in minor units, and shares of them that add up |
//! | [`supervise`] | one process group: started by a process apart, watched, ended, and its log, bounded |
//! | [`customer`], `mask` | a customer as what changes are about; personal data as pages show it |
//! | `outgoing` | how others are called: no redirects, no proxy, nothing kept open |
//! | [`worker`] | drains the outbox, runs jobs, asks payment providers, forgets what has run out |
//! | [`cli`] | one file per command |
//!
//! # How a request travels
//!
//! `POST /users/42/point-adjustments` passes [`web::middleware::observe`] (named, timed, errors become pages),
//! [`web::middleware::admit`] (address, allowlist, host, method, origin, purpose), actix-session over [`web::session`], and
//! [`web::middleware::authorize`] (who is it, does the [`routes`] table open to them). The route hands the form to
//! `web::panel`, which reads it strictly, makes the change [`AdjustPoints`](users::adjust::AdjustPoints) of it
//! and submits that with the seal the person brought. [`Gate::submit`](gate::Gate::submit) begins a transaction, claims the
//! form's key, checks role, network and the version that was seen, spends the code, applies the change, takes it back and keeps
//! it as a request where it needs a second person, appends the audit row, writes the outbox and commits. The handler answers 303, and the page that follows reads the row that sealed it.
//!
//! Slices depend on [`gate`] and [`web`]; [`gate`] knows no slice; only [`mod@changes`], [`routes`] and [`sections`] know them all.

pub mod access;
mod alerts;
pub mod allowlist;
pub mod app;
mod approvals;
pub mod audit;
pub mod batches;
pub mod changes;
pub mod cli;
pub mod clock;
pub mod config;
mod customer;
mod dashboard;
pub mod demo;
mod deployments;
pub mod detection;
mod digits;
pub mod escalation;
pub mod evidence;
mod exports;
pub mod gate;
mod host;
pub mod id;
mod incidents;
mod kafka;
mod levers;
mod mask;
mod memory;
pub mod merkle;
pub mod metrics;
mod money;
mod networks;
pub mod notify;
mod oncall;
mod orders;
mod outgoing;
#[cfg(test)]
mod page_samples;
mod password;
pub mod payments;
pub mod persona;
pub mod plan;
pub mod profile;
pub mod queues;
mod readiness;
pub mod retention;
mod reversal;
mod reviews;
pub mod routes;
mod search;
pub mod secret;
mod sections;
pub mod staff;
pub mod store;
pub mod supervise;
mod text;
mod tlog;
pub mod users;
mod ways;
pub mod web;
mod worker;
pub mod zone;
