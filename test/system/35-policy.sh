#!/usr/bin/env bash
# What may pass, and what is said to those who may not: methods, paths that need no login,
# scripts of other origins, errors for people and for programs, logins that go round in
# circles, what browsers must not keep, and the trace of one host.
# timeout: 180
. "$(dirname "$0")/lab.sh"
lab_up
actor_start
ACTOR=actor.$DOMAIN
setting wfd "host $ACTOR" methods GET,HEAD,POST,OPTIONS,PUT,PROPFIND,MKCOL
setting wfd "host $ACTOR" public_paths /pub,/.well-known/open/
setting wfd "host $ACTOR" cors_origins www.$DOMAIN
setting wfd hosts "$ACTOR" "${ADDRESS_4[actor]}"
setting wfd "host www.$DOMAIN" no_store all
setting wfd cookie forward yes
setting wfd policy no_store html

# A list with a method that is never let through stops the start, and the line is named.
gate_keys
gate_jails
gate_configure
for never in TRACE TRACK DEBUG CONNECT; do
  sed "s/^methods = .*/methods = GET,$never/" "$LAB/wfd.conf" > "$LAB/broken.conf"
  line=$(grep -n "^methods = " "$LAB/broken.conf" | cut -d: -f1) status=0
  in_bastion "$BIN/wfd" -c "$LAB/broken.conf" > "$LAB/out" 2>&1 || status=$?
  [ $status = 100 ] && grep -q "^$LAB/broken.conf:$line: .*\"$never\" is not allowed" "$LAB/out" ||
    fail "methods with $never: exit $status: $(cat "$LAB/out")"
done

gate_start
enroll alice
login alice

# Methods: what is listed passes, what is not gets 405 and the list.
python_in_client "$(cookie_of alice)" <<'END'
import json, sys, wire
cookie, ACTOR, WWW = sys.argv[1], "actor.corp.example", "www.corp.example"


def ask(host, method, path="/", extra=""):
    with wire.https(host) as c:
        return c.ask(wire.get(host, path, cookie=cookie, method=method, extra=extra), method)


for method in ("GET", "POST", "PUT", "OPTIONS", "PROPFIND", "MKCOL"):
    status, _, body = ask(ACTOR, method, "/echo", "Depth: 1\r\n")
    assert (status, json.loads(body)["method"]) == (200, method), (method, status, body)
for host, methods in ((ACTOR, ("DELETE", "PATCH", "propfind", "Get", "TRACE", "TRACK", "DEBUG", "LOCK")), (WWW, ("PROPFIND", "TRACE", "get"))):
    allow = "GET, HEAD, POST, OPTIONS, PUT, PROPFIND, MKCOL" if host == ACTOR else "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
    for method in methods:
        status, head, _ = ask(host, method)
        assert (status, head.get("allow")) == (405, allow), (host, method, status, head)
assert ask(WWW, "CONNECT")[0] == 400
END
expect_log 'event=refuse id=[0-9a-f]{16} .* status=405 reason=method'

# Public paths: nobody is let in there, and nobody is told of anybody.
dials() { syslog_count 'wfd/broker.* event=dial '; }
python_in_client "$(cookie_of alice)" <<'END'
import json, sys, wire
cookie, ACTOR = sys.argv[1], "actor.corp.example"
SPOOFED = "X-Postern-User: root\r\nX_Postern_User: root\r\nX.Postern.Session: s\r\nX-Forwarded-User: root\r\nForwarded: for=1.2.3.4\r\n"


def echo(path, cookie=None, extra="", method="GET"):
    with wire.https(ACTOR) as c:
        status, _, body = c.ask(wire.get(ACTOR, path, cookie=cookie, method=method, extra=extra), method)
        assert status == 200, (path, status, body)
        return json.loads(body)


def is_nobody(seen):
    text = json.dumps(seen["head"]).lower()
    assert "postern" not in text and "root" not in text and "1.2.3.4" not in text and "sessionid" not in text, text


for path in ("/pub", "/pub/", "/pub/a/b.css?x=/../y&z=%2e%2e", "/pub?q", "/.well-known/open/x"):
    is_nobody(echo(path, extra=SPOOFED))
