#!/usr/bin/env bash
# numbers.sh: what the gate costs, as a table: memory and checksums of large transfers,
# memory of an idle worker, CPU time of a connection and of a request, how long requests
# take while people log in at full speed, and how long each role is missed when it is
# killed.  In the lab of the system tests; SIZE in MiB (1024), COUNT connections (300), ten
# times as many requests.  Takes some three minutes.
. "$(dirname "$0")/../system/lab.sh"
SIZE=${SIZE:-1024}
COUNT=${COUNT:-300}
UID_BASE=62500
HERE=$ROOT/test/bench

title() {
  printf '\n%s\n' "$1"
}

row() {
  printf '  %-24s %14s %14s %14s\n' "$@"
}

# CPU time of all processes of wfd and authd, with that of the children they have reaped.
ticks() {
  local daemon pid
  for daemon in wfd authd; do
    for pid in $(daemon_pid $daemon) $(descendants "$(daemon_pid $daemon)"); do
      awk '{ sub(/.*\) /, ""); print $12 + $13 + $14 + $15 }' "/proc/$pid/stat" 2> /dev/null || :
    done
  done | awk '{ n += $1 } END { print n }'
}

# A worker that ended is counted once its nursery has reaped it: until two looks agree.
settled_ticks() {
  local before=- now
  now=$(ticks)
  while [ "$now" != "$before" ]; do
    sleep 0.3  # between two looks
    before=$now
    now=$(ticks)
  done
  echo "$now"
}

# cost WAY COUNT: milliseconds of CPU time each.
cost() {
  local before after
  before=$(settled_ticks)
  in_client python3 - "$cookie" "$2" "$1" <<'END'
import sys, wire
cookie, count, way = sys.argv[1], int(sys.argv[2]), sys.argv[3]
page = wire.get("www.corp.example", cookie=cookie)
if way == "connections":  # a context each, so nothing is resumed
    for _ in range(count):
        with wire.https("www.corp.example") as c:
            assert c.ask(page)[0] == 200
else:
    with wire.https("www.corp.example") as c:
        for _ in range(count):
            assert c.ask(page)[0] == 200
END
  after=$(settled_ticks)
  awk -v n=$((after - before)) -v c="$2" -v hz="$(getconf CLK_TCK)" 'BEGIN { printf "%.2f", n * 1000 / hz / c }'
}

# PSS (KiB) of a worker that has one connection, on which one page was read.
idle_worker() {
  in_client python3 - "$cookie" <<'END'
import os, re, sys, time, wire
with wire.https("www.corp.example") as c:
    assert c.ask(wire.get("www.corp.example", cookie=sys.argv[1]))[0] == 200
    pid = wire.worker_of(c)
    time.sleep(0.3)  # and all is quiet
    with open(f"/proc/{pid}/smaps_rollup") as rollup:
        print(re.search(r"^Pss:\s+(\d+)", rollup.read(), re.M)[1])
END
}

gate_with() {  # CONNECTIONS-PER-WORKER
  gate_stop
  setting wfd isolation connections_per_worker "$1"
  gate_start
  login alice
  cookie=$(cookie_of alice)
}

lab_up
sink_start
gate_start
enroll alice --hotp
curl_hosts > "$LAB/hosts"
sum=$(make_big large "$SIZE")

title "memory of an idle worker, and CPU time of all processes of wfd and authd"
row connections_per_worker "idle PSS KiB" "ms/connection" "ms/request"
for number in 1 256; do
  gate_with $number
  row $number "$(idle_worker)" "$(cost connections "$COUNT")" "$(cost requests $((COUNT * 10)))"
done
echo "  (idle: with one kept-alive connection; connection: a full handshake, one page, a TLS"
echo "  handshake with its server; request: one page on a kept-alive connection)"

title "requests while people log in at full speed, connections_per_worker = 1"
gate_with 1
gate_tool
in_client python3 "$HERE/login_load.py" "$cookie"

title "large transfers, connections_per_worker = 1"
gate_with 1
in_client python3 "$HERE/transfer.py" "$cookie" down "$SIZE" "$sum"
in_client python3 "$HERE/transfer.py" "$cookie" up "$SIZE"
gate_stop

title "kill -9 of each role under a running client"
LAB_ID=$LAB_ID-kill bash "$ROOT/test/system/09-kill-each-role.sh"
