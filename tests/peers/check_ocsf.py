#!/usr/bin/env python3
"""Checks OCSF events, one a line, against the schema 1.8.0 and against the exact bodies of the same rows.

    check_ocsf.py FILE.jsonl audit.jsonl [ORIGIN]

Needs the Python packages ocsf-json-schema and jsonschema. Says what it checked and ends with 0, or with one sentence and 1.
"""

import ipaddress
import json
import re
import sys
from collections import Counter
from datetime import datetime, timezone

VERSION = "1.8.0"
CLASSES = {3002: "authentication", 3004: "entity_management"}
STATUS = {"applied": 1, "refused": 2, "failed": 2}


def fail(sentence):
    print(f"check_ocsf: {sentence}", file=sys.stderr)
    sys.exit(1)


def lines(path):
    with open(path, "rb") as file:
        content = file.read()
    if content and not content.endswith(b"\n"):
        fail(f"{path} does not end with a line feed.")
    return content.split(b"\n")[:-1]


def refuse_twice(pairs):
    fields = dict(pairs)
    if len(fields) != len(pairs):
        fail("An event holds a key twice.")
    return fields


def check_dictionary(schema, kind, name, value, where):
    """What the JSON schema leaves out: patterns of types, captions beside numbers, and what is deprecated."""
    attributes, types = schema[kind][name]["attributes"], schema["dictionary"]["types"]["attributes"]
    for key, item in value.items():
        attribute = attributes[key]
        if "@deprecated" in attribute:
            fail(f"{where} has {key}, which is deprecated.")
        items = item if attribute.get("is_array") else [item]
        for one in items:
            if attribute["type"] == "object_t" and attribute["object_type"] != "object":
                check_dictionary(schema, "objects", attribute["object_type"], one, f"{where}.{key}")
            pattern = types.get(attribute["type"], {}).get("regex")
            if pattern and not re.search(pattern, one):
                fail(f"{where}.{key} is {one!r}, which is no {attribute['type']}.")
        caption = value.get(attribute.get("sibling"))
        if attribute.get("enum") and caption is not None and item != 99:
            if caption != attribute["enum"][str(item)]["caption"]:
                fail(f"{where}.{key} is {item} and its caption {caption!r}.")


def address(text):
    try:
        return str(text) if ipaddress.ip_address(text) else None
    except ValueError:
        return None


def check_row(event, body, line, origin, where):
    at = datetime.strptime(body["at"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    micros = (at - datetime(1970, 1, 1, tzinfo=timezone.utc))
    metadata, empty = event["metadata"], lambda text: text or None
    refused = body["outcome"] in ("refused", "failed")
    pairs = {
        "raw_data": (event.get("raw_data"), line.decode()),
        "raw_data_size": (event.get("raw_data_size"), len(line)),
        "time": (event["time"], micros.days * 86_400_000 + micros.seconds * 1000 + micros.microseconds // 1000),
        "metadata.version": (metadata["version"], VERSION),
        "metadata.sequence": (metadata.get("sequence"), int(body["seq"])),
        "metadata.uid": (metadata.get("uid"), body["change"]),
        "metadata.event_code": (metadata.get("event_code"), body["action"]),
        "metadata.correlation_uid": (metadata.get("correlation_uid"), empty(body["request"])),
        "metadata.log_name": (metadata.get("log_name"), empty(origin)),
        "class_uid": (event["class_uid"], 3002 if body["action"].startswith("session.") else 3004),
        "type_uid": (event["type_uid"], event["class_uid"] * 100 + event["activity_id"]),
        "status_id": (event.get("status_id"), STATUS.get(body["outcome"], 99)),
        "status_detail": (event.get("status_detail"), empty(body["refusal"])),
        "src_endpoint.ip": (event.get("src_endpoint", {}).get("ip"), address(body["ip"])),
        "actor.session.uid": (event.get("actor", {}).get("session", {}).get("uid"), empty(body["session"])),
        "actor.user.uid": (event.get("actor", {}).get("user", {}).get("uid"), body["staff"]),
    }
    if event["class_uid"] == 3004:
        for key, side in (("entity", "before"), ("entity_result", "after")):
            pairs[f"{key}.data"] = (event.get(key, {}).get("data"), empty(body[side]))
        pairs["entity.type"] = (event["entity"].get("type"), body["target_kind"])
        pairs["entity.uid"] = (event["entity"].get("uid"), empty(body["target_id"]))
        pairs["comment"] = (event.get("comment"), empty(body["reason"]))
        if not isinstance(event["entity"].get("data", {}), dict):
            fail(f"{where}: entity.data is not an object.")
    elif refused and event["activity_id"] == 6:
        fail(f"{where}: a refused password is no failed logon.")
    for key, (has, should) in pairs.items():
        if has != should:
            fail(f"{where}: {key} is {str(has)[:80]!r} and should be {str(should)[:80]!r}.")


def main():
    if len(sys.argv) not in (3, 4):
        fail("Usage: check_ocsf.py FILE.jsonl audit.jsonl [ORIGIN]")
    try:
        from jsonschema import Draft202012Validator
        from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema
    except ImportError as error:
        fail(f"{error}; install ocsf-json-schema==1.2.0 and jsonschema.")
    schema = get_ocsf_schema(version=VERSION)
    embedded = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=VERSION))
    validators = {uid: Draft202012Validator(embedded.get_class_schema(class_name=name, profiles=[])) for uid, name in CLASSES.items()}
    events, bodies = lines(sys.argv[1]), lines(sys.argv[2])
    if len(events) != len(bodies):
        fail(f"There are {len(events)} events and {len(bodies)} rows.")
    seen = Counter()
    for line, body_line in zip(events, bodies):
        event, body = json.loads(line, object_pairs_hook=refuse_twice), json.loads(body_line)
        where = f"The event of seq {body['seq']} ({body['action']})"
        if event.get("class_uid") not in validators:
            fail(f"{where} is of the class {event.get('class_uid')}.")
        for error in validators[event["class_uid"]].iter_errors(event):
            fail(f"{where} is not valid at {error.json_path}: {error.message[:200]}")
        check_dictionary(schema, "classes", CLASSES[event["class_uid"]], event, where)
        check_row(event, body, body_line, sys.argv[3] if len(sys.argv) == 4 else None, where)
        seen[f"{event['class_uid']} {event['activity_name'] if event['activity_id'] != 99 else 'Other'}"] += 1
    print(f"{len(events)} events are valid by OCSF {VERSION} and name their rows: "
          + ", ".join(f"{name} {count}" for name, count in sorted(seen.items())) + ".")


main()
