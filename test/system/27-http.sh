#!/usr/bin/env bash
# HTTP from end to end: what a server says arrives as it was meant, at once, in a head of
# the gate's own making; what a server says against the rules becomes 502 or is visibly cut.
. "$(dirname "$0")/lab.sh"
lab_up
actor_start
setting wfd limits response_timeout 2s
gate_start
enroll alice
login alice
sum=$(make_big range 1)

python_in_client "$(cookie_of alice)" <<'END'
import hashlib, json, os, sys, threading, time, wire
cookie = sys.argv[1]
ACTOR = "actor.corp.example"


def request(path, method="GET", extra="", host=ACTOR):
    return wire.get(host, path, cookie=cookie, method=method, extra=extra)


def whole(path, method="GET", extra="", host=ACTOR):
    with wire.https(host) as c:
        return c.ask(request(path, method, extra, host), method)


def same(got, want, what):
    assert got == want, f"{what}: {got!r} instead of {want!r}"


# Every framing of an answer gives the same five bytes.
for path in ("/length", "/chunked", "/until-close", "/old", "/early-hints"):
    with wire.https(ACTOR) as c:
        status, head, body = c.ask(request(path))
        if path == "/early-hints":
            same((status, head.get("link")), (103, "</a.css>"), path)
            status, head, body = c.answer()
        same((status, body), (200, b"hello"), path)
        assert "x-trailer" not in head and b"X-Trailer" not in body, head
        same(c.ask(request("/length"))[0], 200, "the connection goes on after " + path)
same(whole("/empty")[::2], (200, b""), "an empty body")

# Answers that have no body, and what stands in their heads.
with wire.https(ACTOR) as c:
    status, head, _ = c.ask(request("/head", "HEAD"), "HEAD")
    same((status, head.get("content-length"), head.get("x-mark")), (200, "5", "m"), "HEAD")
    status, head, _ = c.ask(request("/204"))
    same((status, head.get("x-mark")), (204, "m"), "204")
    assert "content-length" not in head and "transfer-encoding" not in head, head
    status, head, _ = c.ask(request("/304", extra='If-None-Match: "e"\r\n'))
    same((status, head.get("etag")), (304, '"e"'), "304")
    same(c.ask(request("/length"))[2], b"hello", "after HEAD, 204 and 304")

# A client of HTTP/1.0 gets no chunks, and the end of the answer is the end of the connection.
for path in ("/length", "/chunked", "/until-close"):
    with wire.https(ACTOR) as c:
        c.send(request(path).replace(b"HTTP/1.1", b"HTTP/1.0"))
        head, _, body = c.rest().partition(b"\r\n\r\n")
        same(body, b"hello", "HTTP/1.0 " + path)
        assert b"chunked" not in head.lower() and head.split(b" ")[1] == b"200", head

# Uploads: by length, in chunks, after 100 Continue; the server gets every byte.
data = os.urandom(300_000)
digest = hashlib.sha256(data).hexdigest()
cuts = [1, 2, 1000, 65536, 65537, 200_000, len(data)]
chunks = [data[a:b] for a, b in zip([0] + cuts, cuts)]
chunked = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in chunks) + b"0\r\nX-T: t\r\n\r\n"
length = f"Content-Length: {len(data)}\r\n"
for extra, body in ((length, data), ("Transfer-Encoding: chunked\r\n", chunked)):
    for expect in ("", "Expect: 100-continue\r\n"):
        with wire.https(ACTOR) as c:
            c.send(request("/echo", "POST", extra + expect))
            if expect:
                same(c.answer()[0], 100, "Expect")
            c.send(body)
            status, _, answer = c.answer()
            same(status, 200, "an upload")
            seen = json.loads(answer)
            same((seen["length"], seen["sha256"]), (len(data), digest), f"an upload with {extra!r}")
            assert "x-t" not in seen["head"], seen

# The server refuses while the body still comes: the client gets to read why.
with wire.https(ACTOR) as c:
    c.send(request("/refuse-upload", "POST", "Content-Length: 1073741824\r\n") + b"x" * 100_000)
    same(c.answer()[0], 413, "an answer before the body")

