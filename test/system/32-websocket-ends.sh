#!/usr/bin/env bash
# A WebSocket ends within a second of its session: killed, logged out, disabled, expired,
# idle, or with nobody left to ask; and so does whatever else takes long: a download and an
# upload of 1 GiB, a stream, a request without an answer.  It ends when it
# was silent too long; it goes on when the configuration is loaded anew.
# timeout: 240
. "$(dirname "$0")/lab.sh"
name_host socket 71
lab_up
socket_start
sink_start
truncate -s 1G "$LAB/servers/big/root/large"
chmod 644 "$LAB/servers/big/root/large"
curl_hosts > "$LAB/hosts"

# One connection of each kind that can take long; pings are answered as a browser would.
cat > "$LAB/long.py" <<'END'
import subprocess, sys, threading, time, websocket, wire
HOST, GIB, PIECE = "socket.corp.example", 1 << 30, 1 << 17
HOSTS = {"/large": "big.corp.example", "/upload": "sink.corp.example"}
pause = 0.01  # between two pieces of 128 KiB: a minute and more for all of it


class Long:
    def __init__(self, path, cookie):
        host = HOSTS.get(path, HOST)
        self.path, self.c, self.ended, self.moved = path, wire.https(host), None, 0
        if path == "/upload":
            self.c.send(wire.get(host, path, method="PUT", cookie=cookie, extra=f"Content-Length: {GIB}\r\n"))
        elif path in ("/hang", "/trickle", "/large"):
            self.c.send(wire.get(host, path, cookie=cookie))
            if path != "/hang":
                assert b" 200 " in self.c.until(b"\r\n\r\n"), "no download"
                self.c.exactly(1)
        else:
            status = self.c.ask(websocket.head_of(path, HOST, cookie=cookie))[0]
            assert status == 101, (path, status)
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self):
        try:
            while self.path in HOSTS:
                if self.path == "/upload":
                    self.c.send(bytes(PIECE))
                else:
                    self.c.exactly(PIECE)
                self.moved += PIECE
                time.sleep(pause)
            while self.path not in ("/hang", "/trickle"):
                code, payload, _ = websocket.read_frame(self.c)
                if code == websocket.PING:
                    self.c.send(websocket.frame(websocket.PONG, payload, masked=True))
            while True:
                self.c.exactly(1)
        except (wire.Closed, OSError):
            self.ended = time.monotonic()

    def talk(self):
        self.c.send(websocket.frame(websocket.TEXT, b"I am here", masked=True))


def ages(all_of_them, since, patience):
    """How long after `since` each one ended, by path."""
    for one in all_of_them:
        one.thread.join(max(0, since + patience - time.monotonic()))
        assert one.ended, f"{one.path} has not ended after {patience} s"
    return {one.path: one.ended - since for one in all_of_them}


def show(what, times):
    print(f"  {what}: " + ", ".join(f"{path} after {max(0, 1000 * t):.0f} ms" for path, t in times.items()), flush=True)
END

# What happens to a session: a command of its own, and a moment later all is over.
cat > "$LAB/ended.py" <<'END'
import long, subprocess, sys, time
cookie, what, limit, command = sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4:]
all_of_them = [long.Long(path, cookie) for path in ("/echo", "/ping", "/push", "/trickle", "/hang", "/large", "/upload")]
time.sleep(0.3)  # all of them stand, and go on
assert not any(one.ended for one in all_of_them), "ended before its time"
assert all(one.moved > 0 for one in all_of_them if one.path in long.HOSTS), "nothing moves"
subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
long.pause = 0  # what is on its way already must not hide the end
times = long.ages(all_of_them, time.monotonic(), limit + 3)
long.show(what, times)
assert all(one.moved < long.GIB for one in all_of_them), "it came to its end by itself"
assert max(times.values()) < limit, f"{what}: too late"
END

# Nobody ends it: neither a handshake nor silence, pings and a server that talks are use, but
# a page that somebody goes to is, and words of the client.
cat > "$LAB/expired.py" <<'END'
import long, sys, time, wire
busy_cookie, idle_cookie, lifetime, idle = sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4])
born = time.monotonic() - time.time() + float(sys.argv[5]) / 1000
busy = [long.Long(path, busy_cookie) for path in ("/echo", "/trickle")]
with wire.https("www.corp.example") as c:
    assert c.ask(wire.get("www.corp.example", cookie=idle_cookie, extra="Accept: text/html\r\n"))[0] == 200
