-- Orders, what was paid for them, and what of it was given back. An order and its payments come from the shop; the console
-- cancels, refunds, ships and notes. Amounts are in minor units of the order's currency.

-- Changes of an order give points back and take earned ones away, which adjusts nothing by hand. SQLite cannot alter a
-- check, so the table is made anew.
create table point_entries_new (
  id         integer primary key,
  user_id    integer not null references users (id),
  at         text not null,
  delta      integer not null check (delta <> 0),
  balance    integer not null check (balance >= 0),
  kind       text not null check (kind in ('earned', 'spent', 'expired', 'returned', 'adjusted', 'reclaimed')),
  memo       text,
  change_id  text,
  staff_name text,
  check (case when change_id is null then kind <> 'adjusted' else kind in ('adjusted', 'returned', 'reclaimed') end)
) strict;
insert into point_entries_new (id, user_id, at, delta, balance, kind, memo, change_id, staff_name)
select id, user_id, at, delta, balance, kind, memo, change_id, staff_name from point_entries order by id;
drop table point_entries;
alter table point_entries_new rename to point_entries;
create index point_entries_user on point_entries (user_id, id);
create index point_entries_adjusted on point_entries (id) where change_id is not null;
create unique index point_entries_change on point_entries (change_id, kind) where change_id is not null;
create trigger point_entries_no_update before update on point_entries
begin select raise(abort, 'point_entries is append-only'); end;
create trigger point_entries_no_delete before delete on point_entries
begin select raise(abort, 'point_entries is append-only'); end;
-- INSERT OR REPLACE deletes the row in its way without firing the trigger above unless recursive_triggers is on.
create trigger point_entries_no_replace before insert on point_entries
when exists (select 1 from point_entries where id = new.id)
  or exists (select 1 from point_entries where change_id = new.change_id and kind = new.kind)
begin select raise(abort, 'point_entries is append-only'); end;

create table orders (
  id                integer primary key,
  number            text not null unique check (length(number) between 4 and 32 and number not glob '*[^0-9A-Z-]*'),
  user_id           integer not null references users (id),
  state             text not null
                    check (state in ('placed', 'paid', 'preparing', 'shipped', 'delivered', 'cancelled')),
  currency          text not null check (currency in ('KRW', 'USD', 'EUR', 'JPY')),
  -- Goods and shipping together, before points.
  total             integer not null check (total >= 0),
  shipping_fee      integer not null check (shipping_fee between 0 and total),
  shipping_refunded integer not null default 0 check (shipping_refunded in (0, 1)),
  -- Points that paid a part of it, what they were worth, and how many came back.
  points_used       integer not null default 0 check (points_used >= 0),
  points_worth      integer not null default 0 check (points_worth between 0 and total),
  points_returned   integer not null default 0 check (points_returned between 0 and points_used),
  worth_returned    integer not null default 0 check (worth_returned between 0 and points_worth),
  -- Points it earned, and how many refunds have claimed back, whether or not the customer still had them.
  points_earned     integer not null default 0 check (points_earned >= 0),
  points_claimed    integer not null default 0 check (points_claimed between 0 and points_earned),
  carrier           text,
  tracking_number   text,
  placed_at         text not null,
  paid_at           text,
  preparing_at      text,
  shipped_at        text,
  delivered_at      text,
  cancelled_at      text,
  open_refunds      integer not null default 0 check (open_refunds >= 0),
  -- Those that failed and that nobody has tried again or set aside.
  failed_refunds    integer not null default 0 check (failed_refunds >= 0),
  version           integer not null default 1,
  check (state in ('placed', 'cancelled') or paid_at is not null),
  check (state not in ('shipped', 'delivered') or
         (shipped_at is not null and carrier is not null and tracking_number is not null)),
  check ((state = 'delivered') = (delivered_at is not null)),
  check ((state = 'cancelled') = (cancelled_at is not null)),
  -- What has left the house is not cancelled but sent back.
  check (state <> 'cancelled' or shipped_at is null)
) strict;
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
  order_id   integer not null references orders (id),
  n          integer not null check (n > 0),
  sku        text not null,
  title      text not null,
  variant    text,
  quantity   integer not null check (quantity between 1 and 100000),
  unit_price integer not null check (unit_price >= 0),
  -- Units that refunds hold, asked for or done.
  refunded   integer not null default 0 check (refunded between 0 and quantity),
  primary key (order_id, n)
) strict;

create table payments (
  id          integer primary key,
  order_id    integer not null references orders (id),
  method      text not null check (method in ('card', 'transfer')),
  -- The end of a card's number, the name of a bank: enough for a caller to recognise it by.
  label       text not null,
  -- What the payment provider calls it.
  reference   text not null,
  captured    integer not null check (captured > 0),
  captured_at text not null,
  -- What refunds hold of it, asked for or done.
  refunded    integer not null default 0 check (refunded between 0 and captured)
) strict;
-- Also what keeps a refund from taking the money of another order.
create unique index payments_order on payments (order_id, id);
create index payments_reference on payments (reference);

