"""A client that sends exactly the bytes it is told to, over TLS or plain TCP.

    with wire.https("www.corp.example") as c:
        status, head, body = c.ask(b"GET / HTTP/1.1\\r\\nHost: www.corp.example\\r\\n\\r\\n")

Names come from $LAB/hosts, the authority from $LAB/certs.  Every wait has an end."""
import os
import socket
import ssl

LAB = os.environ["LAB"]
HOSTS = {}
with open(LAB + "/hosts") as file:
    for line in file:
        name, v4, v6 = line.split()
        HOSTS[name] = (v4, v6)


class Closed(Exception):
    """The other end closed before the answer was complete."""


class Connection:
    def __init__(self, raw):
        self.raw = raw
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.raw.close()

    def send(self, data):
        self.raw.sendall(data)

    def more(self):
        try:
            piece = self.raw.recv(65536)
        except (ConnectionResetError, ssl.SSLEOFError):
            piece = b""
        if not piece:
            raise Closed(repr(self.buffer[:200]))
        self.buffer += piece

    def until(self, mark):
        while mark not in self.buffer:
            self.more()
        head, _, self.buffer = self.buffer.partition(mark)
        return head

    def exactly(self, size):
        while len(self.buffer) < size:
            self.more()
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def chunks(self):
        body = b""
        while size := int(self.until(b"\r\n").split(b";")[0], 16):
            body += self.exactly(size)
            self.until(b"\r\n")
        while self.until(b"\r\n"):
            pass
        return body

    def rest(self):
        try:
            while True:
                self.more()
        except Closed:
            data, self.buffer = self.buffer, b""
            return data

    def answer(self, method="GET"):
        """(status, {lower-case name: value}, body) of the next response."""
        lines = self.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        status = int(lines[0].split()[1])
        head = {}
        for field in lines[1:]:
            name, _, value = field.partition(":")
            head[name.lower()] = value.strip()
        if method == "HEAD" or status in (204, 304) or status < 200:
            return status, head, b""
        if "transfer-encoding" in head:
            return status, head, self.chunks()
        if "content-length" in head:
            return status, head, self.exactly(int(head["content-length"]))
        return status, head, self.rest()

    def ask(self, request, method="GET"):
        self.send(request)
        return self.answer(method)

    def closed_within(self, seconds):
        """True when the other end closes in that time; what it sends first is dropped."""
        self.raw.settimeout(seconds)
        try:
            while True:
                self.more()
        except Closed:
            return True
        except TimeoutError:
            return False


def tcp(host, port, family=4, source=None, timeout=10):
    address = HOSTS.get(host, (host, host))[0 if family == 4 else 1]
    return socket.create_connection((address, port), timeout,
                                    source_address=(source, 0) if source else None)


def http(host, **options):
    return Connection(tcp(host, 80, **options))


def https(host, sni=None, **options):
    context = ssl.create_default_context(cafile=LAB + "/certs/gate-ca.pem")
    raw = tcp(host, 443, **options)
    return Connection(context.wrap_socket(raw, server_hostname=sni or host))


def get(host, path="/", cookie=None, method="GET", extra=""):
    """The bytes of a plain request."""
    lines = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{extra}"
    if cookie:
        lines += f"Cookie: SessionID={cookie}\r\n"
    return (lines + "\r\n").encode()
