#!/usr/bin/env bash
# Who a visitor is, for servers of the intranet: the signed assertion, the question about a
# forwarded cookie, the header fields.  The example configurations that are shipped run on
# real nginx and Apache, with nothing changed but names, addresses and files.
# timeout: 240
. "$(dirname "$0")/lab.sh"
for file in /usr/sbin/apache2 /usr/lib/apache2/modules/mod_auth_openidc.so; do
  [ -e "$file" ] || skip "needs $file (make deps)"
done
lab_up
actor_start

new_key() {  # NAME
  (umask 077; openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$LAB/keys/$1.key" 2> /dev/null)
}
gate_keys
new_key first
setting authd identity assertion_key "$LAB/keys/first.key"
setting wfd identity assertion yes
setting wfd cookie forward yes
setting wfd verify networks "${ADDRESS_4[mixed]}/32,${ADDRESS_6[mixed]}/128"
setting wfd "host liar.$DOMAIN" verify no
gate_start
enroll alice
enroll bob --hotp
login alice
JAR=(-b "$(jar_of alice)")
SID=$(sid_of alice)
# Whatever the intranet opens comes from one address, which may ask /verify.
ip -n "$(namespace intranet)" route change 10.1.0.0/16 dev eth0 src "${ADDRESS_4[mixed]}"
ip -n "$(namespace intranet)" addr add "${ADDRESS_4[gone]}/16" dev eth0

# reload_authd REGEX: with the settings as they are now; what is logged of it matches.
reload_authd() {
  local before
  before=$(syslog_count 'authd/master.*event=reload')
  gate_configure
  kill -HUP "$(daemon_pid authd)"
  has_reloaded() { [ "$(syslog_count 'authd/master.*event=reload')" -gt "$before" ]; }
  wait_for 20 has_reloaded || fail "no reload"
  grep -E 'authd/master.*event=reload' "$LAB/syslog" | tail -1 | grep -qE "$1" ||
    fail "reload: $(grep 'event=reload' "$LAB/syslog" | tail -1)"
}

# ---- the servers ----------------------------------------------------------------

# Inside, the login host leads to the gate's address there; the names come from a file
# that only these processes see.
printf '127.0.0.1 localhost\n%s %s\n' "$BASTION_INSIDE_4" "$LOGIN_HOST" > "$LAB/hosts.inside"
inside_spawn() {
  spawn intranet sh -c 'mount --bind "$0" /etc/hosts && exec "$@"' "$LAB/hosts.inside" "$@"
}

# The application behind each example: it says what it was told.
cat > "$LAB/application.py" <<'END'
import http.server, json
class Say(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        told = {name: self.headers.get(name) for name in ("Remote-User", "X-Postern-Assertion", "Cookie", "Authorization")}
        body = json.dumps({name: value for name, value in told.items() if value}).encode() + b"\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", 8000), Say).serve_forever()
END
inside_spawn python3 "$LAB/application.py" 2> "$LAB/run/application.err"
inside_spawn /usr/bin/python3 "$ROOT/etc/examples/postern-assertion.py" "$LOGIN_HOST" "$LAB/certs/gate-ca.pem" 2> "$LAB/run/checker.err"

# example FILE NAME: the shipped file, for a server of the lab.
example() {
  sed -e "s|wiki\.example\.org|$2.$DOMAIN|g" -e "s|server login\.example\.org:443|server $BASTION_INSIDE_4:443|" \
    -e "s|login\.example\.org|$LOGIN_HOST|g" -e "s|10\.0\.0\.1|$BASTION_INSIDE_4|g" -e "s|fd00::1|$BASTION_INSIDE_6|g" \
    -e "s|listen 443|listen ${ADDRESS_4[$2]}:443|" -e "s|\*:443|${ADDRESS_4[$2]}:443|" \
    -e "s|/etc/ssl/certs/ca-certificates.crt|$LAB/certs/gate-ca.pem|" -e "s|/etc/postern/examples/|$LAB/examples/|" \
    -e "s|/etc/ssl/$2.$DOMAIN.pem|$LAB/certs/intranet.pem|" -e "s|/etc/ssl/private/$2.$DOMAIN.key|$LAB/certs/intranet.key|" \
    "$ROOT/etc/examples/$1"
}
example_nginx() {  # FILE NAME
  server_stop "$2"
  example "$1" "$2" | server_start "$2"
}
example_nginx nginx-assertion.conf www
example_nginx nginx-verify.conf mixed
example_nginx nginx-headers.conf loop

