#!/usr/bin/env bash
# Restoring data alone with `pg_restore --disable-triggers` leaves triggers that were ENABLE ALWAYS in the ordinary state.
#
# Expected: the option "disables triggers on the target tables while the data is restored", so that afterwards they are as before.
# Seen: it runs ALTER TABLE … DISABLE TRIGGER ALL and then … ENABLE TRIGGER ALL, and the latter sets each trigger to ENABLE (`O` in
# pg_trigger.tgenabled), also one that was ENABLE ALWAYS (`A`) or ENABLE REPLICA (`R`). A guard that must hold for a session with
# session_replication_role = replica is gone, without a message. Nothing in the archive can bring it back: --data-only leaves it out.
#
# Versions: PostgreSQL 16.2 (pgserver 0.1.4 from PyPI); the same on 15 from Debian. Seen on 2026-11-29.
# Source: https://www.postgresql.org/docs/16/app-pgrestore.html, --disable-triggers.
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

psql <<'SQL'
create table kept (id int);
insert into kept values (1);
create function refuse() returns trigger language plpgsql as $$ begin raise exception 'append-only'; end $$;
create trigger always before delete on kept for each row execute function refuse();
create trigger replica before delete on kept for each row execute function refuse();
alter table kept enable always trigger always;
alter table kept enable replica trigger replica;
SQL
state="select string_agg(tgname || '=' || tgenabled::text, ' ' order by tgname) from pg_trigger where not tgisinternal"
before=$(psql -c "$state")
"${as[@]}" "$bin/pg_dump" -h "$work" -U owner -Fc -f "$work/dump" postgres
psql -c 'truncate kept'
"${as[@]}" "$bin/pg_restore" -h "$work" -U owner -d postgres --data-only --disable-triggers "$work/dump"
after=$(psql -c "$state")
echo "before: $before; after: $after"
[ "$before" = "always=A replica=R" ] && [ "$after" = "always=O replica=O" ]
