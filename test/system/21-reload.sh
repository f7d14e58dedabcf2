#!/usr/bin/env bash
# HUP: the new configuration acts, connections that are open go on, nobody is turned away
# meanwhile; a configuration that is broken, or changes what cannot change, is refused
# whole, and the old one goes on, also in a role that is started anew later.
. "$(dirname "$0")/lab.sh"
lab_up
setting authd lockout free_failures 100
gate_start
enroll alice --hotp
enroll bob --hotp
login alice
jar=$(jar_of alice)
expect_page www -b "$jar"

# reload DAEMON RESULT-REGEX [SECTION KEY VALUE]...: writes the file, sends HUP, and waits
# for the one line that says what came of it.
reload() {
  local daemon=$1 result=$2 before
  shift 2
  while [ $# -gt 0 ]; do
    setting "$daemon" "$1" "$2" "$3"
    shift 3
  done
  write_conf "$daemon"
  hup "$daemon" "$result"
}

hup() {  # DAEMON RESULT-REGEX
  local before
  before=$(syslog_count "$1/master.* event=reload ")
  kill -HUP "$(daemon_pid "$1")"
  reload_told() { [ "$(syslog_count "$1/master.* event=reload ")" -gt "$before" ]; }
  wait_for 10 reload_told "$1" || fail "$1: no word of a reload"
  [ "$(syslog_count "$1/master.* event=reload ")" = $((before + 1)) ] || fail "$1: two words of one reload"
  grep -E "$1/master.* event=reload version=[^ ]+ result=" "$LAB/syslog" | tail -1 | grep -qE "result=\"?$2" ||
    fail "$1: $(grep "event=reload" "$LAB/syslog" | tail -1) instead of $2"
}

# How many houses of roles there are: the one that serves, and those that are leaving.
houses() {  # DAEMON
  role_pids "$1" porter | wc -l
}
has_houses() {  # DAEMON NUMBER
  [ "$(houses "$1")" = "$2" ]
}

# A client that keeps connections open, and one that makes new ones all the time.
cat > "$LAB/keeper.py" <<'END'
import os, sys, time, wire
cookie = sys.argv[1]
page = wire.get("www.corp.example", cookie=cookie)
kept = wire.https("www.corp.example")
assert kept.ask(page)[0] == 200
begun = wire.http("www.corp.example")
begun.send(b"GET /half HTTP/1.1\r\nHost: www.corp")
print("ready", flush=True)
asked = 0
while not os.path.exists(os.environ["LAB"] + "/reloaded"):
    with wire.https("www.corp.example") as new, wire.http("www.corp.example") as plain:
        status = new.ask(page)[0]
        assert status == 200, f"{status} during a reload"
        status = plain.ask(wire.get("www.corp.example"))[0]
        assert status == 301, f"{status} from port 80 during a reload"
    assert kept.ask(page)[0] == 200, "the kept connection"
    asked += 1
assert kept.ask(page)[0] == 200, "the kept connection after the reload"
begun.send(b".example\r\n\r\n")
status, head, _ = begun.answer()
assert (status, head["location"]) == (301, "https://www.corp.example/half"), (status, head)
print("asked", asked, flush=True)
END
curl_hosts > "$LAB/hosts"
spawn client python3 "$LAB/keeper.py" "$(cookie_of alice)" > "$LAB/keeper" 2>&1
wait_for 10 grep -q ready "$LAB/keeper" || fail "the keeper: $(cat "$LAB/keeper")"
for _ in 1 2 3; do
  reload wfd 'ok$'
  reload redird 'ok$'
  reload authd 'ok$'
done
for daemon in wfd redird; do
  wait_for 10 has_houses $daemon 2 || fail "$(houses $daemon) houses of $daemon, not the kept connection's and the new one"
done
touch "$LAB/reloaded"
wait_for 10 grep -q asked "$LAB/keeper" || fail "a client noticed a reload: $(cat "$LAB/keeper")"
note "nine reloads: $(sed -n 's/^asked //p' "$LAB/keeper") rounds of a client, each answered"
for daemon in wfd redird; do
  wait_for 10 has_houses $daemon 1 || fail "$daemon: an old house stays without a connection"
done
expect_page www -b "$jar"
! syslog_has "event=fault" || fail "a reload is no fault: $(grep -m1 event=fault "$LAB/syslog")"

# New values act, each in its daemon.
expect_status 400 -H "Host: www.other.example" "http://www.$DOMAIN/"
reload redird 'ok$' redirect domain "$DOMAIN,other.example"
expect_status 301 -H "Host: www.other.example" "http://www.$DOMAIN/"
expect_status 200 -b "$jar" -H "X-Long: $(printf 'x%.0s' {1..5000})" "https://www.$DOMAIN/"
reload wfd 'ok$' limits head_bytes 4k
expect_status 431 -b "$jar" -H "X-Long: $(printf 'x%.0s' {1..5000})" "https://www.$DOMAIN/"
refusals() {  # NUMBER: so many wrong passcodes of bob's
  local n
  for n in $(seq "$1"); do login_form bob "$(pin_of bob)" 000000 > /dev/null; done
}
refusals 2
! syslog_has "event=login .* user=bob .* reason=throttled" || fail "throttled before its time"
reload authd 'ok$' lockout free_failures 1 lockout delay 1h lockout max_delay 1h
refusals 1
expect_log "event=login .* user=bob .* reason=throttled"
expect_page www -b "$jar"

# What is refused changes nothing, and the next role that starts has the old values.
for daemon in redird wfd authd; do
  cp "$LAB/$daemon.conf" "$LAB/good.conf"
  echo "[nonsense]" >> "$LAB/$daemon.conf"
  hup $daemon "$LAB/$daemon.conf:[0-9]+: \[nonsense\] is not a section"
  rm "$LAB/$daemon.conf"
  hup $daemon "$LAB/$daemon.conf: cannot open"
  cp "$LAB/good.conf" "$LAB/$daemon.conf"
done
reload redird '.*\[listen\].* cannot change' listen port 8080
reload wfd '.*\[listen\].* cannot change' listen address 0.0.0.0
reload wfd '.*\[process\].* cannot change' listen address - process pidfile "$LAB/run/other.pid"
reload wfd "$LAB/wfd.conf:[0-9]+: .*" process pidfile "$LAB/run/wfd.pid" tls key "$LAB/certs/intranet.key"
setting wfd tls key "$LAB/certs/gate.key"
setting wfd listen address 0.0.0.0,::
reload authd '.*\[listen\].* cannot change' listen gate "$LAB/run/other.sock"
# Half of it would please the vault, but sessions made room for so many and no more.
reload authd '.*max_sessions.* restart' listen gate "$LAB/run/gate.sock" session max_sessions 200000 lockout free_failures 100
expect_page www -b "$jar"
expect_status 301 -H "Host: www.other.example" "http://www.$DOMAIN/"
: > "$LAB/syslog"
ctl user unlock bob
refusals 3
expect_log "event=login .* user=bob .* reason=throttled"  # the vault has kept the old values
kill -KILL "$(role_pids authd vault)"
has_vault() { [ -n "$(role_pids authd vault)" ] && ctl user list > "$LAB/out" 2>&1; }
wait_for 10 has_vault || fail "the vault does not come back"
: > "$LAB/syslog"
refusals 3
expect_log "event=login .* user=bob .* reason=throttled"  # and so has the next one

# A file that is good again is taken.
setting authd session max_sessions -
reload authd 'ok$'
: > "$LAB/syslog"
ctl user unlock bob
refusals 3
expect_log "event=login .* user=bob .* result=fail reason=wrong-passcode"
! syslog_has "event=login .* user=bob .* reason=throttled" || fail "the new value does not act"
