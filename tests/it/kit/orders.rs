/// The orders of every world. Amounts are in minor units.
///
/// | id | number | customer | state | |
/// |---|---|---|---|---|
/// | 1 | 20260228-000017 | 1 | paid | ₩87,400: earphones 55,500, rice 18,900, two socks at 5,000, shipping 3,000; 5,000 points, ₩60,000 by card, ₩22,400 by transfer; earned 824 |
/// | 2 | 20260220-000003 | 1 | delivered | $65.02: three at $19.99 and one at $5.05; 1,000 points worth $1.00, $64.02 by card; earned 64 |
/// | 3 | 20260301-000009 | 3 | placed | ₩13,000, nothing paid |
/// | 4 | 20260226-000021 | 3 | shipped | ₩30,000 by card |
/// | 5 | 20260225-000002 | 4 | cancelled | ₩8,000, nothing had been paid |
/// | 6 | 20260227-000030 | 5 | preparing | ₩10,000 by card; earned 100, of which the customer has 40 left |
pub(super) const ORDERS: &str = "
insert into orders (id, number, user_id, state, currency, total, shipping_fee, points_used, points_worth, points_earned,
  carrier, tracking_number, placed_at, paid_at, preparing_at, shipped_at, delivered_at, cancelled_at) values
  (1, '20260228-000017', 1, 'paid', 'KRW', 87400, 3000, 5000, 5000, 824, null, null,
   '2026-02-28T03:00:00.000000Z', '2026-02-28T03:01:00.000000Z', null, null, null, null),
  (2, '20260220-000003', 1, 'delivered', 'USD', 6502, 0, 1000, 100, 64, 'dhl', '1234567890',
   '2026-02-20T03:00:00.000000Z', '2026-02-20T03:01:00.000000Z', '2026-02-20T05:00:00.000000Z',
   '2026-02-21T01:00:00.000000Z', '2026-02-24T06:00:00.000000Z', null),
  (3, '20260301-000009', 3, 'placed', 'KRW', 13000, 3000, 0, 0, 0, null, null,
   '2026-03-01T03:00:00.000000Z', null, null, null, null, null),
  (4, '20260226-000021', 3, 'shipped', 'KRW', 30000, 0, 0, 0, 0, 'cj', '601234564471',
   '2026-02-26T03:00:00.000000Z', '2026-02-26T03:01:00.000000Z', '2026-02-26T05:00:00.000000Z',
   '2026-02-27T01:00:00.000000Z', null, null),
  (5, '20260225-000002', 4, 'cancelled', 'KRW', 8000, 3000, 0, 0, 0, null, null,
   '2026-02-25T03:00:00.000000Z', null, null, null, null, '2026-02-25T09:00:00.000000Z'),
  (6, '20260227-000030', 5, 'preparing', 'KRW', 10000, 0, 0, 0, 100, null, null,
   '2026-02-27T03:00:00.000000Z', '2026-02-27T03:01:00.000000Z', '2026-02-27T05:00:00.000000Z', null, null, null);
insert into order_lines (order_id, n, sku, title, variant, quantity, unit_price) values
  (1, 1, 'EB-2201', '무선 이어폰 Pro 2', '블랙', 1, 55500),
  (1, 2, 'GR-0410', '유기농 현미 4kg', null, 1, 18900),
  (1, 3, 'SK-3', '양말 3켤레', '그레이', 2, 5000),
  (2, 1, 'TB-1', 'Tumbler', null, 3, 1999),
  (2, 2, 'ST-1', 'Stickers', null, 1, 505),
  (3, 1, 'UM-1', '접이식 우산', null, 1, 10000),
  (4, 1, 'CF-1', '원두 1kg', null, 2, 15000),
  (5, 1, 'SO-1', '핸드크림', null, 1, 5000),
  (6, 1, 'TS-1', '면 티셔츠', null, 1, 10000);
insert into payments (id, order_id, method, label, reference, captured, captured_at) values
  (10, 1, 'card', '···· 2208', '30918244', 60000, '2026-02-28T03:01:00.000000Z'),
  (11, 1, 'transfer', '국민은행', '30918245', 22400, '2026-02-28T03:01:00.000000Z'),
  (20, 2, 'card', '···· 4242', 'pi_3Nx7', 6402, '2026-02-20T03:01:00.000000Z'),
  (40, 4, 'card', '···· 1111', '30000040', 30000, '2026-02-26T03:01:00.000000Z'),
  (60, 6, 'card', '···· 6666', '30000060', 10000, '2026-02-27T03:01:00.000000Z');
";
