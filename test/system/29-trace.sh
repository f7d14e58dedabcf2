#!/usr/bin/env bash
# SIGUSR1 to wfd turns the protocol trace on and off: the heads of both sides, no body,
# no secret, and nothing of the login host; it works for connections that are open.
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
browse -o /dev/null -b "$jar" "https://$LOGIN_HOST/?hidden=1"
browse -o /dev/null -b "$jar" "https://www.$DOMAIN/after"
wait_for 5 syslog_has 'side=client-gate line="GET /after' || fail "no trace of the next request"
for secret in "$(cookie_of alice)" c2VjcmV0 hidden=1; do
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
