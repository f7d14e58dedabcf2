#!/usr/bin/env bash
# A wrong PIN, a wrong passcode, a spent one, a user that does not exist, one that has to
# wait and one at whom too many guesses were made: all are answered in the same time, so that
# a clock tells nobody which of them it was.
# timeout: 900
. "$(dirname "$0")/lab.sh"
lab_up
setting authd lockout free_failures 60
setting authd lockout delay 15m
gate_start
USERS=12
for n in $(seq $USERS); do  # eight digits: so many guesses a day that none of these meets the ceiling
  enroll user$n --hotp --digits 8
  echo "user$n $(pin_of user$n) $(oathtool --hotp -b -d 8 -c 0 -w 40 "$(secret_of user$n)" | xargs)"
done > "$LAB/known"
enroll ceiling --hotp
echo "$(pin_of ceiling)" > "$LAB/ceiling"

# Each kind is tried two hundred times, in turns, so that whatever else the machine does hits
# all alike.  Every user has logged in once, with his first passcode.
python_in_client <<'END'
import itertools, os, random, statistics, time, urllib.parse, wire
login = "login.corp.example"
with open(os.environ["LAB"] + "/known") as file:
    known = [line.split() for line in file]
TRIES = 200


def wrong_pin(n):
    name, _, *codes = known[n % len(known)]
    return name, "00000000", codes[1 + n // len(known)]  # one after the other: it is spent by this


def wrong_passcode(n):
    name, pin, *_ = known[n % len(known)]
    return name, pin, "000000"


def spent(n):
    name, pin, *codes = known[n % len(known)]
    return name, pin, codes[0]


def unknown(n):
    return f"nobody{n}", known[0][1], f"{n:06d}"


def throttled(_):
    return "slowed", known[0][1], "000000"


def ceiling(_):
    with open(os.environ["LAB"] + "/ceiling") as pin:
        return "ceiling", pin.read().strip(), "000000"


KINDS = [wrong_pin, wrong_passcode, spent, unknown, throttled, ceiling]


def post(user, pin, passcode):
    body = urllib.parse.urlencode({"user": user, "pin": pin, "passcode": passcode,
                                   "host": "www.corp.example", "path": "/"}).encode()
    return (f"POST /login HTTP/1.1\r\nHost: {login}\r\nOrigin: https://{login}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body


def time_of(kind, n):
    with wire.https(login) as c:
        request = post(*kind(n))
        started = time.perf_counter()
        c.send(request)
        status, _, _ = c.answer()
        assert status == 403, (kind.__name__, status)
        return (time.perf_counter() - started) * 1000


def later(one, other):
    """How often a value of `one` is above one of `other`; 0.5 when nobody can tell them apart."""
    above = sum((a > b) + (a == b) / 2 for a in one for b in other)
    return above / (len(one) * len(other))


times = {kind: [] for kind in KINDS}
for user, pin, code, *_ in known:
    with wire.https(login) as c:
        assert c.ask(post(user, pin, code))[0] == 303
for n in range(62):  # until that name has to wait
    time_of(throttled, n)
for n in range(TRIES):
    for kind in random.sample(KINDS, len(KINDS)):
        times[kind].append(time_of(kind, n))

for kind, values in times.items():
    low, middle, high = statistics.quantiles(values, n=4)
    print(f"  {kind.__name__:15} median {middle:7.2f} ms, the middle half {low:7.2f} to {high:7.2f}")
medians = [statistics.median(values) for values in times.values()]
assert min(medians) > 5, f"no scrypt is that fast: {medians}"
# For two samples of one distribution, two hundred each, this is 0.5 with a standard
# deviation of 0.03: five of them are no accident among fifteen pairs.  A kind that left out
# the scrypt or a write to the disk would be at 0 or 1.
for one, other in itertools.combinations(KINDS, 2):
    share = later(times[one], times[other])
    assert 0.35 <= share <= 0.65, f"{one.__name__} and {other.__name__} can be told apart: {share:.2f}"
END
for reason in wrong-pin wrong-passcode spent-passcode unknown-user throttled ceiling; do
  expect_log "event=login id=[0-9a-f]{16} user=[^ ]+ src=$CLIENT_4 result=fail reason=$reason$"
done
others=$(syslog_count "event=login .* user=(user|nobody)[0-9]+ .* reason=(throttled|ceiling|busy)")
[ "$others" = 0 ] || fail "$others of the others were not judged, so nothing was measured"