is_nobody(echo("/pub", extra="Content-Length: 0\r\n", method="POST"))
for bad in ("A" * 43, "short", cookie[:-1] + ("A" if cookie[-1] != "A" else "E"), ""):  # no live session's
    is_nobody(echo("/pub", cookie=bad, extra="Cookie: other=1\r\n" + SPOOFED))
seen = echo("/pub", cookie=cookie, extra=SPOOFED)["head"]
assert seen["x-postern-user"] == "alice" and "root" not in json.dumps(seen), seen

# A connection to a server is one user's, or serves one request of nobody's.
with wire.https(ACTOR) as c:
    used = []
    for who in (None, None, cookie, cookie, None):
        seen = json.loads(c.ask(wire.get(ACTOR, "/pub", cookie=who))[2])
        assert seen["head"].get("x-postern-user") == ("alice" if who else None), seen
        used.append(seen["connection"])
    assert used[2] == used[3] and len(set(used)) == 4, used
END
expect_log "event=request .* host=$ACTOR user=- sid=- method=GET target=/pub status=200 "

before=$(dials)
python_in_client <<'END'
import wire
ACTOR = "actor.corp.example"
TRICKS = """/ /echo /public /pu /PUB /Pub/a /x?/pub /?/pub /%70ub /pu%62/a /pub/%61 /pub%2f /pub%2Fx /pub/%2e%2e/x /pub/%2E%2E/x
/pub/..%2fx /pub/..%5cx /pub/../x /pub/.. /pub/./x /pub/. /pub/.../x /./pub /x/../pub /pub/..;/x /pub;/x /pub;a=b /pub/x;a=b //pub //pub/x
/pub//x /pub/x// /pub/%252e%252e/x /pub/%00 /pub/%c0%ae%c0%ae/x /pub/%ef%bc%8f..%ef%bc%8fx /pub/(S(a))/x /pub:x /pub/x:y /pub/%3b /pub/%20
/.well-known/open /.well-known/openx /.well-known/open/%2e%2e/x""".split()
assert len(TRICKS) > 40
for path in TRICKS:
    with wire.https(ACTOR) as c:
        status, head, _ = c.ask(wire.get(ACTOR, path, extra="X-Original-URL: /pub\r\nX-Rewrite-URL: /pub\r\nX-HTTP-Method-Override: GET\r\n"))
        assert status == 401 and "x-postern-error" in head, (path, status, head)
for path in ("/pub\\..\\x", "/pub#", "/pub/%", "/pub/%zz", "/pub \x0b", "pub", "http://actor.corp.example/pub"):  # no targets at all
    with wire.https(ACTOR) as c:
        assert c.ask(wire.get(ACTOR, path))[0] == 400, path
for method in ("PROPFIND", "MKCOL", "DELETE"):  # not public, or not let through
    with wire.https(ACTOR) as c:
        assert c.ask(wire.get(ACTOR, "/pub", method=method))[0] in (401, 405), method
with wire.https("www.corp.example") as c:       # the same path of another host
    assert c.ask(wire.get("www.corp.example", "/pub"))[0] == 401
END
[ "$(dials)" = "$before" ] || fail "a path that is not public was dialled: $(grep event=dial "$LAB/syslog" | tail -1)"

# Without authd, what needs no session is there, and whether a cookie stands nobody knows.
daemon_stop authd
expect_status 200 "https://$ACTOR/pub"
wait_for 10 eval "[ \$(status_of -b \"\$(jar_of alice)\" https://$ACTOR/pub) = 503 ]" || fail "a cookie was taken for good or bad without authd"
expect_status 401 "https://$ACTOR/echo"
daemon_start authd
can_log_in() { [[ $(login_form alice "$(pin_of alice)" 000000 2>/dev/null) = 403* ]]; }
wait_for 10 can_log_in || fail "authd is not back"
enroll bob
login bob

# Scripts of other origins: preflights of listed ones reach the server, with their question
# alone; a 401 can be read by them.
python_in_client <<'END'
import json, wire
ACTOR, LISTED, OTHER = "actor.corp.example", "https://www.corp.example", "https://old.corp.example"


def preflight(origin, path="/echo", extra="", method="PUT"):
    with wire.https(ACTOR) as c:
        return c.ask(wire.get(ACTOR, path, method="OPTIONS",
                              extra=f"Origin: {origin}\r\nAccess-Control-Request-Method: {method}\r\n" + extra))


