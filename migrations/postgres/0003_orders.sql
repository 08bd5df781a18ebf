-- Orders, what was paid for them, and what of it was given back. An order and its payments come from the shop; the console
-- cancels, refunds, ships and notes. Amounts are in minor units of the order's currency.

-- Changes of an order give points back and take earned ones away, which adjusts nothing by hand.
alter table point_entries drop constraint point_entries_kind_check;
alter table point_entries drop constraint point_entries_check;
alter table point_entries add constraint point_entries_kind_check
  check (kind in ('earned', 'spent', 'expired', 'returned', 'adjusted', 'reclaimed'));
alter table point_entries add constraint point_entries_check check (
  case when change_id is null then kind <> 'adjusted' else kind in ('adjusted', 'returned', 'reclaimed') end
);
drop index point_entries_change;
create unique index point_entries_change on point_entries (change_id, kind) where change_id is not null;

create table orders (
  id                bigint primary key,
  number            text collate "C" not null unique check (number ~ '^[0-9A-Z-]{4,32}$'),
  user_id           bigint not null references users (id),
  state             text collate "C" not null
                    check (state in ('placed', 'paid', 'preparing', 'shipped', 'delivered', 'cancelled')),
  currency          text collate "C" not null check (currency in ('KRW', 'USD', 'EUR', 'JPY')),
  -- Goods and shipping together, before points.
  total             bigint not null check (total >= 0),
  shipping_fee      bigint not null check (shipping_fee between 0 and total),
  shipping_refunded boolean not null default false,
  -- Points that paid a part of it, what they were worth, and how many came back.
  points_used       bigint not null default 0 check (points_used >= 0),
  points_worth      bigint not null default 0 check (points_worth between 0 and total),
  points_returned   bigint not null default 0 check (points_returned between 0 and points_used),
  worth_returned    bigint not null default 0 check (worth_returned between 0 and points_worth),
  -- Points it earned, and how many refunds have claimed back, whether or not the customer still had them.
  points_earned     bigint not null default 0 check (points_earned >= 0),
  points_claimed    bigint not null default 0 check (points_claimed between 0 and points_earned),
  carrier           text collate "C",
  tracking_number   text collate "C",
  placed_at         timestamptz not null,
  paid_at           timestamptz,
  preparing_at      timestamptz,
  shipped_at        timestamptz,
  delivered_at      timestamptz,
  cancelled_at      timestamptz,
  open_refunds      bigint not null default 0 check (open_refunds >= 0),
  -- Those that failed and that nobody has tried again or set aside.
  failed_refunds    bigint not null default 0 check (failed_refunds >= 0),
  version           bigint not null default 1,
  check (state in ('placed', 'cancelled') or paid_at is not null),
  check (state not in ('shipped', 'delivered') or
         (shipped_at is not null and carrier is not null and tracking_number is not null)),
  check ((state = 'delivered') = (delivered_at is not null)),
  check ((state = 'cancelled') = (cancelled_at is not null)),
  -- What has left the house is not cancelled but sent back.
  check (state <> 'cancelled' or shipped_at is null)
);
create index orders_placed on orders (placed_at, id);
create index orders_state on orders (state, placed_at, id);
create index orders_user on orders (user_id, placed_at, id);
create index orders_total on orders (currency, total, placed_at, id);
create index orders_tracking on orders (tracking_number) where tracking_number is not null;
-- Paid and neither shipped nor cancelled; not said by `state`, for whose own index SQLite would leave this one.
create index orders_waiting on orders (placed_at, id)
  where paid_at is not null and shipped_at is null and cancelled_at is null;
create index orders_open on orders (placed_at, id) where open_refunds > 0;
create index orders_failed on orders (placed_at, id) where failed_refunds > 0;

create table order_lines (
  order_id   bigint not null references orders (id),
  n          bigint not null check (n > 0),
  sku        text not null,
  title      text not null,
  variant    text,
  quantity   bigint not null check (quantity between 1 and 100000),
  unit_price bigint not null check (unit_price >= 0),
  -- Units that refunds hold, asked for or done.
  refunded   bigint not null default 0 check (refunded between 0 and quantity),
  primary key (order_id, n)
);

create table payments (
  id          bigint primary key,
  order_id    bigint not null references orders (id),
  method      text collate "C" not null check (method in ('card', 'transfer')),
  -- The end of a card's number, the name of a bank: enough for a caller to recognise it by.
  label       text not null,
  -- What the payment provider calls it.
  reference   text collate "C" not null,
  captured    bigint not null check (captured > 0),
  captured_at timestamptz not null,
  -- What refunds hold of it, asked for or done.
  refunded    bigint not null default 0 check (refunded between 0 and captured)
);
-- Also what keeps a refund from taking the money of another order.
create unique index payments_order on payments (order_id, id);
create index payments_reference on payments (reference);

