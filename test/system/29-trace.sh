#!/usr/bin/env bash
# SIGUSR1 to wfd turns the protocol trace on and off: the heads of both sides, no body,
# no secret, and no query of the login host; it works for connections that are open.  The
# configuration turns it on for some hosts or clients, and off again with a reload.
. "$(dirname "$0")/lab.sh"
lab_up
gate_start
enroll alice
login alice
jar=$(jar_of alice)
expect_page www -b "$jar"
! syslog_has 'event=trace' || fail "traces before it is on"

kill -USR1 "$(daemon_pid wfd)"
expect_log 'wfd/master.* event=trace state=on'
traced() {
  expect_status 200 -b "$jar" -H "Authorization: Basic c2VjcmV0" "https://www.$DOMAIN/headers?seen=$1"
  syslog_has "event=trace id=[0-9a-f]{16} side=client-gate line=\"GET /headers.seen=$1 HTTP/1.1\""
}
wait_for 5 traced now || fail "no trace of a request"
expect_log 'event=trace .* side=client-gate line="Cookie: \([0-9]+ bytes\)"'
expect_log 'event=trace .* side=gate-server line="GET /headers.seen=now HTTP/1.1"'
expect_log 'event=trace .* side=gate-server line="Authorization: \([0-9]+ bytes\)"'
expect_log 'event=trace .* side=server-gate line="HTTP/1.1 200 OK"'
expect_log 'event=trace .* side=gate-client line="HTTP/1.1 200 OK"'
browse -o /dev/null -b "$jar" "https://$LOGIN_HOST/?hidden=1" -e "https://$LOGIN_HOST/login?hidden=2"
expect_log 'event=trace .* side=client-gate line="GET /.\(8 bytes\) HTTP/1.1"'
expect_log "event=trace .* side=client-gate line=\"Referer: https://$LOGIN_HOST/login.\\(8 bytes\\)\""
login_form alice "$(pin_of alice)" 000000 > "$LAB/out"
expect_log 'event=trace .* side=client-gate line="POST /login HTTP/1.1"'
browse -o /dev/null -b "$jar" "https://www.$DOMAIN/after"
wait_for 5 syslog_has 'side=client-gate line="GET /after' || fail "no trace of the next request"
for secret in "$(cookie_of alice)" "$(pin_of alice)" c2VjcmV0 hidden= ; do
  ! grep -qF "$secret" "$LAB/syslog" || fail "$secret is in the log"
done

# Off again, also for a connection that is open.
python_in_client "$(daemon_pid wfd)" "$(cookie_of alice)" <<'END'
import os, signal, sys, wire
with wire.https("www.corp.example") as c:
    assert c.ask(wire.get("www.corp.example", "/headers", cookie=sys.argv[2]))[0] == 200
    os.kill(int(sys.argv[1]), signal.SIGUSR1)
END
expect_log 'wfd/master.* event=trace state=off'
quiet() {
  local before
  before=$(syslog_count 'event=trace')
  expect_status 200 -b "$jar" "https://www.$DOMAIN/headers"
  [ "$(syslog_count 'event=trace')" = "$before" ]
}
wait_for 5 quiet || fail "still traces"
kill -USR1 "$(daemon_pid redird)"
expect_log 'redird/master.* event=trace state=none'

# By configuration: one host and one client; told at the start, at a reload, and when it ends.
traced_paths() { sed -n 's/.*event=trace .* side=client-gate line="GET \(.*\) HTTP.*/\1/p' "$LAB/syslog"; }
reload() {
  local before
  before=$(syslog_count 'wfd/master.* event=reload .* result=ok')
  gate_configure
  kill -HUP "$(daemon_pid wfd)"
  reloaded() { [ "$(syslog_count 'wfd/master.* event=reload .* result=ok')" -gt "$before" ]; }
  wait_for 10 reloaded || fail "no reload: $(grep reload "$LAB/syslog")"
}
setting wfd trace hosts old.$DOMAIN
setting wfd trace sources $OTHER_CLIENT_4/32
reload
expect_log "wfd/master.* event=trace state=on by=configuration what=old.$DOMAIN,$OTHER_CLIENT_4/32\$"
expect_status 200 -b "$jar" "https://www.$DOMAIN/?www"
expect_status 200 -b "$jar" "https://old.$DOMAIN/?old"
expect_status 401 --interface $OTHER_CLIENT_4 "https://www.$DOMAIN/?other"
seen() { [ "$(traced_paths | grep '^/?[a-z]' | xargs)" = "/?old /?other" ]; }
wait_for 5 seen || fail "traced: $(traced_paths | xargs)"
daemon_stop wfd
daemon_start wfd
started() { [ "$(syslog_count "wfd/master.* event=trace state=on by=configuration what=old.$DOMAIN,$OTHER_CLIENT_4/32\$")" = 2 ]; }
wait_for 5 started || fail "the start does not tell of the trace"
setting wfd trace hosts -
setting wfd trace sources -
reload
expect_log 'wfd/master.* event=trace state=off by=configuration what=-$'
expect_status 200 -b "$jar" "https://old.$DOMAIN/?later"
wait_for 5 syslog_has 'event=request .* target=/.later ' || fail "no line of the request"
! traced_paths | grep -q later || fail "still traces"
