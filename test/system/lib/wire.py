"""A client that sends exactly the bytes it is told to, over TLS or plain TCP.

    with wire.https("www.corp.example") as c:
        status, head, body = c.ask(b"GET / HTTP/1.1\\r\\nHost: www.corp.example\\r\\n\\r\\n")

Names come from $LAB/hosts, the authority from $LAB/certs.  Every wait has an end."""
import os
import re
import socket
import ssl
import time

from stream import Closed, Stream

LAB = os.environ["LAB"]
HOSTS = {}
with open(LAB + "/hosts") as file:
    for line in file:
        name, v4, v6 = line.split()
        HOSTS[name] = (v4, v6)


class Connection(Stream):
    @property
    def raw(self):
        return self.connection

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.raw.close()

    def answer(self, method="GET"):
        """(status, {lower-case name: value}, body) of the next response."""
        line, head = self.head()
        status = int(line.split()[1])
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


def wait_for_requests(connection, count):
    """Until the log has so many requests of the connection; the workers that answered them."""
    pattern = rf"wfd/worker\[(\d+)\]: event=request .* sport={connection.raw.getsockname()[1]} "
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with open(LAB + "/syslog") as log:
            found = re.findall(pattern, log.read())
        if len(found) >= count:
            return [int(pid) for pid in found]
        time.sleep(0.01)  # between two looks
    raise TimeoutError("no line of the request")


def worker_of(connection):
    """The process that answered on this connection: the log says who did on that port."""
    return wait_for_requests(connection, 1)[-1]
