//! What verifying looks at: every column of every table is held against the log, or is named here with the reason why not. A
//! test alters each of them in a real database and compares what is noticed with this list.

/// A table, and how its columns are covered.
#[derive(Clone, Copy, Debug)]
pub struct Coverage {
    pub table: &'static str,
    /// Columns whose alteration is noticed, and how. Of rows that the shop made, only what a change has altered since.
    pub held: &'static [(&'static str, &'static str)],
    /// Columns whose alteration is not noticed, and why.
    pub open: &'static [(&'static str, &'static str)],
}

const fn table(
    table: &'static str,
    held: &'static [(&'static str, &'static str)],
    open: &'static [(&'static str, &'static str)],
) -> Coverage {
    Coverage { table, held, open }
}

/// The names of columns in a list of them.
pub fn columns(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.split(", ")
}

const SHOP: &str = "the shop's own, which no change alters";
const FORMS: &str = "a count that makes open forms stale, nothing else";

/// The list as `ingam audit verify` prints it, a table after the other.
pub fn listing() -> String {
    let lines = COVERAGE.iter().flat_map(|table| {
        let held = table.held.iter().map(|(names, how)| format!("  checked      {names}: {how}"));
        let open = table.open.iter().map(|(names, why)| format!("  not checked  {names}: {why}"));
        std::iter::once(table.table.to_owned()).chain(held).chain(open)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Every table of the schema.
pub const COVERAGE: &[Coverage] = &[
    table(
        "access_head",
        &[(
            "id, size, frontier, root, purged",
            "recomputed from all leaves, and the rows of the log that seal a size of the tree or removed records whose time was over",
        )],
        &[("tied, tied_at", "when the log is told of the tree next, nothing else")],
    ),
    table(
        "access_leaves",
        &[(
            "n, record_id, body, leaf",
            "records and customers, bytes, leaf and root of a Merkle tree; where records were removed when their time was over, leaf and root",
        )],
        &[],
    ),
    table(
        "access_sealed",
        &[(
            "lane, starts, next, kept, kept_hash",
            "the places of the records that are leaves; where some were removed, their number and the next hash of the chain",
        )],
        &[],
    ),
    table("access_heads", &[("lane, size, hash", "recomputed from all access records")], &[]),
    table(
        "access_records",
        &[(
            "id, at, staff_id, staff_name, ip, ip_key, task, subject, detail, reason, request_id, shown, lane, place, hash",
            "chains of hashes, with the customers who are named by the id, and the tree; records from before there were chains are counted, no more",
        )],
        &[],
    ),
    table(
        "access_subjects",
        &[(
            "customer, record_id",
            "the number and the hash of the record; of records from before they were named, the customer that it is about",
        )],
        &[],
    ),
    table(
        "alert_events",
        &[],
        &[(
            "id, alert, at, what, n, reference, staff_name, reason",
            "appended only; what happened to an alert follows from other tables, and who acknowledged it is a row of the log",
        )],
    ),
    table(
        "alerts",
        &[],
        &[(
            "id, kind, subject, title, severity, opened_at, newest_at, n, reference, facts, told_n, told_at, acknowledged_at, \
             acknowledged_by, cleared_at, resolved_at, changed",
            "follows from what is wrong in other tables, twice a second; who acknowledged it is a row of the log",
        )],
    ),
    table(
        "approval_requests",
        &[
            (
                "id, at, kind, payload, target_kind, target_id, seen, before, after, staff_id, staff_name, ip, peer, user_agent, \
                 session, reason, change_id, rule, beyond, role, expires_at, salt, reversal_of",
                "its fingerprint in the row of the log that asked for it",
            ),
            (
                "state, needs, is_overdue",
                "the last row that noted it, the votes, and the row of the change that was made",
            ),
        ],
        &[("decided_at", "the time of the vote or of the row that decided is in the log"), ("version", FORMS)],
    ),
    table(
        "approval_votes",
        &[("request_id, staff_id, staff_name, at, verdict, reason, change_id", "the row of the log of the decision")],
        &[],
    ),
    table(
        "audit",
        &[(
            "seq, at, change_id, actor, staff_id, staff_name, staff_email, roles, action, target_kind, target_id, before, after, \
             reason, ip, ip_key, peer, user_agent, session, request_id, approval_id, reversal_of, outcome, refusal, flags, body, \
             leaf",
            "columns, bytes, leaf and root of the Merkle tree",
        )],
        &[],
    ),
    table(
        "audit_nodes",
        &[],
        &[(
            "level, n, hash",
            "follow from the leaves; a proof that is made of them is verified before it is handed out",
        )],
    ),
    table("audit_head", &[("id, size, frontier, root", "recomputed from all rows")], &[]),
    table(
        "authenticators",
        &[
            ("staff_id, secret, enrolled_at", "the fingerprint and the time in the row that set it up or reset it"),
            ("locked", "the refusal that locked it"),
        ],
        &[("last_step, failures, waits_until", "counts against guessing, which go up and down without a change")],
    ),
    table(
        "batch_events",
        &[
            ("job, run_id, at, kind, staff_name, change_id", "the row of the log of the change that made it"),
            ("detail", "that row too, and of the end of a run the reason that the run itself has"),
        ],
        &[("id", "the order of events on a page, nothing else")],
    ),
    table(
        "batch_jobs",
        &[
            ("name, version, is_retired, paused_until, baseline_from", "the last row that noted it"),
            ("title, owner, kind", "the definition whose digest is in the log"),
        ],
        &[("next_at", "moves on with every run"), ("changed", FORMS)],
    ),
    table(
        "batch_lapses",
        &[],
        &[(
            "job, kind, since, newest_at, n, detail, resolved_at, resolved_by",
            "counts up and goes with the next success; the missed ticks and what a person resolved are rows of the log",
        )],
    ),
    table(
        "batch_log",
        &[],
        &[(
            "run_id, n, until, lines",
            "what programs wrote while they ran; it is thinned out as it grows, removed where that is set, and not sealed",
        )],
    ),
    table(
        "batch_runs",
        &[
            (
                "state, ended_at, duration_ms, processed, exit_code, failure, is_low",
                "the row of the log of its end, and its event",
            ),
            (
                "id, job, version, cause, params, staff_name, change_id, rerun_of, root_id",
                "the row of the person who asked for it",
            ),
            ("resolution, resolved_by, resolved_at", "the event of the decision, which has a row in the log"),
        ],
        &[
            (
                "is_single, rid, scheduled_for, attempt, queued_at, started_at, deadline_at",
                "set by schedules and reports, not by a change",
            ),
            (
                "runner, fence, lease_until, pid, pid_started, waits_for_pid, is_process_gone",
                "who runs it, as long as it runs",
            ),
            (
                "progress, failed, skipped, next_line, gap_from, gap_until, gap_bytes",
                "reported by the program as it runs",
            ),
            ("baseline_ms, baseline_count, baseline_runs, is_slow, is_late", "worked out from other runs"),
            ("changed", FORMS),
        ],
    ),
    table(
        "batch_versions",
        &[("job, n, definition, sha256", "the digest in the row of the log that defined it")],
        &[("at", "the row of the log has the time")],
    ),
    table(
        "deliveries",
        &[],
        &[(
            "id, channel, recipient, thing, what, alert, alert_event, event, message, state, attempts, created_at, next_at, claimed_until, \
             told_at, error, called_by",
            "messages on their way, kept for 30 days; sending one again and giving one up are rows of the log",
        )],
    ),
    table(
        "configurations",
        &[],
        &[("id, previous, hash, seen_at, program", "which files consoles began with; nothing is made of it")],
    ),
    table(
        "deployments",
        &[],
        &[(
            "id, service, environment, version, at, recorded_at, by_name, source, url, notes",
            "what pipelines reported; what a person on the host recorded is a row of the log besides",
        )],
    ),
    table(
        "queue_offsets",
        &[],
        &[(
            "topic, partition, next_offset, end_offset, owner, lease_until, moved_at, waits_since, failing_since, error, is_declared",
            "how far topics are read; what the records did is in the tables of runs",
        )],
    ),
    table(
        "queue_rejects",
        &[],
        &[("id, topic, partition, record_offset, at, why, job, body", "records that did nothing, kept for 90 days")],
    ),
    table(
        "detection",
        &[],
        &[(
            "id, claimed_until, claimed_by, looked_at, swept_at, told, told_at",
            "when the rules looked last and of what the last digest told; each night they look at the whole window again",
        )],
    ),
    table(
        "drafts",
        &[],
        &[(
            "staff_id, form, at, sealed",
            "what was typed into a form of an ended session, for an hour; nothing is made of it",
        )],
    ),
    table(
        "escalations",
        &[],
        &[(
            "alert, policy, round, next_step, next_at, next_target, newest_call, is_reached, unreached_at, changed",
            "how far calling people is; it follows from the configuration, the alerts and who is on duty",
        )],
    ),
    table(
        "escalation_events",
        &[],
        &[(
            "id, alert, at, what, policy, round, step, target, staff, staff_name, detail",
            "appended only; the people that the console called by itself, and notes, each of which is a row of the log",
        )],
    ),
    table(
        "levers",
        &[],
        &[(
            "id, kind, closed_at, until_at, reason, staff_name, opened_at, opened_by",
            "each is a row of the log, which says the same in words; what is closed alters no business data",
        )],
    ),
    table("host_review", &[("id, seen_through", "the last row that noted it")], &[]),
    table(
        "checkpoints",
        &[("size, root", "the root of the rows at this size")],
        &[(
            "id, origin, note, signed_at",
            "copies for the pages; the signature in the note is verified with the public key",
        )],
    ),
    table(
        "shipments",
        &[],
        &[(
            "id, checkpoint_id, target, object, version_id, bytes, sha256, state, created_at, late_at, next_at, claimed_until, attempts, tried_at, error, retain_until",
            "copies for pages and alerts: what was shipped is there, and `ingam audit compare` reads it",
        )],
    ),
    table(
        "cosignatures",
        &[],
        &[("checkpoint_id, witness, line, at", "signatures, which are verified with the public keys of the witnesses")],
    ),
    table(
        "witnesses",
        &[],
        &[(
            "name, attempts, error, next_at, refusal, since, away_since",
            "what witnesses said the last time; they say it again the next time",
        )],
    ),
    table(
        "timestamps",
        &[],
        &[(
            "checkpoint_id, authority, response, stamped_at, at",
            "signatures, which are verified with the certificates of the authority",
        )],
    ),
    table(
        "timestamp_troubles",
        &[],
        &[(
            "authority, attempts, error, next_at, since",
            "what went wrong the last time; it is found again the next time",
        )],
    ),
    table(
        "signing",
        &[],
        &[("id, fault, since", "what the signer found the last time; it is found again the next time")],
    ),
    table(
        "channels",
        &[],
        &[(
            "name, kind, host, recipients, addresses, is_declared, failures, failing_since, error, proven_at, tested_at, pause_until",
            "what the configuration declares and how receivers answer, which no change alters",
        )],
    ),
    table(
        "counted_amounts",
        &[(
            "staff_id, began, ends, kind, quantity, currency, total",
            "the sum of the log's rows of the person and day",
        )],
        &[],
    ),
    table("counted_days", &[("staff_id, began, ends", "the rows of the log in it give its amounts")], &[]),
    table(
        "idempotency",
        &[],
        &[("staff_id, key, fingerprint, seq, output, at", "answers to forms that are sent twice, for seven days")],
    ),
    table(
        "former_keys",
        &[],
        &[(
            "key_check, began_at, ended_at, lookup",
            "compared with the configuration at every start; each rotation is in the log",
        )],
    ),
    table(
        "installation",
        &[],
        &[
            ("id, environment, stamped_at, key_check", "compared with the configuration at every start"),
            (
                "time_held_until",
                "noted by the row of the command; it only counts while it is the time of the newest row",
            ),
        ],
    ),
    table(
        "incident_actions",
        &[],
        &[(
            "id, incident, text, owner, due, done_at, reminded_at",
            "who is to do what, each added and done by a row of the log",
        )],
    ),
    table(
        "incident_events",
        &[],
        &[(
            "id, incident, at, recorded_at, what, staff, staff_name, text, source, source_id, link",
            "appended only; it follows from other tables, and what people did is a row of the log",
        )],
    ),
    table(
        "exports",
        &[
            (
                "id, staff_id, at, holds, format, purpose, filter, first_seq, end_seq, row_count, person_count, change_id",
                "the row of the log that it was made with",
            ),
            ("state, bytes, sha256", "the row of the log that was appended when the file had been sent"),
        ],
        &[(
            "expires_at, attempts, sent, lease_until, finished_at",
            "how far a file was sent; nothing is concluded from it",
        )],
    ),
    table("incident_mentions", &[], &[("incident, seq", "which rows name an incident follows from their reasons")]),
    table(
        "incidents",
        &[("step", "the last row that noted it")],
        &[
            (
                "id, title, severity, opened_at, opened_by, opened_name, alert, lead, impact, cause, remedy, recovered_at, closed_at, \
                 no_actions",
                "what people know while they work; each change of it is a row of the log, and the postmortem is held against its row",
            ),
            ("collects", "whether its timeline still fills itself"),
            ("changed", FORMS),
        ],
    ),
    table(
        "invitations",
        &[("hash, staff_id, expires_at", "the fingerprint and the time in the row that issued the link")],
        &[],
    ),
    table(
        "looks",
        &[
            ("staff_id, kind, seen, first_at", "the access records of the time that is counted"),
            ("lifted_by", "the row of the log of the change"),
        ],
        &[
            ("id", "nothing refers to it"),
            (
                "span, starts_at",
                "which hour or day it is; what was counted in it is checked. Rows are kept for three days",
            ),
            ("last_at", "up to when records are counted; later than the last of them changes nothing"),
            ("told", "whether an event was emitted, which has a row in the log"),
        ],
    ),
    table(
        "networks",
        &[("net, note, expires_at, added_by", "all changes of the list in the log, one after the other")],
        &[("id", "nothing refers to it"), ("added_at", "the row of the log has the time"), ("version", FORMS)],
    ),
    table("numbers", &[], &[("n", "the numbers from 1 to 100, for the index of names")]),
    table(
        "order_events",
        &[
            ("order_id, at, kind, refund_id, staff_name, change_id", "the row of the log of the change that made it"),
            ("text, salt", "the tracking number in that row, and of a note its fingerprint"),
        ],
        &[("id", "the order of events on a page, nothing else")],
    ),
    table(
        "order_lines",
        &[("order_id, n, refunded", "the refunds of the line")],
        &[("sku, title, variant, quantity, unit_price", SHOP)],
    ),
    table(
        "orders",
        &[
            ("state, carrier, tracking_number", "the last row that noted it, once a change has altered it"),
            ("preparing_at, shipped_at, delivered_at, cancelled_at", "the event of the change, if one did it"),
            (
                "shipping_refunded, points_returned, worth_returned, points_claimed, open_refunds, failed_refunds",
                "the sum of its refunds",
            ),
        ],
        &[
            (
                "id, number, user_id, currency, total, shipping_fee, points_used, points_worth, points_earned, placed_at, paid_at",
                SHOP,
            ),
            ("version", FORMS),
        ],
    ),
    table(
        "outbox",
        &[],
        &[(
            "id, seq, topic, body, at, attempts, claimed_until, delivered_at",
            "messages on their way; each tells of a row of the log",
        )],
    ),
    table(
        "payments",
        &[("id, refunded", "the refunds of the payment")],
        &[("order_id, method, label, reference, captured, captured_at", SHOP)],
    ),
    table(
        "point_entries",
        &[
            (
                "id, user_id, delta, balance",
                "the chain of each customer's entries from zero, and the customer's points",
            ),
            ("adjusted_sum", "the chain of each customer's adjustments"),
            (
                "at, kind, memo, change_id, staff_name",
                "the row of the change that made it, or that took it over from the shop",
            ),
        ],
        &[],
    ),
    table(
        "postmortems",
        &[(
            "id, incident, text, hash, sealed_at, staff_name, change_id",
            "the row of the log that sealed it, which has its hash",
        )],
        &[],
    ),
    table(
        "received_alerts",
        &[],
        &[(
            "subject, source, fingerprint, starts_at, title, severity, labels, url, summary, first_at, heard_at, stale_at, \
             is_suppressed, resolved_at, ended_by",
            "what other systems tell of their alerts, for 30 days after the end; a person who ended one is a row of the log",
        )],
    ),
    table(
        "rotas",
        &[],
        &[(
            "id, name, title, made_at, retired_at, changed, changed_at, announced_at, told_at",
            "who is on duty alters no business data; each change of a rota is a row of the log",
        )],
    ),
    table(
        "rota_plans",
        &[],
        &[(
            "id, rota, from_at, zone, handover, unit, every, starts_on, members",
            "each is a row of the log, which says the same in words",
        )],
    ),
    table(
        "rota_overrides",
        &[],
        &[(
            "id, rota, from_at, until_at, staff, made_at, staff_name, reason, removed_at, removed_by",
            "each is a row of the log, which says the same in words",
        )],
    ),
    table(
        "calendars",
        &[],
        &[(
            "id, staff, hash, made_at, revoked_at",
            "opens what the reader sees in the console; made and ended by rows of the log",
        )],
    ),
    table("received_polls", &[], &[("source, asked_at", "when another system was asked last what is open")]),
    table(
        "recovery_codes",
        &[
            ("hash, staff_id", "the fingerprint of all ten in the row that made them"),
            ("used_at", "how many are left, in the row that used one"),
        ],
        &[],
    ),
    table("refund_lines", &[("refund_id, order_id, n, quantity", "the counts of the order's lines")], &[]),
    table(
        "refund_payments",
        &[
            ("refund_id, payment_id, order_id, amount, key", "the refund, whose amount and change are in the log"),
            ("state, failure, settled_at", "the row of the log of the provider's answer"),
        ],
        &[
            ("reference", "the provider's name for it, which the provider knows"),
            ("attempts, provider, ask_at", "how the provider is asked until it answers"),
        ],
    ),
    table(
        "refunds",
        &[
            (
                "id, order_id, at, amount, points_taken, reason_kind, override_reason, retry_of, staff_name, change_id",
                "the row of the log of the change that asked for it",
            ),
            ("state, released, settled_at", "its parts, whose answers are in the log"),
            ("shipping, points_returned, points_worth, points_claimed", "the counts of the order"),
            ("dismissed_at", "the event of the dismissal, which has a row in the log"),
        ],
        &[],
    ),
    table(
        "searches",
        &[],
        &[(
            "id, staff_id, term, kind, status, at",
            "what was searched for, for a day or as long as is set; those of people who may see customers have an access record",
        )],
    ),
    table(
        "sessions",
        &[(
            "id, staff_id, stage, created_at, ip, user_agent",
            "the row of the log of the sign-in, or of the last code",
        )],
        &[("seen_at", "moves on with every request")],
    ),
    table(
        "settlements",
        &[("day, currency, orders, captured", "the last row that settled the day")],
        &[
            ("refunded", "added up from refunds, which are held against the log"),
            ("at", "the row of the log has the time"),
        ],
    ),
    table(
        "silences",
        &[],
        &[(
            "id, scope, name, begun_at, until_at, reason, staff_name, ended_at, ended_by, settled_at",
            "of what nothing is told to channels, for a week at most; who began and who ended it is a row of the log",
        )],
    ),
    table(
        "staff",
        &[
            ("id, email", "the row of the log of the invitation"),
            ("name", "the last row of the log that has the person's name, once there is one"),
            ("roles, active, networks, lang, time_zone, theme, password_at", "the last row that noted it"),
            ("password_hash", "its fingerprint in the row that set it"),
        ],
        &[("version", FORMS), ("created_at", "the row of the invitation has the time")],
    ),
    table(
        "suspicions",
        &[("id, rule, n, state, outcome, closed_at, closed_by", "the row of the log that closed it")],
        &[(
            "key, staff_id, other_id, customer, began_at, first_seq, last_seq, evidence, found_at",
            "what a rule found follows from the log and the access records; the digests in the log count it",
        )],
    ),
    table(
        "throttles",
        &[],
        &[("key, failures, waits_until, updated_at", "counts against guessing, forgotten after a day")],
    ),
    table(
        "user_name_forms",
        &[],
        &[("form, user_id", "an index of names, rebuilt from them by `ingam job search-reindex`")],
    ),
    table(
        "user_name_parts",
        &[],
        &[("part, user_id", "an index of names, rebuilt from them by `ingam job search-reindex`")],
    ),
    table("user_name_queue", &[], &[("n, user_id, old_name", "names that are to be indexed, by triggers on users")]),
    table(
        "reviews",
        &[(
            "id, change_id, period, from_at, to_at, staff_id, staff_name, signed_at, report, sha256, checkpoint_size, result, findings, \
             measures, responsible, earlier",
            "the row of the log that signed it, which has the hash of the report",
        )],
        &[],
    ),
    table(
        "user_notes",
        &[
            ("id, user_id, at, staff_name, change_id", "the row of the log of the note"),
            ("text, salt", "their fingerprint in that row"),
        ],
        &[],
    ),
    table(
        "users",
        &[
            ("status", "the last row that noted it, once a change has altered it"),
            ("id, points", "the last entry in the ledger"),
        ],
        &[
            ("email, phone, name, joined_at, last_seen_at", SHOP),
            ("email_domain, phone_last4", "worked out by the database from the other columns"),
            ("version", FORMS),
        ],
    ),
    table(
        "ways",
        &[],
        &[(
            "id, staff, channel, address, hint, salt, made_at, code_until, tries, proven_at, failed_at, error, removed_at",
            "where people are told, encrypted with the name of the person; who added, proved and removed one is a row of the log",
        )],
    ),
    table(
        "verification",
        &[],
        &[(
            "id, claimed_until, claimed_by, finished_at, fits, size, finding",
            "how the last verification in the background ended; each verification begins at the first row",
        )],
    ),
];