start = time.monotonic()
idlers = [long.Long(path, idle_cookie) for path in ("/echo", "/ping", "/push", "/hang")]
while not busy[0].ended and time.monotonic() - born < lifetime + 3:
    try:
        busy[0].talk()
    except OSError:
        break
    time.sleep(0.1)  # a busy user
times = long.ages(idlers, start, 10)
long.show(f"idle={idle:.0f}s", times)
assert idle - 0.5 < min(times.values()) and max(times.values()) < idle + 1, "not when the session was idle too long"
times = long.ages(busy, born, lifetime + 3)
long.show(f"lifetime={lifetime:.0f}s, busy", times)
assert lifetime - 1 < min(times.values()) and max(times.values()) < lifetime + 1, "not at the end of the session"
END

cat > "$LAB/silent.py" <<'END'
import long, signal, subprocess, sys, time
cookie, limit, log, master = sys.argv[1], float(sys.argv[2]), sys.argv[3], sys.argv[4]
start = time.monotonic()
silent, pinged, talking = (long.Long(path, cookie) for path in ("/echo", "/ping", "/push"))
subprocess.run(["kill", "-HUP", master], check=True)
times = long.ages([silent], start, limit + 3)
long.show(f"tunnel_timeout={limit:.0f}s", times)
assert limit - 0.5 < times["/echo"] < limit + 1, "not when it was silent too long"
with open(log) as file:
    assert "event=reload " in file.read(), "the configuration was not loaded anew"
time.sleep(limit / 2)  # the other two go on
assert not pinged.ended and not talking.ended, "a WebSocket that is not silent ended"
END

ends_of() {  # WHAT SECONDS COMMAND...: for a new session of alice
  in_client python3 "$LAB/ended.py" "$(cookie_of alice)" "$@" || fail "$1"
}
sessions_is_back() {
  [ -n "$(role_pids authd sessions)" ] && ctl status > "$LAB/status" 2>&1
}

user_is_known() {
  [ -e "$LAB/users/$1.json" ] || enroll "$1" --hotp
}

for connections in 1 256; do
  note "connections_per_worker=$connections"
  setting wfd isolation connections_per_worker $connections
  setting wfd limits tunnel_timeout 2s
  setting authd session lifetime 8h
  setting authd session idle 30m
  gate_start
  for user in alice bob; do user_is_known $user; done
  login alice
  in_client python3 "$LAB/silent.py" "$(cookie_of alice)" 2 "$LAB/syslog" "$(daemon_pid wfd)" || fail "silent WebSockets"
  ends_of "session killed" 1 "$BIN/authctl" -s "$LAB/run/admin.sock" session kill "$(sid_of alice)"
  login alice
  ends_of "logged out" 1 curl -q -sS -f -K "$LAB/curl4" -b "$(jar_of alice)" -H "Origin: https://$LOGIN_HOST" \
    -X POST "https://$LOGIN_HOST/logout"
  login alice
  ends_of "user disabled" 1 "$BIN/authctl" -s "$LAB/run/admin.sock" user disable alice
  ctl user enable alice
  login alice
  # A heart that stands still may only be late, so that takes a little longer.
  ends_of "sessions stopped" 2.5 kill -STOP "$(role_pids authd sessions)"
  kill -CONT "$(role_pids authd sessions)"
  login alice
  ends_of "sessions killed" 1 kill -KILL "$(role_pids authd sessions)"
  wait_for 20 sessions_is_back || fail "sessions does not come back"
  gate_stop

  setting wfd limits tunnel_timeout 1h
  setting authd session lifetime 6s
  setting authd session idle 2s
  gate_start
  login alice
  from=$(milliseconds)
  login bob
  in_client python3 "$LAB/expired.py" "$(cookie_of alice)" "$(cookie_of bob)" 6 2 "$from" ||
    fail "sessions that expire"
  gate_stop
  expect_log "event=request .* user=bob .* target=/ping status=101 in=[1-9][0-9]* out=[1-9][0-9]* ms=[0-9]+"
done