status, _, body = preflight(LISTED, extra="Access-Control-Request-Headers: x-a\r\nAuthorization: Basic eA==\r\nCookie: a=b\r\nX-Any: y\r\n")
assert status == 200, status
seen = json.loads(body)
assert seen["method"] == "OPTIONS" and seen["head"]["origin"] == LISTED, seen
assert seen["head"]["access-control-request-headers"] == "x-a", seen
for name in ("authorization", "cookie", "x-any", "x-postern-user"):
    assert name not in seen["head"], seen
for origin in (OTHER, "null", "http://www.corp.example", LISTED + ":8443", LISTED + ".evil.net"):
    status, head, _ = preflight(origin)
    assert status == 401 and "access-control-allow-origin" not in head, (origin, status, head)
assert preflight(LISTED, method="DELETE")[0] == 401  # would not be let through
with wire.https(ACTOR) as c:
    status, head, body = c.ask(wire.get(ACTOR, "/echo", extra=f"Origin: {LISTED}\r\nAccept: application/json\r\nSec-Fetch-Mode: cors\r\n"))
    assert status == 401 and head["access-control-allow-origin"] == LISTED, head
    assert head["access-control-allow-credentials"] == "true" and head["vary"] == "Origin", head
    assert set(head["access-control-expose-headers"].split(", ")) == {"WWW-Authenticate", "X-Postern-Error"}, head
    said = json.loads(body)
    assert said["login"] == "https://login.corp.example/login" and said["status"] == 401, said
END

# Errors: for whoever reads them, with the id that stands in the log, and nobody else's.
python_in_client "$(cookie_of bob)" <<'END'
import html, json, os, re, sys, time, wire
cookie, WWW = sys.argv[1], "www.corp.example"
KINDS = {"text/html,*/*": "text/html; charset=utf-8", "application/json": "application/json",
         "application/problem+json": "application/problem+json", "*/*": "text/plain; charset=utf-8", "image/png": "text/plain; charset=utf-8"}


def logged(pattern):
    deadline = time.monotonic() + 5
    while not re.search(pattern, open(os.environ["LAB"] + "/syslog").read()):
        assert time.monotonic() < deadline, pattern
        time.sleep(0.02)  # between two looks


def ask(host, accept, method="GET", sent_host=None, extra=""):
    with wire.https(host) as c:
        return c.ask(wire.get(sent_host or host, "/nowhere", cookie=None if sent_host else cookie, method=method,
                              extra=f"Accept: {accept}\r\n" + extra), method)


for accept, kind in KINDS.items():
    for status_wanted, how in ((405, {"method": "PROPFIND"}), (421, {"sent_host": "www.elsewhere.example"}), (401, {"sent_host": WWW, "extra": "X-Requested-With: x\r\n"})):
        status, head, body = ask(WWW, accept, **how)
        assert (status, head["content-type"]) == (status_wanted, kind), (accept, how, status, head)
        number = head["x-postern-error"]
        assert re.fullmatch("[0-9a-f]{16}", number) and number in body.decode(), body
        assert head["cache-control"] == "no-store" and len(body) == int(head["content-length"])
        if "json" in kind:
            said = json.loads(body)
            assert (said["status"], said["id"]) == (status, number) and said["title"] and said["detail"], said
        if "html" in kind:
            assert body.rstrip().endswith(b"</html>") and f"<title>{status} " in body.decode(), body
        if status == 401:
            assert head["www-authenticate"] == 'Postern login="https://login.corp.example/login"'
        logged(f"event=refuse id={number} .* status={status} ")

# HEAD is answered as GET is, without the body.
extra = "X-Requested-With: x\r\n"
_, long, _ = ask(WWW, "application/json", sent_host=WWW, extra=extra)
status, short, body = ask(WWW, "application/json", method="HEAD", sent_host=WWW, extra=extra)
assert (status, body, short["content-length"]) == (401, b"", long["content-length"]), short

# A server that says it was the gate is not heard.
with wire.https("actor.corp.example") as c:
    status, head, _ = c.ask(wire.get("actor.corp.example", "/as-the-gate", cookie=cookie))
    assert status == 403 and "x-postern-error" not in head and "www-authenticate" not in head, head
END
expect_log 'event=refuse .* status=403 reason=withheld-x-postern-error'

