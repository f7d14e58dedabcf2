#!/usr/bin/env bash
# connections_per_worker=256: the same service, many connections in one worker, and no
# answer goes to the wrong one.
. "$(dirname "$0")/lab.sh"
lab_up
setting wfd isolation connections_per_worker 256
gate_start
. "$LIB/tour.sh"
tour
login tourist
python_in_client "$(cookie_of tourist)" <<'END'
import sys, wire
cookie = sys.argv[1]
connections = [wire.https("www.corp.example") for _ in range(100)]
for turn in range(3):
    for number, c in enumerate(connections):
        path = f"/headers?n={number}"
        c.send(wire.get("www.corp.example", path, cookie=cookie if number % 2 else None,
                        extra=f"Cookie: n={turn}-{number}\r\n" if not number % 2 else ""))
    for number, c in enumerate(connections):
        status, _, body = c.answer()
        assert status == (200 if number % 2 else 401), (number, status)
for number, c in enumerate(connections):
    if number % 2:
        status, _, body = c.ask(wire.get("www.corp.example", "/headers", extra=f"Via: 1.1 n{number}\r\n", cookie=cookie))
        assert status == 200
END
workers=$(role_pids wfd worker | wc -l)
[ "$workers" -le 20 ] || fail "$workers workers for a hundred connections"
