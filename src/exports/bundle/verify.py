"""Verifies a bundle of an Ingam audit log, in its directory: python3 verify.py 'NAME+ID+KEY'

It needs Python 3.8 or later, and openssl 3 for one signature. The tree is that of RFC 6962, section 2.1; the signature and the
tiles are those of c2sp.org/signed-note and c2sp.org/tlog-tiles. It ends with 0 where everything fits."""
import base64, hashlib, json, os, subprocess, sys, tempfile


def fail(why):
    sys.exit("does not fit: " + why)


def read(name):
    with open(name, "rb") as file:
        return file.read()


def leaf(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def signed(note, key):
    """The number of rows and the root of a checkpoint that the key has signed."""
    name, key_id, public = key.strip().split("+", 2)
    kind_and_point = base64.b64decode(public, validate=True)
    if hashlib.sha256(name.encode() + b"\n" + kind_and_point).hexdigest()[:8] != key_id or kind_and_point[:1] != b"\1":
        fail("this is no public key of a log")
    text, lines = note.rsplit(b"\n\n", 1)
    text += b"\n"
    mine = [line.split(b" ")[2] for line in lines.split(b"\n") if line.startswith("\u2014 {} ".format(name).encode())]
    signatures = [raw[4:] for raw in map(base64.b64decode, mine) if raw[:4].hex() == key_id]
    if len(signatures) != 1:
        fail("the key has not signed the checkpoint once")
    with tempfile.TemporaryDirectory() as directory:
        files = {"key": bytes.fromhex("302a300506032b6570032100") + kind_and_point[1:], "text": text, "signature": signatures[0]}
        for file, content in files.items():
            with open(os.path.join(directory, file), "wb") as out:
                out.write(content)
        command = "openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey key -in text -sigfile signature".split()
        if subprocess.run(command, cwd=directory, stdout=subprocess.DEVNULL).returncode != 0:
            fail("the signature of the checkpoint")
    origin, size, root = text.decode().splitlines()
    if origin != name:
        fail("the checkpoint is of another log")
    return int(size), base64.b64decode(root)


def hashes(size):
    """The hashes of all rows, from the tiles."""
    for index in range((size + 255) // 256):
        width = min(256, size - 256 * index)
        groups = "{:0{}d}".format(index, (len(str(index)) + 2) // 3 * 3)
        groups = [groups[at:at + 3] for at in range(0, len(groups), 3)]
        path = "log/tile/0/" + "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
        tile = read(path if width == 256 else "{}.p/{}".format(path, width))
        if len(tile) != 32 * width:
            fail(path)
        for at in range(0, len(tile), 32):
            yield tile[at:at + 32]


def in_range(rows, lines, size, root):
    """Every row of the range against the tree: no other is there, and none is missing."""
    peaks, count = [], 0
    for n, found in enumerate(hashes(size)):
        if int(rows["first"]) <= n <= int(rows["last"]):
            count += 1
            if leaf(next(lines, b"").rstrip(b"\n")) != found:
                fail("row {}".format(n))
        while n & 1:
            found, n = node(peaks.pop(), found), n >> 1
        peaks.append(found)
    tree = peaks.pop() if peaks else hashlib.sha256(b"").digest()
    while peaks:
        tree = node(peaks.pop(), tree)
    if tree != root:
        fail("the tiles do not lead to the root of the checkpoint")
    return count


def by_receipts(lines, key):
    """Every row against its receipt (RFC 9162, section 2.1.3.2)."""
    count, before = 0, -1
    for line in lines:
        seq = int(json.loads(line)["seq"])
        head, checkpoint = read("receipts/{}.tlog-proof".format(seq)).split(b"\n\n", 1)
        header, index, *proof = head.decode().splitlines()
        size, root = signed(checkpoint, key)
        if header != "c2sp.org/tlog-proof@v1" or index != "index {}".format(seq) or not before < seq < size:
            fail("the receipt of row {}".format(seq))
        count, before = count + 1, seq
        found, last, at = leaf(line.rstrip(b"\n")), size - 1, seq
        for other in map(base64.b64decode, proof):
            if last == 0:
                fail("the receipt of row {}".format(seq))
            if at & 1 or at == last:
                found = node(other, found)
                while not at & 1 and at:
                    at, last = at >> 1, last >> 1
            else:
                found = node(found, other)
            at, last = at >> 1, last >> 1
        if last != 0 or found != root:
            fail("row {}".format(seq))
    return count


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    key = sys.argv[1]
    manifest = json.loads(read("manifest.json"))
    for name, said in manifest["files"].items():
        hashed = hashlib.sha256()
        with open(name, "rb") as file:
            for some in iter(lambda: file.read(1 << 16), b""):
                hashed.update(some)
        if hashed.hexdigest() != said["sha256"]:
            fail(name)
    size, root = signed(read("checkpoint"), key)
    with open("audit.jsonl", "rb") as lines:
        if manifest["kind"] == "selection":
            count = by_receipts(lines, key)
        else:
            count = in_range(manifest["rows"], lines, size, root)
        if next(lines, None) is not None or str(count) != str(manifest["rows"]["count"]):
            fail("the number of rows")
    print("{} rows fit the log of {} rows that {} signed.".format(count, size, key.split("+")[0]))
    if manifest["kind"] == "selection":
        print("That no other row fits the filter is not proven.")


main()
