#!/usr/bin/env bash
# NTLM and Negotiate log a connection in, not a request: through the gate that holds for
# the client's own connection and its own session, and nobody else ever speaks on it.
# timeout: 180
. "$(dirname "$0")/lab.sh"
name_host ntlm 73
lab_up
spawn intranet python3 "$LIB/ntlm_server.py" "$LAB/certs/intranet.pem" "$LAB/certs/intranet.key" \
  "${ADDRESS_4[ntlm]}" "$LAB/ntlm.log" > "$LAB/run/ntlm.out" 2> "$LAB/run/ntlm.err"
wait_for 5 grep -q ready "$LAB/run/ntlm.out"
curl_hosts > "$LAB/hosts"

cat > "$LAB/alternate.py" <<'END'
import base64, json, ntlm, sys, wire
alice, bob = sys.argv[1:3]
HOST = "ntlm.corp.example"
LOGINS = {alice: ("ada", "engine"), bob: ("bert", "sesame")}


def ask(c, cookie, authorization="", method="GET", body=b"", path="/"):
    """(status, {what the server says}, WWW-Authenticate)"""
    extra = f"Authorization: {authorization}\r\n" if authorization else ""
    extra += f"Content-Length: {len(body)}\r\n" if body else ""
    status, head, text = c.ask(wire.get(HOST, path, cookie=cookie, method=method, extra=extra) + body)
    return status, json.loads(text) if text.startswith(b"{") else {}, head.get("www-authenticate", "")


def begin(c, cookie, scheme="NTLM"):
    """The first two legs; the server's challenge."""
    status, _, offered = ask(c, cookie, f"{scheme} {ntlm.encode(ntlm.negotiate_message())}")
    assert status == 401 and offered.startswith(scheme + " "), (status, offered)
    return base64.b64decode(offered.split(" ")[1])


def log_in(c, cookie, scheme="NTLM", login=None):
    user, password = login or LOGINS[cookie]
    answer = ntlm.encode(ntlm.authenticate_message(user, password, begin(c, cookie, scheme)))
    status, said, _ = ask(c, cookie, f"{scheme} {answer}")
    assert status == 200 and said["user"] == user, (status, said)
    return said["connection"]


def is_user(c, cookie, user, connection):
    status, said, _ = ask(c, cookie)
    assert status == 200 and said["user"] == user and said["connection"] == connection, (status, said)


def is_nobody(c, cookie, not_on):
    status, said, offered = ask(c, cookie)
    assert status == 401 and said["user"] is None and offered, (status, said)
    assert said["connection"] not in not_on, f"{said} on a connection that somebody else had"
    return said["connection"]


# One user on one connection: asked once, known from then on, also with a body.
for scheme in ("NTLM", "Negotiate"):
    with wire.https(HOST) as c:
        number = is_nobody(c, alice, set())
        assert log_in(c, alice, scheme) == number, "the legs of a login went to several connections"
        for _ in range(5):
            is_user(c, alice, "ada", number)
        status, said, _ = ask(c, alice, method="POST", body=b"x" * 70000)
        assert (status, said) == (200, {"user": "ada", "connection": number, "length": 70000}), said
        status, said, _ = ask(c, alice, path="/missing")  # the other port has nothing either
        assert (status, said["user"]) == (404, "ada"), (status, said)
        is_user(c, alice, "ada", number)

# Two users who take turns on one connection: each is nobody to the server until he logs in,
# and has a connection of his own to it.
seen = set()
with wire.https(HOST) as c:
    for turn in range(20):
        cookie = (alice, bob)[turn % 2]
        seen.add(is_nobody(c, cookie, seen))
        number = log_in(c, cookie, "NTLM" if turn % 4 < 2 else "Negotiate")
        assert number in seen, "a login went to a connection of its own"
        is_user(c, cookie, LOGINS[cookie][0], number)
print(f"  two users took 20 turns on one connection: {len(seen)} connections to the server")
assert len(seen) == 20, seen

