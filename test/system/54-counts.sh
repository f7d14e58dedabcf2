#!/usr/bin/env bash
# What a request and a connection cost in things that can be counted and do not depend on
# the machine: instructions for the heads, system calls and messages of the worker, pages
# of memory.  Each count may grow by little before somebody has to say why.
. "$(dirname "$0")/lab.sh"
HEADS=$ROOT/build/test-tools/head_costs
[ -x "$HEADS" ] || fail "$HEADS is not there: make test-tools"
lab_up
sink_start
gate_start
enroll alice --hotp
head -c 16777216 /dev/zero > "$LAB/servers/old/root/much"

# The instructions of a kept-alive request's heads: relayed (parsed, made anew, the answer's
# too), or sent to the login.
instructions() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$HEADS" "$@" 2>&1 | sed -n 's/.*Collected : \([0-9]*\)$/\1/p'
}
while read -r what most; do
  each=$((($(instructions "$what" 500) - $(instructions "$what" 0)) / 500))
  [ "$each" -gt 1000 ] || fail "$each instructions cannot be"
  [ "$each" -le "$most" ] || fail "$each instructions for the heads of one request ($what)"
  note "heads of a request, $what: $each instructions"
done <<< $'relay 36300\nlogin 15300'

cat > "$LAB/counts.py" <<'END'
"""counts.py COOKIE CONNECTIONS-PER-WORKER: system calls of the worker, by strace."""
import collections, mmap, os, re, signal, subprocess, sys, time, wire
COOKIE, PER_WORKER = sys.argv[1], int(sys.argv[2])
HOST = "old.corp.example"  # on port 80 alone
PAGE = wire.get(HOST, cookie=COOKIE)
LAB = os.environ["LAB"]


def counted(pid, work):
    """Calls of the process while `work` is done, by name."""
    trace = f"{LAB}/trace-{pid}"
    tracer = subprocess.Popen(["strace", "-o", trace, "-p", str(pid)], stderr=subprocess.PIPE, text=True)
    assert "attached" in tracer.stderr.readline()
    work()
    time.sleep(0.1)  # the last line goes to the log after the answer
    tracer.send_signal(signal.SIGINT)
    tracer.wait()
    with open(trace) as file:
        return collections.Counter(re.findall(r"^(\w+)\(", file.read(), re.M))


def check(what, calls, times, most):
    each = {name: n / times for name, n in calls.items() if n >= times / 20}
    print(f"  {what}:", ", ".join(f"{name} {n:.1f}" for name, n in sorted(each.items(), key=lambda i: -i[1])))
    for name, bound in most.items():
        n = sum(calls.values()) / times if name == "all" else calls[name] / times
        assert n <= bound, f"{what}: {name} {n:.2f} instead of {bound}"
    return each


def faults(pid):
    with open(f"/proc/{pid}/stat") as stat:
        return int(stat.read().rpartition(")")[2].split()[7])


def kept_alive(times=200):
    with wire.https(HOST) as c:
        for _ in range(3):
            assert c.ask(PAGE)[0] == 200
        pid = wire.worker_of(c)

        def work():
            for _ in range(times):
                assert c.ask(PAGE)[0] == 200

        most = {"all": 8.6, "read": 3.1, "write": 1.05, "sendto": 2.05, "epoll_wait": 2.4, "epoll_ctl": 0.1, "sendmsg": 0.1}
        seen = check(f"request, {PER_WORKER} a worker", counted(pid, work), times, most)
        assert seen["sendto"] > 1.9, "not every request went up, or into the log"


def sent_to_login(times=200):
    """Of a request without a session two lines are written, in one packet."""
    page = wire.get(HOST, extra="Accept: text/html\r\n")
    with wire.https(HOST) as c:
        assert c.ask(page)[0] == 302
        pid = wire.worker_of(c)

        def work():
            for _ in range(times):
                assert c.ask(page)[0] == 302

        most = {"all": 5.3, "read": 1.05, "write": 1.05, "sendto": 1.05, "epoll_wait": 1.2}
        seen = check(f"request without a session, {PER_WORKER} a worker", counted(pid, work), times, most)
        assert seen["sendto"] > 0.9, "not every request went into the log"


def paced(times=4):
    """One request now and then: what comes and goes wakes the worker, and nothing else."""
    with wire.https(HOST) as c:
        assert c.ask(PAGE)[0] == 200
        pid = wire.worker_of(c)

        def work():
            for _ in range(times):
                assert c.ask(PAGE)[0] == 200
                time.sleep(0.7)  # longer than a worker goes without a look at what it relays

        check(f"request now and then, {PER_WORKER} a worker", counted(pid, work), times, {"epoll_wait": 3.9})  # two for it, one to tidy up


