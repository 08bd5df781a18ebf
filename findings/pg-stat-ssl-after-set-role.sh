#!/usr/bin/env bash
# PostgreSQL hides a session's own row of pg_stat_ssl from the session once it works as another role.
#
# Expected: `select ssl from pg_stat_ssl where pid = pg_backend_pid()` tells a connection whether it is encrypted, whatever role it
# works as: pg_stat_activity, from the same source, shows the row of one's own session at all times, if with fewer columns.
# Seen: after SET ROLE (or `options=-c role=…`, which is how a console drops its rights) the query gives no row at all, without
# an error. The view keeps only rows whose client_port is known, and that is hidden from a role that is neither the one that logged in
# nor a member of it or of pg_read_all_stats. A check that reads "no row" as "no TLS", or the other way round, is wrong either way.
#
# Versions: PostgreSQL 16.2 (pgserver 0.1.4 from PyPI); the same on 15 from Debian. Seen on 2026-11-28.
# Source: https://www.postgresql.org/docs/16/monitoring-stats.html, whose section on the view speaks of one row for each backend and
# names no restriction; the one on what other roles see is described beside pg_stat_activity.
set -euo pipefail

work=$(mktemp -d /tmp/finding-XXXXXX)
as=()
if [ "$(id -u)" -eq 0 ]; then
  # PostgreSQL does not run as root.
  as=(setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$work")
fi
stop() {
  [ ! -e "$work/data/postmaster.pid" ] || "${as[@]}" "$bin/pg_ctl" -D "$work/data" -m immediate -s stop || true
  rm -rf "$work"
}
trap stop EXIT

python3 -m venv "$work/python"
"$work/python/bin/pip" install --quiet --no-deps pgserver==0.1.4
bin=$(echo "$work"/python/lib/python3*/site-packages/pgserver/pginstall/bin)
[ "$(id -u)" -ne 0 ] || chown -R 65534:65534 "$work"
cd "$work"

"${as[@]}" "$bin/initdb" -D "$work/data" -U owner -A trust --no-sync >/dev/null
"${as[@]}" "$bin/pg_ctl" -D "$work/data" -s -w -l "$work/log" -o "-c listen_addresses= -c unix_socket_directories=$work" start
psql() { "${as[@]}" "$bin/psql" -h "$work" -U owner -d postgres -qAtX -v ON_ERROR_STOP=1 "$@"; }

psql -c 'create role app; create role login login; grant app to login'
own='select count(*) from pg_stat_ssl where pid = pg_backend_pid()'
activity='select count(*) from pg_stat_activity where pid = pg_backend_pid()'
seen=$("${as[@]}" "$bin/psql" -h "$work" -U login -d postgres -qAtX -c "$own" -c 'set role app' -c "$own" -c "$activity" | paste -sd ' ')
echo "rows of the own session: pg_stat_ssl as the login, pg_stat_ssl as the role, pg_stat_activity as the role: $seen"
[ "$seen" = "1 0 1" ]
