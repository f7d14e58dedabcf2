#!/usr/bin/env bash
# Slow, garbled and misdirected requests are answered with an error of ours and reach no
# server, even when they carry the cookie of a good session.
. "$(dirname "$0")/lab.sh"
lab_up
setting wfd limits head_timeout 1s
setting wfd limits idle_timeout 2s
gate_start
enroll alice
login alice
jar=$(jar_of alice)
expect_page www -b "$jar"

python_in_client "$(cookie_of alice)" <<'END'
import ssl, sys, time, wire
cookie = b"Cookie: SessionID=" + sys.argv[1].encode() + b"\r\n"
host = b"Host: www.corp.example\r\n"

# A head that does not end: 408, and closed.
with wire.https("www.corp.example") as c:
    started = time.monotonic()
    c.send(b"GET / HTTP/1.1\r\n" + host + cookie + b"X-Slow: ")
    for _ in range(5):
        time.sleep(0.15)  # a slow writer
        c.send(b"x")
    status, _, _ = c.answer()
    took = time.monotonic() - started
    assert status == 408, status
    assert 0.8 < took < 3, f"408 after {took:.1f} s of 1"
    assert c.closed_within(3)

# A connection on which nothing is said is closed too.
with wire.https("www.corp.example") as c:
    started = time.monotonic()
    assert c.closed_within(8), "an idle connection stays"

def line(text):
    return text + b"\r\n" + host + cookie + b"\r\n"

def field(text):
    return b"GET / HTTP/1.1\r\n" + host + cookie + text + b"\r\n\r\n"

def post(text, body=b""):
    return b"POST /post HTTP/1.1\r\n" + host + cookie + text + b"\r\n\r\n" + body

garbage = [
    b"GARBAGE\r\n\r\n",
    line(b"GET  / HTTP/1.1"), line(b"GET / HTTP/1.1 "), line(b" GET / HTTP/1.1"), line(b"GET /\tx HTTP/1.1"),
    line(b"GET / http/1.1"), line(b"GET / HTTP/1.10"), line(b"GET / HTTP/2.0"), line(b"GET /"),
    line(b"GET /#top HTTP/1.1"), line(b"GET /\\..\\x HTTP/1.1"), line(b"GET /\x7f HTTP/1.1"),
    line(b"GET /\xc3\xa9 HTTP/1.1"), line(b"GET /\x00 HTTP/1.1"), line(b"GET x HTTP/1.1"), line(b"G@T / HTTP/1.1"),
    b"GET / HTTP/1.1\r\n" + cookie + b"\r\n",
    field(host.strip()), field(b"Host: old.corp.example"), field(b"X Y: 1"), field(b"X : 1"), field(b": 1"),
    field(b"X: a\r\n folded"), field(b"X: a\x00b"), field(b"X: a\rb"), field(b"X: a\nY: b"), field(b"NoColon"),
    b"GET / HTTP/1.1\n" + host.replace(b"\r", b"") + cookie.replace(b"\r", b"") + b"\n",
    post(b"Content-Length: 1\r\nContent-Length: 2", b"xx"), post(b"Content-Length: +1", b"x"),
    post(b"Content-Length: 1, 1", b"x"), post(b"Content-Length: -1"), post(b"Content-Length:"),
    post(b"Content-Length: 0x1", b"x"), post(b"Content-Length: 99999999999999999999", b"x"),
    post(b"Content-Length: 5\r\nTransfer-Encoding: chunked", b"0\r\n\r\n"),
    post(b"Transfer-Encoding: chunked, chunked", b"0\r\n\r\n"), post(b"Transfer-Encoding: xchunked", b"0\r\n\r\n"),
    post(b"Transfer-Encoding: identity", b""), post(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", b"0\r\n\r\n"),
]
for bad in garbage:
    with wire.https("www.corp.example") as c:
        try:
            status, _, _ = c.ask(bad)
        except wire.Closed:
            raise SystemExit(f"no answer to {bad!r}")
        assert status == 400, (status, bad)
        assert c.closed_within(3), bad

# Two requests in one piece, the second one garbled: nothing of it is passed on.
with wire.https("www.corp.example") as c:
    c.send(line(b"GET /missing HTTP/1.1") + b"GET /smuggled HTTP/1.1\r\nBad Name: x\r\n\r\n")
    assert c.answer()[0] == 404
    assert c.answer()[0] == 400
    assert c.closed_within(3)

def status_of(sni, name, expected):
    with wire.https("www.corp.example", sni=sni) as c:
        status, _, _ = c.ask(b"GET / HTTP/1.1\r\nHost: " + name + b"\r\n" + cookie + b"\r\n")
        assert status in expected, (sni, name, status)

status_of("www.corp.example", b"www.corp.example:443", {200})
status_of("www.corp.example", b"WWW.Corp.Example", {200})
status_of("www.corp.example", b"www.evil.example", {421})
status_of("www.corp.example", b"evilcorp.example", {421})
status_of("www.corp.example", b"old.corp.example", {421})
status_of("www.corp.example", b"login.corp.example", {421})
status_of("www.corp.example", b"10.1.0.10", {400, 421})
status_of("www.corp.example", b"www.corp.example:8443", {400, 421})
status_of("www.corp.example", b"www.corp.example:80", {400, 421})
status_of("www.corp.example", b"a b", {400})
status_of("www.corp.example", b"", {400})

def refusal(head, expected):
    with wire.https("www.corp.example") as c:
        status, _, _ = c.ask(head)
        assert status == expected, (status, expected)
        assert c.closed_within(3)

refusal(line(b"GET /" + b"a" * 200000 + b" HTTP/1.1"), 414)
refusal(field(b"X-Large: " + b"a" * 200000), 431)
refusal(field(b"\r\n".join(b"X-%d: y" % i for i in range(2000))), 431)

# Not TLS at all, and TLS that is too old.
with wire.Connection(wire.tcp("www.corp.example", 443)) as c:
    c.send(line(b"GET / HTTP/1.1"))
    assert b"page of www" not in c.rest()
old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
old.set_ciphers("ALL:@SECLEVEL=0")
old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
try:
    old.wrap_socket(wire.tcp("www.corp.example", 443), server_hostname="www.corp.example")
    raise SystemExit("TLS 1.1 was accepted")
except (ssl.SSLError, ConnectionResetError):
    pass
END
[ "$(upstream_count www '^443 ')" = 4 ] || fail "www should have seen four requests: $(upstream_log www)"
expect_log "event=(request|refuse) .*status=400"
expect_log "event=(request|refuse) .*status=408"
expect_log "event=(request|refuse) .*status=421"
