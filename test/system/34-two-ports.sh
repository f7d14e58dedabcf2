#!/usr/bin/env bash
# The two ports of a server, and the servers of [hosts]: a form finds the port that knows
# it, whole and once; what went to 443 never goes to 80; Expect: 100-continue goes from end
# to end; a name with a row in [hosts] goes to its row, and no other name goes there.
. "$(dirname "$0")/lab.sh"
name_host twin 74
name_host strict 75
name_host annex 76
lab_up
twin_start twin 443s 80
twin_start strict 443s 80
twin_start annex 8443s 8080
annex=${ADDRESS_4[annex]}
setting wfd "host strict.$DOMAIN" plain never
setting wfd limits response_timeout 4s
setting wfd hosts old.$DOMAIN "http://$annex:8080"       # maintenance: everything for old
setting wfd hosts mixed.$DOMAIN "https://$annex:8443"    # another port, TLS
setting wfd hosts sink.$DOMAIN "$annex:8443"             # a port alone: TLS
setting wfd hosts loop.$DOMAIN "https://${ADDRESS_4[loop]}"  # its own address, TLS alone
gate_start
enroll alice --hotp
login alice
jar=$(jar_of alice)

python_in_client "$(cookie_of alice)" <<'END'
import hashlib, json, os, sys, time, wire
cookie = sys.argv[1]
TWIN, STRICT, ANNEX = (name + ".corp.example" for name in ("twin", "strict", "annex"))
LIMIT = 64 << 10  # replay_bytes
places = {name: 0 for name in ("twin", "strict", "annex")}


def request(path, method="GET", extra="", host=TWIN, with_cookie=True):
    return wire.get(host, path, cookie=cookie if with_cookie else None, method=method, extra=extra)


def records(name="twin", wait_for=0):
    """The requests that came to that server since the last look."""
    deadline = time.monotonic() + 5
    while True:
        with open(f"{wire.LAB}/{name}.record") as file:
            lines = file.read().splitlines()[places[name]:]
        if len(lines) >= wait_for or time.monotonic() > deadline:
            places[name] += len(lines)
            return [json.loads(line) for line in lines]
        time.sleep(0.02)  # between two looks


def same(got, want, what):
    assert got == want, f"{what}: {got!r} instead of {want!r}"


def seen(what, *wanted, name="twin"):
    """Exactly these (port, method, path, status, length of the body) came, in this order."""
    got = [(r["port"], r["method"], r["path"], r["status"], r.get("length")) for r in records(name, len(wanted))]
    same(got, list(wanted), what)


def form(size, chunked):
    data = os.urandom(size)
    if not chunked:
        return f"Content-Length: {size}\r\n", data, data
    cuts = list(range(0, size, 5000)) + [size]
    parts = [data[a:b] for a, b in zip(cuts, cuts[1:])]
    return "Transfer-Encoding: chunked\r\n", b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in parts) + b"0\r\n\r\n", data


# The first time 443 is asked first.  It knows nothing of this page, so port 80 is the one
# that is remembered.
with wire.https(TWIN) as c:
    same(c.ask(request("/on/80/a"))[::2], (200, b"found on 80"), "a page of port 80")
seen("the way to port 80", (443, "GET", "/on/80/a", 404, 0), (80, "GET", "/on/80/a", 200, 0))

# The lost POST: the form goes to the port that is remembered, which has no use for it.
# It arrives at 443, whole and once; and on one connection as often as the pages change.
with wire.https(TWIN) as c:
    same(c.ask(request("/on/80/b"))[0], 200, "a page of port 80")
    seen("port 80 is remembered", (80, "GET", "/on/80/b", 200, 0))
    for chunked in (False, True):
        for size in (1, 5000, LIMIT):
            extra, bytes_, data = form(size, chunked)
            path = f"/on/443/{size}{'c' if chunked else ''}"
            same(c.ask(request(path, "POST", extra) + bytes_)[::2], (200, b"found on 443"), path)
            first, second = records(wait_for=2)
            for place, port, status in ((first, 80, 404), (second, 443, 200)):
                same((place["port"], place["path"], place["status"], place["length"], place["sha256"]),
                     (port, path, status, size, hashlib.sha256(data).hexdigest()), path)
            assert "SessionID" not in str((first, second)), (first, second)
            same(c.ask(request("/on/80/back"))[0], 200, "and back to port 80")  # by way of 443
            seen("the way back", (443, "GET", "/on/80/back", 404, 0), (80, "GET", "/on/80/back", 200, 0))
    # 404 comes in the middle of the body: what port 80 had and what it had not go to 443.
    extra, bytes_, data = form(50_000, False)
    c.send(request("/early/443/x", "POST", extra) + bytes_[:30_000])
    time.sleep(0.3)  # the answer of port 80 comes meanwhile
    c.send(bytes_[30_000:])
    same(c.answer()[::2], (200, b"found on 443"), "an early 404")
    got = {r["port"]: r for r in records(wait_for=2)}
    same((got[443]["length"], got[443]["sha256"]), (50_000, hashlib.sha256(data).hexdigest()), "an early 404")
    assert got[80]["after"] <= 30_000, got[80]

