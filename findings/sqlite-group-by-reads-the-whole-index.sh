#!/usr/bin/env bash
# SQLite reads all of an index for a `group by` of ten rows that the primary key names.
#
# Expected: `where seq > 199990 group by action`, of 200,000 rows of which seq is the primary key, goes by the key and sorts ten rows.
# Seen: where the database has no statistics (nothing runs `analyze` by itself), the index on (action, seq) is read from end to end for the sake of
# its order. With a million rows that was 118 ms instead of 0.2 ms, every time. A second bound (`and seq <= …`) or grouping by an
# expression (`group by action || ''`) makes it go by the key; after `analyze` it skips through the index.
#
# Versions: SQLite 3.40.1 (Debian 12). Seen on 2026-11-29.
# Source: https://www.sqlite.org/queryplanner-ng.html says how plans are chosen; https://www.sqlite.org/optoverview.html, "The Skip-Scan Optimization".
set -euo pipefail

command -v sqlite3 >/dev/null || { echo "sqlite3 is not installed" >&2; exit 69; }
work=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$work"' EXIT
sqlite3 "$work/db" "
create table log (seq integer primary key, action text not null, body blob);
create index log_action on log (action, seq);
with recursive n (i) as (select 1 union all select i + 1 from n where i < 200000)
insert into log select i, 'kind-' || (i % 5), zeroblob(200) from n;"

plan() { sqlite3 "$work/db" "explain query plan select $1, count(*) from log where $2 group by $1" | sed -n 's/^[|`]--//p' | head -n 1; }
plain=$(plan action 'seq > 199990')
bounded=$(plan action 'seq > 199990 and seq <= 200000')
expression=$(plan "action || ''" 'seq > 199990')
sqlite3 "$work/db" analyze
analysed=$(plan action 'seq > 199990')
printf '%s\n' "without statistics: $plain" "with two bounds:    $bounded" "by an expression:   $expression" "with statistics:    $analysed"

case $plain in
  SCAN*) echo "As described." ;;
  *) echo "Not as described: this version goes by the key." >&2; exit 1 ;;
esac
