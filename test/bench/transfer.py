"""transfer.py COOKIE down|up MEBIBYTES [SHA256]: one large transfer through the gate, on a
connection that was answered once before, and the memory of its worker (PSS, looked at all
the time) before and at its highest.  Started by numbers.sh in the client's namespace."""
import hashlib
import os
import re
import sys
import threading
import time

import wire

LAB = os.environ["LAB"]


def pss(pid):
    with open(f"/proc/{pid}/smaps_rollup") as rollup:
        return int(re.search(r"^Pss:\s+(\d+)", rollup.read(), re.M)[1])


class Watch(threading.Thread):
    def __init__(self, pid):
        super().__init__()
        self.pid, self.over = pid, threading.Event()
        self.before = self.highest = pss(pid)
        self.start()

    def run(self):
        while not self.over.wait(0.05):
            self.highest = max(self.highest, pss(self.pid))


def download(c, host, cookie, size):
    c.send(wire.get(host, "/large", cookie=cookie))
    assert b" 200 " in c.until(b"\r\n\r\n").split(b"\r\n")[0]
    digest = hashlib.sha256()
    while size:
        if not c.buffer:
            c.more()
        piece, c.buffer = c.buffer[:size], c.buffer[size:]
        digest.update(piece)
        size -= len(piece)
    return digest.hexdigest()


def upload(c, host, cookie, size):
    """(what was sent, what arrived)"""
    digest = hashlib.sha256()
    c.send(wire.get(host, "/", cookie=cookie, method="POST", extra=f"Content-Length: {size}\r\n"))
    with open(LAB + "/servers/big/root/large", "rb") as file:
        while piece := file.read(1 << 18):
            digest.update(piece)
            c.send(piece)
    status, _, body = c.answer()
    total, theirs = body.decode().split()
    assert (status, int(total)) == (200, size), (status, total)
    return digest.hexdigest(), theirs


cookie, way, mebibytes = sys.argv[1], sys.argv[2], int(sys.argv[3])
size = mebibytes << 20
host = "big.corp.example" if way == "down" else "sink.corp.example"
with wire.https(host) as c:
    first = wire.get(host, "/none", cookie=cookie)
    c.ask(first if way == "down" else first.replace(b"GET", b"POST").replace(b"\r\n\r\n", b"\r\nContent-Length: 0\r\n\r\n"))
    watch = Watch(wire.worker_of(c))
    started = time.monotonic()
    try:
        ours, theirs = (download(c, host, cookie, size), sys.argv[4]) if way == "down" else upload(c, host, cookie, size)
    finally:
        watch.over.set()
        watch.join()
    took = time.monotonic() - started
assert ours == theirs, "not what was sent"
print(f"  {mebibytes} MiB {way:4}  {took:5.1f} s {mebibytes / took:5.0f} MiB/s   worker's PSS {watch.before} KiB before,"
      f" {watch.highest} KiB at most   sha256 equal at both ends ({ours[:12]}...)")
