/// The customers of every world. Points equal the newest entry's balance; two share the last four digits of their phone.
///
/// | id | name | points | |
/// |---|---|---|---|
/// | 1 | 김서연 | 12,450 | two entries |
/// | 2 | 박지훈 | 0 | none yet |
/// | 3 | Emma Thompson | 500 | a phone in another country |
/// | 4 | 이도윤 | 300 | suspended, without a phone |
/// | 5 | 김연 | 40 | a name of two syllables |
pub(super) const CUSTOMERS: &str = "
insert into users (id, email, phone, name, status, points, joined_at, last_seen_at) values
  (1, 'seoyeon.k@naver.com', '821048214821', '김서연', 'active', 12450,
   '2021-03-04T01:02:03.000000Z', '2026-03-01T12:36:00.000000Z'),
  (2, 'jihoon.park@daum.net', '821033334444', '박지훈', 'active', 0, '2024-11-30T15:00:00.000000Z', null),
  (3, 'emma.t@example.com', '14155550123', 'Emma Thompson', 'active', 500,
   '2025-06-01T00:00:00.000000Z', '2026-02-28T23:59:59.999999Z'),
  (4, 'doyun@hanmail.net', null, '이도윤', 'suspended', 300, '2020-01-01T00:00:00.000000Z', null),
  (5, 'yeon@naver.com', '821099994821', '김연', 'active', 40, '2026-01-01T00:00:00.000000Z', null);
insert into point_entries (user_id, at, delta, balance, kind, memo) values
  (1, '2025-12-01T03:00:00.000000Z', 13000, 13000, 'earned', '20251201-000017'),
  (1, '2026-02-14T09:30:00.000000Z', -550, 12450, 'spent', '20260214-003312'),
  (3, '2025-06-02T00:00:00.000000Z', 500, 500, 'earned', '20250602-000001'),
  (4, '2020-02-02T00:00:00.000000Z', 300, 300, 'earned', '20200202-000002'),
  (5, '2026-01-02T00:00:00.000000Z', 40, 40, 'earned', '20260102-000003');
";
