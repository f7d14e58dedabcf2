#!/usr/bin/env bash
# A TLS 1.3 session can be resumed once, by the client that it was given to, for the name
# that it was given for; its state lives in the signer, so any worker can resume it, and
# a new signer knows nothing of it.
. "$(dirname "$0")/lab.sh"
lab_up
gate_start

python_in_client "$CLIENT_4" "$OTHER_CLIENT_4" "$(role_pids wfd signer)" <<'END'
import os, signal, socket, ssl, sys, time
here, elsewhere, signer = sys.argv[1], sys.argv[2], int(sys.argv[3])
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE


def visit(session=None, name="www.corp.example", source=here):
    raw = socket.create_connection(("10.1.0.10", 443), 10, (source, 0))
    with context.wrap_socket(raw, server_hostname=name, session=session) as c:
        c.sendall(f"GET / HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while part := c.recv(4096):
            answer += part
        assert answer.startswith(b"HTTP/1.1 401 "), answer[:50]
        assert c.version() == "TLSv1.3", c.version()
        return c.session_reused, c.session


def expect(reused, *args, **words):
    got, session = visit(*args, **words)
    assert got == reused, (got, words)
    return session


first = expect(False)
second = expect(True, first)
third = expect(True, second)
expect(False, second)                                  # taken already
other_name = expect(False)
expect(False, other_name, name="old.corp.example")
other_place = expect(False)
expect(False, other_place, source=elsewhere)
forgotten = expect(False)
os.kill(signer, signal.SIGKILL)
deadline = time.monotonic() + 10
while True:
    try:
        expect(False, forgotten)
        break
    except (OSError, ssl.SSLError):                    # no signer, no handshake
        assert time.monotonic() < deadline, "no new signer"
        time.sleep(0.02)                               # between two looks
expect(True, expect(False))
END
expect_log 'event=fault role=signer '
