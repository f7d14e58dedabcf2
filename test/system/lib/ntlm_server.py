"""ntlm_server.py CERTIFICATE KEY ADDRESS LOG: an HTTPS server (port 443) that asks for NTLM,
or Negotiate with NTLM in it, as IIS does: who logs in on a connection is the user of all
that comes on it later.  Each answer says who that is and on which connection; LOG gets
"CONNECTION SID GATE-USER NTLM-USER STATUS" for each request."""
import base64
import json
import os
import socket
import ssl
import struct
import sys
import threading

import ntlm

PASSWORDS = {"ada": "engine", "bert": "sesame"} | {f"user{n}": f"secret{n}" for n in range(20)}
numbers = iter(range(1, 1 << 30))


class Gone(Exception):
    """The other end has closed."""


class Peer:
    def __init__(self, connection, log):
        self.connection, self.log, self.buffer = connection, log, b""
        self.number, self.challenge, self.user = next(numbers), None, None

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

    def fill(self):
        piece = self.connection.recv(65536)
        if not piece:
            raise Gone
        self.buffer += piece

    def judge(self, authorization):
        """What WWW-Authenticate says; nothing when the connection has a user."""
        scheme, _, token = authorization.partition(" ")
        if scheme not in ("NTLM", "Negotiate"):
            return [] if self.user else ["Negotiate", "NTLM"]
        message = base64.b64decode(token)
        kind, = struct.unpack_from("<I", message, 8)
        if kind == 1:
            self.user, self.challenge = None, os.urandom(8)
            return [f"{scheme} {ntlm.encode(ntlm.challenge_message(self.challenge))}"]
        if self.challenge:
            self.user = ntlm.user_of(message, self.challenge, PASSWORDS)
        self.challenge = None
        return [] if self.user else ["Negotiate", "NTLM"]

    def serve_one(self):
        lines = self.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        body = self.exactly(int(fields.get("content-length", 0)))
        asked = self.judge(fields.get("authorization", ""))
        missing = "404 Not Found" if lines[0].split(" ")[1] == "/missing" else "200 OK"
        status = "401 Unauthorized" if asked else missing
        answer = json.dumps({"user": self.user, "connection": self.number, "length": len(body)}).encode()
        sid, gate_user = (fields.get("x-postern-" + name, "-") for name in ("session", "user"))
        print(self.number, sid, gate_user, self.user or "-", status[:3], file=self.log, flush=True)
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(answer)}\r\nContent-Type: application/json\r\n"
        head += "".join(f"WWW-Authenticate: {value}\r\n" for value in asked)
        self.connection.sendall(head.encode() + b"\r\n" + answer)

    def serve(self):
        try:
            while True:
                self.serve_one()
        except (Gone, OSError, ValueError):
            self.connection.close()


def welcome(raw, context, log):
    try:
        connection = context.wrap_socket(raw, server_side=True)
    except OSError:
        raw.close()
        return
    Peer(connection, log).serve()


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
listener = socket.create_server((sys.argv[3], 443), backlog=128)
with open(sys.argv[4], "w", encoding="ascii") as requests:
    print("ready", flush=True)
    while True:
        accepted, _ = listener.accept()
        threading.Thread(target=welcome, args=(accepted, context, requests), daemon=True).start()
