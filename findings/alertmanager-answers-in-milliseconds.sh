#!/usr/bin/env bash
# Alertmanager posts the time an alert began with nanoseconds, and answers with milliseconds when it is asked for the same alert.
#
# Expected: an alert is one thing by its fingerprint and startsAt, so that a receiver of the webhook that asks `GET /api/v2/alerts` later
# finds the alerts it was told of, as it does by the fingerprint.
# Seen: startsAt in the webhook is 2026-11-29T18:49:32.978058161Z, and 2026-11-29T18:49:32.978Z in the answer. Held against each other as
# they are, every alert that was told is missing there, and a receiver takes it for over while it is open.
#
# Versions: Alertmanager 0.25.0 (Debian's prometheus-alertmanager). Seen on 2026-11-29.
# Source: the webhook encodes a time of Go (RFC 3339 with nanoseconds); the API encodes strfmt.DateTime of go-openapi, whose form has
# three digits. Both are right for themselves, and no page says that they differ.
set -euo pipefail

work=$(mktemp -d /tmp/finding-XXXXXX)
stop() {
  [ -z "${alertmanager:-}" ] || kill "$alertmanager" 2>/dev/null || true
  [ -z "${receiver:-}" ] || kill "$receiver" 2>/dev/null || true
  rm -rf "$work"
}
trap stop EXIT

free() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
api=$(free) hook=$(free)
cat >"$work/receive.py" <<'PY'
import http.server, sys

class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        open(sys.argv[2], "wb").write(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.end_headers()

http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Hook).serve_forever()
PY
cat >"$work/alertmanager.yml" <<YML
route: { receiver: hook, group_wait: 0s }
receivers: [{ name: hook, webhook_configs: [{ url: 'http://127.0.0.1:$hook/' }] }]
YML
python3 "$work/receive.py" "$hook" "$work/told.json" 2>/dev/null &
receiver=$!
prometheus-alertmanager --config.file="$work/alertmanager.yml" --storage.path="$work/data" --web.listen-address="127.0.0.1:$api" \
  --cluster.listen-address= >"$work/log" 2>&1 &
alertmanager=$!

until curl -fs "http://127.0.0.1:$api/-/ready" >/dev/null; do sleep 0.2; done
curl -fs "http://127.0.0.1:$api/api/v2/alerts" -H 'content-type: application/json' -d '[{ "labels": { "alertname": "Finding" } }]'
until [ -s "$work/told.json" ]; do sleep 0.2; done
curl -fs "http://127.0.0.1:$api/api/v2/alerts" >"$work/asked.json"

python3 - "$work" <<'PY'
import json, sys

told = json.load(open(sys.argv[1] + "/told.json"))["alerts"][0]
asked = json.load(open(sys.argv[1] + "/asked.json"))[0]
print("webhook:", told["fingerprint"], told["startsAt"])
print("asked:  ", asked["fingerprint"], asked["startsAt"])
assert told["fingerprint"] == asked["fingerprint"]
assert told["startsAt"] != asked["startsAt"] and len(asked["startsAt"]) == len("2026-11-29T18:49:32.978Z"), "it is no longer so"
PY
