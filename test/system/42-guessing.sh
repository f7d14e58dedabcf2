#!/usr/bin/env bash
# Guessing at a user: how many guesses are judged, who waits and who does not; and what the
# hashing of PINs costs everybody else while a crowd keeps the vault at full work.
# timeout: 300
. "$(dirname "$0")/lab.sh"
lab_up
gate_tool
setting authd lockout free_failures 3
setting authd session sessions_per_user 100
setting authd lockout delay 4s
authd_start
enroll alice --hotp
enroll bob --hotp
enroll carol --hotp

python3 - <<'END'
import time
from gatecrowd import Crowd, code_of, log_lines, pin_of
crowd = Crowd()
HOME = "192.0.2.1"
counters = {}


def next_code(user):
    counters[user] = counters.get(user, -1) + 1
    return code_of(user, counters[user])


def wrong_code(user):
    """None that the token shows, now or soon."""
    soon = {code_of(user, n) for n in range(200)}
    return next(code for code in map("{:06d}".format, range(1000)) if code not in soon)


def reasons(user, since):
    return [line["reason"] for line in log_lines("login") if line["user"] == user][since:]


def login(user, pin, code, source):
    """Whether it was granted, and what the log says about it."""
    before = len(reasons(user, 0))
    word = crowd.login(user, pin, code, source).word
    deadline = time.monotonic() + 10
    while len(reasons(user, before)) < 1:
        assert time.monotonic() < deadline, "no line in the log"
        time.sleep(0.01)  # between two looks
    return word == "granted", reasons(user, before)[0]


# Alice is at home.  Strangers who know her PIN guess from thirty places: with HOTP and a
# window of ten they have four guesses a day, three of them at once.
assert login("alice", pin_of("alice"), next_code("alice"), HOME) == (True, "-")
words = [login("alice", pin_of("alice"), wrong_code("alice"), f"198.51.100.{n}")[1] for n in range(30)]
assert words == ["wrong-passcode"] * 3 + ["ceiling"] * 27, words
assert login("alice", pin_of("alice"), next_code("alice"), "203.0.113.1") == (False, "ceiling")
assert login("alice", pin_of("alice"), code_of("alice", counters["alice"]), HOME) == (False, "spent-passcode")
assert login("alice", pin_of("alice"), next_code("alice"), HOME) == (True, "-")
print("  30 strangers with the PIN: 3 guesses judged, the rest refused; the user logs in from home")

# Who does not know the PIN can try as often as he likes, and takes nothing from the user.
words = [login("bob", "00000000", wrong_code("bob"), f"198.51.100.{n}")[1] for n in range(30)]
assert words == ["wrong-passcode"] * 30, words
assert login("bob", pin_of("bob"), next_code("bob"), "203.0.113.2") == (True, "-")

# One source at one user is slowed, and no more than that; the same for a name that is none.
for user, first in ("carol", "wrong-passcode"), ("nobody", "unknown-user"):
    words = [login(user, "00000000", wrong_code(user), "198.51.100.99")[1] for n in range(8)]
    assert words == [first] * 4 + ["throttled"] * 4, (user, words)
    assert login(user, "00000000", wrong_code(user), "198.51.100.98")[1] == first, user
begun = time.monotonic()
while not (answer := login("carol", pin_of("carol"), code_of("carol", 0), "198.51.100.99"))[0]:
    assert answer[1] == "throttled" and time.monotonic() < begun + 20, answer
print(f"  a slowed source is judged again after {time.monotonic() - begun:.1f} s")
END

# A crowd of strangers keeps the vault busy.  Who logged in from home before still gets in
# at once, and a verdict is given as fast as ever.
cat > "$LAB/crowd.py" <<'END'
import statistics
import threading
import time
from gatecrowd import Crowd, code_of, pin_of
crowd, HOME, SECONDS, STRANGERS = Crowd(), "192.0.2.1", 8, 48
stop = threading.Event()
tries = []


def stranger(number):
    """Always three logins at once, from a place of its own, at names of its own."""
    turn = 0
    while not stop.is_set():
        turn += 1
        slots = [crowd.begin("login", f"198.51.100.{number}", f"x{number}.{turn % 1000}.{n}", "12345678", "000000")
                 for n in range(3)]
        tries.extend(crowd.end(slot).ms for slot in slots)
        time.sleep(0.01)  # it is the vault that is to be busy, not this machine


def verdicts(seconds, cookie):
    times, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        answer = crowd.judge(cookie, HOME)
        assert answer.word == "good", answer
        times.append(answer.ms)
        time.sleep(0.005)  # two hundred a second
    return times


def told(name, times):
    cut = statistics.quantiles(times, n=100)
    print(f"  {name:34} {len(times):5} times: median {cut[49]:7.2f} ms, 99 of 100 within {cut[98]:7.2f} ms")
    return cut[49], cut[98]


def log_in(counter):
    answer = crowd.login("alice", pin_of("alice"), code_of("alice", counter), HOME)
    assert answer.word == "granted", answer
    return answer


first = log_in(10)
# Whatever this machine is good for: who asks for a verdict while a PIN is hashed has it first.
earlier = 0
for n in range(20):
    hashed = crowd.begin("login", f"203.0.113.{100 + n}", f"y{n}", "12345678", "000000")
    assert crowd.end(crowd.begin("judge", HOME, first.cookie)).word == "good"
    earlier += not hashed[0].is_set()
    assert crowd.end(hashed).word == "refused"
print(f"  {earlier} of 20 verdicts came before the login that was asked before them")
assert earlier >= 10, "a verdict waits until a PIN is hashed"
quiet = told("a verdict, nobody logs in", verdicts(3, first.cookie))
alone = [log_in(11 + n).ms for n in range(5)]
crowd_threads = [threading.Thread(target=stranger, args=(n,), daemon=True) for n in range(STRANGERS)]
for thread in crowd_threads:
    thread.start()
time.sleep(0.5)  # until the queue is full
seen = {}
judge = threading.Thread(target=lambda: seen.update(busy=verdicts(SECONDS, first.cookie)))
judge.start()
logins = []
for n in range(20):
    logins.append(log_in(16 + n).ms)
judge.join()
stop.set()
for thread in crowd_threads:
    thread.join()
busy = told("a verdict, the vault at full work", seen["busy"])
print(f"  a login from home: {statistics.median(alone):.0f} ms alone; while {STRANGERS} strangers try "
      f"({len(tries) / SECONDS:.0f} answers a second): median {statistics.median(logins):.0f}, at most {max(logins):.0f} ms")
# Sessions never waits for the vault.  What is left is the processors' own queue.
assert busy[0] < quiet[0] + 20, "a verdict waits for the logins"
assert busy[1] < 500, "a verdict waits for the logins"
# At most the one that is before the vault already, and its own turn.
assert statistics.median(logins) < 4 * statistics.median(alone) + 100, "strangers go first"
assert max(logins) < 5000
END
python3 "$LAB/crowd.py"
syslog_has 'event=login .*result=fail reason=busy' || fail "the queue was never full"
