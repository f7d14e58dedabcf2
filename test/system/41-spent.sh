#!/usr/bin/env bash
# Spent means spent: more than a thousand logins while vault, sessions and all of authd are
# killed at random moments.  No passcode opens twice, no counter goes back, the database
# always opens.  And of logins with one passcode at one moment exactly one wins.
# timeout: 300
. "$(dirname "$0")/lab.sh"
lab_up
gate_tool
setting authd lockout free_failures 1000
authd_start
for n in 1 2 3 4 5 6 7 8; do enroll user$n --hotp; done
daemon_stop authd

# Their PINs get hashes of the least cost: the moments of writing, at which a kill could do
# harm, come thirty times as often then as with those that authctl makes.
python3 - "$LAB/jail/authd/vault/db/users.db" <<'END'
import hashlib, os, sqlite3, sys
from gatecrowd import pin_of
d = sqlite3.connect(sys.argv[1])
with d:
    for user, in d.execute("SELECT name FROM users WHERE name <> '-'").fetchall():
        salt = os.urandom(16)
        made = hashlib.scrypt(pin_of(user).encode(), salt=salt, n=1 << 10, r=8, p=1, dklen=32)
        d.execute("UPDATE users SET pin = ? WHERE name = ?", (f"scrypt:10:8:1:{salt.hex()}:{made.hex()}", user))
d.close()
END
daemon_start authd

cat > "$LAB/spent.py" <<'END'
"""spent.py SEED LOGINS LIVES: eight users log in with one passcode after the other, and try
those again that were spent, until there were so many logins and so many lives of authd."""
import json, os, random, signal, subprocess, sys, threading, time
import vaultdb
from gatecrowd import Crowd, code_of, pin_of

SEED, LOGINS, LIVES = map(int, sys.argv[1:])
KILLS_A_LIFE = 5  # each costs a role a pause that doubles; a new authd begins anew
LAB, BIN = os.environ["LAB"], os.environ["BIN"]
USERS = [f"user{n}" for n in range(1, 9)]
crowd, enough, failed = Crowd(), threading.Event(), []


