#!/usr/bin/env python3
"""Checks a CSV of the audit log against the exact bodies of the same rows, with LibreOffice and DuckDB.

    check_csv.py FILE.csv audit.jsonl

Needs `soffice` on the path and the Python package duckdb. Says what it checked and ends with 0, or with one sentence and 1.
"""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
from datetime import datetime, timedelta, timezone

# name of the column → key of the body
COLUMNS = {
    "seq": "seq", "at_kst": "at", "at_utc": "at", "actor": "actor", "staff": "staff", "name": "name", "email": "email",
    "roles": "roles", "action": "action", "target_kind": "target_kind", "target_id": "target_id", "outcome": "outcome",
    "refusal": "refusal", "reason": "reason", "before": "before", "after": "after", "ip": "ip", "peer": "peer",
    "user_agent": "user_agent", "session": "session", "request": "request", "change": "change", "approval": "approval",
    "reversal_of": "reversal", "flags": "flags",
}
NUMBERS = {"seq", "staff", "approval", "reversal_of"}
TIMES = {"at_kst", "at_utc"}
LONGEST, CUT = 32_000, "…[cut, see the log]"
CELL = re.compile(r'"((?:[^"]|"")*)"(,|\r\n)')
FROM_CSV = "CSV:44,34,76,1"
TO_CSV = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false"
# How people open a CSV: as LibreOffice opens it by default, and with special numbers detected in English, Korean and Japanese.
OPENINGS = {"default": FROM_CSV, "English": FROM_CSV + ",,1033,false,true", "Korean": FROM_CSV + ",,1042,false,true",
            "Japanese": FROM_CSV + ",,1041,false,true"}


def fail(sentence):
    print(f"check_csv: {sentence}", file=sys.stderr)
    sys.exit(1)


def read_cells(path):
    """The file read by the letter: byte order mark, every cell quoted, commas, CRLF."""
    with open(path, "rb") as file:
        text = file.read().decode("utf-8")
    if not text.startswith("\ufeff"):
        fail("The CSV does not begin with a byte order mark.")
    rows, row, at = [], [], 1
    while at < len(text):
        match = CELL.match(text, at)
        if not match:
            fail(f"Row {len(rows)} of the CSV holds a cell that is not quoted, or does not end in CRLF, at {text[at:at + 60]!r}.")
        row.append(match[1].replace('""', '"'))
        if match[2] == "\r\n":
            rows.append(row)
            row = []
        at = match.end()
    if row:
        fail("The CSV does not end with CRLF.")
    return rows


