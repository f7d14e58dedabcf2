#!/usr/bin/env bash
# A wrong PIN, a wrong passcode, a spent one and a user that does not exist take the same
# time, so that a clock tells nobody which of them it was.
# timeout: 180
. "$(dirname "$0")/lab.sh"
lab_up
setting authd lockout free_failures 1000
gate_start
USERS=12
for n in $(seq $USERS); do
  enroll user$n --hotp
  echo "user$n $(pin_of user$n) $(oathtool --hotp -b -c 0 -w 4 "$(secret_of user$n)" | xargs)"
done > "$LAB/known"

# Each kind is tried forty times, in turns, so that whatever else the machine does hits
# all alike.  Every user has logged in once, with his first passcode.
python_in_client <<'END'
import os, random, statistics, time, urllib.parse, wire
login = "login.corp.example"
with open(os.environ["LAB"] + "/known") as file:
    known = [line.split() for line in file]
TRIES = 40


def wrong_pin(n):
    name, _, *codes = known[n % len(known)]
    return name, "00000000", codes[1 + n // len(known)]


def wrong_passcode(n):
    name, pin, *_ = known[n % len(known)]
    return name, pin, "000000"


def spent(n):
    name, pin, *codes = known[n % len(known)]
    return name, pin, codes[0]


def unknown(n):
    return f"nobody{n}", known[0][1], f"{n:06d}"


KINDS = [wrong_pin, wrong_passcode, spent, unknown]


def post(user, pin, passcode):
    body = urllib.parse.urlencode({"user": user, "pin": pin, "passcode": passcode,
                                   "host": "www.corp.example", "path": "/"}).encode()
    return (f"POST /login HTTP/1.1\r\nHost: {login}\r\nOrigin: https://{login}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body


times = {kind: [] for kind in KINDS}
for user, pin, code, *_ in known:
    with wire.https(login) as c:
        assert c.ask(post(user, pin, code))[0] == 303
for n in range(TRIES):
    for kind in random.sample(KINDS, len(KINDS)):
        with wire.https(login) as c:
            request = post(*kind(n))
            started = time.perf_counter()
            c.send(request)
            status, head, _ = c.answer()
            times[kind].append((time.perf_counter() - started) * 1000)
        assert status == 403, (kind.__name__, status)


def spread(values):
    """The middle half of them lies in so many milliseconds."""
    low, _, high = statistics.quantiles(values, n=4)
    return high - low


# The medians of two samples of one distribution, forty each, differ with a standard
# deviation of about 0.2 spreads.  More than one whole spread is no accident; a kind that
# left out the scrypt or a write to the disk would be many away.
medians = {kind: statistics.median(values) for kind, values in times.items()}
allowed = statistics.median(map(spread, times.values())) + 0.2
for kind in KINDS:
    print(f"  {kind.__name__:15} {medians[kind]:7.2f} ms, the middle half within {spread(times[kind]):.2f} ms")
assert min(medians.values()) > 5, f"no scrypt is that fast: {medians}"
apart = max(medians.values()) - min(medians.values())
assert apart <= allowed, f"the kinds differ by {apart:.2f} ms; {allowed:.2f} would be chance"
END
for reason in wrong-pin wrong-passcode spent-passcode unknown-user; do
  expect_log "event=login id=[0-9a-f]{16} user=[^ ]+ src=$CLIENT_4 result=fail reason=$reason$"
done
! syslog_has "reason=throttled" || fail "the throttle answered, so nothing was measured"