# Longer than replay_bytes: the 404 of the port that was asked is the answer.
with wire.https(TWIN) as c:
    for chunked in (False, True):
        c.ask(request("/on/80/here"))
        records(wait_for=2 if not chunked else 1)
        extra, bytes_, _ = form(LIMIT + 1, chunked)
        same(c.ask(request("/on/443/long", "POST", extra) + bytes_)[::2], (404, b"not on 80"), "a long body")
        seen("a long body", (80, "POST", "/on/443/long", 404, LIMIT + 1))

# Never from 443 to 80, when a byte of the body was sent.
with wire.https(TWIN) as c:
    same(c.ask(request("/on/443/first"))[0], 200, "a page of port 443")
    records(wait_for=1)
    for chunked in (False, True):
        extra, bytes_, _ = form(100, chunked)
        same(c.ask(request("/on/80/never", "POST", extra) + bytes_)[::2], (404, b"not on 443"), "a form for port 80")
        seen("never to port 80", (443, "POST", "/on/80/never", 404, 100))
    same(c.ask(request("/on/none/x", "DELETE"))[::2], (404, b"not on 443"), "nowhere: the first 404")
    seen("both were asked", (443, "DELETE", "/on/none/x", 404, 0), (80, "DELETE", "/on/none/x", 404, 0))

# plain=never for one host.
with wire.https(STRICT) as c:
    same(c.ask(request("/on/80/x", host=STRICT))[::2], (404, b"not on 443"), "plain=never")
    c.send(request("/on/80/x", "PUT", "Content-Length: 2\r\nExpect: 100-continue\r\n", STRICT))
    same(c.answer()[0], 100, "plain=never")
    c.send(b"ok")
    same(c.answer()[0], 404, "plain=never")
same([r["port"] for r in records("strict", 2)], [443, 443], "plain=never")

# Expect: the server's own 100, its refusal instead of it, and its silence.
extra, bytes_, data = form(20_000, False)
expect = extra + "Expect: 100-continue\r\n"
with wire.https(TWIN) as c:
    started = time.monotonic()
    c.send(request("/continue/443/x", "PUT", expect))
    same(c.answer()[0], 100, "the server's 100")
    assert time.monotonic() - started < 0.8, "the 100 came late: it was not the server's"
    c.send(bytes_)
    same(c.answer()[::2], (200, b"found on 443"), "after the 100")
    [r] = records(wait_for=1)
    same((r["expect"], r["sha256"]), ("100-continue", hashlib.sha256(data).hexdigest()), "after the 100")

    started = time.monotonic()
    c.send(request("/mute/443/x", "PUT", expect))
    same(c.answer()[0], 100, "the gate's 100")
    took = time.monotonic() - started
    assert 0.8 < took < 3, f"the gate's 100 came after {took:.2f} s"
    c.send(bytes_)
    same(c.answer()[::2], (200, b"found on 443"), "after the gate's 100")
    [r] = records(wait_for=1)
    same((r["expect"], r["sha256"]), ("100-continue", hashlib.sha256(data).hexdigest()), "after the gate's 100")
    print(f"  a server that is silent about Expect: the gate's 100 after {took * 1000:.0f} ms")

    c.send(request("/mute/443/x", "PUT", expect) + bytes_)  # who does not wait
    same(c.answer()[0], 200, "a client that does not wait")
    [r] = records(wait_for=1)
    same(r["sha256"], hashlib.sha256(data).hexdigest(), "a client that does not wait")

for status in (413, 401, 417):
    with wire.https(TWIN) as c:
        c.send(request(f"/refuse/{status}", "PUT", expect))
        got, head, body = c.answer()
        same((got, head.get("connection"), body), (status, "close", b"refused"), "a refusal before the body")
        c.send(bytes_)  # all the same
        assert c.closed_within(5), "the connection stays open after a refusal"
    [r] = records(wait_for=1)
    same((r["status"], r["expect"], r["after"]), (status, "100-continue", 0), "bytes of a refused body")

# With the body still unsent a request may go both ways.
with wire.https(TWIN) as c:
    c.send(request("/early/80/x", "PUT", expect))
    same(c.answer()[0], 100, "the 100 of port 80")
    c.send(bytes_)
    same(c.answer()[::2], (200, b"found on 80"), "from 443 to 80 before the body")
got = {r["port"]: r for r in records(wait_for=2)}
same((got[443]["after"], got[80]["expect"], got[80]["sha256"]),
     (0, "100-continue", hashlib.sha256(data).hexdigest()), "from 443 to 80 before the body")