class Person(threading.Thread):
    def __init__(self, number, user):
        super().__init__(daemon=True)
        self.user, self.pin, self.chance = user, pin_of(user), random.Random(SEED * 100 + number)
        self.source = f"192.0.2.{number}"
        self.counter, self.granted, self.unclear, self.replays = 0, [], [], 0

    def login(self, counter):
        return crowd.login(self.user, self.pin, code_of(self.user, counter), self.source).word

    def run(self):
        try:
            while not enough.is_set():
                self.next_passcode()
                if self.chance.random() < 0.4:
                    self.try_again()
        except Exception as problem:  # a thread cannot fail the test by itself
            failed.append(f"{self.user}: {problem!r}")
            enough.set()

    def next_passcode(self):
        tried = self.counter
        if self.login(tried) == "granted":
            assert not self.granted or tried > self.granted[-1], f"{tried} again"
            self.granted.append(tried)
            self.counter += 1
            return
        self.find_place()
        if self.counter > tried:
            self.unclear.append(tried)  # spent, and nobody was let in with it

    def find_place(self):
        """Something was killed meanwhile: the operator's tool says where the token is.  Who
        went on blindly would soon be out of the window, and then he guesses."""
        while not enough.is_set():
            shown = subprocess.run([BIN + "/authctl", "-s", LAB + "/run/admin.sock", "user", "show", self.user, "--json"],
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            if shown.returncode == 0:
                now = json.loads(shown.stdout)["next"]
                assert now >= self.counter, f"the counter went back: {self.counter}, {now}"
                self.counter = now
                return
            time.sleep(0.05)  # until it is there again

    def try_again(self):
        """One of those that the log calls spent; older ones are wrong, and count as guesses."""
        old = [c for c in self.granted[-8:] + self.unclear[-8:] if c >= self.counter - 8]
        if not old:
            return
        spent = self.chance.choice(old)
        word = self.login(spent)
        assert word != "granted", f"the passcode {spent} opened twice"
        self.replays += word == "refused"


def master():
    with open(LAB + "/run/authd.pid") as file:
        return int(file.read())


def role(name):
    """The process of that title below the master; None while there is none."""
    try:
        with open(f"/proc/{master()}/task/{master()}/children") as file:
            pids = file.read().split()
    except OSError:
        return None
    for pid in pids:
        try:
            with open(f"/proc/{pid}/cmdline") as file:
                if file.read().startswith(f"postern-authd: {name}"):
                    return int(pid)
        except OSError:
            pass
    return None


def lives(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().split(")")[1].split()[0] != "Z"
    except OSError:
        return False


class Killer:
    def __init__(self):
        self.chance, self.kills, self.counters = random.Random(SEED), {}, {}

    def kill(self, name, pid):
        os.kill(pid, signal.SIGKILL)
        self.kills[name] = self.kills.get(name, 0) + 1

    def one_life(self):
        for _ in range(KILLS_A_LIFE):
            if enough.wait(self.chance.uniform(0.05, 1)):
                return
            name = self.chance.choice(["vault", "sessions"])
            pid = role(name)
            if pid:
                self.kill(name, pid)
        everything = [master(), *filter(None, map(role, ["vault", "sessions", "logger"]))]
        self.kill("authd", everything[0])
        deadline = time.monotonic() + 20
        while any(map(lives, everything)):
            assert time.monotonic() < deadline, "a role outlives its master"
            time.sleep(0.01)  # between two looks
        self.look()
        subprocess.run([BIN + "/authd", "-c", LAB + "/authd.conf"], check=True)

    def look(self):
        vaultdb.check()
        now = vaultdb.counters()
        for user, counter in self.counters.items():
            assert now[user] >= counter, f"the counter of {user} went back: {counter}, {now[user]}"
        self.counters = now


people = [Person(n, user) for n, user in enumerate(USERS, 1)]
killer, begun, begins = Killer(), time.monotonic(), 0


def logins():
    return sum(len(person.granted) + person.replays for person in people)


for person in people:  # from here on they are known where they are, and not taken for strangers
    person.next_passcode()
    assert person.granted, f"{person.user} cannot log in at all"
for person in people:
    person.start()
while not enough.is_set() and (logins() < LOGINS or begins < LIVES):
    assert time.monotonic() < begun + 240, f"only {logins()} logins in {begins} lives: {[p.counter for p in people]}"
    killer.one_life()
    begins += 1
enough.set()
for person in people:
    person.join(60)
assert not failed, failed
with open(LAB + "/spent", "w") as file:
    for person in people:
        print(person.user, person.granted[-1] + 1, file=file)
print(f"  seed {SEED}: {sum(len(p.granted) for p in people)} logins granted, {sum(p.replays for p in people)} spent "
      f"passcodes refused, {sum(len(p.unclear) for p in people)} spent without an answer, in "
      f"{time.monotonic() - begun:.0f} s; killed: "
      + ", ".join(f"{name} {count} times" for name, count in sorted(killer.kills.items())))
END
seed=${SEED:-$RANDOM}
in_bastion python3 "$LAB/spent.py" "$seed" 1200 12 || fail "with seed $seed"

# What the log says about it.
judged=$(syslog_count 'event=login .*(result=ok|reason=spent-passcode)')
[ "$judged" -ge 1000 ] || fail "only $judged logins were judged"
for reason in ceiling throttled wrong-passcode store-error; do
  ! syslog_has "reason=$reason" || fail "a login was refused as $reason: $(grep -m 3 "reason=$reason" "$LAB/syslog")"
done
! syslog_has 'cannot open the vault|damaged' || fail "the database did not open once"
serves() { ctl session list > "$LAB/run/out" 2>&1; }
wait_for 30 serves || fail "authd does not come back"

# At one moment, with one passcode, from several places: one wins.
cat > "$LAB/at-once.py" <<'END'
import json, os, subprocess
from gatecrowd import Crowd, code_of, pin_of
crowd, user, ROUNDS, EACH = Crowd(), "user1", 25, 4
shown = subprocess.run([os.environ["BIN"] + "/authctl", "-s", os.environ["LAB"] + "/run/admin.sock", "user", "show",
                        user, "--json"], stdout=subprocess.PIPE, text=True, check=True).stdout
first = json.loads(shown)["next"]
for counter in range(first, first + ROUNDS):
    slots = [crowd.begin("login", f"203.0.113.{n}", user, pin_of(user), code_of(user, counter)) for n in range(EACH)]
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
