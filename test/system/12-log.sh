#!/usr/bin/env bash
# The log: every event in its one form, nothing secret in it, no line lost when the
# system log restarts, and nothing let through that cannot be recorded.
. "$(dirname "$0")/lab.sh"
lab_up
gate_start
enroll alice
enroll bob --hotp
code=$(passcode alice)
login alice
jar=$(jar_of alice)
expect_page www -b "$jar"
browse "http://www.$DOMAIN/" > "$LAB/body"
expect_status 404 -b "$jar" "https://www.$DOMAIN/missing?q=\"quoted\"&x=y" -g
expect_status 302 "${NAVIGATE[@]}" "https://www.$DOMAIN/$(printf 'x%.0s' {1..1500})"
login_form bob 00000000 "$(passcode bob)" > "$LAB/answer"
spent=$(oathtool --hotp -b -c 0 "$(secret_of bob)")
ctl session kill "$(sid_of alice)"

# The form of each event, keys in their order.
value='("([]!#-[^-~ ]|\\x[0-9a-f]{2})*"|[]A-Za-z0-9._:/@%+,=?&;~!*()[-]+)'
expect_event() {  # NAME KEY...
  local name=$1 pattern key
  shift
  pattern="event=$name"
  for key in "$@"; do pattern="$pattern $key=$value"; done
  expect_log "$pattern$"
  # and no line of that name has another form
  ! grep -E "event=$name " "$LAB/syslog" | grep -vE "$pattern$" || fail "a $name line has another form"
}
expect_event connection id src sport dst dport
expect_event request id src sport dst dport host user sid method target status in out ms
expect_event dial id dst dport tls result ms
expect_event login id user src result reason
expect_event revoke sid user by
expect_event start version result
expect_log "event=request .* target=\"?/missing.* status=404 "
expect_log "event=request .* target=\"?/x{900,1023}\.\.\.\"? status=302 "
! grep -vE '^<[0-9]+>' "$LAB/syslog" || fail "a line without a priority"
! grep 'event=' "$LAB/syslog" | grep -qP '[^\x20-\x7e]' || fail "a byte outside ASCII"

# One id goes through all the daemons' lines of a connection.
id=$(sed -nE "s/.*event=dial id=([0-9a-f]{16}) dst=${ADDRESS_4[www]} .*/\1/p" "$LAB/syslog" | head -1)
for event in connection request dial; do
  syslog_has "event=$event id=$id " || fail "no $event line of connection $id"
done

# Facilities: authpriv (10) for authd, daemon (3) for the others.
awk -F'[<>]' '/event=/ { f = int($2 / 8); if ((/ authd\/[a-z]+\[/ && f != 10) || (/ (wfd|redird)\/[a-z]+\[/ && f != 3)) { print; bad = 1 } }
  END { exit bad }' "$LAB/syslog" || fail "the wrong facility"

# Restart of the system log under load: each answer has its line in the end.
login_again() {
  enroll carol --hotp
  login carol
}
login_again
jar=$(jar_of carol)
python_in_client "$(cookie_of carol)" <<'END' > "$LAB/answers" &
import sys, time, wire
end = time.monotonic() + 3
n = 0
while time.monotonic() < end:
    n += 1
    try:
        with wire.https("www.corp.example") as c:
            status = c.ask(wire.get("www.corp.example", f"/number-{n}", cookie=sys.argv[1]))[0]
    except (OSError, wire.Closed):
        status = 0
    print(n, status)
END
load=$!
for _ in 1 2 3; do
  syslog_stop
  syslog_start
done
wait $load
all_recorded() {
  local n status
  while read -r n status; do
    [ "$status" != 404 ] || syslog_has "event=request .* target=/number-$n status=404 " || return 1
  done < "$LAB/answers"
}
[ "$(grep -c ' 404$' "$LAB/answers")" -gt 10 ] || fail "hardly an answer: $(cat "$LAB/answers")"
wait_for 10 all_recorded || fail "an answer has no line: $(cat "$LAB/answers")"
doubled=$(grep -oE 'target=/number-[0-9]+ ' "$LAB/syslog" | sort | uniq -d)
[ -z "$doubled" ] || fail "lines that came twice: $doubled"

# No system log at all: with on_failure=deny nothing goes through.
syslog_stop
is_denied() {
  [ "$(status_of -b "$jar" "https://www.$DOMAIN/missing")" = 503 ]
}
wait_for 20 is_denied || fail "no system log, and requests are still let through"
before=$(upstream_count www)
for _ in 1 2 3 4 5; do
  got=$(status_of -b "$jar" "https://www.$DOMAIN/missing")
  [ "$got" = 503 ] || fail "without a system log: $got"
done
[ "$(upstream_count www)" = "$before" ] || fail "a request went through that cannot be recorded"
syslog_start
is_served() {
  [ "$(status_of -b "$jar" "https://www.$DOMAIN/")" = 200 ]
}
wait_for 20 is_served || fail "no service after the system log came back"
wait_for 10 all_recorded || fail "lines were lost"

# Nothing secret, in any line of all this.
for secret in "$(pin_of alice)" "$(pin_of bob)" "$(cookie_of carol)" "$(secret_of alice)" "$code" "$spent"; do
  ! grep -F -- "$secret" "$LAB/syslog" || fail "a secret is in the log: $secret"
done
! grep -iE 'sessionid=|passcode=|pin=[0-9]' "$LAB/syslog" || fail "a cookie or a passcode is in the log"
