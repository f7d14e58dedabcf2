#!/usr/bin/env bash
# A large download and a large upload go through whole, in constant memory.  256 MiB
# each; BIG=1 for 1 GiB.
# timeout: 300
. "$(dirname "$0")/lab.sh"
size=256
[ -z "${BIG:-}" ] || size=1024
lab_up
sink_start
gate_start
enroll alice
login alice
jar=$(jar_of alice)
sum=$(make_big large $size)
file=$LAB/servers/big/root/large
limit=$((16 * 1024))

# The highest memory of any worker that there was, in KiB, looked at all the time.
cat > "$LAB/watch.py" <<'END'
import os, signal, sys, time
master, out = int(sys.argv[1]), sys.argv[2]
first, highest = {}, {}

def status(pid):
    try:
        with open(f"/proc/{pid}/cmdline") as f:
            if not f.read().startswith("postern-wfd: worker"):
                return None
        with open(f"/proc/{pid}/status") as f:
            fields = dict(line.split(":", 1) for line in f)
        return int(fields["VmHWM"].split()[0]), int(fields["VmRSS"].split()[0])
    except (OSError, KeyError):
        return None

def report(*_):
    pid = max(highest, key=lambda p: highest[p] - first[p])
    with open(out + ".new", "w") as f:
        print(first[pid], highest[pid], file=f)
    os.rename(out + ".new", out)
    sys.exit()

signal.signal(signal.SIGTERM, report)
while True:
    for pid in filter(str.isdigit, os.listdir("/proc")):
        seen = status(pid)
        if seen:
            first.setdefault(pid, seen[1])
            highest[pid] = max(highest.get(pid, 0), seen[0])
    time.sleep(0.05)  # between two looks
END

watch_start() {
  spawn bastion python3 "$LAB/watch.py" "$(daemon_pid wfd)" "$LAB/memory"
  watch=$SPAWNED
}

watch_stop() {  # WHAT SECONDS
  local before highest
  kill -TERM "$watch"
  wait_for 5 test -s "$LAB/memory" || fail "nobody watched the memory"
  read -r before highest < "$LAB/memory"
  rm "$LAB/memory"
  note "$1 of $size MiB: $2 ms; a worker had $before KiB at first and $highest KiB at most"
  [ $((highest - before)) -lt $limit ] || fail "$1: memory grew from $before to $highest KiB"
}

watch_start
from=$(milliseconds)
got=$(browse -m 250 -b "$jar" "https://big.$DOMAIN/large" | sha256sum | cut -d' ' -f1)
took=$(($(milliseconds) - from))
[ "$got" = "$sum" ] || fail "the download is not the file: $got"
watch_stop download $took

for framing in length chunked; do
  arguments=(-T "$file" -X POST)
  [ $framing = length ] || arguments+=(-H "Transfer-Encoding: chunked")
  watch_start
  from=$(milliseconds)
  expect_status 200 -m 250 -b "$jar" "${arguments[@]}" "https://sink.$DOMAIN/"
  took=$(($(milliseconds) - from))
  expect_body "$((size << 20)) $sum"
  watch_stop "upload ($framing)" $took
done

# A reader who is slow fills no memory: the server is made to wait.
watch_start
python_in_client "$(cookie_of alice)" <<'END'
import sys, time, wire
with wire.https("big.corp.example") as c:
    c.send(wire.get("big.corp.example", "/large", cookie=sys.argv[1]))
    assert b" 200 " in c.until(b"\r\n\r\n").split(b"\r\n")[0]
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        c.exactly(64 << 10)
        time.sleep(0.05)  # a slow reader
END
watch_stop "slow download" 3000

# An upload without a session is refused before its body is taken.
python_in_client <<'END'
import wire
with wire.https("sink.corp.example") as c:
    c.send(b"POST / HTTP/1.1\r\nHost: sink.corp.example\r\nContent-Length: 1073741824\r\n\r\n" + b"x" * 1000)
    status, _, _ = c.answer()
    assert status == 401, status
with wire.https("sink.corp.example") as c:
    c.send(b"POST / HTTP/1.1\r\nHost: sink.corp.example\r\nContent-Length: 1073741824\r\nExpect: 100-continue\r\n\r\n")
    status, _, _ = c.answer()
    assert status == 401, status
END