# A browser that keeps no cookies is told so before its passcode is spent; one that keeps
# the login host's alone is told that; one that brings them there and not elsewhere, too.
answer=$(login_form bob "$(pin_of bob)" "$(oathtool --totp -b --now "$(date -u -d '+30 seconds' '+%F %T UTC')" "$(secret_of bob)")" -d marked=yes -d host=www.$DOMAIN -d path=/)
[ "$answer" = "403 " ] || fail "a form whose mark did not come back: $answer"
expect_body "does not send cookies back"
expect_log 'event=refuse .* status=403 reason=no-cookies'
! syslog_has 'event=login .* user=bob .*result=fail' || fail "a passcode was looked at although no cookie came back"
if grep -qi '^set-cookie: SessionID' "$LAB/head"; then fail "a session without a login"; fi

jar=$LAB/way.jar
login_page="https://$LOGIN_HOST/login?host=www.$DOMAIN&path=%2F"
circle() {  # curl arguments: the login host sees the session, www does not
  browse -o "$LAB/body" -D "$LAB/head" -w '%{http_code} %{redirect_url}' "${NAVIGATE[@]}" -c "$jar" -b "$jar" "$@" "$login_page"
}
cp "$(jar_of bob)" "$jar"
ways=0
while answer=$(circle); [[ $answer = "303 https://www.$DOMAIN/" ]]; do
  ways=$((ways + 1))
  [ $ways -lt 10 ] || fail "a circle without end"
  expect_status 302 "${NAVIGATE[@]}" "https://www.$DOMAIN/"  # no cookie goes there
done
[ "$answer" = "403 " ] || fail "the end of the circle is $answer"
[ $ways -le 3 ] || fail "$ways times round"
expect_body "does not bring the cookie of your session there"
id=$(sed -n 's/^x-postern-error: \([0-9a-f]*\).*/\1/ip' "$LAB/head")
expect_body "$id"
expect_log "event=refuse id=$id .* status=403 reason=login-loop"
expect_page www -b "$(jar_of bob)"  # nothing has happened to the session

grep -v SessionID "$jar" > "$LAB/lost.jar"
expect_status 403 -b "$LAB/lost.jar" "${NAVIGATE[@]}" "$login_page"
expect_body "has not kept the cookie of that session"
expect_log 'event=refuse .* status=403 reason=cookie-lost'

# no_store: what the server says of caching gives way.
expect_status 200 -D "$LAB/head" -b "$(jar_of bob)" "https://www.$DOMAIN/headers"
[ "$(grep -ci '^cache-control: no-store' "$LAB/head")" = 1 ] || fail "no_store=all: $(cat "$LAB/head")"
expect_status 200 -D "$LAB/head" -b "$(jar_of bob)" "https://$ACTOR/keep-page"
[ "$(grep -i '^cache-control\|^expires\|^pragma' "$LAB/head" | tr -d '\r')" = "Cache-Control: no-store" ] ||
  fail "no_store=html, a page: $(cat "$LAB/head")"
expect_status 200 -D "$LAB/head" -b "$(jar_of bob)" "https://$ACTOR/keep-image"
grep -qi '^cache-control: public' "$LAB/head" || fail "no_store=html, an image: $(cat "$LAB/head")"

# Early data is nobody's: the gate never offers to take any.
tls=(openssl s_client -connect "${ADDRESS_4[www]}:443" -servername www.$DOMAIN -tls1_3 -CAfile "$LAB/certs/gate-ca.pem")
printf 'GET / HTTP/1.1\r\nHost: www.%s\r\nConnection: close\r\n\r\n' $DOMAIN > "$LAB/request"
in_client "${tls[@]}" -ign_eof -sess_out "$LAB/session" < "$LAB/request" > "$LAB/out" 2>&1 || :
printf 'GET /early HTTP/1.1\r\nHost: www.%s\r\n\r\n' $DOMAIN > "$LAB/early"
in_client "${tls[@]}" -sess_in "$LAB/session" -early_data "$LAB/early" < /dev/null > "$LAB/out" 2>&1 || :
openssl sess_id -in "$LAB/session" -text -noout | grep -q 'Max Early Data: 0' || fail "the gate offers to take early data"
grep -q '^Reused, TLSv1.3' "$LAB/out" && grep -q 'Early data was not sent' "$LAB/out" || fail "early data: $(cat "$LAB/out")"
! syslog_has 'target=/early ' || fail "early data became a request"
