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
import ssl
import struct
import sys
import threading

certificate, key, address, record = sys.argv[1:5]
lock = threading.Lock()
released = threading.Event()
numbers = iter(range(1, 1 << 30))


def write_down(**facts):
    with lock, open(record, "a") as file:
        print(json.dumps(facts), file=file)


class Peer:
    def __init__(self, connection, port):
        self.connection, self.port, self.buffer = connection, port, b""
        self.number, self.requests = next(numbers), 0

    def fill(self):
        piece = self.connection.recv(65536)
        if not piece:
            raise ConnectionError
        self.buffer += piece

    def until(self, mark):
        while mark not in self.buffer:
            self.fill()
        head, _, self.buffer = self.buffer.partition(mark)
        return head

    def exactly(self, size):
        while len(self.buffer) < size:
            self.fill()
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def body(self, head):
        if head.get("transfer-encoding") != "chunked":
            return self.exactly(int(head.get("content-length", 0)))
        data = b""
        while size := int(self.until(b"\r\n"), 16):
            data += self.exactly(size)
            self.until(b"\r\n")
        self.until(b"\r\n")
        return data

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

    def answer(self, status, text, extra=""):
        self.connection.sendall(f"HTTP/1.1 {status} X\r\nContent-Length: {len(text)}\r\n{extra}\r\n{text}".encode())

    def play(self):
        """One request; False when that was the last on this connection."""
        lines = self.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        method, path, _ = lines[0].split(" ")
        head = dict((part.strip() for part in line.split(":", 1)) for line in lines[1:])
        head = {name.lower(): value for name, value in head.items()}
        self.requests += 1
        facts = {"port": self.port, "connection": self.number, "request": self.requests, "method": method,
                 "path": path, "host": head["host"], "expect": head.get("expect"), "cookie": head.get("cookie")}
        kind, where = path.split("/")[1:3]
        if kind == "refuse":
            self.answer(where, "refused", "Connection: close\r\n")
            write_down(**facts, status=int(where), after=len(self.all_that_comes(2)))
            return False
        here = str(self.port) in where.split(",")
        if kind == "early" and not here:
            self.answer(404, f"not on {self.port}")
            write_down(**facts, status=404, after=len(self.all_that_comes(2)))
            return False
        if kind == "reset" and here:
            self.connection.sendall(b"HTTP/1.1 200 X\r\n\r\n" + b"half of it")
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            released.wait(5)  # the half is on its way before the reset
            write_down(**facts, status=200)
            return False
        if kind == "release":
            released.set()
        if kind == "continue" and "expect" in head:
            self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        data = self.body(head)
        write_down(**facts, status=200 if here else 404, length=len(data), sha256=hashlib.sha256(data).hexdigest())
        self.answer(200 if here else 404, f"{'found' if here else 'not'} on {self.port}")
        return True

    def serve(self):
        try:
            while self.play():
                pass
        except (OSError, ValueError, ConnectionError):
            pass
        finally:
            self.connection.close()


def listen(port, context):
    def welcome(raw):
        try:
            connection = context.wrap_socket(raw, server_side=True) if context else raw
        except OSError:
            return raw.close()
        Peer(connection, port).serve()

    def accept_all():
        while True:
            raw, _ = listener.accept()
            threading.Thread(target=welcome, args=(raw,), daemon=True).start()

    listener = socket.create_server((address, port), backlog=128)
    return threading.Thread(target=accept_all)


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
threads = [listen(int(port.rstrip("s")), context if port.endswith("s") else None) for port in sys.argv[5:]]
for thread in threads:
    thread.start()
print("ready", flush=True)
