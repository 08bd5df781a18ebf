-- What is random here is stirred from the order's id, which `stirred` begins with. Kept as they are made: else each use of one of
-- them works it out again, with all that it is made of.
twice as materialized (
  select *, ((((a & 65535) << 16) + (a >> 16)) * 1103515245 + 12345) & 4294967295 as b from stirred
),
thrice as materialized (
  select *, ((((b & 65535) << 16) + (b >> 16)) * 1597334677 + 974711) & 4294967295 as c from twice
),
