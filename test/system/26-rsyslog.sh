#!/usr/bin/env bash
# A real rsyslogd with the shipped example: Postern's lines go to their file and off the
# host; a restart of rsyslogd loses none; a log host that was away gets them later.
. "$(dirname "$0")/lab.sh"
command -v rsyslogd > /dev/null || skip "no rsyslogd"
lab_up
syslog_stop
mkdir "$LAB/spool"

# The example as it is, with the paths and the log host of the lab.  TLS to the log host
# needs a package of its own, so its lines are left out here.
sed -E -e "s|/var/log/postern.log|$LAB/postern.log|; s|/var/spool/rsyslog|$LAB/spool|" \
  -e 's|target="[^"]*" port="6514"|target="10.1.0.61" port="6514"|' \
  -e '/StreamDriver/d' "$ROOT/etc/rsyslog/postern.conf" > "$LAB/postern-rsyslog.conf"
grep -q 'target="10.1.0.61" port="6514" protocol="tcp"' "$LAB/postern-rsyslog.conf" || fail "the example has another form now"
cat > "$LAB/rsyslog.conf" <<END
module(load="imuxsock" SysSock.Name="$LAB/run/log" SysSock.RateLimit.Interval="0")
global(workDirectory="$LAB/spool")
include(file="$LAB/postern-rsyslog.conf")
*.* action(type="omfile" file="$LAB/everything.log")
END
rsyslog_start() {
  spawn bastion rsyslogd -n -f "$LAB/rsyslog.conf" -i "$LAB/run/rsyslogd.pid" > "$LAB/run/rsyslogd.err" 2>&1
  RSYSLOG=$SPAWNED
  wait_for 10 test -S "$LAB/run/log" || fail "rsyslogd does not start: $(cat "$LAB/run/rsyslogd.err")"
}
rsyslog_stop() {
  kill -TERM "$RSYSLOG"
  wait_for 10 is_gone "$RSYSLOG" || fail "rsyslogd does not stop"
  rm -f "$LAB/run/log"
}

# The log host: takes lines on TCP.
loghost_start() {
  spawn intranet python3 -c 'import socket, sys, threading
def take(connection):
    with connection, open(sys.argv[1], "ab", buffering=0) as out:
        while data := connection.recv(65536):
            out.write(data)
server = socket.create_server(("10.1.0.61", 6514))
print("ready", flush=True)
while True:
    threading.Thread(target=take, args=(server.accept()[0],), daemon=True).start()' "$LAB/loghost.log" > "$LAB/run/loghost"
  LOGHOST=$SPAWNED
  wait_for 5 grep -q ready "$LAB/run/loghost"
}
loghost_start
rsyslog_start
gate_start
enroll alice
login alice
jar=$(jar_of alice)
expect_page www -b "$jar"

has() {  # FILE REGEX
  grep -qE -- "$2" "$1"
}
expect_in() {
  wait_for "${3:-10}" has "$1" "$2" || fail "not in ${1##*/}: $2: $(tail -5 "$1")"
}
for file in "$LAB/postern.log" "$LAB/loghost.log"; do
  expect_in "$file" 'authd/master.* event=start version='
  expect_in "$file" "authd/sessions.* event=login id=[0-9a-f]{16} user=alice src=$CLIENT_4 result=ok"
  expect_in "$file" "wfd/worker.* event=request .* host=www.$DOMAIN user=alice .* status=200 "
  expect_in "$file" "wfd/broker.* event=dial id=[0-9a-f]{16} dst=${ADDRESS_4[www]} "
done
expect_in "$LAB/loghost.log" '^<85>1 [^ ]+ [^ ]+ authd/sessions [0-9]+ '
in_bastion logger -u "$LAB/run/log" -t other "not ours"
expect_in "$LAB/everything.log" 'not ours'
! has "$LAB/postern.log" 'not ours' || fail "a line of another program is in our file"

# Under load: rsyslogd restarts, and the log host is away for a while.
in_order() {  # FILE: how many of the numbered requests it has
  grep -oE "target=/number-[0-9]+ " "$1" | sort -u | wc -l
}
python_in_client "$(cookie_of alice)" <<'END' > "$LAB/answers" &
import sys, time, wire
end = time.monotonic() + 4
n = 0
with wire.https("www.corp.example") as c:
    while time.monotonic() < end:
        n += 1
        status = c.ask(wire.get("www.corp.example", f"/number-{n}", cookie=sys.argv[1]))[0]
        assert status == 404, status
        time.sleep(0.005)  # some two hundred in a second
print(n)
END
load=$!
sleep 0.5  # some load first
rsyslog_stop
rsyslog_start
kill -KILL "$LOGHOST"
wait_for 5 is_gone "$LOGHOST"
rsyslog_stop
rsyslog_start
loghost_start
wait $load || fail "an answer was refused while rsyslogd restarted"
asked=$(cat "$LAB/answers")
all_there() { [ "$(in_order "$1")" = "$asked" ]; }
wait_for 10 all_there "$LAB/postern.log" || fail "the file has $(in_order "$LAB/postern.log") of $asked requests"
# What was in the network when the log host died is lost: plain TCP does not know it.
mostly_there() { [ "$(in_order "$LAB/loghost.log")" -ge $((asked * 9 / 10)) ]; }
wait_for 30 mostly_there || fail "the log host has $(in_order "$LAB/loghost.log") of $asked"
note "rsyslogd restarted twice under load: all of $asked requests are in its file, $(in_order "$LAB/loghost.log") at the log host"
[ "$asked" -gt 100 ] || fail "hardly any load: $asked"
for secret in "$(pin_of alice)" "$(cookie_of alice)"; do
  ! grep -qF -- "$secret" "$LAB/postern.log" "$LAB/everything.log" || fail "a secret is in the log"
done