-- A refund is a reservation from the moment it is asked for: its quantities and amounts are counted above.
create table refunds (
  id              integer primary key,
  order_id        integer not null references orders (id),
  at              text not null,
  state           text not null check (state in ('requested', 'succeeded', 'failed')),
  -- The money of all its payments.
  amount          integer not null check (amount >= 0),
  -- The shipping fee, where it is given back with this refund.
  shipping        integer not null default 0 check (shipping >= 0),
  points_returned integer not null default 0 check (points_returned >= 0),
  points_worth    integer not null default 0 check (points_worth >= 0),
  -- Earned points to be taken away, and how many of them the customer still had.
  points_claimed  integer not null default 0 check (points_claimed >= 0),
  points_taken    integer not null default 0 check (points_taken between 0 and points_claimed),
  -- Nothing of it came to pass: quantities, shipping and points were set free again.
  released        integer not null default 0 check (released in (0, 1)),
  reason_kind     text not null,
  override_reason text,
  retry_of        integer unique references refunds (id),
  -- When somebody decided that it needs no second try.
  dismissed_at    text,
  settled_at      text,
  -- Who asked for it here; none where the shop itself did.
  staff_name      text,
  change_id       text unique,
  check ((state = 'requested') = (settled_at is null)),
  check (not released or state = 'failed'),
  check (dismissed_at is null or state = 'failed')
) strict;
create unique index refunds_order on refunds (order_id, id);
-- The shipping fee is given back once.
create unique index refunds_shipping on refunds (order_id) where shipping > 0 and not released;

create table refund_lines (
  refund_id integer not null,
  order_id  integer not null,
  n         integer not null,
  quantity  integer not null check (quantity > 0),
  primary key (refund_id, n),
  foreign key (order_id, refund_id) references refunds (order_id, id),
  foreign key (order_id, n) references order_lines (order_id, n)
) strict;

-- The part of a refund that goes back to one payment.
create table refund_payments (
  refund_id  integer not null,
  payment_id integer not null,
  order_id   integer not null,
  amount     integer not null check (amount > 0),
  state      text not null check (state in ('requested', 'succeeded', 'failed')),
  -- Under which the provider does it once; none where the shop itself sends it.
  key        text unique,
  attempts   integer not null default 0,
  -- Which provider was asked; no other can say what became of it.
  provider   text,
  -- When the provider is asked next; also how long whoever is asking now has it for themselves.
  ask_at     text,
  reference  text,
  failure    text,
  settled_at text,
  primary key (refund_id, payment_id),
  foreign key (order_id, refund_id) references refunds (order_id, id),
  foreign key (order_id, payment_id) references payments (order_id, id),
  check ((state = 'requested') = (settled_at is null))
) strict;
create index refund_payments_payment on refund_payments (payment_id);
create index refund_payments_open on refund_payments (ask_at) where state = 'requested' and key is not null;

-- What the provider has answered stays.
create trigger refund_payments_settled before update on refund_payments when old.state <> 'requested'
begin select raise(abort, 'a settled refund stays settled'); end;
create trigger refund_payments_no_delete before delete on refund_payments
begin select raise(abort, 'a refund stays'); end;
create trigger refund_payments_no_replace before insert on refund_payments
when exists (select 1 from refund_payments where refund_id = new.refund_id and payment_id = new.payment_id)
  or exists (select 1 from refund_payments where key = new.key)
begin select raise(abort, 'a refund stays'); end;

-- What staff and the console did to an order, with its notes.
create table order_events (
  id         integer primary key,
  order_id   integer not null references orders (id),
  at         text not null,
  kind       text not null check (kind in (
               'preparing', 'shipped', 'delivered', 'delivery-undone', 'tracking-corrected', 'cancelled',
               'refund-requested', 'refund-succeeded', 'refund-failed', 'refund-dismissed', 'note')),
  refund_id  integer references refunds (id),
  -- The note, or the carrier and tracking number.
  text       text,
  staff_name text not null,
  change_id  text not null,
  check (kind <> 'note' or text is not null)
) strict;
create index order_events_order on order_events (order_id, id);
create trigger order_events_no_update before update on order_events
begin select raise(abort, 'order_events is append-only'); end;
create trigger order_events_no_delete before delete on order_events
begin select raise(abort, 'order_events is append-only'); end;
create trigger order_events_no_replace before insert on order_events
when exists (select 1 from order_events where id = new.id)
begin select raise(abort, 'order_events is append-only'); end;
