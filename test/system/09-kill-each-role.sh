#!/usr/bin/env bash
# kill -9 of each role in turn under a running client: service comes back by itself, and
# nobody without a session ever gets a page meanwhile.
# timeout: 300
. "$(dirname "$0")/lab.sh"
lab_up
gate_start
enroll alice --hotp
login alice
jar=$(jar_of alice)
expect_page www -b "$jar"

# The stranger asks all the time, and so does alice; each answer goes into a file.
cat > "$LAB/asker.py" <<'END'
import sys, time, wire
cookie_file, out = sys.argv[1], open(sys.argv[2], "a", buffering=1)
while True:
    cookie = open(cookie_file).read().strip() if cookie_file != "-" else None
    started = time.time()
    try:
        with wire.https("www.corp.example", timeout=5) as c:
            status, _, body = c.ask(wire.get("www.corp.example", cookie=cookie))
        word = "page" if b"page of www" in body else "none"
    except (OSError, wire.Closed) as problem:
        status, word = 0, type(problem).__name__
    print(f"{time.time():.3f} {status} {word} {time.time() - started:.3f}", file=out)
    time.sleep(0.02)  # a bounded load
END
curl_hosts > "$LAB/hosts"
cookie_of alice > "$LAB/cookie"
: > "$LAB/alice.log"
: > "$LAB/stranger.log"
spawn client python3 "$LAB/asker.py" "$LAB/cookie" "$LAB/alice.log"
spawn client python3 "$LAB/asker.py" - "$LAB/stranger.log"

is_served() {
  [ "$(browse -m 2 -b "$jar" -o "$LAB/body" -w '%{http_code}' "https://www.$DOMAIN/" 2>/dev/null || :)" = 200 ]
}
is_redirected() {
  [ "$(browse -m 2 -o "$LAB/body" -w '%{http_code}' "http://www.$DOMAIN/" 2>/dev/null || :)" = 301 ]
}
can_log_in() {
  local answer
  answer=$(login_form alice "$(pin_of alice)" "$(passcode alice)" -m 5 -c "$LAB/jar.new" -d host=www.$DOMAIN -d path=/ 2>/dev/null)
  [[ "$answer" = 303* || "$answer" = 200* ]] || return 1
  mv "$LAB/jar.new" "$jar"
  cookie_of alice > "$LAB/cookie.new"
  mv "$LAB/cookie.new" "$LAB/cookie"
}
has_role() {
  [ -n "$(role_pids "$1" "$2")" ]
}
is_back() {
  has_role "$1" "$2" || return 1
  case $1 in
    redird) is_redirected ;;
    wfd) is_served ;;
    authd) can_log_in && is_served ;;
  esac
}
answers_between() {  # FILE FROM TO: statuses and their numbers
  awk -v from="$2" -v to="$3" '$1 >= from && $1 <= to { n[$2]++ } END { for (s in n) print s " (" n[s] " times)" }' "$1" |
    sort -n | paste -sd, | sed 's/,/, /g'
}

kill_role() {  # DAEMON ROLE
  local pids from back
  pids=$(role_pids "$1" "$2")
  [ -n "$pids" ] || fail "$1 has no $2"
  from=$(date +%s.%N)
  kill -KILL $pids
  wait_for 40 is_back "$1" "$2" || fail "no service 40 s after $1 $2 was killed"
  back=$(date +%s.%N)
  note "$(awk -v d="$1" -v r="$2" -v a="$from" -v b="$back" \
    'BEGIN { printf "%-6s %-8s back after %6.0f ms", d, r, (b - a) * 1000 }'), the client saw: $(
    answers_between "$LAB/alice.log" "$from" "$back")"
  expect_log "event=fault role=$2 pid=($(xargs <<< "$pids" | tr ' ' '|')) what="
}

for role in logger porter nursery; do kill_role redird $role; done
for role in logger porter nursery signer broker; do kill_role wfd $role; done
for role in logger vault sessions; do kill_role authd $role; done

# A worker takes its own connection with it and nothing else.
python_in_client "$(cookie_of alice)" "$(role_pids wfd worker | xargs)" <<'END'
import os, signal, sys, wire
page = wire.get("www.corp.example", cookie=sys.argv[1])
with wire.https("www.corp.example") as first:
    assert first.ask(page)[0] == 200
    for pid in sys.argv[2].split():
        try:
            os.kill(int(pid), signal.SIGKILL)
        except ProcessLookupError:
            pass
wire_seen = 0
for _ in range(20):
    try:
        with wire.https("www.corp.example") as c:
            wire_seen += c.ask(page)[0] == 200
    except (OSError, wire.Closed):
        pass
assert wire_seen >= 10, f"only {wire_seen} of 20 pages after the workers were killed"
END
wait_for 10 is_served || fail "no service after the workers were killed"

asked=$(grep -c . "$LAB/stranger.log")
[ "$asked" -gt 50 ] || fail "the stranger asked only $asked times"
! grep -E ' (200|206|304) |page' "$LAB/stranger.log" || fail "a stranger was let through"
note "a stranger asked $asked times and got: $(answers_between "$LAB/stranger.log" 0 9999999999)"

# The masters: without one its roles end too, and a new start serves again.
for daemon in redird wfd authd; do
  pids="$(daemon_pid $daemon) $(descendants "$(daemon_pid $daemon)" | xargs)"
  kill -KILL "$(daemon_pid $daemon)"
  for pid in $pids; do
    wait_for 10 is_gone "$pid" || fail "$daemon: process $pid outlives its master: $(title_of "$pid")"
  done
  daemon_start $daemon
done
wait_for 20 can_log_in || fail "no login after all three were started anew"
expect_page www -b "$jar"
