#!/usr/bin/env bash
# The power goes while people log in: all that was not synced is lost with it.  What was
# spent before a "yes" stays spent, and the database opens.
# timeout: 300
. "$(dirname "$0")/lab.sh"
lab_up
gate_tool
for tool in losetup mkfs.ext4; do
  [ -n "$(PATH=$PATH:/sbin:/usr/sbin command -v $tool)" ] || skip "there is no $tool here"
done
gate_keys
gate_jails
gate_configure
STORE=$LAB/jail/authd/vault/db
VAULT_UID=$((UID_BASE + 22))
truncate -s 64M "$LAB/disk"
PATH=$PATH:/sbin:/usr/sbin mkfs.ext4 -q "$LAB/disk"
disk_on() { mount -o loop "$LAB/disk" "$STORE"; }
disk_off() { umount "$STORE"; }
disk_on 2> "$LAB/run/mount.err" || skip "no loop mount here: $(cat "$LAB/run/mount.err")"
trap 'status=$?; disk_off 2> /dev/null || :; set +e; (exit $status); lab_down' EXIT
rmdir "$STORE/lost+found"
chown $VAULT_UID:$VAULT_UID "$STORE"
chmod 700 "$STORE"

cat > "$LAB/cut.py" <<'END'
"""cut.py DIRECTORY: what a power cut does to its file system: nothing more is written, not
even the journal (EXT4_IOC_SHUTDOWN without a flush)."""
import fcntl, os, struct, sys


def cut(directory):
    at = os.open(directory, os.O_RDONLY)
    try:
        fcntl.ioctl(at, 0x8004587D, struct.pack("I", 2))
    except OSError as refusal:
        print(f"no: {refusal}")
    finally:
        os.close(at)


if __name__ == "__main__":
    cut(sys.argv[1])
END

# Does a cut lose anything here?  SQLite without syncs shows it.
cat > "$LAB/control.py" <<'END'
import os, sqlite3, sys
import cut
d = sqlite3.connect(sys.argv[1] + "/control.db", isolation_level=None)
for sql in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=OFF", "CREATE TABLE t (n INTEGER)"):
    d.execute(sql)
os.sync()
for n in range(50):
    d.execute("INSERT INTO t VALUES (?)", (n,))
cut.cut(sys.argv[1])
os._exit(0)
END
refused=$(PYTHONPATH=$LAB:$PYTHONPATH python3 "$LAB/control.py" "$STORE")
[ -z "$refused" ] || skip "the power cannot be cut here: $refused"
disk_off
disk_on
left=$(python3 - "$STORE/control.db" <<'END'
import sqlite3, sys
try:
    print(sqlite3.connect(sys.argv[1]).execute("SELECT count(*) FROM t").fetchone()[0])
except sqlite3.Error:
    print(0)  # not even the file is whole
END
)
[ "$left" -lt 50 ] || fail "the cut lost nothing, so nothing below would mean anything"
note "without syncs the cut takes $((50 - left)) of 50 rows"
rm -f "$STORE"/control.db*

daemon_start authd
for n in 1 2 3 4; do enroll user$n --hotp; done

cat > "$LAB/rounds.py" <<'END'
"""Four users log in as fast as they can until the power goes, at a random moment; then
everything is started again and looked at."""
import os, random, signal, subprocess, sys, threading, time
import cut, vaultdb
from gatecrowd import Crowd, code_of, pin_of
LAB, STORE, SEED, ROUNDS = os.environ["LAB"], sys.argv[1], int(sys.argv[2]), 8
chance = random.Random(SEED)
counter = {f"user{n}": 0 for n in range(1, 5)}
granted = {user: -1 for user in counter}
total = 0
crowd = Crowd()


def person(user, stop):
    while not stop.is_set():
        mine = counter[user]
        counter[user] += 1
        if crowd.login(user, pin_of(user), code_of(user, mine), "192.0.2.1").word == "granted":
            granted[user] = mine
        else:
            time.sleep(0.02)  # the disk is gone, or nearly


def run(*command):
    subprocess.run(command, check=True)


for _ in range(ROUNDS):
    stop = threading.Event()
    people = [threading.Thread(target=person, args=(user, stop)) for user in counter]
    before = dict(granted)
    for one in people:
        one.start()
    while granted == before:
        time.sleep(0.01)  # until somebody is in
    time.sleep(chance.uniform(0, 0.6))
    cut.cut(STORE)
    stop.set()
    for one in people:
        one.join()
    with open(LAB + "/run/authd.pid") as file:
        master = int(file.read())
    os.kill(master, signal.SIGKILL)
    while subprocess.run(["umount", STORE], stderr=subprocess.DEVNULL).returncode != 0:
        time.sleep(0.02)  # until the vault is gone too
    run("mount", "-o", "loop", LAB + "/disk", STORE)
    vaultdb.check()
    now = vaultdb.counters()
    for user, last in granted.items():
        assert now[user] > last, f"seed {SEED}: {user}'s passcode {last} was granted, and is not spent"
        counter[user] = max(counter[user] if counter[user] < now[user] + 8 else now[user], now[user])
    total += sum(granted[user] != before[user] for user in granted)
    run(os.environ["BIN"] + "/authd", "-c", LAB + "/authd.conf")
    for user, last in granted.items():
        if last >= 0:
            word = crowd.login(user, pin_of(user), code_of(user, last), "192.0.2.1").word
            assert word == "refused", f"seed {SEED}: {user}'s passcode {last} after the cut: {word}"
print(f"  seed {SEED}: {ROUNDS} times the power was cut under {len(counter)} people who log in; nothing spent came back")
END
seed=${SEED:-$RANDOM}
in_bastion env PYTHONPATH="$LAB:$PYTHONPATH" python3 "$LAB/rounds.py" "$STORE" "$seed" || fail "with seed $seed"
daemon_stop authd
