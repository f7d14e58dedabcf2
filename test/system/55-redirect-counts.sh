#!/usr/bin/env bash
# What a connection to port 80 costs in system calls of the porter, the worker and the logger,
# when it comes alone and when it comes in a crowd; and that a crowd's lines are all written.
. "$(dirname "$0")/lab.sh"
setting redird isolation workers 1
lab_up
gate_start

cat > "$LAB/redirects.py" <<'END_OF_PYTHON'
"""redirects.py PORTER WORKER LOGGER: their system calls for a connection, by strace."""
import collections, contextlib, os, re, signal, subprocess, sys, time, wire
PIDS = dict(zip(("porter", "worker", "logger"), map(int, sys.argv[1:])))
HOST = "www.corp.example"
LAB = os.environ["LAB"]


def request(target):
    return f"GET {target} HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: Mozilla/5.0\r\nAccept: */*\r\n\r\n".encode()


@contextlib.contextmanager
def counted(calls):
    """Fills `calls` with the calls of each role meanwhile, by name."""
    tracers = {}
    for role, pid in PIDS.items():
        tracers[role] = subprocess.Popen(["strace", "-o", f"{LAB}/trace-{role}", "-p", str(pid)], stderr=subprocess.PIPE, text=True)
        assert "attached" in tracers[role].stderr.readline()
    yield
    time.sleep(0.3)  # the last lines and reports go after the answers
    for role, tracer in tracers.items():
        tracer.send_signal(signal.SIGINT)
        tracer.wait()
        with open(f"{LAB}/trace-{role}") as file:
            calls[role] = collections.Counter(re.findall(r"^(\w+)\(", file.read(), re.M))


def check(what, calls, times, most):
    for role, bounds in most.items():
        each = {name: n / times for name, n in calls[role].items() if n >= times / 20}
        each["all"] = sum(calls[role].values()) / times
        print(f"  {what}, {role}:", ", ".join(f"{name} {n:.2f}" for name, n in sorted(each.items(), key=lambda i: -i[1])))
        for name, bound in bounds.items():
            assert each.get(name, 0) <= bound, f"{what}, {role}: {name} {each[name]:.2f} instead of {bound}"


def answered(connection):
    status, head, _ = connection.answer()
    assert status == 301 and head["location"].startswith(f"https://{HOST}/"), (status, head)
    assert connection.closed_within(5)


def alone(times=40):
    calls = {}
    with counted(calls):
        for i in range(times):
            with wire.http(HOST) as c:
                c.send(request(f"/alone/{i}"))
                answered(c)
    check("alone", calls, times, ALONE)


def crowd(times=64):
    """All of them wait at the door when the porter comes."""
    calls = {}
    os.kill(PIDS["porter"], signal.SIGSTOP)
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(wire.http(HOST)) for _ in range(times)]
        for i, c in enumerate(clients):
            c.send(request(f"/crowd/{i}"))
        with counted(calls):
            os.kill(PIDS["porter"], signal.SIGCONT)
            for c in clients:
                answered(c)
    check("crowd", calls, times, CROWD)


ALONE = {"porter": {"all": 11.5, "sendto": 1.05, "sendmsg": 1.05},
         "worker": {"all": 10.5, "read": 1.05, "epoll_ctl": 0, "shutdown": 1.05}, "logger": {"all": 11.5}}
CROWD = {"porter": {"all": 5.8, "sendto": 0.3, "recvmsg": 0.8, "sendmsg": 0.3},
         "worker": {"all": 6.4, "epoll_ctl": 0, "sendto": 1.4, "sendmsg": 0.3, "recvmsg": 0.55}, "logger": {"all": 3.0, "recvfrom": 0.5}}
alone()
crowd()
END_OF_PYTHON

curl_hosts > "$LAB/hosts"
in_client python3 "$LAB/redirects.py" "$(role_pids redird porter)" "$(role_pids redird worker)" "$(role_pids redird logger)" ||
  fail "counts of redird"
crowd() { grep -E "event=request .* target=/crowd/[0-9]+ status=301 " "$LAB/syslog"; }
wait_for 5 expr "$(crowd | wc -l)" = 64 > /dev/null || fail "$(crowd | wc -l) lines of 64 redirects"
[ "$(crowd | sed -E 's/.* (target=[^ ]*) .*/\1/' | sort -u | wc -l)" = 64 ] || fail "a redirect has two lines"
crowd | sed -E 's/.*event=request id=([0-9a-f]*) .*/\1/' | sort > "$LAB/requests"
sed -nE 's/.*event=connection id=([0-9a-f]*) .*/\1/p' "$LAB/syslog" | sort > "$LAB/connections"
[ "$(comm -12 "$LAB/requests" "$LAB/connections" | wc -l)" = 64 ] || fail "a redirect without a line of its connection, or with two"
