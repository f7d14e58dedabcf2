#!/usr/bin/env bash
# Sessions outlive authd: a new start, and kill -9 of the role or of all of it.  One that
# was ended never comes back, and no clock begins anew.  The database has no cookie in it.
# timeout: 240
. "$(dirname "$0")/lab.sh"
lab_up
gate_start
for user in alice bob carol dave; do enroll $user --hotp; done
for user in alice bob carol; do login $user; done

is_in() {  # USER
  [ "$(status_of -m 5 -b "$(jar_of "$1")" "https://www.$DOMAIN/" 2>/dev/null)" = 200 ]
}
expect_in() { wait_for 15 is_in "$1" || fail "$1 is out"; }
expect_out() { expect_status 302 "${NAVIGATE[@]}" -b "$(jar_of "$1")" "https://www.$DOMAIN/"; }
session_of() { browse -b "$(jar_of "$1")" "https://$LOGIN_HOST/session"; }
field() { sed -E "s/.*\"$1\":\"?([^\",}]*).*/\1/" <<< "$2"; }
log_out() {
  expect_status 200 -X POST -H "Origin: https://$LOGIN_HOST" -b "$(jar_of "$1")" "https://$LOGIN_HOST/logout"
}
restart_authd() {
  daemon_stop authd
  daemon_start authd
}
kill_authd() {
  local pids
  pids="$(daemon_pid authd) $(descendants "$(daemon_pid authd)" | xargs)"
  kill -KILL $pids
  for pid in $pids; do wait_for 10 is_gone "$pid" || fail "process $pid does not end"; done
}

# A new start: who was in is in, with the same session, and it is not younger.
before=$(session_of alice)
restart_authd
expect_log "event=recall sessions=3"
expect_in alice
expect_in bob
after=$(session_of alice)
for key in user sid login; do
  [ "$(field $key "$before")" = "$(field $key "$after")" ] || fail "$key: $before, then $after"
done
[ "$(field left "$after")" -le "$(field left "$before")" ] || fail "a longer life: $before, then $after"
[ "$(field left "$after")" -ge $(($(field left "$before") - 30)) ] || fail "a much shorter life: $before, then $after"
note "before: $before"
note "after:  $after"

# Ended is ended, by whomever.
log_out bob
ctl session kill "$(sid_of carol)"
restart_authd
expect_in alice
expect_out bob
expect_out carol

# The role alone, and all of it, without a chance to say anything.
for _ in 1 2 3; do
  kill -KILL $(role_pids authd sessions)
  expect_in alice
  expect_out bob
done
kill_authd
daemon_start authd
expect_in alice
expect_out carol

# A logout that was confirmed stands, whatever happens in the next moment.
for round in 1 2 3 4 5 6 7 8; do
  login dave
  log_out dave
  kill_authd
  daemon_start authd
  expect_in alice
  expect_out dave
done
note "8 logouts, each followed by kill -9 of authd: none came back"

# A disabled user has nothing to come back to, nor when he is enabled again.
login dave
ctl user disable dave
ctl user enable dave
restart_authd
expect_in alice
expect_out dave

# What lies on disk is worth nothing to a thief.
value=$(cookie_of alice)
daemon_stop authd
python3 - "$value" "$LAB"/jail/authd/vault/db/* <<'PYTHON'
import base64, sys
value, files = sys.argv[1], sys.argv[2:]
raw = base64.urlsafe_b64decode(value + "=")
import hashlib
everything = b"".join(open(name, "rb").read() for name in files)
assert value.encode() not in everything and raw not in everything, "the cookie is in the database"
assert hashlib.sha256(raw).digest() in everything, "this is not where sessions are kept"
PYTHON

# The idle clock goes on: a new start gains nobody a second.
setting authd session idle 5s
write_conf authd
daemon_start authd
login dave
from=$(milliseconds)
restart_authd
is_over() { [ "$(status_of -b "$(jar_of dave)" "https://$LOGIN_HOST/session")" = 401 ]; }
wait_for 10 is_over || fail "idle for ten seconds of 5, and still in"
took=$(($(milliseconds) - from))
[ $took -le 6500 ] || fail "ended only after $took ms of 5000"
[ $took -ge 2500 ] || fail "ended after $took ms of 5000"
note "idle=5s and a new start in between: ended after $took ms"

# persist=no: everybody logs in again, and what was kept before does not come back later.
setting authd session idle 30m
write_conf authd
restart_authd
login dave
setting authd session persist no
write_conf authd
restart_authd
expect_out dave
setting authd session persist yes
write_conf authd
restart_authd
expect_out dave
