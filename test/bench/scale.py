"""scale.py: how the cost of one operation changes as there is more of everything.  Started by
scale.sh, which has set up the lab and Postern.

A series is: what grows, the points measured, and for each of them a few figures.  Beside the
figures stands the exponent of the growth between the first point and the last one: of a cost
that should not grow at all it is 0, of memory or time in all it is 1 when that is linear."""
import glob
import hashlib
import json
import math
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time

import curves
from measuring import COOKIE, ENV, GET, LAB, MIB, OUT, QUICK, BASTION, Group, Load, Target, in_namespace, settled

BIN, DB = ENV["BIN"], ENV["DB"]
ADDRESS = ENV["CLIENT_4"]
GATES = {"256": Target("postern-256", f"{BASTION}:443", groups=["postern-256", "authd"]),
         "1": Target("postern-1", f"{BASTION}:444", groups=["postern-1", "authd"])}


def cost(target, options):
    """CPU microseconds of an operation, and KiB of memory while its connections stand."""
    empty = sum(group.pss() for group in target.groups)
    load = Load(target, options)
    before = settled(target)
    result = load.go()
    cpu = settled(target) - before
    memory = sum(group.pss() for group in target.groups) - empty
    load.end()
    settled(target)
    if result["failed"]:
        raise RuntimeError(f"{target.name}: {result['failed']} operations failed: {options}")
    return cpu / options["requests"], memory


def connections():
    """Requests on so many kept-alive connections, all of them in use, fifty at a time."""
    for name, counts in (("256", (100, 1000, 10000)), ("1", (100, 1000, 2000))):
        points = []
        for count in counts[:2] if QUICK else counts:
            requests = max(20000, 2 * count)
            cpu, memory = cost(GATES[name], dict(GET, mode="kept", connections=count, active=50, requests=requests, warm=count))
            points.append({"x": count, "CPU us a request": cpu, "KiB a connection": memory / count})
        yield f"connections, connections_per_worker={name}", "connections", points


