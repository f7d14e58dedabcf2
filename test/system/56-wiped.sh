#!/usr/bin/env bash
# PIN, passcode and cookie are nowhere in the memory of a worker once it has answered, as
# text that somebody sent: the next connection may be another user's, with one of the same
# process, and get what memory this one had.
. "$(dirname "$0")/lab.sh"
lab_up
sink_start

# secrets_left USER: what is found of them.  A request is longer than its answer, which
# would else lie where the request was.
secrets_left() {
  python_in_client "$1" "$(pin_of "$1")" "$(passcode "$1")" <<'END'
import re
import sys
import time
from wire import get, https, wait_for_requests, worker_of
user, pin, passcode = sys.argv[1:]
host = "login.corp.example"
long = f"X-Long: {'x' * 3000}\r\n"


def is_at_rest(pid):
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] == "S"


def found(connection, **secrets):
    """Their names, as far as they are in the memory of the worker that answered, and has nothing to do now."""
    pid, names = worker_of(connection), set()
    deadline = time.monotonic() + 5
    while not is_at_rest(pid) and time.monotonic() < deadline:
        time.sleep(0.01)  # its line comes before it is done
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb") as memory:
        for line in maps:
            if " rw-p " not in line:
                continue
            start, end = (int(place, 16) for place in line.split()[0].split("-"))
            memory.seek(start)
            text = memory.read(end - start)
            names |= {name for name, secret in secrets.items() if secret.encode() in text}
    return " ".join(sorted(names))


with https(host) as c:
    form = f"user={user}&pin={pin}&passcode={passcode}"
    c.send(f"POST /login HTTP/1.1\r\nHost: {host}\r\nOrigin: https://{host}\r\n{long}"
           f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n\r\n{form}".encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += c.raw.recv(65536)
    cookie = re.search(rb"SessionID=([A-Za-z0-9_-]{43})", answer)[1].decode()
    print("login:", found(c, pin=f"pin={pin}", passcode=f"passcode={passcode}", cookie=cookie))
with https("sink.corp.example") as c:  # a long body, and the next request right behind it
    size = 12 * 16384 + 12000  # what is behind it lies deep in the last of its records
    first, short = (get("sink.corp.example", "/", cookie, "POST", fields)
                    for fields in (f"Content-Length: {size}\r\nExpect: 100-continue\r\n", "Content-Length: 1\r\n"))
    assert c.ask(short + b"x")[0] == 200  # now its port is known, and nothing of the body has to be kept
    assert c.ask(first)[0] == 100
    c.send(bytes(size) + short + b"x")
    assert [c.answer()[0], c.answer()[0]] == [200, 200]
    wait_for_requests(c, 3)  # the last one is under way still
    print("behind a body:", found(c, cookie=cookie))
with https(host) as c:
    c.ask(get(host, "/session", cookie, extra=long))
    print("request:", found(c, cookie=cookie))
    c.send(get(host, "/session", cookie, extra=long)[:-2])  # not all of it: so it must be there
    if not any(found(c, cookie=cookie) for _ in range(100)):
        print("nothing is found at all")
END
}

for connections in 1 8; do
  setting wfd isolation connections_per_worker $connections
  gate_start
  enroll user$connections --hotp
  left=$(secrets_left user$connections)
  [ "$left" = $'login: \nbehind a body: \nrequest: ' ] || fail "with $connections a worker there is: $left"
  gate_stop
done
