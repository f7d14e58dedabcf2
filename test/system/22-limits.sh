#!/usr/bin/env bash
# One source that asks too much, or sends what nobody can parse, is refused for a while;
# its neighbours notice nothing.  An IPv6 source is a /64.
. "$(dirname "$0")/lab.sh"
lab_up
FAR=2001:db8:2::2  # an address of another /64 than the clients'
ip -n "$(namespace client)" addr add $FAR/128 dev eth0 nodad preferred_lft 0
ip -n "$(namespace bastion)" route add $FAR via $CLIENT_6

# limits DAEMON KEY VALUE...: all three daemons anew, with these limits of that one.
limits() {
  local daemon=$1
  shift
  [ ! -e "$LAB/run/$daemon.pid" ] || gate_stop
  SETTING=()
  while [ $# -gt 0 ]; do
    setting "$daemon" limits "$1" "$2"
    shift 2
  done
  gate_start
}

# The clients' side, for both daemons: `c = connect(...)` is served, or refused (closed
# without a word).  Being served is seen from the answer to one request.
cat > "$LAB/limits.py" <<'END'
import os, ssl, sys, time, wire
HERE, THERE = os.environ["CLIENT_4"], os.environ["OTHER_CLIENT_4"]
HERE_6, THERE_6, FAR_6 = os.environ["CLIENT_6"], os.environ["OTHER_CLIENT_6"], os.environ["FAR"]
DAEMON = sys.argv[1]


def connect(source=HERE):
    family = 6 if ":" in source else 4
    if DAEMON == "redird":
        c = wire.http("www.corp.example", family=family, source=source)
        c.send(b"\r\n")  # who says nothing counts only after three seconds
        return c
    return wire.https("www.corp.example", family=family, source=source)


def ask(c):
    return c.ask(wire.get("www.corp.example"))[0]


def is_served(source=HERE):
    try:
        with connect(source) as c:
            return ask(c) in (301, 401)
    except (OSError, ssl.SSLError, wire.Closed):
        return False


def served_within(seconds, source=HERE):
    deadline = time.monotonic() + seconds
    while not is_served(source):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)  # between two looks
    return True
END
export FAR

for daemon in redird wfd; do
  # Connections at the same time.
  limits $daemon per_source 4 per_source_rate 100000
  : > "$LAB/syslog"
  PYTHONPATH=$LAB:$PYTHONPATH python_in_client $daemon <<'END'
from limits import *
for sources, others in (([HERE], [THERE, HERE_6]), ([HERE_6, THERE_6], [FAR_6, THERE])):
    kept = [connect(sources[n % len(sources)]) for n in range(4)]
    assert not any(is_served(s) for s in sources), "a fifth connection"
    assert all(is_served(s) for s in others), "a neighbour is refused"
    assert DAEMON == "redird" or ask(kept[0]) == 401, "an old connection was hurt"
    kept.pop().__exit__()
    assert served_within(5, sources[0]), "still refused when one connection has ended"
    for c in kept:
        c.__exit__()
END
  expect_log "$daemon/porter.* event=refuse id=[0-9a-f]{16} src=$CLIENT_4 dst=${ADDRESS_4[www]} status=- reason=too-many$"
  expect_log "$daemon/porter.* event=refuse id=[0-9a-f]{16} src=$OTHER_CLIENT_6 dst=${ADDRESS_6[www]} status=- reason=too-many$"
  ! syslog_has "porter.* event=refuse .* src=($OTHER_CLIENT_4|$FAR) " || fail "a neighbour was refused"

  # New connections in a minute: so many at once, then one every 6 seconds.
  limits $daemon per_source_rate 10
  : > "$LAB/syslog"
  PYTHONPATH=$LAB:$PYTHONPATH python_in_client $daemon <<'END'
from limits import *
started = time.monotonic()
served = 0
while is_served():
    served += 1
    assert served <= 10 + (time.monotonic() - started) / 6 + 1, f"{served} connections of 10"
assert served >= 10, f"only {served} connections of 10"
assert all(is_served(s) for s in (THERE, HERE_6)), "a neighbour is refused"
END
  expect_log "$daemon/porter.* event=refuse id=[0-9a-f]{16} src=$CLIENT_4 dst=${ADDRESS_4[www]} status=- reason=too-fast$"

  # Nonsense costs 20 points, 60 are too many here; a score halves every second.
  limits $daemon penalty_limit 60 penalty_halving 1s
  : > "$LAB/syslog"
  PYTHONPATH=$LAB:$PYTHONPATH python_in_client $daemon <<'END'
from limits import *
nonsense = 0
while nonsense < 20:
    try:
        with connect() as c:
            assert c.ask(b"NONSENSE\r\n\r\n")[0] == 400
            assert c.closed_within(5)
        nonsense += 1
    except (OSError, ssl.SSLError, wire.Closed):
        break
refused = time.monotonic()
assert 3 <= nonsense < 20, f"refused after {nonsense} pieces of nonsense"
assert not is_served(), "served although refused"
assert all(is_served(s) for s in (THERE, HERE_6)), "a neighbour is refused"
assert served_within(10), "refused for ever"
waited = time.monotonic() - refused
assert waited > 0.5, f"refused for {waited:.2f} s only"
print(f"  {DAEMON}: refused after {nonsense} unparsable requests, for {waited:.1f} s")
END
  expect_log "$daemon/porter.* event=penalty src=$CLIENT_4 cause=unparsable score=20$"
  expect_log "$daemon/porter.* event=penalty src=$CLIENT_4 cause=unparsable score=[4-9][0-9]$"
  expect_log "$daemon/porter.* event=refuse id=[0-9a-f]{16} src=$CLIENT_4 dst=${ADDRESS_4[www]} status=- reason=penalised$"
  ! syslog_has "porter.* event=(penalty|refuse) .*src=($OTHER_CLIENT_4|$CLIENT_6)" || fail "a neighbour pays"
done