# A reset is not the end of an answer without length: the client sees that it is cut.
with wire.https(TWIN) as c, wire.https(TWIN) as other:
    c.send(request("/reset/80/x"))
    c.until(b"half of it")
    other.ask(request("/release/443/x"))
    try:
        print(c.until(b"0\r\n\r\n"))
        raise AssertionError("an answer that was reset looks whole")
    except wire.Closed:
        pass
records(wait_for=3)

# Without a session: 401 at once, no 100, and no server hears of it.
with wire.https(TWIN) as c:
    started = time.monotonic()
    c.send(request("/continue/443/x", "PUT", expect, with_cookie=False))
    same(c.answer()[0], 401, "no session")
    assert time.monotonic() - started < 0.9, "401 came late"
    assert c.closed_within(5)

# [hosts]: whatever was dialled, the name goes to its row; fixed schemes, other ports.
for name, address, path, port in (("old", "old.corp.example", "/on/8080/m", 8080),
                                  ("old", "www.corp.example", "/on/8080/m", 8080),
                                  ("old", ANNEX, "/on/8080/m", 8080),
                                  ("mixed", "mixed.corp.example", "/on/8443/m", 8443),
                                  ("sink", "sink.corp.example", "/on/8443/m", 8443)):
    host = name + ".corp.example"
    with wire.https(address, sni=host) as c:
        same(c.ask(request(path, host=host))[::2], (200, b"found on %d" % port), f"{name} by way of {address}")
        same(c.ask(request("/on/1/none", host=host))[0], 404, f"{name}: 404")
        extra, bytes_, _ = form(100, False)
        same(c.ask(request(path, "POST", extra, host) + bytes_)[0], 200, f"{name}: POST")
    got = [(r["port"], r["host"], r["status"]) for r in records("annex", 3)]
    same(got, [(port, host, 200), (port, host, 404), (port, host, 200)], f"{name}: one port only")

# The other way round nobody gets there under another name.
for name in ("annex", "www", "big"):
    with wire.https(ANNEX, sni=name + ".corp.example") as c:
        same(c.ask(request("/on/8080/x", host=name + ".corp.example"))[0], 421, f"{name} at the address of others")
same(records("annex"), [], "requests under names that are not in [hosts]")
same(records("twin"), [], "requests that nobody made")
END

expect_log "event=refuse id=[0-9a-f]{16} src=$CLIENT_4 dst=$annex status=421 reason=misdirected"
expect_log "event=refuse id=[0-9a-f]{16} src=$CLIENT_4 dst=${ADDRESS_4[twin]} status=200 reason=answer-cut"
expect_log "event=request .* host=twin.$DOMAIN .* method=POST target=/on/443/5000 status=200 in=5000 out=12 "
[ "$(upstream_count old)$(upstream_count mixed)" = 00 ] || fail "a name under maintenance was served by its own server"
expect_status 404 -b "$jar" "https://loop.$DOMAIN/"
[ "$(upstream_count loop '^80 ')" = 0 ] || fail "https:// in [hosts], and port 80 was asked"
[ "$(upstream_count loop '^443 ')" = 1 ] || fail "loop was not asked"

# A port 80 that nobody answers at is waited for once, not for every page that is missing.
expect_page www -b "$jar"
in_intranet nft add rule inet lab watch ip daddr "${ADDRESS_4[www]}" tcp dport 80 drop
missing() {
  local from
  from=$(milliseconds)
  expect_status 404 -b "$jar" "https://www.$DOMAIN/missing"
  expect_body "nothing here"
  echo $(($(milliseconds) - from))
}
first=$(missing) again=$(missing)
note "404 of a server whose port 80 is silent: first after $first ms, then after $again ms"
[ "$first" -ge 1900 ] && [ "$first" -le 4500 ] || fail "the silent port 80 was waited for $first ms"
[ "$again" -le 1000 ] || fail "it was not remembered that port 80 is silent: $again ms"

# The same with TPROXY: what the rules call the destination changes nothing.
gate_stop
firewall_off
MODE=tproxy
gate_start
login alice
before=$(wc -l < "$LAB/annex.record")
expect_status 200 -b "$jar" "https://old.$DOMAIN/on/8080/tproxy"
expect_status 200 -b "$jar" --connect-to "old.$DOMAIN:443:${ADDRESS_4[www]}:443" "https://old.$DOMAIN/on/8080/tproxy"
expect_status 421 -b "$jar" --connect-to "www.$DOMAIN:443:$annex:443" "https://www.$DOMAIN/"
expect_status 421 -b "$jar" "https://annex.$DOMAIN/on/8080/x"
[ "$(wc -l < "$LAB/annex.record")" = $((before + 2)) ] || fail "tproxy: annex was asked under other names"
expect_status 200 -b "$jar" "https://twin.$DOMAIN/on/443/tproxy"
