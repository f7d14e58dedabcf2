#!/usr/bin/env bash
# The power goes while people log in: all that was not synced is lost with it.  What was
# spent before a "yes" stays spent, who was added is there, and the database opens.
# timeout: 300
. "$(dirname "$0")/lab.sh"
lab_up
gate_tool
PATH=$PATH:/sbin:/usr/sbin
for tool in losetup mkfs.ext4; do
  [ -n "$(command -v $tool)" ] || skip "there is no $tool here"
done
gate_keys
gate_jails
gate_configure
truncate -s 64M "$LAB/disk"
mkfs.ext4 -q "$LAB/disk"
[ -e "$(losetup --find 2> "$LAB/run/loop.err")" ] || skip "no loop device here: $(cat "$LAB/run/loop.err")"

cat > "$LAB/disk.py" <<'END'
"""A disk whose power can be cut: EXT4_IOC_SHUTDOWN without a flush, after which nothing
is written any more, not even the journal.  It is mounted in this process's own mount
namespace: a mount that lives on in another one would be found there again, still cut."""
import fcntl, os, struct, subprocess, time
LAB, STORE = os.environ["LAB"], os.environ["LAB"] + "/jail/authd/vault/db"


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def wait_until(holds, complaint):
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, complaint
        time.sleep(0.01)  # between two looks


def on():
    run("mount", "-o", "loop", LAB + "/disk", STORE)


def off():
    wait_until(lambda: subprocess.run(["umount", STORE], stderr=subprocess.DEVNULL).returncode == 0,
               "somebody holds the disk")
    wait_until(lambda: not run("losetup", "--associated", LAB + "/disk"), "the disk is mounted elsewhere too")


def cut():
    at = os.open(STORE, os.O_RDONLY)
    try:
        fcntl.ioctl(at, 0x8004587D, struct.pack("I", 2))
    finally:
        os.close(at)
END

cat > "$LAB/power.py" <<'END'
"""power.py SEED: people log in as fast as they can until the power goes, at a random
moment; then everything is started again and looked at."""
import os, random, signal, sqlite3, subprocess, sys, threading, time
import disk, vaultdb
from gatecrowd import Crowd, code_of, pin_of, secret_of
LAB, BIN, SEED, ROUNDS = disk.LAB, os.environ["BIN"], int(sys.argv[1]), 10
chance = random.Random(SEED)
USERS = [f"user{n}" for n in range(1, 5)]
granted = dict.fromkeys(USERS, -1)


def ctl(*words, given=""):
    return subprocess.run([BIN + "/authctl", "-s", LAB + "/run/admin.sock", *words], input=given, text=True,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def start():
    disk.run("nsenter", "--net=/run/netns/postern-" + os.environ["LAB_ID"] + "-bastion",
             BIN + "/authd", "-c", LAB + "/authd.conf")
    disk.wait_until(lambda: ctl("session", "list").returncode == 0, "it does not serve")


def end(how):
    with open(LAB + "/run/authd.pid") as file:
        os.kill(int(file.read()), how)
    disk.off()  # once the last role is gone


def cut():
    """The power goes, and with it all of authd."""
    disk.cut()
    end(signal.SIGKILL)


def power_back():
    disk.on()
    vaultdb.check()
    return vaultdb.counters()


def control():
    """Does a cut lose anything here?  SQLite without syncs shows it."""
    code = ("import os, sqlite3, sys, disk\n"
            "d = sqlite3.connect(disk.STORE + '/control.db', isolation_level=None)\n"
            "for sql in 'PRAGMA journal_mode=WAL', 'PRAGMA synchronous=OFF', 'CREATE TABLE t (n INTEGER)':\n"
            "    d.execute(sql)\n"
            "disk.run('sync', '-f', disk.STORE)\n"
            "for n in range(50):\n"
            "    d.execute('INSERT INTO t VALUES (?)', (n,))\n"
            "disk.cut()\n"
            "os._exit(0)\n")
    if subprocess.run([sys.executable, "-c", code], stderr=subprocess.DEVNULL).returncode != 0:
        print("SKIP: the power cannot be cut here")
        sys.exit(77)
    disk.off()
    disk.on()
    try:
        left = sqlite3.connect(disk.STORE + "/control.db").execute("SELECT count(*) FROM t").fetchone()[0]
    except sqlite3.Error:
        left = 0  # not even the file is whole
    assert left < 50, "the cut lost nothing, so nothing below would mean anything"
    print(f"  without syncs the cut takes {50 - left} of 50 rows")
    for name in os.listdir(disk.STORE):
        os.remove(disk.STORE + "/" + name)


def add(user):
    done = ctl("user", "add", user, "--hotp", "--secret", secret_of(user), "--pin-stdin", "--no-proof", given=pin_of(user))
    assert done.returncode == 0, f"cannot add {user}"


def person(user, mine, stop):
    while not stop.is_set():
        if crowd.login(user, pin_of(user), code_of(user, mine), "192.0.2.1").word != "granted":
            return  # the disk is gone
        granted[user] = mine
        mine += 1


def one_round(now):
    """Also who asked so late that only the authd after the cut heard it is let in."""
    stop, before = threading.Event(), dict(granted)
    people = [threading.Thread(target=person, args=(user, max(now[user], granted[user] + 1), stop)) for user in USERS]
    for one in people:
        one.start()
    disk.wait_until(lambda: granted != before, "nobody can log in")
    time.sleep(chance.uniform(0, 0.6))  # the moment
    cut()
    stop.set()
    told = dict(granted)
    now = power_back()
    for user, last in told.items():
        assert now[user] > last, f"{user}'s passcode {last} was granted, and is not spent"
    start()
    for one in people:
        one.join()
    for user, last in granted.items():
        if last >= 0:
            word = crowd.login(user, pin_of(user), code_of(user, last), "192.0.2.1").word
            assert word == "refused", f"{user}'s passcode {last} after the cut: {word}"
    return now, sum(granted[user] - before[user] for user in USERS)


disk.on()
os.rmdir(disk.STORE + "/lost+found")
control()
owner = int(os.environ["UID_BASE"]) + 22
os.chown(disk.STORE, owner, owner)
os.chmod(disk.STORE, 0o700)

# The first seconds of a database: it was made, and a user stands in it.
start()
for user in USERS:
    add(user)
cut()
now = power_back()
assert sorted(now) == USERS, f"who was added is not there: {now}"
start()

crowd, logins = Crowd(), 0
for _ in range(ROUNDS):
    now, more = one_round(now)
    logins += more
end(signal.SIGTERM)
print(f"  seed {SEED}: {ROUNDS} times the power was cut under {len(USERS)} people who log in "
      f"({logins} times in all); nothing spent came back")
END
seed=${SEED:-$RANDOM} status=0
PYTHONPATH=$LAB:$PYTHONPATH UID_BASE=$UID_BASE LAB_ID=$LAB_ID \
  unshare --mount --propagation private python3 "$LAB/power.py" "$seed" > "$LAB/run/power.out" || status=$?
cat "$LAB/run/power.out"
[ $status != 77 ] || skip "$(sed -n 's/^SKIP: //p' "$LAB/run/power.out")"
[ $status = 0 ] || fail "with seed $seed"
