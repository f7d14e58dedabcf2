#!/usr/bin/env bash
# A crowd of clients that take nothing of what they asked for fill their worker's buffers, all of
# them; the worker has the memory for that, and goes on.
. "$(dirname "$0")/lab.sh"
lab_up
setting wfd limits per_source 1600
setting wfd limits per_source_rate 1000000
setting wfd isolation connections_per_worker 1500
setting wfd isolation spare_workers 1
cat > "$LAB/flood.py" <<'END_OF_FLOOD'
"""An HTTP server whose answers have no end that is said before, and are longer than all buffers on their way."""
import resource, selectors, socket, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
ANSWER = b"HTTP/1.1 200 OK\r\n\r\n" + bytes(1_500_000)
listener = socket.create_server((sys.argv[1], 80), backlog=2000)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32768)
listener.setblocking(False)
eyes = selectors.DefaultSelector()
eyes.register(listener, selectors.EVENT_READ)
left = {}
print("ready", flush=True)
while True:
    for key, events in eyes.select():
        end = key.fileobj
        try:
            if end is listener:
                one = listener.accept()[0]
                one.setblocking(False)
                eyes.register(one, selectors.EVENT_READ)
            elif events & selectors.EVENT_WRITE:
                left[end] = left[end][end.send(left[end]):]
                if not left[end]:
                    eyes.modify(end, selectors.EVENT_READ)
            elif not end.recv(65536):
                raise ConnectionError
            else:
                left[end] = memoryview(ANSWER)
                eyes.modify(end, selectors.EVENT_WRITE)
        except BlockingIOError:
            pass
        except OSError:
            eyes.unregister(end)
            end.close()
END_OF_FLOOD
spawn intranet python3 "$LAB/flood.py" "${ADDRESS_4[sink]}" > "$LAB/run/flood.out"
wait_for 5 grep -q ready "$LAB/run/flood.out"
gate_start

# For each connection 9 buffers of 128 KiB, 7 heads of 32, and 64 of a body that is kept.
worker=$(role_pids wfd worker | head -n 1)
memory=$(awk '/^Max data size/ { print $4 / 1048576, $5 / 1048576 }' "/proc/$worker/limits")
[ "$memory" = "2110 2110" ] || fail "a worker of 1500 connections may have $memory MiB"

enroll alice --hotp
login alice
python_in_client "$(cookie_of alice)" <<'END'
import os, resource, socket, ssl, sys, time, wire
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
HOST, CROWD = "sink.corp.example", 1450
CONTEXT = ssl.create_default_context(cafile=wire.LAB + "/certs/gate-ca.pem")

def ask():
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.settimeout(20)
    raw.connect((wire.HOSTS[HOST][0], 443))
    c = CONTEXT.wrap_socket(raw, server_hostname=HOST)
    c.sendall(wire.get(HOST, "/x", cookie=sys.argv[1]))
    return c

def fullest():
    """MiB of the worker that has most."""
    most = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline") as title, open(f"/proc/{pid}/status") as status:
                if title.read().startswith("postern-wfd: worker"):
                    most = max(most, next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmData:")))
        except (OSError, StopIteration):
            pass  # it has ended meanwhile
    return most

crowd = [ask() for _ in range(CROWD)]
end = time.monotonic() + 60
while fullest() <= 512 and time.monotonic() < end:
    time.sleep(0.1)  # between two looks
print(f"  {CROWD} who read nothing: {fullest()} MiB of their worker")
assert fullest() > 512, "they did not fill what they could"
for c in crowd:  # each still gets what it asked for
    assert c.recv(16) != b"", "a connection was ended"
END
! grep "event=fault" "$LAB/syslog" || fail "a worker died of it"
