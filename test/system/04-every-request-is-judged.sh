#!/usr/bin/env bash
# A session that is killed ends at once: the next request on a connection that is open,
# the download under way, and every new connection.  Other sessions go on.
. "$(dirname "$0")/lab.sh"
lab_up
gate_start
enroll alice
enroll bob
login alice
login bob
make_big large 256 > /dev/null
sid=$(sid_of alice)

python_in_client "$(cookie_of alice)" "$(cookie_of bob)" "$sid" <<'END'
import os, subprocess, sys, time, wire
alice, bob, sid = sys.argv[1:]
page = wire.get("www.corp.example", cookie=alice)
with wire.https("www.corp.example") as kept, wire.https("www.corp.example") as idle, \
     wire.https("www.corp.example") as other, wire.https("big.corp.example") as load:
    for c in (kept, idle, kept):
        status, _, body = c.ask(page)
        assert status == 200 and b"page of www" in body, status
    assert other.ask(wire.get("www.corp.example", cookie=bob))[0] == 200
    load.send(wire.get("big.corp.example", "/large", cookie=alice))
    load.until(b"\r\n\r\n")
    load.exactly(1 << 20)
    before = time.monotonic()
    subprocess.run([os.environ["BIN"] + "/authctl", "-s", os.environ["LAB"] + "/run/admin.sock",
                    "session", "kill", sid], check=True)
    try:
        status = kept.ask(page)[0]
        assert status in (302, 401), f"{status} after the session was killed"
    except (wire.Closed, BrokenPipeError):
        pass
    assert idle.closed_within(2), "an idle connection of the session stays open"
    print(f"  idle connection closed {time.monotonic() - before:.2f} s after the kill")
    got = len(load.rest())
    assert got < 200 << 20, f"the download went on to {got} bytes"
    assert time.monotonic() - before < 10, "the download was not cut in time"
    with wire.https("www.corp.example") as new:
        assert new.ask(page)[0] in (302, 401), "a new connection still gets in"
    assert other.ask(wire.get("www.corp.example", cookie=bob))[0] == 200, "bob was hurt"
END

[ "$(upstream_count www '^443 ')" = 5 ] || fail "www should have seen five requests: $(upstream_log www)"
expect_log "event=revoke sid=$sid user=alice by="

# All sessions of a user at once.
ctl session kill --user bob
expect_status 302 "${NAVIGATE[@]}" -b "$(jar_of bob)" "https://www.$DOMAIN/"
[ -z "$(ctl session list --json)" ] || fail "sessions left: $(ctl session list --json)"

# A user who is disabled loses his session and gets no other.
enroll carol --hotp
login carol
expect_page www -b "$(jar_of carol)"
ctl user disable carol
expect_status 302 "${NAVIGATE[@]}" -b "$(jar_of carol)" "https://www.$DOMAIN/"
answer=$(login_form carol "$(pin_of carol)" "$(passcode carol)" -d host=www.$DOMAIN -d path=/)
[ "${answer%% *}" = 403 ] || fail "a disabled user logs in: $answer"
