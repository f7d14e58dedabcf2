"""One end of a connection, as tests need it: bytes up to a mark or by number, heads and
bodies of HTTP/1.1; and servers that are written byte by byte.  Nothing is checked that a
test does not ask for.

    class Peer(stream.Peer):
        def play(self):  # one request; False when that was the last on this connection
            line, head = self.head()
            self.answer(200, self.body(head))
            return True

    stream.serve(Peer, stream.listen(address, 443), stream.tls(certificate, key))"""
import http.server
import itertools
import socket
import socketserver
import ssl
import threading


class Closed(Exception):
    """The other end closed before all was there."""


def parts_of(head):
    """(first line, {lower-case name: value})"""
    line, *fields = head.split("\r\n")
    return line, {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}


class Stream:
    def __init__(self, connection):
        self.connection, self.buffer = connection, b""

    def send(self, data):
        self.connection.sendall(data)

    def more(self):
        try:
            piece = self.connection.recv(65536)
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

    def rest(self):
        """All that comes until the other end closes."""
        try:
            while True:
                self.more()
        except Closed:
            data, self.buffer = self.buffer, b""
            return data

    def head_text(self):
        return self.until(b"\r\n\r\n").decode("latin-1")

    def head(self):
        return parts_of(self.head_text())

    def chunks(self):
        body = b""
        while size := int(self.until(b"\r\n").split(b";")[0], 16):
            body += self.exactly(size)
            self.until(b"\r\n")
        while self.until(b"\r\n"):
            pass
        return body

    def body(self, head):
        """That of a request with this head."""
        if "transfer-encoding" in head:
            return self.chunks()
        return self.exactly(int(head.get("content-length", 0)))


class Peer(Stream):
    """A server's end; numbered, so that an answer can say on which connection it came."""
    numbers = itertools.count(1)

    def __init__(self, connection):
        super().__init__(connection)
        self.number = next(Peer.numbers)

    def answer(self, status, body=b"", fields=""):
        self.send(f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{fields}\r\n".encode("latin-1") + body)

    def serve(self):
        try:
            while self.play():
                pass
            if isinstance(self.connection, ssl.SSLSocket):
                self.connection.unwrap()
        except (Closed, OSError, ValueError):
            pass
        finally:
            self.connection.close()


def tls(certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def listen(address, port):
    return socket.create_server((address, port), backlog=1024)


def serve(peer, listener, context=None):
    """Gives each connection a `peer` and a thread of its own, for ever."""
    def welcome(raw):
        try:
            connection = context.wrap_socket(raw, server_side=True) if context else raw
        except OSError:
            return raw.close()
        peer(connection).serve()

    while True:
        accepted, _ = listener.accept()
        threading.Thread(target=welcome, args=(accepted,), daemon=True).start()


class HttpsServer(http.server.ThreadingHTTPServer):
    """Python's own server, for tests that need no rule broken."""
    daemon_threads = True

    def __init__(self, handler, address, context):
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        super().__init__((address, 443), handler)
        # The handshake happens in the connection's own thread, at its first read.
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def server_bind(self):  # without the look-up of our own name
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]
