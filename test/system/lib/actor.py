"""actor.py CERTIFICATE KEY ADDRESS: an HTTPS server (port 443) that plays a part.  The
path names the part; what it sends is written byte by byte in PARTS, so it can break
every rule.  /echo tells what arrived, and on which of its connections."""
import hashlib
import json
import socket
import ssl
import sys
import threading
import time

LAST = b"Connection: close\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"

# Path: what is sent.  The connection is closed after those that are not in KEEPS.
PARTS = {
    "/length": OK + b"Content-Length: 5\r\n\r\nhello",
    "/chunked": OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\nX-Trailer: t\r\n\r\n",
    "/until-close": OK + LAST + b"\r\nhello",
    "/empty": OK + b"Content-Length: 0\r\n\r\n",
    "/204": b"HTTP/1.1 204 No Content\r\nX-Mark: m\r\n\r\n",
    "/304": b"HTTP/1.1 304 Not Modified\r\nETag: \"e\"\r\nContent-Length: 5\r\n\r\n",
    "/head": OK + b"Content-Length: 5\r\nX-Mark: m\r\n\r\n",
    "/early-hints": b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" + OK + b"Content-Length: 5\r\n\r\nhello",
    # What the gate alone may say, and what caches may keep.
    "/as-the-gate": b"HTTP/1.1 403 Forbidden\r\nX-Postern-Error: 0123456789abcdef\r\n"
    b"WWW-Authenticate: Postern login=\"https://evil.example/login\"\r\nContent-Length: 2\r\n\r\nno",
    "/keep-page": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nCache-Control: public, max-age=9\r\nExpires: 0\r\nPragma: x\r\n"
    b"Content-Length: 2\r\n\r\nok",
    "/keep-image": b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nCache-Control: public, max-age=9\r\nContent-Length: 2\r\n\r\nok",
    "/old": b"HTTP/1.0 200 OK\r\n\r\nhello",
    # Lies that are seen before anything went to the client.
    "/bad/status": b"HTTP/1.1 abc OK\r\nContent-Length: 5\r\n\r\nhello",
    "/bad/version": b"HTTP/9.9 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "/bad/garbage": b"\x00\x01\x02 this is not HTTP\r\n\r\n",
    "/bad/nothing": b"",
    "/bad/half-head": OK + b"Content-Len",
    "/bad/two-framings": OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    "/bad/two-lengths": OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "/bad/length": OK + b"Content-Length: -5\r\n\r\nhello",
    "/bad/coding": OK + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "/bad/name": OK + b"X Y: z\r\nContent-Length: 5\r\n\r\nhello",
    "/bad/value": OK + b"X: a\x00b\r\nContent-Length: 5\r\n\r\nhello",
    "/bad/folded": OK + b"X: a\r\n b\r\nContent-Length: 5\r\n\r\nhello",
    "/bad/upgrade": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nhello",
    "/bad/endless-head": OK + b"X: " + b"y" * (1 << 20) + b"\r\n\r\n",
    # Lies in the body: too late for a 502, so the answer must be visibly cut.
    "/cut/length": OK + b"Content-Length: 100\r\n\r\nhello",
    "/cut/chunk": OK + b"Transfer-Encoding: chunked\r\n\r\n64\r\nhello",
    "/cut/last-chunk": OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "/cut/size": OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nxyz\r\nhello\r\n0\r\n\r\n",
    "/cut/extension": OK + b"Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\n\r\n",
    "/cut/overflow": OK + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello\r\n0\r\n\r\n",
    # More than was promised: the rest is nobody's.
    "/more": OK + b"Content-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
}
KEEPS = {"/as-the-gate", "/keep-page", "/keep-image", "/length", "/chunked", "/empty", "/204", "/304", "/head", "/early-hints", "/more"}

released = threading.Event()
numbers = iter(range(1, 1 << 30))


class Peer:
    def __init__(self, connection):
        self.connection, self.buffer = connection, b""
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

    def request(self):
        lines = self.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        method, path, version = lines[0].split(" ")
        fields = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:]]
        return method, path, version, {name.lower(): value for name, value in fields}

    def body(self, head):
        if head.get("transfer-encoding") == "chunked":
            data = b""
            while size := int(self.until(b"\r\n"), 16):
                data += self.exactly(size)
                self.until(b"\r\n")
            self.until(b"\r\n")
            return data
        return self.exactly(int(head.get("content-length", 0)))

    def say(self, text):
        self.connection.sendall(OK + b"Content-Length: %d\r\n\r\n%s" % (len(text), text))

    def echo(self, method, path, version, head):
        data = self.body(head)
        self.say(json.dumps({"method": method, "path": path, "version": version, "head": head,
                             "length": len(data), "sha256": hashlib.sha256(data).hexdigest(),
                             "connection": self.number, "request": self.requests}).encode())

    def events(self):
        """One event, and the next only when somebody has asked for /release."""
        self.connection.sendall(OK.replace(b"plain", b"event-stream") + b"Transfer-Encoding: chunked\r\n\r\n")
        for text in (b"data: first\n\n", b"data: second\n\n"):
            self.connection.sendall(b"%x\r\n%s\r\n" % (len(text), text))
            if not released.wait(20):
                return
        self.connection.sendall(b"0\r\n\r\n")

    def play(self):
        """One request; False when that was the last on this connection."""
        method, path, version, head = self.request()
        self.requests += 1
        path = path.split("?")[0]
        if path in PARTS:
            self.connection.sendall(PARTS[path])
            return path in KEEPS
        if path == "/events":
            self.events()
        elif path == "/release":
            released.set()
            self.say(b"released\n")
        elif path == "/refuse-upload":  # an answer before the body was taken
            self.connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n" + LAST + b"\r\nbig\n")
            while self.connection.recv(65536):
                pass  # to close with bytes unread would reset the connection
            return False
        elif path == "/silent":
            time.sleep(20)  # longer than response_timeout in the test
            return False
        else:
            self.echo(method, path, version, head)
        return True

    def serve(self):
        try:
            while self.play():
                pass
            self.connection.unwrap()
        except (OSError, ValueError, ConnectionError):
            pass
        finally:
            self.connection.close()


def accept_all(listener, context):
    def welcome(raw):
        try:
            connection = context.wrap_socket(raw, server_side=True)
        except OSError:
            raw.close()
            return
        Peer(connection).serve()

    while True:
        raw, _ = listener.accept()
        threading.Thread(target=welcome, args=(raw,), daemon=True).start()


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
listener = socket.create_server((sys.argv[3], 443), backlog=128)
print("ready", flush=True)
accept_all(listener, context)
