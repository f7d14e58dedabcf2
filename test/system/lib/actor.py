"""actor.py CERTIFICATE KEY ADDRESS: an HTTPS server (port 443) that plays a part.  The
path names the part; what it sends is written byte by byte in PARTS, so it can break
every rule.  /echo tells what arrived, and on which of its connections."""
import hashlib
import json
import sys
import threading
import time

import stream

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


class Peer(stream.Peer):
    def __init__(self, connection):
        super().__init__(connection)
        self.requests = 0

    def say(self, text):
        self.send(OK + b"Content-Length: %d\r\n\r\n%s" % (len(text), text))

    def echo(self, method, path, version, head):
        data = self.body(head)
        self.say(json.dumps({"method": method, "path": path, "version": version, "head": head,
                             "length": len(data), "sha256": hashlib.sha256(data).hexdigest(),
                             "connection": self.number, "request": self.requests}).encode())

    def events(self):
        """One event, and the next only when somebody has asked for /release."""
        self.send(OK.replace(b"plain", b"event-stream") + b"Transfer-Encoding: chunked\r\n\r\n")
        for text in (b"data: first\n\n", b"data: second\n\n"):
            self.send(b"%x\r\n%s\r\n" % (len(text), text))
            if not released.wait(20):
                return
        self.send(b"0\r\n\r\n")

    def play(self):
        """One request; False when that was the last on this connection."""
        line, head = self.head()
        method, path, version = line.split(" ")
        self.requests += 1
        path = path.split("?")[0]
        if path in PARTS:
            self.send(PARTS[path])
            return path in KEEPS
        if path == "/events":
            self.events()
        elif path == "/release":
            released.set()
            self.say(b"released\n")
        elif path == "/refuse-upload":  # an answer before the body was taken
            self.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n" + LAST + b"\r\nbig\n")
            while self.connection.recv(65536):
                pass  # to close with bytes unread would reset the connection
            return False
        elif path == "/silent":
            time.sleep(20)  # longer than response_timeout in the test
            return False
        else:
            self.echo(method, path, version, head)
        return True

listener = stream.listen(sys.argv[3], 443)
print("ready", flush=True)
stream.serve(Peer, listener, stream.tls(*sys.argv[1:3]))