def shown(text):
    """What a text looks like in a cell, without a guard."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    units = text.encode("utf-16-le")
    if len(units) > 2 * LONGEST:
        text = units[: 2 * LONGEST].decode("utf-16-le", "ignore") + CUT
    text = re.sub("[\ufffe\uffff]", "\ufffd", text)
    return re.sub(r"[\x00-\x09\x0b-\x1f\x7f]", lambda c: "\u2421" if c[0] == "\x7f" else chr(0x2400 + ord(c[0])), text)


def expected(column, body):
    value = body[COLUMNS[column]]
    if column == "at_kst":
        at = datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
        return at.astimezone(timezone(timedelta(hours=9))).strftime("%Y-%m-%d %H:%M:%S")
    if value is None and column in NUMBERS:
        return ""
    if column in ("before", "after"):
        value = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return value if column in TIMES else shown(value)


def check_texts(rows, bodies):
    header, rows = rows[0], rows[1:]
    if header != list(COLUMNS):
        fail(f"The header is {header}.")
    if len(rows) != len(bodies):
        fail(f"The CSV has {len(rows)} rows and audit.jsonl {len(bodies)}.")
    guarded = 0
    for row, body in zip(rows, bodies):
        if len(row) != len(header):
            fail(f"The row of seq {body['seq']} has {len(row)} cells.")
        for column, cell in zip(header, row):
            text, where = expected(column, body), f"The cell {column} of seq {body['seq']}"
            may_be_guarded = column not in NUMBERS | TIMES or (column in NUMBERS and text and abs(int(text)) >= 10**15)
            if may_be_guarded and cell.startswith("'"):
                guarded += 1
                cell = cell[1:]
            elif may_be_guarded and column in NUMBERS:
                fail(f"{where} is too long a number for a spreadsheet and has no guard.")
            if cell != text:
                fail(f"{where} is {cell[:80]!r} and should be {text[:80]!r}.")
    return guarded


def convert(path, infilter, to, folder):
    out = tempfile.mkdtemp(dir=folder)
    profile = os.path.join(folder, "profile")
    command = ["soffice", "--headless", f"-env:UserInstallation=file://{profile}", f"--infilter={infilter}",
               "--convert-to", to, "--outdir", out, path]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    except FileNotFoundError:
        fail("soffice is not on the path; install libreoffice-calc.")
    made = os.listdir(out)
    if len(made) != 1:
        fail(f"soffice converted nothing: {done.stdout.strip()} {done.stderr.strip()}")
    return os.path.join(out, made[0])


def compare(way, rows, others):
    if len(rows) != len(others):
        fail(f"By way of {way} there are {len(others)} rows instead of {len(rows)}.")
    for n, (row, other) in enumerate(zip(rows, others)):
        # Empty cells at the end of a row are not saved.
        other = list(other) + [""] * (len(row) - len(other))
        for column, cell, back in zip(rows[0], row, other):
            if cell != back:
                fail(f"By way of {way} the cell {column} of row {n} comes back as {back[:80]!r} instead of {cell[:80]!r}.")


def types(path):
    office, table = ("{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}" % name for name in ("office", "table"))
    for row in xml.parse(path).getroot().iter(table + "table-row"):
        cells = []
        for cell in row.iter(table + "table-cell"):
            kind = "formula" if cell.get(table + "formula") else cell.get(office + "value-type")
            cells += [kind] * min(int(cell.get(table + "number-columns-repeated", "1")), 100)
        for _ in range(min(int(row.get(table + "number-rows-repeated", "1")), 100)):
            yield cells


def check_office(path, rows, folder):
    read = lambda file: list(csv.reader(open(file, encoding="utf-8", newline="")))
    for name, opening in OPENINGS.items():
        flat = convert(path, opening, "fods", folder)
        for n, (row, kinds) in enumerate(zip(rows, types(flat))):
            for column, cell, kind in zip(rows[0], row, kinds):
                allowed = {"string", None}
                if n > 0 and column in NUMBERS:
                    allowed = {"string" if cell.startswith("'") else "float"} if cell else {None}
                elif n > 0 and column in TIMES:
                    allowed = {"string", "date"}
                if kind not in allowed:
                    fail(f"LibreOffice ({name}) takes the cell {column} of row {n} for a {kind}: {cell[:80]!r}.")
    compare("LibreOffice to CSV", rows, read(convert(path, FROM_CSV, TO_CSV, folder)))
    for kind, reader in {"xlsx": "Calc MS Excel 2007 XML", "ods": "calc8"}.items():
        saved = convert(path, FROM_CSV, kind, folder)
        compare(f"LibreOffice to {kind} to CSV", rows, read(convert(saved, reader, TO_CSV, folder)))


def check_duckdb(path, rows):
    try:
        import duckdb
    except ImportError:
        fail("The Python package duckdb is missing; install duckdb==2.0.1.")
    back = duckdb.sql(f"select * from read_csv('{path}', all_varchar = true)")
    cells = [back.columns] + [["" if cell is None else cell for cell in row] for row in back.fetchall()]
    compare("DuckDB", rows, cells)


def main():
    if len(sys.argv) != 3:
        fail("Usage: check_csv.py FILE.csv audit.jsonl")
    rows = read_cells(sys.argv[1])
    with open(sys.argv[2], "rb") as file:
        bodies = [json.loads(line) for line in file.read().split(b"\n") if line]
    guarded = check_texts(rows, bodies)
    with tempfile.TemporaryDirectory(prefix="check-csv-") as folder:
        # LibreOffice goes by the end of the name too.
        path = shutil.copy(sys.argv[1], os.path.join(folder, "audit.csv"))
        check_duckdb(path, rows)
        check_office(path, rows, folder)
    print(f"{len(bodies)} rows of {len(COLUMNS)} cells came back as the same texts, {guarded} of them guarded.")


main()
