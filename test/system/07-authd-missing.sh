#!/usr/bin/env bash
# While authd is away the answer is 503 with Retry-After, never a page; when it comes
# back, so does the service, without a hand on the other daemons.
. "$(dirname "$0")/lab.sh"
lab_up
gate_start
enroll alice --hotp
login alice
jar=$(jar_of alice)
expect_page www -b "$jar"
seen=$(upstream_count www '^443 ')

python_in_client "$(cookie_of alice)" "$(daemon_pid authd)" <<'END'
import os, signal, sys, time, wire
cookie, authd = sys.argv[1], int(sys.argv[2])
page = wire.get("www.corp.example", "/missing", cookie=cookie)

def ask_new():
    with wire.https("www.corp.example") as c:
        status, head, _ = c.ask(page)
        return status, head

with wire.https("www.corp.example") as kept:
    assert kept.ask(page)[0] == 404
    os.kill(authd, signal.SIGTERM)
    deadline = time.monotonic() + 15
    while os.path.exists(os.environ["LAB"] + "/run/authd.pid"):
        assert time.monotonic() < deadline, "authd does not stop"
        time.sleep(0.01)  # between two looks
    gone = time.monotonic()
    while time.monotonic() < gone + 3:
        status, head = ask_new()
        assert status == 503, f"{status} without authd"
        assert head.get("retry-after", "").isdigit(), head
    try:
        status = kept.ask(page)[0]
        assert status == 503, f"{status} on a kept connection, without authd"
    except (wire.Closed, BrokenPipeError):
        pass
END
got=$(status_of "${NAVIGATE[@]}" "https://www.$DOMAIN/")
[[ "$got" = 503 || "$got" = 302 ]] || fail "without a cookie and without authd: $got"
expect_status 503 -H "Origin: https://$LOGIN_HOST" -d user=alice -d pin=1 -d passcode=2 "https://$LOGIN_HOST/login"
[ "$(upstream_count www '^443 ')" = $((seen + 1)) ] || fail "requests reached www without authd: $(upstream_log www)"

daemon_start authd
from=$(milliseconds)
can_log_in() {
  [[ $(login_form alice "$(pin_of alice)" "$(passcode alice)" -c "$jar" -d host=www.$DOMAIN -d path=/) = 303* ]]
}
wait_for 15 can_log_in || fail "no login after authd came back"
note "login works $(($(milliseconds) - from)) ms after authd is back"
expect_page www -b "$jar"

# wfd starts, and says 503, before authd is there.
gate_stop
daemon_start wfd
got=$(status_of -b "$jar" "https://www.$DOMAIN/")
[ "$got" = 503 ] || fail "wfd alone: $got"
daemon_start authd
daemon_start redird
wait_for 15 can_log_in || fail "no login although authd came second"
expect_page www -b "$jar"
