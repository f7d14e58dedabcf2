#!/usr/bin/env bash
# Crowds.  Many handshakes at once do not cost a worker its other connections, nor do many ends
# at once stay on anybody's account; a role that is started anew is introduced to all workers; and
# a thousand workers that end together do.
. "$(dirname "$0")/lab.sh"
lab_up
setting wfd limits per_source 1300
setting wfd limits per_source_rate 1000000
setting wfd isolation connections_per_worker 1500
setting wfd isolation spare_workers 1
gate_start
enroll alice --hotp
login alice
cat > "$LAB/crowd.py" <<'END'
import os, resource, signal, socket, ssl, time, wire
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
HOST, ADDRESS = "www.corp.example", wire.HOSTS["www.corp.example"][0]
CONTEXT = ssl.create_default_context(cafile=wire.LAB + "/certs/gate-ca.pem")

def is_served(c):
    return c.ask(wire.get(HOST))[0] == 401

def soon(get):
    """What get() gives, once it gives something."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        got = get()
        if got:
            return got
        time.sleep(0.01)  # between two looks
    raise TimeoutError(get.__name__)

def let_in():
    try:
        return wire.https(HOST)
    except OSError:
        return None

class Guest:
    """A handshake that is sent when the crowd is complete."""
    def __init__(self):
        self.come, self.go = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = CONTEXT.wrap_bio(self.come, self.go, server_hostname=HOST)
        self.is_done()
        self.raw = socket.create_connection((ADDRESS, 443), 10)

    def is_done(self):
        try:
            self.tls.do_handshake()
            return True
        except ssl.SSLWantReadError:
            return False

    def send(self):
        self.raw.sendall(self.go.read())

    def finish(self):
        while not self.is_done():
            some = self.raw.recv(65536)
            if not some:
                return False
            self.come.write(some)
        self.send()
        return True

    def reset(self):
        self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.raw.close()
END
python_in_client "$LAB" "$(role_pids wfd porter)" <<'END'
import sys
sys.path.insert(0, sys.argv[1])
from crowd import *
porter = int(sys.argv[2])
visitor = wire.https(HOST)
assert is_served(visitor)

guests = [Guest() for _ in range(700)]
for guest in guests:
    guest.send()
done = sum(guest.finish() for guest in guests)
assert done == len(guests), f"{done} handshakes of {len(guests)}"
assert is_served(visitor)
print(f"  {done} handshakes at once, and a visitor was served on")

os.kill(porter, signal.SIGSTOP)  # it does not listen when they end
for guest in guests:
    guest.reset()
assert is_served(visitor)
os.kill(porter, signal.SIGCONT)
later = [soon(let_in) for _ in range(700)]  # all of them: nobody is counted who is gone
assert is_served(later[-1])
print("  700 ends at once, and as many came after them")
END
[ "$(syslog_count "event=fault")" = 0 ] || fail "$(grep "event=fault" "$LAB/syslog" | head -3)"

# Each connection has its worker now.
gate_stop
setting wfd isolation connections_per_worker 1
setting wfd isolation spare_workers 8
setting wfd limits head_timeout 60s
setting wfd isolation max_workers 1300
gate_start
python_in_client "$LAB" "$(role_pids authd sessions)" "$(cookie_of alice)" <<'END'
import sys
sys.path.insert(0, sys.argv[1])
from crowd import *
crowd = [wire.https(HOST) for _ in range(400)]
os.kill(int(sys.argv[2]), signal.SIGKILL)
for c in crowd:
    soon(lambda: c.ask(wire.get(HOST, cookie=sys.argv[3]))[0] == 200)
print(f"  {len(crowd)} workers got to know the new sessions")
END

python_in_client "$LAB" "$(role_pids wfd porter)" <<'END'
import sys
sys.path.insert(0, sys.argv[1])
from crowd import *

def waits(pid):
    with open(f"/proc/{pid}/status") as status:
        return int(status.read().split("voluntary_ctxt_switches:")[1].split()[0])

crowd = [wire.https(HOST) for _ in range(1200)]
last = [wire.worker_of(c) for c in crowd[-3:] if is_served(c)]
os.kill(int(sys.argv[2]), signal.SIGSTOP)
for c in crowd:
    c.raw.close()
time.sleep(1)  # all of them have ended, and cannot say so
before = [waits(pid) for pid in last]
time.sleep(1)
most = max(waits(pid) - n for pid, n in zip(last, before))
assert most <= 25, f"a worker that has to wait asked {most} times a second: together they leave nothing to the porter"
os.kill(int(sys.argv[2]), signal.SIGCONT)
for _ in range(50):
    with soon(let_in) as c:
        assert is_served(c)
print(f"  1200 workers ended, asked {most} times a second at most whether they may, and 50 more were served")
END
few_workers() { [ "$(role_pids wfd worker | wc -w)" -lt 40 ]; }
wait_for 20 few_workers || fail "$(role_pids wfd worker | wc -w) workers are left"
[ "$(syslog_count "event=fault role=worker")" = 0 ] || fail "$(grep "event=fault role=worker" "$LAB/syslog" | tail -3)"