# Nobody in between: that is refused here, and what was open for somebody is closed.
with wire.https(HOST) as c:
    number = log_in(c, alice)
    assert ask(c, None)[0] == 401, "nobody got through"
    is_nobody(c, alice, {number})

# Nobody on a path that needs no session gets a connection of his own, too, and what he
# does there is nobody else's.
with wire.https(HOST) as c:
    seen = {log_in(c, alice)}
    for _ in range(3):
        status, said, _ = ask(c, None, path="/open")
        assert status == 401 and said["user"] is None and said["connection"] not in seen, (status, said)
        seen.add(said["connection"])
        seen.add(is_nobody(c, alice, seen))
        assert log_in(c, alice) in seen

# The legs of two logins, mixed: an answer to somebody else's challenge is worth nothing.
with wire.https(HOST) as c:
    challenge = begin(c, alice)
    stolen = ntlm.encode(ntlm.authenticate_message(*LOGINS[alice], challenge))
    status, said, _ = ask(c, bob, f"NTLM {stolen}")
    assert status == 401 and said["user"] is None, (status, said)
    status, said, _ = ask(c, alice, f"NTLM {stolen}")
    assert status == 401 and said["user"] is None, (status, said)

# Another connection of the same session is another one to the server, too.
with wire.https(HOST) as one, wire.https(HOST) as two:
    number = log_in(one, alice)
    is_nobody(two, alice, {number})
    is_user(one, alice, "ada", number)

# Many at once, each under a name of his own.
connections = [wire.https(HOST) for _ in range(20)]
homes = [log_in(c, (alice, bob)[n % 2], login=(f"user{n}", f"secret{n}")) for n, c in enumerate(connections)]
assert len(set(homes)) == 20, homes
for _ in range(3):
    for n, c in enumerate(connections):
        is_user(c, (alice, bob)[n % 2], f"user{n}", homes[n])
for c in connections:
    c.raw.close()
END

# Whatever happened: no connection to the server ever had requests of two sessions.
one_session_each() {
  local mixed
  mixed=$(awk '!(($1, $2) in seen) { seen[$1, $2]; n[$1]++ } END { for (c in n) if (n[c] > 1) print c }' "$LAB/ntlm.log")
  [ -z "$mixed" ] || fail "connections with requests of several sessions: $mixed"
  [ "$(wc -l < "$LAB/ntlm.log")" -gt 100 ] || fail "the server has not seen much: $(cat "$LAB/ntlm.log")"
}

for connections in 1 256; do
  setting wfd isolation connections_per_worker $connections
  setting wfd "host ntlm.$DOMAIN" public_paths /open
  setting wfd hosts "ntlm.$DOMAIN" "${ADDRESS_4[ntlm]}"
  gate_start
  for user in alice bob; do
    [ -e "$LAB/users/$user.json" ] || enroll $user --hotp
    login $user
  done
  note "connections_per_worker=$connections"
  in_client python3 "$LAB/alternate.py" "$(cookie_of alice)" "$(cookie_of bob)" || fail "users that alternate"
  one_session_each
  [ "$connections" = 256 ] || gate_stop
done

# curl, unmodified: three requests, one login, one connection all the way.
if curl --version | grep -q NTLM; then
  browse -b "$(jar_of alice)" --ntlm -u ada:engine "https://ntlm.$DOMAIN/1" "https://ntlm.$DOMAIN/2" \
    "https://ntlm.$DOMAIN/3" > "$LAB/curl.out"
  python3 - "$LAB/curl.out" <<'END'
import json, sys
with open(sys.argv[1]) as file:
    text = file.read()
answers = [json.loads(part + "}") for part in text.split("}")[:-1]]
assert len(answers) == 3 and all(answer["user"] == "ada" for answer in answers), answers
assert len({answer["connection"] for answer in answers}) == 1, answers
END
  expect_status 401 -b "$(jar_of alice)" --ntlm -u ada:wrong "https://ntlm.$DOMAIN/"
  note "curl --ntlm: three requests on one connection, and a wrong password is refused"
else
  note "curl is left out: it was built without NTLM"
fi
