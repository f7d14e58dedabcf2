#!/usr/bin/env bash
# WebSockets: a handshake is judged, made anew and answered for; only what the server
# really agreed to becomes a tunnel, and in it everything goes through as it is.  Clients
# and servers are raw ones, the npm package ws, and Chromium.
# timeout: 240
. "$(dirname "$0")/lab.sh"
. "$LIB/npm.sh"
name_host socket 71
name_host echo 72
lab_up
socket_start
setting wfd policy websocket_origins friend.example

cat > "$LAB/tour.py" <<'END'
import json, os, sys, websocket, wire
from websocket import BINARY, CLOSE, PING, PONG, TEXT, frame, head_of, read_frame
cookie = sys.argv[1]
HOST = "socket.corp.example"


def same(got, want, what):
    assert got == want, f"{what}: {got!r} instead of {want!r}"


def handshake(path="/echo", **options):
    return head_of(path, HOST, **{"cookie": cookie, **options})


def opened(c, path="/echo", **options):
    status, head, _ = c.ask(handshake(path, **options))
    same(status, 101, path)
    same({name: head.get(name) for name in ("upgrade", "connection", "sec-websocket-accept")},
         {"upgrade": "websocket", "connection": "Upgrade", "sec-websocket-accept": websocket.accept_of(websocket.KEY)},
         "the fields of a 101")
    return head


def said(c, code, payload):
    c.send(frame(code, payload, masked=True))
    return read_frame(c)[:2]


# Messages of every length of length, pings, pieces, and the end.
with wire.https(HOST) as c:
    opened(c)
    for size in (0, 1, 125, 126, 65535, 65536, 3 << 20):
        payload = os.urandom(size)
        same(said(c, BINARY, payload), (BINARY, payload), f"{size} bytes")
    same(said(c, TEXT, "grüße".encode()), (TEXT, "grüße".encode()), "text")
    same(said(c, PING, b"?"), (PONG, b"?"), "ping")
    c.send(frame(TEXT, b"one ", masked=True, final=False) + frame(0, b"two", masked=True))
    same(read_frame(c), (TEXT, b"one ", False), "the first piece")
    same(read_frame(c), (0, b"two", True), "the second piece")
    for byte in frame(TEXT, b"slowly", masked=True):
        c.send(bytes([byte]))
    same(read_frame(c)[1], b"slowly", "a byte at a time")
    same(said(c, CLOSE, b"\x03\xe8bye"), (CLOSE, b"\x03\xe8bye"), "the end")
    assert c.closed_within(2), "the server has ended, and the client does not see it"

# Many in flight both ways at once.
with wire.https(HOST) as c:
    opened(c)
    for number in range(300):
        c.send(frame(BINARY, bytes([number % 256]) * 3000, masked=True))
    for number in range(300):
        same(read_frame(c)[1], bytes([number % 256]) * 3000, f"message {number}")

# What reaches the server, and what is agreed on.
with wire.https(HOST) as c:
    extra = "Sec-WebSocket-Protocol: v2.test, v1.test\r\nSec-WebSocket-Extensions: permessage-deflate\r\n"
    same(opened(c, extra=extra).get("sec-websocket-protocol"), "v2.test", "the protocol")
with wire.https(HOST) as c:
    status, _, body = c.ask(handshake("/head", extra="Connection: keep-alive, sec-websocket-version\r\nX-Postern-User: root\r\n"))
    text = body.decode()
    for line in ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "X-Postern-User: alice",
                 f"Sec-WebSocket-Key: {websocket.KEY}", f"Origin: https://{HOST}"):
        same(text.count(f"\r\n{line}\r\n") + text.endswith(f"\r\n{line}"), 1, line)
    assert "root" not in text and "SessionID" not in text, text

# Handshakes that are refused: nothing of them reaches the server.
REFUSED = (
    ("another site", 403, "websocket-origin", {"origin": "https://www.corp.example"}),
    ("a site outside", 403, "websocket-origin", {"origin": "https://evil.example"}),
    ("nobody's page", 403, "websocket-origin", {"origin": "null"}),
    ("http", 403, "websocket-origin", {"origin": f"http://{HOST}"}),
    ("no page at all", 403, "websocket-origin", {"leave_out": ("Origin",)}),
    ("a short key", 400, "websocket-key", {"key": "c2hvcnQ="}),
    ("no key", 400, "websocket-key", {"leave_out": ("Sec-WebSocket-Key",)}),
    ("an old version", 400, "websocket-version",
     {"leave_out": ("Sec-WebSocket-Version",), "extra": "Sec-WebSocket-Version: 8\r\n"}),
    ("no Connection", 400, "websocket-connection", {"leave_out": ("Connection",)}),
    ("two protocols", 400, "websocket-upgrade", {"extra": "Upgrade: h2c\r\n"}),
    ("a body", 400, "websocket-body", {"extra": "Content-Length: 3\r\n"}),
    ("no session", 401, "no-session", {"cookie": None}),
)
for what, status, reason, options in REFUSED:
    with wire.https(HOST) as c:
        same(c.ask(handshake(**options))[0], status, what)
    print("refused", status, reason)
