#!/usr/bin/env bash
# A role that was taken over: real processes of the gate are made to try what an intruder
# would, one system call each.  The filter ends them at once, the source of a worker's
# connection pays for it, and nobody else notices.
. "$(dirname "$0")/lab.sh"
[ "$(uname -m)" = x86_64 ] || skip "system calls are put into processes on x86-64 only"
lab_up
setting wfd limits penalty_limit 100
gate_start
enroll alice --hotp
login alice www.$DOMAIN / --interface $OTHER_CLIENT_4

# as ROLE-PID CALL: how it ended.
inject() {
  python3 "$LIB/inject.py" "$1" "$2" 2>&1
}

# The process can be made to do things at all: what its filter allows does happen.
pid=$(role_pids wfd signer)
python3 - "$pid" <<'END' || fail "an allowed call does not work, so nothing below would mean anything"
import os, sys
sys.path.insert(0, os.environ["LIB"])
import inject
inject.CALLS["getpid"] = (39,)
got = inject.inject(int(sys.argv[1]), "getpid")
assert got == f"returned {sys.argv[1]}", got
END
has_new() {  # DAEMON ROLE OLD-PID: another process, and in its jail
  local now
  now=$(role_pids "$1" "$2")
  [ -n "$now" ] && [ "$now" != "$3" ] && grep -q '^Seccomp:.2$' "/proc/$now/status" 2> /dev/null
}
wait_for 10 has_new wfd signer "$pid" || fail "no new signer"

# One worker after the other, each in the middle of alice's second connection.
is_served() {
  [ "$(status_of --interface $OTHER_CLIENT_4 -b "$(jar_of alice)" "https://www.$DOMAIN/" 2>/dev/null)" = 200 ]
}
wait_for 10 is_served || fail "no service with the new signer"
cat > "$LAB/worker.py" <<'END'
"""worker.py COOKIE NEIGHBOUR CALL...: opens connections from alice's address, has the
worker of each make one forbidden call, and sees it die.  A neighbour's connection, from
that address or another one, goes on."""
import os, re, sys, time, wire
from inject import inject
cookie, near = sys.argv[1:3]
source = os.environ["OTHER_CLIENT_4"]
page = wire.get("www.corp.example", cookie=cookie)


def worker_of(connection):
    """The log says which process answered on that port."""
    pattern = rf"wfd/worker\[(\d+)\]: event=request .* sport={connection.raw.getsockname()[1]} "
    deadline = time.monotonic() + 5
    while True:
        with open(os.environ["LAB"] + "/syslog") as log:
            found = re.findall(pattern, log.read())
        if found:
            return int(found[-1])
        assert time.monotonic() < deadline, "no line of the request"
        time.sleep(0.01)  # between two looks


with wire.https("www.corp.example", source=near) as neighbour:
    expected = 200 if near == source else 401
    assert neighbour.ask(page)[0] == expected
    for call in sys.argv[3:]:
        with wire.https("www.corp.example", source=source) as c:
            assert c.ask(page)[0] == 200
            got = inject(worker_of(c), call)
            assert got == "SIGSYS", f"a worker and {call}: {got}"
            assert c.closed_within(5), f"the connection outlives its worker ({call})"
        assert neighbour.ask(page)[0] == expected, f"a neighbour was hurt by {call}"
END
# Each crash costs 60 points; the charge is looked at below, so here it is out of the way.
gate_stop
setting wfd limits penalty_limit 1000000
gate_start
login alice www.$DOMAIN / --interface $OTHER_CLIENT_4
curl_hosts > "$LAB/hosts"
: > "$LAB/syslog"
calls="socket socket-unix connect bind open openat execve fork clone ptrace kill process_vm_readv chroot mount setuid
  prctl mprotect io_uring_setup unshare bpf"
in_client python3 "$LAB/worker.py" "$(cookie_of alice)" $OTHER_CLIENT_4 $calls
faults() { [ "$(syslog_count "wfd/porter.* event=fault role=worker pid=[0-9]+ what=\"killed by SIGSYS\"$")" = "$(wc -w <<< "$calls")" ]; }
wait_for 5 faults || fail "not every worker's end is in the log: $(grep -c event=fault "$LAB/syslog")"
charged() { [ "$(syslog_count "wfd/porter.* event=penalty src=$OTHER_CLIENT_4 cause=crashed score=[0-9]+$")" = "$(wc -w <<< "$calls")" ]; }
wait_for 5 charged || fail "not every crash was charged"
note "a worker was ended by each of $(wc -w <<< "$calls") calls, its source charged each time, its neighbour served on"

# The other roles, each by what it least should do; they come back, and so does service.
login alice
try() {  # DAEMON ROLE CALL...
  local daemon=$1 role=$2 call pid got
  shift 2
  wait_for 10 has_new "$daemon" "$role" "" || fail "$daemon: no $role"
  for call in "$@"; do
    pid=$(role_pids "$daemon" "$role")
    [ "$(wc -w <<< "$pid")" = 1 ] || fail "$daemon has not one $role: $pid"
    got=$(inject "$pid" "$call")
    [ "$got" = SIGSYS ] || fail "$daemon $role and $call: $got"
    expect_log "event=fault role=$role pid=$pid what=\"killed by SIGSYS"
    wait_for 10 has_new "$daemon" "$role" "$pid" || fail "$daemon: no new $role"
  done
}
try wfd porter read-connection openat
try wfd nursery socket execve
try wfd signer connect openat
try wfd broker socket-unix execve
try wfd logger socket openat
try redird porter read-connection
try redird nursery execve
try authd sessions socket openat
try authd vault socket execve
try authd logger openat
can_log_in() {
  [[ $(login_form alice "$(pin_of alice)" "$(passcode alice)" -m 5 -c "$(jar_of alice)" -d host=www.$DOMAIN -d path=/ 2>/dev/null) = 303* ]]
}
wait_for 20 can_log_in || fail "no login after all that"
expect_page www -b "$(jar_of alice)"

# Two crashes are more than a source may have: it is refused, its neighbour is not.
gate_stop
setting wfd limits penalty_limit 100
gate_start
login alice www.$DOMAIN / --interface $OTHER_CLIENT_4
in_client python3 "$LAB/worker.py" "$(cookie_of alice)" $CLIENT_4 socket execve
got=$(status_of --interface $OTHER_CLIENT_4 "https://www.$DOMAIN/" 2>/dev/null)
[ "$got" = 000 ] || fail "a source that crashed two workers is served: $got"
expect_log "wfd/porter.* event=refuse id=[0-9a-f]{16} src=$OTHER_CLIENT_4 .* reason=penalised$"
expect_status 401 "https://www.$DOMAIN/"
