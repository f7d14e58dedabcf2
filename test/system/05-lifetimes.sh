#!/usr/bin/env bash
# A session ends when it was idle too long, and at its absolute end however busy it
# is; asking for /session does not keep it alive, nor does a page that polls by itself.
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

# Asked for every tenth of a second, in one of several ways: is the session alive after
# twice its idle time?
cat > "$LAB/poll.py" <<'END'
import sys, time, wire
HOST, SCRIPT = "www.corp.example", "Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\nSec-Fetch-Site: same-origin\r\n"
WAYS = {
    "fetch": ("GET", SCRIPT),
    "events": ("GET", SCRIPT + "Accept: text/event-stream\r\n"),
    "image": ("GET", "Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n"),
    "program": ("GET", "Accept: */*\r\n"),
    "page": ("GET", "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n"),
    "click": ("GET", "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\nSec-Fetch-User: ?1\r\n"),
    "old-browser": ("GET", "Accept: text/html\r\n"),
    "save": ("POST", SCRIPT + "Content-Length: 0\r\n"),
}
cookie, way, lives = sys.argv[1], sys.argv[2], sys.argv[3] == "lives"
method, extra = WAYS[way]
start, status = time.monotonic(), 200
try:
    with wire.https(HOST) as c:
        while status == 200 and time.monotonic() - start < 4:
            time.sleep(0.1)  # between two polls
            status = c.ask(wire.get(HOST, "/post" if method == "POST" else "/", cookie=cookie, method=method, extra=extra))[0]
except (wire.Closed, BrokenPipeError):
    status = 0
age = time.monotonic() - start
print(f"  {way}: {'alive' if status == 200 else 'over'} after {age:.1f} s of idle=2s", flush=True)
assert (status == 200) == lives, f"{way}: status {status} after {age:.1f} s"
assert lives or age > 0.5, "over too early"  # it began with the login, a moment before
END
poll() {  # USER WAY lives|ends
  in_client python3 "$LAB/poll.py" "$(cookie_of "$1")" "$2" "$3" || fail "idle: $2 $3"
}
poll_all() {  # WAY:lives|ends ...
  local each user pids=() pid
  curl_hosts > "$LAB/hosts"
  for each in "$@"; do
    user=poll-${each%:*}
    [ -e "$LAB/users/$user.json" ] || enroll "$user" --hotp
  done
  for each in "$@"; do
    login "poll-${each%:*}"
    poll "poll-${each%:*}" "${each%:*}" "${each#*:}" &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || fail "somebody who polls"; done
}
poll_all fetch:ends events:ends image:ends program:ends page:lives click:lives old-browser:lives save:lives
setting authd session idle_counts all
write_conf authd
kill -HUP "$(daemon_pid authd)"
expect_log "event=reload .*result=ok"
poll_all fetch:lives image:lives program:lives
setting authd session idle_counts navigation
write_conf authd
kill -HUP "$(daemon_pid authd)"

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
            status = c.ask(wire.get("www.corp.example", cookie=cookie, extra="Accept: text/html\r\n"))[0]
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