with wire.https(HOST) as c:
    c.send(handshake() + frame(TEXT, b"early", masked=True))
    same(c.answer()[0], 400, "early data")
with wire.https(HOST) as c:
    opened(c, origin="https://friend.example")

# Servers that did not agree: 502, and the connection is still one of requests.
for path in ("accept", "no-accept", "upgrade", "connection", "body", "protocol", "extension"):
    with wire.https(HOST) as c:
        same(c.ask(handshake("/bad/" + path))[0], 502, path)
        status, _, body = c.ask(wire.get(HOST, "/head", cookie=cookie))
        assert status == 200 and body.startswith(b"GET /head "), (path, status, body)
with wire.https(HOST) as c:
    same(c.ask(wire.get(HOST, "/unasked", cookie=cookie))[0], 502, "101 that nobody asked for")

# An ordinary answer to a handshake is followed by ordinary requests.
for status in (200, 400, 401, 403, 404, 426, 503):
    with wire.https(HOST) as c:
        got, head, body = c.ask(handshake(f"/answer/{status}"))
        same((got, body), (status, b"ordinary\n"), f"an answer of {status}")
        assert "upgrade" not in head, head
        status, _, body = c.ask(wire.get(HOST, "/head", cookie=cookie))
        assert status == 200 and b"websocket" not in body.lower(), body
        same(c.ask(handshake("/head"))[0], 200, "once more")
        same(c.ask(b"no request\r\n\r\n")[0], 400, "what is no request")

# Any other upgrade is left out.
for other in ("h2c", "TLS/1.2", "h2c, irc/6.9"):
    with wire.https(HOST) as c:
        _, _, body = c.ask(wire.get(HOST, "/head", cookie=cookie, extra=f"Upgrade: {other}\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                                    "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n"))
        for word in (b"upgrade", b"http2-settings", b"connection"):
            assert word not in body.lower(), body

# A client that sends something else through a tunnel is cut off before it is heard.
with wire.https(HOST) as c:
    opened(c)
    c.send(wire.get(HOST, "/smuggled", cookie=cookie))
    assert c.closed_within(2), "what is no frame went through"
END

wanted_lines() {
  expect_log "event=request id=[0-9a-f]{16} src=$CLIENT_4 .* host=socket.$DOMAIN user=alice sid=[a-z0-9]+ method=GET target=/echo status=101 in=[0-9]+ out=[0-9]+ ms="
  expect_log "event=refuse .* status=101 reason=websocket-frame"
  local word
  for word in origin key version connection upgrade body early-data accept protocol extension; do
    expect_log "event=refuse .* status=(400|403|502) reason=websocket-$word"
  done
  expect_log "event=refuse .* status=502 reason=upgrade-not-asked"
}

for connections in 1 256; do
  setting wfd isolation connections_per_worker $connections
  : > "$LAB/syslog"
  gate_start
  [ "$connections" != 1 ] || enroll alice --hotp
  login alice
  curl_hosts > "$LAB/hosts"
  in_client python3 "$LAB/tour.py" "$(cookie_of alice)" > "$LAB/refusals"
  wanted_lines
  note "connections_per_worker=$connections: $(grep -c refused "$LAB/refusals") bad handshakes refused"
  [ "$connections" = 256 ] || gate_stop
done

# The npm package ws on both sides, with compression.
if npm_package ws 8.18.3; then
  echo_start
  NODE_PATH=$ROOT/build/npm/node_modules in_client node "$LIB/ws_client.js" "echo.$DOMAIN" "${ADDRESS_4[echo]}" \
    "$(cookie_of alice)" "$LAB/certs/gate-ca.pem" > "$LAB/ws.out" || fail "the package ws does not get through"
  grep -qx 'extensions=permessage-deflate messages=16' "$LAB/ws.out" || fail "the package ws says: $(cat "$LAB/ws.out")"
  note "npm's ws to npm's ws: $(cat "$LAB/ws.out")"
else
  note "npm's ws is left out: no Node here, or no registry"
fi

# A browser: a page may use the WebSocket of its own host, and of no other one, although
# the browser sends the session's cookie along.
if command -v chromedriver > /dev/null; then
  python_in_client "$(cookie_of alice)" <<'END'
import os, sys, webdriver
ASK = """return new Promise((done) => {
  const socket = new WebSocket(arguments[0]);
  socket.onopen = () => socket.send('hello from a page');
  socket.onmessage = (event) => done(event.data);
  socket.onerror = () => done('refused');
});"""
with webdriver.Browser(os.environ["LAB"] + "/profile") as b:
    b.go("https://login.corp.example/login")
    b.call("POST", "/cookie", {"cookie": {"name": "SessionID", "value": sys.argv[1], "domain": ".corp.example",
                                          "path": "/", "secure": True, "httpOnly": True, "sameSite": "Lax"}})
    for host, want in (("socket", "hello from a page"), ("www", "refused")):
        b.go(f"https://{host}.corp.example/")
        assert f"This is the page of {host}.corp.example" in b.source, b.source
        got = b.script(ASK, "wss://socket.corp.example/echo")
        assert got == want, f"a page of {host}: {got} instead of {want}"
END
  note "Chromium: the host's own page gets through, a sibling's page is refused"
fi
