"""twin.py CERTIFICATE KEY ADDRESS RECORD PORT...: one server on several ports; a PORT with
an "s" behind it speaks TLS.  Each request is one line of JSON in RECORD, with all that
came of it.  The path says what is where:

  /on/80,8080/any    is found on these ports; the others answer 404, the body read
  /early/80/any      the same, but 404 is said before the body is read
  /continue/...      says 100, where it is expected, and then as /on/...
  /refuse/STATUS     says so before the body, and counts what comes all the same
  /mute/...          never says 100, and then as /on/...
  /reset/80/any      an answer without length, which a reset cuts"""
import hashlib
import json
import socket
import struct
import sys
import threading

import stream

certificate, key, address, record = sys.argv[1:5]
lock = threading.Lock()
released = threading.Event()


def write_down(**facts):
    with lock, open(record, "a") as file:
        print(json.dumps(facts), file=file)


class Peer(stream.Peer):
    def __init__(self, connection):
        super().__init__(connection)
        self.port, self.requests = connection.getsockname()[1], 0

    def all_that_comes(self, seconds):
        """What the other end sends on, for so long or until it is gone."""
        data, self.buffer = self.buffer, b""
        self.connection.settimeout(seconds)
        try:
            while piece := self.connection.recv(65536):
                data += piece
        except OSError:
            pass
        return data

    def play(self):
        """One request; False when that was the last on this connection."""
        line, head = self.head()
        method, path, _ = line.split(" ")
        self.requests += 1
        facts = {"port": self.port, "connection": self.number, "request": self.requests, "method": method,
                 "path": path, "host": head["host"], "expect": head.get("expect"), "cookie": head.get("cookie")}
        kind, where = path.split("/")[1:3]
        if kind == "refuse":
            self.answer(where, b"refused", "Connection: close\r\n")
            write_down(**facts, status=int(where), after=len(self.all_that_comes(2)))
            return False
        here = str(self.port) in where.split(",")
        if kind == "early" and not here:
            self.answer(404, b"not on %d" % self.port)
            write_down(**facts, status=404, after=len(self.all_that_comes(2)))
            return False
        if kind == "reset" and here:
            self.send(b"HTTP/1.1 200 X\r\n\r\n" + b"half of it")
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            released.wait(5)  # the half is on its way before the reset
            write_down(**facts, status=200)
            return False
        if kind == "release":
            released.set()
        if kind == "continue" and "expect" in head:
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        data = self.body(head)
        write_down(**facts, status=200 if here else 404, length=len(data), sha256=hashlib.sha256(data).hexdigest())
        self.answer(200 if here else 404, b"%s on %d" % (b"found" if here else b"not", self.port))
        return True

context = stream.tls(certificate, key)
threads = []
for port in sys.argv[5:]:
    listener = stream.listen(address, int(port.rstrip("s")))
    threads.append(threading.Thread(target=stream.serve, args=(Peer, listener, context if port.endswith("s") else None)))
for thread in threads:
    thread.start()
print("ready", flush=True)
