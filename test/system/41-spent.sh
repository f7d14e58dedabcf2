#!/usr/bin/env bash
# Spent means spent: more than a thousand logins while vault, sessions and all of authd are
# killed at random moments.  No passcode opens twice, no counter goes back, the database
# always opens.  And of logins with one passcode at one moment exactly one wins.
# timeout: 600
. "$(dirname "$0")/lab.sh"
lab_up
gate_tool
setting authd lockout free_failures 1000
authd_start
for n in 1 2 3 4 5 6 7 8; do enroll user$n --hotp; done

cat > "$LAB/spent.py" <<'END'
"""spent.py SEED LOGINS: eight users log in with one passcode after the other, and try
those again that were spent; a killer does its work meanwhile."""
import os
import random
import signal
import subprocess
import sys
import threading
import time

import vaultdb
from gatecrowd import Crowd, code_of, pin_of

SEED, LOGINS = int(sys.argv[1]), int(sys.argv[2])
KILLS_A_LIFE = 8  # each costs a role a pause that doubles; a new authd begins anew
USERS = [f"user{n}" for n in range(1, 9)]
LAB = os.environ["LAB"]
crowd = Crowd()
enough = threading.Event()
failed = []


class Person(threading.Thread):
    def __init__(self, number, user):
        super().__init__(daemon=True)
        self.user, self.pin, self.chance = user, pin_of(user), random.Random(SEED * 100 + number)
        self.source = f"192.0.2.{number}"
        self.counter, self.granted, self.replays, self.answered = 0, [], 0, 0

    def login(self, counter):
        answer = crowd.login(self.user, self.pin, code_of(self.user, counter), self.source)
        self.answered += answer.word != "lost"
        return answer.word

    def run(self):
        try:
            while not enough.is_set():
                self.next_passcode()
                if self.granted and self.chance.random() < 0.4:
                    self.try_again()
        except Exception as problem:  # a thread cannot fail the test by itself
            failed.append(f"{self.user}: {problem!r}")
            enough.set()

    def next_passcode(self):
        """Lost and refused ones are tried once more: they may be spent, or not."""
        for _ in range(2):
            word = self.login(self.counter)
            if word == "granted":
                assert not self.granted or self.counter > self.granted[-1], f"{self.counter} again"
                self.granted.append(self.counter)
                break
            time.sleep(0.02)  # between two looks, while a role is away
        self.counter += 1

    def try_again(self):
        old = self.granted[-1] if self.chance.random() < 0.5 else self.chance.choice(self.granted)
        word = self.login(old)
        assert word != "granted", f"the passcode {old} opened twice"
        self.replays += word == "refused"


def master():
    with open(LAB + "/run/authd.pid") as file:
        return int(file.read())


def role(name):
    """The process of that title below the master; None while there is none."""
    children = f"/proc/{master()}/task/{master()}/children"
    for pid in open(children).read().split():
        try:
            if open(f"/proc/{pid}/cmdline").read().startswith(f"postern-authd: {name}"):
                return int(pid)
        except OSError:
            pass
    return None


class Killer:
    def __init__(self):
        self.chance, self.kills, self.counters = random.Random(SEED), {}, {}

    def kill(self, name, pid):
        os.kill(pid, signal.SIGKILL)
        self.kills[name] = self.kills.get(name, 0) + 1

    def one_life(self):
        for _ in range(KILLS_A_LIFE):
            if enough.wait(self.chance.uniform(0.05, 0.9)):
                return
            name = self.chance.choice(["vault", "sessions"])
            pid = role(name)
            if pid:
                self.kill(name, pid)
        everything = [master(), *filter(None, map(role, ["vault", "sessions", "logger"]))]
        self.kill("authd", everything[0])
        wait_until(lambda: not any(map(lives, everything)), "a role outlives its master")
        self.look()
        subprocess.run([os.environ["BIN"] + "/authd", "-c", LAB + "/authd.conf"], check=True)

    def look(self):
        vaultdb.check()
        now = vaultdb.counters()
        for user, counter in self.counters.items():
            assert now[user] >= counter, f"the counter of {user} went back: {counter}, {now[user]}"
        self.counters = now


def lives(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().split(")")[1].split()[0] != "Z"
    except OSError:
        return False


def wait_until(holds, complaint):
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline, complaint
        time.sleep(0.01)  # between two looks


people = [Person(n, user) for n, user in enumerate(USERS, 1)]
killer = Killer()
begun = time.monotonic()
for person in people:  # from here on they are known where they are, and not taken for strangers
    person.next_passcode()
    assert person.granted, f"{person.user} cannot log in at all"
for person in people:
    person.start()
while not enough.is_set():
    killer.one_life()
    if sum(len(p.granted) + p.replays for p in people) >= LOGINS:
        enough.set()
for person in people:
    person.join(60)
assert not failed, failed
spent = {p.user: p.granted[-1] + 1 for p in people}
with open(LAB + "/spent", "w") as file:
    for user, counter in spent.items():
        print(user, counter, file=file)
print(f"  seed {SEED}: {sum(len(p.granted) for p in people)} logins granted, "
      f"{sum(p.replays for p in people)} spent passcodes refused, in {time.monotonic() - begun:.0f} s; killed: "
      + ", ".join(f"{name} {count} times" for name, count in sorted(killer.kills.items())))
END
seed=${SEED:-$((RANDOM))}
note "seed $seed"
in_bastion python3 "$LAB/spent.py" "$seed" 1100 || fail "with seed $seed"

# What the log and the database say about it.
judged=$(syslog_count 'event=login .*(result=ok|reason=spent-passcode)')
[ "$judged" -ge 1000 ] || fail "only $judged logins were judged"
! syslog_has 'cannot open the vault|damaged' || fail "the database did not open once"
! syslog_has 'reason=store-error' || fail "the database failed once"
wait_for 30 ctl status || fail "authd does not come back"

# At one moment, with one passcode, from several places: one wins.
cat > "$LAB/at-once.py" <<'END'
import os
from gatecrowd import Crowd, code_of, pin_of
crowd, ROUNDS, EACH = Crowd(), 25, 3
with open(os.environ["LAB"] + "/spent") as file:
    spent = {user: int(counter) for user, counter in map(str.split, file)}
user = "user1"
for counter in range(spent[user], spent[user] + ROUNDS):
    slots = [crowd.begin("login", f"203.0.113.{n}", user, pin_of(user), code_of(user, counter))
             for n in range(EACH)]
    words = sorted(crowd.end(slot).word for slot in slots)
    assert words == ["granted"] + ["refused"] * (EACH - 1), (counter, words)
print(f"  {ROUNDS} times {EACH} logins at once with one passcode: one each time")
END
python3 "$LAB/at-once.py"
daemon_stop authd
python3 - <<'END'
import os
import vaultdb
vaultdb.check()
now = vaultdb.counters()
with open(os.environ["LAB"] + "/spent") as file:
    for user, counter in map(str.split, file):
        assert now[user] >= int(counter), f"the counter of {user} went back"
END
