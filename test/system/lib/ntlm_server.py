"""ntlm_server.py CERTIFICATE KEY ADDRESS LOG: an HTTPS server (port 443) that asks for NTLM,
or Negotiate with NTLM in it, as IIS does: who logs in on a connection is the user of all
that comes on it later.  Each answer says who that is and on which connection; LOG gets
"CONNECTION SID GATE-USER NTLM-USER STATUS" for each request."""
import base64
import json
import os
import struct
import sys

import ntlm
import stream

PASSWORDS = {"ada": "engine", "bert": "sesame"} | {f"user{n}": f"secret{n}" for n in range(20)}


class Peer(stream.Peer):
    challenge = user = None

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

    def play(self):
        line, fields = self.head()
        body = self.body(fields)
        asked = self.judge(fields.get("authorization", ""))
        missing = "404 Not Found" if line.split(" ")[1] == "/missing" else "200 OK"
        status = "401 Unauthorized" if asked else missing
        answer = json.dumps({"user": self.user, "connection": self.number, "length": len(body)}).encode()
        sid, gate_user = (fields.get("x-postern-" + name, "-") for name in ("session", "user"))
        print(self.number, sid, gate_user, self.user or "-", status[:3], file=requests, flush=True)
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(answer)}\r\nContent-Type: application/json\r\n"
        head += "".join(f"WWW-Authenticate: {value}\r\n" for value in asked)
        self.send(head.encode() + b"\r\n" + answer)
        return True


listener = stream.listen(sys.argv[3], 443)
with open(sys.argv[4], "w", encoding="ascii") as requests:
    print("ready", flush=True)
    stream.serve(Peer, listener, stream.tls(*sys.argv[1:3]))