# Apache with one example on each of three names.
server_stop big
mkdir "$LAB/apache" "$LAB/examples"
chmod 755 "$LAB/apache" "$LAB/examples"
install -m 755 "$ROOT"/etc/examples/*.py "$LAB/examples"
{
  echo "ServerRoot $LAB/apache"
  echo "ServerName localhost"
  echo "PidFile $LAB/apache/pid"
  echo "ErrorLog $LAB/run/apache.err"
  echo "Mutex default:$LAB/apache"
  echo "User www-data"
  echo "Group www-data"
  for module in mpm_prefork authn_core authz_core authz_host authz_user headers rewrite proxy proxy_http socache_shmcb ssl auth_openidc; do
    echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so"
  done
  for name in sink big gone; do echo "Listen ${ADDRESS_4[$name]}:443"; done
  example apache-assertion.conf sink
  example apache-verify.conf big
  example apache-headers.conf gone
} > "$LAB/apache/apache.conf"
inside_spawn /usr/sbin/apache2 -d "$LAB/apache" -f "$LAB/apache/apache.conf" -D FOREGROUND 2> "$LAB/run/apache.start.err"

# What an unproved server, and one without TLS, are told: nothing that could be used.
told='return 200 "user=$http_x_postern_user assertion=$http_x_postern_assertion cookie=$http_cookie\n";'
server_stop liar
server_start liar liar <<< "server { $(listen_lines liar 443 ssl) @ssl@ location / { $told } }"
server_stop old
server_start old <<< "server { $(listen_lines old 80) location / { $told } }"

inside() { curl_in intranet 4 --cacert "$LAB/certs/intranet-ca.pem" "$@"; }
is_up() { [ "$(BROWSE=inside status_of "https://$1.$DOMAIN/")" != 000 ]; }
for name in www mixed loop sink big gone; do wait_for 10 is_up $name || fail "no server at $name"; done
listens() { in_intranet sh -c 'ss -Hltn sport = :8000; ss -Hltn sport = :9095' | awk 'END { exit NR != 2 }'; }
wait_for 10 listens || fail "application or checker do not listen"

# ---- the examples, through the gate ---------------------------------------------

for name in www mixed loop sink big gone; do
  expect_status 200 "${JAR[@]}" -H 'Remote-User: root' -H 'X-Postern-User: root' -H 'X_Postern_User: root' \
    -H 'X-Postern-Assertion: forged' "https://$name.$DOMAIN/"
  expect_body '"Remote-User": "alice"'
  ! grep -qE 'root|forged' "$LAB/body" || fail "$name believes the client: $(cat "$LAB/body")"
done
note "nginx and Apache know alice by assertion, by /verify and by the gate's address"
login bob
for name in www mixed sink big; do
  expect_status 200 -b "$(jar_of bob)" "https://$name.$DOMAIN/"
  expect_body '"Remote-User": "bob"'
done

# Without the gate nobody is anybody: from inside, with names, cookies and tokens at hand.
with_cookie=(-H "Cookie: SessionID=$(cookie_of alice)")
for name in www mixed loop sink big gone; do
  for lie in 'X-Postern-User: alice' 'Remote-User: alice' 'Cookie: SessionID=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' 'A: b'; do
    got=$(BROWSE=inside status_of -H "$lie" "https://$name.$DOMAIN/")
    case $got in 401 | 403) ;; *) fail "$name answers $got to $lie from inside: $(cat "$LAB/body")" ;; esac
  done
done
# A cookie that was forwarded counts for those that ask, as in the paper; two count as none.
for name in mixed big; do
  BROWSE=inside expect_status 200 "${with_cookie[@]}" "https://$name.$DOMAIN/"
  case $(BROWSE=inside status_of "${with_cookie[@]}" -H "Cookie: SessionID=$(cookie_of bob)" "https://$name.$DOMAIN/") in
    401 | 403) ;;
    *) fail "$name takes two cookies" ;;
  esac
done

# ---- the assertion itself -------------------------------------------------------

jwks() { expect_status 200 "https://$LOGIN_HOST/.well-known/jwks.json" -D "$LAB/head"; cp "$LAB/body" "$LAB/jwks"; }
jwks
grep -qi '^cache-control: public, max-age=300' "$LAB/head" || fail "jwks: $(cat "$LAB/head")"
echo_assertion() {  # CURL-ARGUMENTS...: into $LAB/token
  expect_status 200 "${JAR[@]}" "$@" "https://actor.$DOMAIN/echo"
  python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["head"]["x-postern-assertion"])' "$LAB/body" > "$LAB/token"
}
echo_assertion -H 'X-Postern-Assertion: forged' -H 'X.Postern.Assertion: forged'
cp "$LAB/token" "$LAB/token.first"
python_with_jwt() { PYTHONPATH=$LIB /usr/bin/python3 - "$@"; }
python_with_jwt "$LAB" "$SID" "${ADDRESS_4[actor]}" <<'END'
import identity, subprocess, sys
lab, sid, address = sys.argv[1:]
token, jwks = open(lab + "/token").read().strip(), open(lab + "/jwks").read()
claims = identity.claims_of(token, jwks, "actor.corp.example")
assert (claims["sub"], claims["sid"], claims["dst"]) == ("alice", sid, address + ":443"), claims
[key] = identity.keys_of(jwks).values()
from cryptography.hazmat.primitives import serialization
shown = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
real = subprocess.run(["openssl", "pkey", "-in", lab + "/keys/first.key", "-pubout"], capture_output=True, check=True).stdout
assert shown == real, "the key that is shown is not the one that signs"
END
for _ in 1 2 3; do  # each by a new connection, and so by a new worker
  echo_assertion
  cmp -s "$LAB/token" "$LAB/token.first" || fail "a second assertion within the minute"
done

# Forged ones, given to the servers from inside.
python_with_jwt "$LAB" www sink > "$LAB/forged" <<'END'
import identity, sys
lab = sys.argv[1]
for name in sys.argv[2:]:
    host = name + ".corp.example"
    key = open(lab + "/keys/first.key").read()
    import jwt, json, time
    kid = jwt.get_unverified_header(open(lab + "/token").read().strip())["kid"]
    now = int(time.time())
    good = jwt.encode({"iss": identity.LOGIN, "aud": "https://" + host, "sub": "alice", "sid": "s", "iat": now, "nbf": now,
                       "exp": now + 300, "dst": "10.1.0.1:443"}, key, algorithm="ES256", headers={"kid": kid})
    print(name, "200", good, "good")
    for what, token in identity.forged(good, key, host).items():
        print(name, "401", token or "-", what)
    print(name, "401", open(lab + "/token").read().strip(), "for actor")
END
while read -r name want token what; do
  got=$(BROWSE=inside status_of -H "X-Postern-Assertion: ${token#-}" "https://$name.$DOMAIN/")
  [ "$got" = "$want" ] || fail "$name answers $got to an assertion: $what"
done < "$LAB/forged"
note "$(wc -l < "$LAB/forged") assertions, good and forged, judged by python3-jwt and mod_auth_openidc"

# ---- who gets none --------------------------------------------------------------

for name in liar old; do
  expect_status 200 "${JAR[@]}" -H 'X-Postern-Assertion: forged' "https://$name.$DOMAIN/"
  expect_body "user=alice assertion= cookie="
  ! grep -qE 'forged|SessionID' "$LAB/body" || fail "$name got what it must not have: $(cat "$LAB/body")"
done

# ---- /verify --------------------------------------------------------------------

curl_hosts > "$LAB/hosts"
for place in intranet client; do
  ip netns exec "$(namespace $place)" python3 - $place "$(cookie_of alice)" "$SID" "${ADDRESS_4[mixed]}" "${ADDRESS_4[liar]}" \
    "$BASTION_INSIDE_4" <<'END' || fail "/verify from $place"
import json, sys, time, wire
place, cookie, sid, mixed, liar, gate = sys.argv[1:]
wire.HOSTS["gate"] = (gate, None)
LOGIN = "login.corp.example"


def connect(source=None):
    host = "gate" if place == "intranet" else LOGIN
    return wire.https(host, sni=LOGIN, source=source)


def ask(c, value=cookie, extra="", path="/verify", method="GET"):
    return c.ask(wire.get(LOGIN, path, cookie=value, extra=extra, method=method), method)


if place == "client":  # alice's own browser is none of those who may ask
    for extra in ("", "X-Forwarded-For: " + mixed + "\r\n", "Forwarded: for=" + mixed + "\r\n"):
        with connect() as c:
            assert ask(c, extra=extra)[0] == 404
    sys.exit()
with connect(liar) as c:
    assert ask(c)[0] == 404, "another server of the intranet"
with connect(mixed) as c:
    status, head, body = ask(c)
    assert (status, body) == (200, b"alice\n"), (status, body)
    assert (head["x-postern-user"], head["x-postern-session"], head["cache-control"]) == ("alice", sid, "no-store"), head
    status, head, body = ask(c, extra="Accept: application/json\r\n")
    assert json.loads(body) == {"user": "alice", "sid": sid} and head["content-type"] == "application/json", (head, body)
    assert ask(c, method="HEAD")[0] == 200
    for value in (None, "A" * 43, "A" * 42 + "B", cookie[:-1], cookie + "A"):
        status, head, body = ask(c, value)
        assert status == 401 and "x-postern-user" not in head and "set-cookie" not in head, (value, status, head)
    assert ask(c, method="POST", extra="Content-Length: 0\r\nOrigin: https://" + LOGIN + "\r\n")[0] == 405
END
done
expect_log "authd/sessions.*event=verify id=[0-9a-f]{16} src=${ADDRESS_4[mixed]} user=alice sid=$SID result=ok reason=-"
expect_log "event=verify id=[0-9a-f]{16} src=${ADDRESS_4[mixed]} user=- sid=- result=fail reason=unknown-session"

# Too many in a second.
setting authd identity verify_rate 2
reload_authd 'result=ok'
in_intranet python3 - "$(cookie_of alice)" "${ADDRESS_4[mixed]}" "$BASTION_INSIDE_4" <<'END' || fail "the rate of /verify"
import sys, time, wire
cookie, mixed, gate = sys.argv[1:]
wire.HOSTS["gate"] = (gate, None)
question = wire.get("login.corp.example", "/verify", cookie=cookie)
with wire.https("gate", sni="login.corp.example", source=mixed) as c:
    deadline = time.monotonic() + 20
    for wanted in (429, 200, 429):  # whatever was asked in this second before
        status = 0
        while status != wanted:
            status, head, _ = c.ask(question)
            assert time.monotonic() < deadline and status in (200, 429), status
    assert head["retry-after"] == "1" and "x-postern-user" not in head, head
END
expect_log "event=verify id=[0-9a-f]{16} src=${ADDRESS_4[mixed]} user=- sid=- result=fail reason=busy"
setting authd identity verify_rate 500
reload_authd 'result=ok'

# The idle clock runs on, whatever servers ask.
idle_left() { browse "${JAR[@]}" "https://$LOGIN_HOST/session" | python3 -c 'import json, sys; print(json.load(sys.stdin)["idle_left"])'; }
touched=$(idle_left)
has_aged() { [ "$(idle_left)" -le $((touched - 2)) ]; }
wait_for 10 has_aged || fail "the idle clock stands still"
aged=$(idle_left)
BROWSE=inside expect_status 200 "${with_cookie[@]}" "https://mixed.$DOMAIN/"
[ "$(idle_left)" -le "$aged" ] || fail "/verify has touched the idle clock"

# ---- keys that change -----------------------------------------------------------

kids() { python3 -c 'import json, sys; print(*[k["kid"] for k in json.load(open(sys.argv[1]))["keys"]])' "$LAB/jwks"; }
checks_out() {  # TOKEN-FILE: it is good by the keys that are shown now
  jwks
  python_with_jwt "$LAB" "$1" <<'END'
import identity, sys
identity.claims_of(open(sys.argv[2]).read().strip(), open(sys.argv[1] + "/jwks").read(), "actor.corp.example")
END
}
old_kid=$(kids)
new_key second
setting authd identity assertion_key "$LAB/keys/second.key"
reload_authd 'result=ok'
jwks
new_kid=$(kids | cut -d' ' -f1)
[ "$(kids)" = "$new_kid $old_kid" ] && [ "$new_kid" != "$old_kid" ] || fail "after a change the keys are: $(kids)"
echo_assertion
! cmp -s "$LAB/token" "$LAB/token.first" || fail "the old key signs still"
checks_out "$LAB/token"
checks_out "$LAB/token.first"
for name in www sink; do  # they fetch the new key by themselves
  expect_status 200 "${JAR[@]}" "https://$name.$DOMAIN/"
  expect_body '"Remote-User": "alice"'
done
# A key that will not do is refused, and nothing has changed.
openssl genpkey -algorithm RSA -out "$LAB/keys/rsa.key" 2> /dev/null
chmod 600 "$LAB/keys/rsa.key"
setting authd identity assertion_key "$LAB/keys/rsa.key"
reload_authd "result=\".*authd.conf:[0-9]+: .identity. assertion_key: .*rsa.key: cannot use the key: it is not EC on P-256"
status=0
in_bastion "$BIN/authd" -n -c "$LAB/authd.conf" > "$LAB/out" 2>&1 || status=$?
[ $status = 100 ] && grep -qE 'authd.conf:[0-9]+: .identity. assertion_key: ' "$LAB/out" || fail "authd -n: $status $(cat "$LAB/out")"
jwks
[ "$(kids)" = "$new_kid $old_kid" ] || fail "a refused reload has changed the keys: $(kids)"
# One role takes the new settings, the other does not answer: all goes back.
new_key third
setting authd identity assertion_key "$LAB/keys/third.key"
kill -STOP "$(role_pids authd vault)"
reload_authd 'result="vault does not answer"'
kill -CONT "$(role_pids authd vault)"
jwks
[ "$(kids | cut -d' ' -f1)" = "$new_kid" ] || fail "after half a reload another key signs: $(kids)"
# A role that starts anew has the keys of the last good reload.
setting authd identity assertion_key "$LAB/keys/second.key"
setting authd identity previous_key "$LAB/keys/first.key"
reload_authd 'result=ok'
pid=$(role_pids authd sessions)
kill -KILL "$pid"
has_keys() { [ "$(status_of "https://$LOGIN_HOST/.well-known/jwks.json")" = 200 ] && cp "$LAB/body" "$LAB/jwks" && [ "$(kids)" = "$new_kid $old_kid" ]; }
wait_for 10 has_keys || fail "the keys of a new sessions: $(kids)"
daemon_stop authd
daemon_start authd
wait_for 10 has_keys || fail "the keys after a new start: $(kids)"

# ---- nothing without an assertion that is owed -----------------------------------

setting authd identity assertion_key -
setting authd identity previous_key -
reload_authd 'result=ok'
expect_status 404 "https://$LOGIN_HOST/.well-known/jwks.json"
login bob
before=$(upstream_count www)
expect_status 503 -b "$(jar_of bob)" "https://www.$DOMAIN/"
expect_log "wfd/worker.*event=refuse .* status=503 reason=no-assertion-key"
[ "$(upstream_count www)" = "$before" ] || fail "a request went on without its assertion"
expect_status 200 -b "$(jar_of bob)" "https://old.$DOMAIN/"  # which is owed none

# Neither a cookie nor an assertion stands in any line, the trace of the protocol included.
setting authd identity assertion_key "$LAB/keys/second.key"
reload_authd 'result=ok'
kill -USR1 "$(daemon_pid wfd)"
expect_log 'event=trace state=on'
JAR=(-b "$(jar_of bob)")
echo_assertion
expect_log 'side=gate-server line="?X-Postern-Assertion: \([0-9]+ bytes\)'
for secret in "$(cat "$LAB/token")" "$(cat "$LAB/token.first")" "$(cookie_of alice)" "$(cookie_of bob)"; do
  ! grep -qF -- "$secret" "$LAB/syslog" || fail "a secret stands in the log"
done
