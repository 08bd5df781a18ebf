"""Gives the reason of one row of the log other words, as the owner of a SQLite database can: in its column, its bytes, its leaf, and
the tree above all rows; what the database knows of checkpoints, of who signed them and of subtrees goes. Prints the number of the row.

    python3 rewrite_log.py DATABASE OLD NEW
"""

import hashlib
import sqlite3
import sys


def sha(data):
    return hashlib.sha256(data).digest()


def tree(leaves):
    """The roots of the perfect subtrees, the largest first (RFC 6962, section 2.1), and the root of all."""
    peaks, size = [], 0
    for leaf in leaves:
        grown = size
        while grown & 1:
            leaf = sha(b"\1" + peaks.pop() + leaf)
            grown >>= 1
        peaks.append(leaf)
        size += 1
    root = peaks[-1]
    for left in reversed(peaks[:-1]):
        root = sha(b"\1" + left + root)
    return b"".join(peaks), root


path, old, new = sys.argv[1:]
database = sqlite3.connect(path, timeout=20, isolation_level=None)
# The console moves the commits into the main file.
database.execute("pragma wal_autocheckpoint = 0")
database.execute("begin immediate")
tables = ("audit", "audit_head", "checkpoints", "cosignatures", "audit_nodes")
triggers = database.execute(f"select name, sql from sqlite_master where type = 'trigger' and tbl_name in {tables}").fetchall()
for name, _ in triggers:
    database.execute(f"drop trigger {name}")
[(seq, body)] = database.execute("select seq, body from audit where reason = ?", [old]).fetchall()
body = body.replace(old.encode(), new.encode())
database.execute("update audit set reason = ?, body = ?, leaf = ? where seq = ?", [new, body, sha(b"\0" + body), seq])
leaves = [leaf for (leaf,) in database.execute("select leaf from audit order by seq")]
frontier, root = tree(leaves)
database.execute("update audit_head set frontier = ?, root = ?", [frontier, root])
for table in ("cosignatures", "checkpoints", "audit_nodes"):
    database.execute(f"delete from {table}")
for _, sql in triggers:
    database.execute(sql)
database.execute("commit")
print(seq)
