#!/usr/bin/env bash
# polars reads JSON Lines by the keys of the first hundred lines, and leaves out later keys without a word.
#
# Expected: a key that is first there in a later line is a column, or an error that names it, as in DuckDB.
# Seen: of 101 lines the last of which has a key `late` beside `n`, `pl.read_ndjson(file)` gives a frame of 101 rows with the one column
# `n`. There is no error and no warning. With `infer_schema_length=None` the column is there.
#
# Versions: polars 2.1.0 (PyPI). Seen on 2026-11-30.
# Source: the documentation of read_ndjson says that infer_schema_length is the most rows that are scanned for the schema; that what the
# schema lacks is dropped is said nowhere there, and read_csv stops with an error in a case like it.
set -euo pipefail

work=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" --quiet --disable-pip-version-check install polars==2.1.0

"$work/venv/bin/python" - "$work/lines.jsonl" <<'PY'
import sys
import warnings
import polars as pl

warnings.simplefilter("error")
with open(sys.argv[1], "w") as file:
    for n in range(100):
        file.write(f'{{"n":{n}}}\n')
    file.write('{"n":100,"late":"here"}\n')
usual = pl.read_ndjson(sys.argv[1])
whole = pl.read_ndjson(sys.argv[1], infer_schema_length=None)
print("by default:", usual.columns, usual.height, "rows")
print("infer_schema_length=None:", whole.columns, whole.height, "rows")
assert (usual.columns, usual.height) == (["n"], 101), usual
assert whole.columns == ["n", "late"] and whole["late"][100] == "here", whole
PY
echo "as seen: a key that comes after a hundred lines is left out"
