#!/usr/bin/env bash
# A session ends when it was idle too long, and at its absolute end however busy it
# is; asking for /session does not keep it alive.
. "$(dirname "$0")/lab.sh"
lab_up
setting authd session idle 2s
setting authd session lifetime 7s
gate_start
enroll alice --hotp
enroll bob --hotp

# Idle: /session is polled all the time, and does not count.
login alice
expect_page www -b "$(jar_of alice)"
from=$(milliseconds)
session_is_over() {
  [ "$(status_of -b "$(jar_of alice)" "https://$LOGIN_HOST/session")" = 401 ]
}
wait_for 6 session_is_over || fail "idle for six seconds, and still there"
took=$(($(milliseconds) - from))
[ $took -ge 1500 ] || fail "ended after $took ms of 2000"
[ $took -le 4000 ] || fail "ended only after $took ms of 2000"
note "idle=2s: ended after $took ms"
expect_status 302 "${NAVIGATE[@]}" -b "$(jar_of alice)" "https://www.$DOMAIN/"

# Absolute: busy on one kept-alive connection until the end.
from=$(milliseconds)
login bob
python_in_client "$(cookie_of bob)" "$from" <<'END'
import sys, time, wire
cookie, start = sys.argv[1], int(sys.argv[2]) / 1000
last = start
with wire.https("www.corp.example") as c:
    while time.time() - start < 12:
        try:
            status = c.ask(wire.get("www.corp.example", cookie=cookie))[0]
        except (wire.Closed, BrokenPipeError):
            break
        if status != 200:
            assert status in (302, 401), status
            break
        last = time.time()
        time.sleep(0.1)  # a busy user
age = last - start
assert age > 5, f"a busy session ended after {age:.1f} s"
assert age < 8.5, f"the session lived {age:.1f} s of 7"
print(f"  lifetime=7s: last page after {age:.1f} s")
with wire.https("www.corp.example") as c:
    assert c.ask(wire.get("www.corp.example", cookie=cookie))[0] in (302, 401)
END
expect_log "event=expire sid=[^ ]+ user=alice by="
expect_log "event=expire sid=[^ ]+ user=bob by="