-- A refund is a reservation from the moment it is asked for: its quantities and amounts are counted above.
create table refunds (
  id              bigint generated by default as identity primary key,
  order_id        bigint not null references orders (id),
  at              timestamptz not null,
  state           text collate "C" not null check (state in ('requested', 'succeeded', 'failed')),
  -- The money of all its payments.
  amount          bigint not null check (amount >= 0),
  -- The shipping fee, where it is given back with this refund.
  shipping        bigint not null default 0 check (shipping >= 0),
  points_returned bigint not null default 0 check (points_returned >= 0),
  points_worth    bigint not null default 0 check (points_worth >= 0),
  -- Earned points to be taken away, and how many of them the customer still had.
  points_claimed  bigint not null default 0 check (points_claimed >= 0),
  points_taken    bigint not null default 0 check (points_taken between 0 and points_claimed),
  -- Nothing of it came to pass: quantities, shipping and points were set free again.
  released        boolean not null default false,
  reason_kind     text collate "C" not null,
  override_reason text,
  retry_of        bigint unique references refunds (id),
  -- When somebody decided that it needs no second try.
  dismissed_at    timestamptz,
  settled_at      timestamptz,
  -- Who asked for it here; none where the shop itself did.
  staff_name      text,
  change_id       text collate "C" unique,
  check ((state = 'requested') = (settled_at is null)),
  check (not released or state = 'failed'),
  check (dismissed_at is null or state = 'failed')
);
create unique index refunds_order on refunds (order_id, id);
-- The shipping fee is given back once.
create unique index refunds_shipping on refunds (order_id) where shipping > 0 and not released;

create table refund_lines (
  refund_id bigint not null,
  order_id  bigint not null,
  n         bigint not null,
  quantity  bigint not null check (quantity > 0),
  primary key (refund_id, n),
  foreign key (order_id, refund_id) references refunds (order_id, id),
  foreign key (order_id, n) references order_lines (order_id, n)
);

-- The part of a refund that goes back to one payment.
create table refund_payments (
  refund_id  bigint not null,
  payment_id bigint not null,
  order_id   bigint not null,
  amount     bigint not null check (amount > 0),
  state      text collate "C" not null check (state in ('requested', 'succeeded', 'failed')),
  -- Under which the provider does it once; none where the shop itself sends it.
  key        text collate "C" unique,
  attempts   bigint not null default 0,
  -- Which provider was asked; no other can say what became of it.
  provider   text collate "C",
  -- When the provider is asked next; also how long whoever is asking now has it for themselves.
  ask_at     timestamptz,
  reference  text,
  failure    text,
  settled_at timestamptz,
  primary key (refund_id, payment_id),
  foreign key (order_id, refund_id) references refunds (order_id, id),
  foreign key (order_id, payment_id) references payments (order_id, id),
  check ((state = 'requested') = (settled_at is null))
);
create index refund_payments_payment on refund_payments (payment_id);
create index refund_payments_open on refund_payments (ask_at) where state = 'requested' and key is not null;

-- What the provider has answered stays.
create function refuse_unsettling() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
  if old.state <> 'requested' then
    raise exception 'a settled refund stays settled' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger refund_payments_settled before update on refund_payments
  for each row execute function refuse_unsettling();
alter table refund_payments enable always trigger refund_payments_settled;

-- What staff and the console did to an order, with its notes.
create table order_events (
  id         bigint generated always as identity primary key,
  order_id   bigint not null references orders (id),
  at         timestamptz not null,
  kind       text collate "C" not null check (kind in (
               'preparing', 'shipped', 'delivered', 'delivery-undone', 'tracking-corrected', 'cancelled',
               'refund-requested', 'refund-succeeded', 'refund-failed', 'refund-dismissed', 'note')),
  refund_id  bigint references refunds (id),
  -- The note, or the carrier and tracking number.
  text       text,
  staff_name text not null,
  change_id  text collate "C" not null,
  check (kind <> 'note' or text is not null)
);
create index order_events_order on order_events (order_id, id);
create trigger order_events_no_rewriting before update or delete on order_events
  for each row execute function refuse_rewriting();
create trigger order_events_no_truncate before truncate on order_events
  for each statement execute function refuse_rewriting();
alter table order_events enable always trigger order_events_no_rewriting;
alter table order_events enable always trigger order_events_no_truncate;

grant select, insert on orders, order_lines, payments, refunds, refund_lines, refund_payments, order_events to ingam_app;
grant update (state, shipping_refunded, points_returned, worth_returned, points_claimed, carrier, tracking_number, preparing_at, shipped_at,
              delivered_at, cancelled_at, open_refunds, failed_refunds, version) on orders to ingam_app;
grant update (refunded) on order_lines, payments to ingam_app;
grant update (state, released, settled_at, dismissed_at) on refunds to ingam_app;
grant update (state, attempts, provider, ask_at, reference, failure, settled_at) on refund_payments to ingam_app;