def bodies(mib=16):
    """By the MiB: what goes to the client and to the server goes in pieces of eight records."""
    with wire.https(HOST) as c:
        assert c.ask(PAGE)[0] == 200
        pid = wire.worker_of(c)
        calls = counted(pid, lambda: c.ask(wire.get(HOST, "/much", cookie=COOKIE)))
        check(f"MiB down, {PER_WORKER} a worker", calls, mib, {"write": 22, "read": 12, "all": 44})
    with wire.https("sink.corp.example") as c:
        length = f"Content-Length: {mib << 20}\r\n"
        assert c.ask(wire.get("sink.corp.example", "/", COOKIE, "POST", "Content-Length: 1\r\n") + b"x")[0] == 200
        pid = wire.worker_of(c)
        request = wire.get("sink.corp.example", "/", COOKIE, "POST", length) + bytes(mib << 20)
        calls = counted(pid, lambda: c.ask(request))
        check(f"MiB up, {PER_WORKER} a worker", calls, mib, {"write": 16, "read": 40, "all": 80})


def has_huge_pages():
    """Whether this kernel gives a process such pages when it asks (MADV_COLLAPSE, Linux 6.1)."""
    try:
        room = mmap.mmap(-1, 8 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        room.write(bytes(8 << 20))
        room.madvise(25)
        return True
    except OSError:
        return False


def has_libraries_outside(pid):  # make STATIC=no
    with open(f"/proc/{pid}/maps") as maps:
        return "libcrypto" in maps.read()


def touched():
    with wire.https(HOST) as c:
        assert c.ask(PAGE)[0] == 200
        pid = wire.worker_of(c)
        pages = faults(pid)
        outside = has_libraries_outside(pid)
    print(f"  connection, {PER_WORKER} a worker: {pages} page faults")
    assert 20 < pages <= (220 if not has_huge_pages() else 150 if outside else 96)


def moved():
    """The code of a worker lies in huge pages, where the kernel has such."""
    with wire.https(HOST) as c:
        assert c.ask(PAGE)[0] == 200
        pid = wire.worker_of(c)
        least = 2048 if has_libraries_outside(pid) else 4096
        with open(f"/proc/{pid}/smaps") as smaps:
            parts = re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", smaps.read(), flags=re.M)
    code = [part for part in parts if re.match(r"\S+ r-xp \S+ 00:00 0 *\n", part)]
    huge = sum(int(re.search(r"^AnonHugePages: +(\d+)", part, re.M)[1]) for part in code)
    print(f"  code in huge pages: {huge} KiB")
    assert huge >= least or not has_huge_pages()
    assert not any(re.match(r"\S+ .wx", part) for part in parts), "memory that can be written and executed"


def connections(times=40):
    def work():
        for _ in range(times):
            with wire.https(HOST) as c:
                assert c.ask(PAGE)[0] == 200

    with wire.https(HOST) as c:
        assert c.ask(PAGE)[0] == 200
        pid = wire.worker_of(c)
        # To sessions, broker and signer (its signature, a session to keep), back to the porter.
        check(f"connection, {PER_WORKER} a worker", counted(pid, work), times, {"sendmsg": 5.3, "write": 2.1, "all": 46})


def own_kib(pid):
    """Memory that the process shares with nobody."""
    with open(f"/proc/{pid}/smaps_rollup") as rollup:
        return sum(int(line.split()[1]) for line in rollup if line.startswith("Private"))


def resting(count=200, most=16):
    """Connections that had requests under way all at once, and then rest."""
    with wire.https(HOST) as c:
        assert c.ask(PAGE)[0] == 200
        pid = wire.worker_of(c)
        before = own_kib(pid)
        crowd = [wire.https(HOST) for _ in range(count)]
        for one in crowd:
            one.send(PAGE)
        for one in crowd:
            assert one.answer()[0] == 200
        assert wire.worker_of(crowd[-1]) == pid
        for look in range(100):
            each = (own_kib(pid) - before) / count
            if each <= most:
                break
            time.sleep(0.05)  # between two looks: what was only needed meanwhile is given back in a while
        print(f"  resting connection: {each:.1f} KiB after {look * 0.05:.2f} s")
        assert 8 < each <= most, f"{each:.1f} KiB for a resting connection"
        for one in crowd:
            one.raw.close()


kept_alive()
sent_to_login()
bodies()
paced()
if PER_WORKER == 1:
    touched()
    moved()
else:
    connections()
    resting()
END

setting wfd limits per_source 1000
setting wfd isolation spare_workers 1  # all connections meet in one worker
for number in 1 256; do
  gate_stop
  setting wfd isolation connections_per_worker $number
  gate_start
  login alice
  curl_hosts > "$LAB/hosts"
  in_client python3 "$LAB/counts.py" "$(cookie_of alice)" $number || fail "counts, connections_per_worker=$number"
done