def sizes():
    """Answers of so many bytes, one connection."""
    for name, target in GATES.items():
        points = []
        for size in (0, 1024, 65536, MIB, 16 * MIB, 256 * MIB, 1024 * MIB)[:5 if QUICK else 7]:
            requests = max(2, min(3000, 256 * MIB // max(size, 1)))
            cpu, _ = cost(target, dict(GET, path=f"/size-{size}", mode="kept", connections=1, requests=requests, warm=1))
            points.append({"x": max(size, 1), "CPU us an answer": cpu})
        yield f"size of an answer, connections_per_worker={name}", "bytes", points


# ---- live sessions ---------------------------------------------------------------

def columns(db, table, but):
    return ", ".join(row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[1] not in but)


def seed(count):
    """Puts sessions into the database of a vault that does not run: copies of the one that
    is there, ten to a user, with cookies of their own, which are returned."""
    db = sqlite3.connect(next(name for name in glob.glob(DB + "/*") if not name.endswith(("-wal", "-shm"))))
    db.execute("PRAGMA foreign_keys=ON")
    ours = db.execute("SELECT slot FROM sessions WHERE user = 'alice'").fetchone()[0]
    user, session = columns(db, "users", ("name",)), columns(db, "sessions", ("slot", "sid", "hash", "user"))
    use = columns(db, "session_uses", ("slot",))
    db.execute("DELETE FROM users WHERE name != 'alice'")
    db.execute("DELETE FROM sessions WHERE slot != ?", (ours,))
    cookies, dice = [], random.Random(count)
    slots = [slot for slot in range(count) if slot != ours][:count - 1]
    for n, slot in enumerate(slots):
        if n % 10 == 0:
            db.execute(f"INSERT INTO users (name, {user}) SELECT ?, {user} FROM users WHERE name = 'alice'", (f"u{n // 10}",))
        value = dice.randbytes(32)
        cookies.append(value.hex())
        db.execute(f"INSERT INTO sessions (slot, sid, hash, user, {session}) SELECT ?, ?, ?, ?, {session} FROM sessions WHERE slot = ?",
                   (slot, f"s{slot}", hashlib.sha256(value).digest(), f"u{n // 10}", ours))
        db.execute(f"INSERT INTO session_uses (slot, {use}) SELECT ?, {use} FROM session_uses WHERE slot = ?", (slot, ours))
    db.commit()
    db.close()
    return cookies


def stop_authd():
    with open(LAB + "/run/authd.pid") as file:
        pid = int(file.read())
    os.kill(pid, signal.SIGTERM)
    while os.path.exists(f"/proc/{pid}"):
        time.sleep(0.05)  # until it is gone


def start_authd(group):
    started = in_namespace("bastion", [BIN + "/authd", "-c", LAB + "/authd.conf"], ENV["FIRST"], preexec_fn=group.enter,
                           stdin=subprocess.DEVNULL)
    if started.wait(120) != 0:
        raise RuntimeError("authd does not start")


class Asker:
    """The gate's side of authd's gate, without a gate."""

    def __init__(self):
        self.process = subprocess.Popen([os.path.dirname(ENV["TOOL"]) + "/gate-client", LAB + "/run/gate.sock"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, kind, cookies):
        """Each cookie once, from where its session is; all must be good."""
        self.process.stdin.write("".join(f"{kind} {n} {ADDRESS} {cookie}\n" for n, cookie in enumerate(cookies)))
        self.process.stdin.flush()
        answers = [self.process.stdout.readline().split()[1] for _ in cookies]
        return answers.count("good")

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def authctl(*words):
    return subprocess.run([BIN + "/authctl", "-s", LAB + "/run/admin.sock", *words], capture_output=True, text=True)


def wait_for_recall(target, asker, cookies):
    deadline = time.monotonic() + 120
    while asker.ask("judge", cookies[-1:] or [""]) != 1:
        if time.monotonic() > deadline:
            raise RuntimeError("the sessions do not come back")
        time.sleep(0.2)
    settled(target)


def authd_costs(group, cookies):
    """CPU microseconds of authd for a verdict, a touch and a revocation."""
    only = Target("authd", "", groups=["authd"])
    asker = Asker()
    wait_for_recall(only, asker, cookies)
    some = random.Random(1).sample(cookies, min(len(cookies), 5000))
    some *= 5000 // len(some)

    def timed(work, count):
        before = settled(only)
        work()
        return (settled(only) - before) / count

    def ask(kind):
        good = asker.ask(kind, some)
        if good != len(some):
            raise RuntimeError(f"{len(some) - good} of {len(some)} verdicts are not good")

    verdict = timed(lambda: ask("judge"), len(some))
    use = timed(lambda: ask("use"), len(some))
    users = [f"u{n}" for n in random.Random(2).sample(range(max(1, len(cookies) // 10)), min(50, max(1, len(cookies) // 10)))]

    def revoke():
        for user in users:
            if authctl("session", "kill", "--user", user).returncode != 0:
                raise RuntimeError(f"the sessions of {user} cannot be ended")

    revocation = timed(revoke, len(users))
    asker.end()
    return {"CPU us a verdict": verdict, "CPU us a touch": max(0.0, use - verdict), "CPU us an ended user": revocation,
            "KiB of authd in all": group.pss()}


def sessions():
    """So many live sessions; the requests are those of one of them."""
    group, points = Group("authd"), []
    for count in (100, 1000, 10000, 100000)[:3 if QUICK else 4]:
        stop_authd()
        cookies = seed(count)
        start_authd(group)
        figures = authd_costs(group, cookies)
        cpu, _ = cost(GATES["256"], dict(GET, mode="kept", connections=100, requests=20000, warm=400))
        points.append({"x": count, "CPU us a request": cpu, **figures})
    yield "live sessions", "sessions", points


# ---- what came out ---------------------------------------------------------------

def exponent(points, figure):
    first, last = points[0], points[-1]
    if min(first[figure], last[figure]) <= 0 or first["x"] == last["x"]:
        return float("nan")
    return math.log(last[figure] / first[figure]) / math.log(last["x"] / first["x"])


def slope(points, figure):
    """By least squares: so much more for one more."""
    n, xs, ys = len(points), [p["x"] for p in points], [p[figure] for p in points]
    mx, my = sum(xs) / n, sum(ys) / n
    return sum((x - mx) * (y - my) for x, y in zip(xs, ys)) / sum((x - mx) ** 2 for x in xs)


def table(title, what, points):
    figures = [f for f in points[0] if f != "x"]
    lines = [f"\n{title}", f"  {what:>14}" + "".join(f"{f:>22}" for f in figures)]
    lines += [f"  {p['x']:>14}" + "".join(f"{p[f]:>22.2f}" for f in figures) for p in points]
    lines.append(f"  {'exponent':>14}" + "".join(f"{exponent(points, f):>22.2f}" for f in figures))
    lines.append(f"  {'slope':>14}" + "".join(f"{slope(points, f):>22.2g}" for f in figures))
    return "\n".join(lines)


def main():
    wanted = ENV.get("ONLY", "").split()
    parts = [part for part in (sizes, connections, sessions) if not wanted or part.__name__ in wanted]
    series = [one for part in parts for one in part()]
    text = "\n".join(table(*one) for one in series)
    print(text)
    with open(OUT + "/scale.txt", "w") as file:
        file.write(text + "\n")
    with open(OUT + "/scale.json", "w") as file:
        json.dump([{"title": t, "what": w, "points": p} for t, w, p in series], file, indent=1)
    curves.write(OUT + "/scale.svg", series)


if __name__ == "__main__":
    main()
    sys.exit(0)
