"""websocket_server.py CERTIFICATE KEY ADDRESS: an HTTPS server (port 443) with WebSockets,
good ones and bad ones.  The path names what it does with a handshake:

    /echo           sends each message back      /ping     pings five times a second as well
    /push           says something five times a second, whoever listens
    /bad/...        agrees as AGREEMENTS has it, which no gate may believe
    /answer/NNN     an ordinary answer of that status; the connection goes on
    /head           an ordinary answer, with the head that arrived, also without a handshake
    /unasked        says 101 to whatever was asked
    /trickle        an ordinary answer without end, five times a second a byte
    /hang           no answer at all
    /               a page
"""
import sys
import threading
import time

import stream
import websocket

GOOD = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n"
AGREEMENTS = {
    "/bad/accept": GOOD.replace("{accept}", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    "/bad/no-accept": "Upgrade: websocket\r\nConnection: Upgrade\r\n",
    "/bad/upgrade": GOOD.replace("Upgrade: websocket", "Upgrade: h2c"),
    "/bad/connection": GOOD.replace("Connection: Upgrade", "Connection: keep-alive"),
    "/bad/body": GOOD + "Content-Length: 5\r\n",
    "/bad/protocol": GOOD + "Sec-WebSocket-Protocol: nobody.asked\r\n",
    "/bad/extension": GOOD + "Sec-WebSocket-Extensions: nobody-asked\r\n",
}
PAGE = b"<!doctype html><title>socket</title><h1>This is the page of socket.corp.example</h1>"
BEAT = 0.2


class Peer(stream.Peer):
    def __init__(self, connection):
        super().__init__(connection)
        self.lock = threading.Lock()

    def send(self, data):
        with self.lock:
            self.connection.sendall(data)

    def agree(self, fields, key):
        accept = websocket.accept_of(key)
        self.send(("HTTP/1.1 101 Switching Protocols\r\n" + fields.replace("{accept}", accept) + "\r\n").encode())

    def repeat(self, data):
        """Says `data` again and again until the other end is gone."""
        def run():
            try:
                while True:
                    self.send(data)
                    time.sleep(BEAT)  # the rhythm is the test
            except OSError:
                pass
        threading.Thread(target=run, daemon=True).start()

    def converse(self, path):
        if path == "/ping":
            self.repeat(websocket.frame(websocket.PING, b"there?"))
        if path == "/push":
            self.repeat(websocket.frame(websocket.TEXT, b"news"))
        while True:
            code, payload, final = websocket.read_frame(self)
            if code < 8:
                self.send(websocket.frame(code, payload, final=final))
            elif code == websocket.PING:
                self.send(websocket.frame(websocket.PONG, payload))
            elif code == websocket.CLOSE:
                self.send(websocket.frame(websocket.CLOSE, payload))
                return

    def play(self):
        """One request; False when it was the last on this connection."""
        head = self.head_text()
        line, fields = stream.parts_of(head)
        path = line.split(" ")[1]
        key = fields.get("sec-websocket-key", "")
        if path in ("/echo", "/ping", "/push"):
            offered = fields.get("sec-websocket-protocol", "").split(",")[0]
            self.agree(GOOD + (f"Sec-WebSocket-Protocol: {offered}\r\n" if offered else ""), key)
            self.converse(path)
            return False
        if path in AGREEMENTS:
            self.agree(AGREEMENTS[path], key)
            self.until(b"nothing ends with this")  # whatever comes now was meant for a tunnel
        elif path == "/unasked":
            self.agree(GOOD, key)
            return False
        elif path == "/trickle":
            self.send(b"HTTP/1.1 200 OK\r\n\r\n")
            self.repeat(b".")
            self.until(b"nothing ends with this")
        elif path == "/hang":
            self.until(b"nothing ends with this")
        elif path.startswith("/answer/"):
            self.answer(path[8:], b"ordinary\n", "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n")
        elif path == "/head":
            self.answer(200, head.encode("latin-1"))
        else:
            self.answer(200, PAGE, "Content-Type: text/html\r\n")
        return True

listener = stream.listen(sys.argv[3], 443)
print("ready", flush=True)
stream.serve(Peer, listener, stream.tls(*sys.argv[1:3]))