# Pipelined requests are answered in their order; upstream it is one connection, and
# another client has another one.
with wire.https(ACTOR) as c, wire.https(ACTOR) as other:
    c.send(b"".join(request(f"/echo/{n}") for n in range(5)) + request("/length"))
    seen = [json.loads(c.answer()[2]) for _ in range(5)]
    same(c.answer()[2], b"hello", "the last of the pipeline")
    same([s["path"] for s in seen], [f"/echo/{n}" for n in range(5)], "the order")
    same(len({s["connection"] for s in seen}), 1, "the upstream connections of one client connection")
    theirs = json.loads(other.ask(request("/echo"))[2])
    assert theirs["connection"] != seen[0]["connection"], "two clients on one upstream connection"
    again = json.loads(c.ask(request("/echo"))[2])
    same((again["connection"], again["request"]), (seen[0]["connection"], 7), "reuse after a pause")

# The head is made anew: nothing of ours, nothing of the connection's own goes up.
seen = json.loads(whole("/echo", extra="Connection: x-secret, keep-alive\r\nX-Secret: s\r\nKeep-Alive: 5\r\nTE: trailers\r\n"
                        "Upgrade: h2c\r\nProxy-Authorization: p\r\nX-Mine: m\r\nX-Forwarded-For: 1.2.3.4\r\n")[2])
same(seen["version"], "HTTP/1.1", "the version")
same(seen["head"].get("host"), ACTOR, "the host")
same(seen["head"].get("x-mine"), "m", "a field of the client's")
for name in ("x-secret", "keep-alive", "te", "upgrade", "proxy-authorization"):
    assert name not in seen["head"], (name, seen["head"])
assert "1.2.3.4" not in str(seen["head"]) and cookie not in str(seen["head"]), seen["head"]

# An event arrives when it is sent, not when the answer ends.
with wire.https(ACTOR) as c:
    started = time.monotonic()
    c.send(request("/events"))
    assert b" 200 " in c.until(b"\r\n\r\n").split(b"\r\n")[0]
    assert b"data: first\n\n" in c.until(b"first\n\n") + b"first\n\n"
    first = time.monotonic() - started
    same(whole("/release")[0], 200, "release")
    c.until(b"second\n\n")
    c.until(b"0\r\n\r\n")
assert first < 1.5, f"the first event took {first:.2f} s"
print(f"  the first event of a stream came after {first * 1000:.0f} ms")

# Ranges go through (this server is nginx).
status, head, body = whole("/range", extra="Range: bytes=1000-1999\r\n", host="big.corp.example")
same((status, head.get("content-range"), len(body)), (206, "bytes 1000-1999/1048576", 1000), "a range")

# A server that lies: 502, and never one byte of what it said.
for path in ("status", "version", "garbage", "nothing", "half-head", "two-framings", "two-lengths", "length", "coding",
             "name", "value", "folded", "upgrade", "endless-head"):
    with wire.https(ACTOR) as c:
        status, head, body = c.ask(request("/bad/" + path))
        same(status, 502, path)
        assert b"hello" not in body, (path, body)
        same(c.ask(request("/length"))[2], b"hello", "the connection goes on after /bad/" + path)

# A body that breaks off: the client sees that it is cut.
for path in ("length", "chunk", "last-chunk", "size", "extension", "overflow"):
    with wire.https(ACTOR) as c:
        try:
            answer = c.ask(request("/cut/" + path))
        except wire.Closed:
            continue
        assert answer[0] == 502, f"/cut/{path} looks whole: {answer}"

# What comes after the answer is nobody's answer.
with wire.https(ACTOR) as c:
    same(c.ask(request("/more"))[2], b"hello", "the promised part")
    same(c.ask(request("/length"))[2], b"hello", "the next answer")

# A server that says nothing.
started = time.monotonic()
same(whole("/silent")[0], 504, "a silent server")
took = time.monotonic() - started
assert 1.8 < took < 6, f"504 after {took:.1f} s of 2"
END
expect_log "event=request id=[0-9a-f]{16} .* host=actor.$DOMAIN .* target=/bad/status status=502 "
expect_log "event=request id=[0-9a-f]{16} .* target=/echo status=200 in=300000 out=[1-9]"
