"""bench.py COOKIE UPSTREAM: the rounds of `make bench`.  Started by bench.sh, which has set up
the lab and Postern; starts the peers and the floors, measures all in turn, several rounds,
and writes what came out as text, JSON and SVG.

The figure is CPU time (user and system) of all processes of the measured thing together,
per operation, from the clock of its control group; its wall times stand beside it, and how
many lines came to the system log for each: who writes none, or loses some, does less."""
import json
import os
import statistics
import subprocess
import sys
import time

import chart
import peers
from measuring import BASTION, CERTS, COOKIE, ENV, GET, LAB, MIB, OUT, QUICK, TOOL, UPSTREAM, Load, Target, in_namespace, lines_written, settled

ROUNDS = int(ENV.get("ROUNDS", 0)) or (2 if QUICK else 5)
SECONDS = 75 if QUICK else 750  # that the rounds may take: a busy machine gets fewer of them

# Letter: what is done, and with what.  `n` operations are measured (a tenth of it with QUICK).
CASES = {
    "a": ("request, 100 kept-alive connections", dict(GET, mode="kept", connections=100, requests=20000, warm=400)),
    "b": ("request, one connection", dict(GET, mode="kept", connections=1, requests=4000, warm=100)),
    "c": ("new connection, ECDSA", dict(GET, mode="fresh", connections=4, requests=1500, warm=40)),
    "c-rsa": ("new connection, RSA-2048", dict(GET, sni="rsa.corp.example", mode="fresh", connections=4, requests=800, warm=40)),
    "d": ("new connection, resumed", dict(GET, mode="resumed", connections=4, requests=1500, warm=40)),
    "e": ("download, per MiB", dict(GET, path="/large", mode="kept", connections=1, requests=5, warm=1)),
    "f": ("upload, per MiB", dict(GET, path="/up", sni="up.corp.example", method="POST", upload=100 * MIB, mode="kept", connections=1, requests=5, warm=1)),
    "h": ("port 80: connection, 301, close", dict(GET, sni="", host="ec.corp.example", cookie="", mode="fresh", status=301,
                                                  connections=4, requests=4000, warm=40)),
    "i": ("request without session, 302", dict(GET, cookie="", mode="kept", status=302, connections=100, requests=20000, warm=400)),
    "i-touch": ("TCP connect and close", dict(GET, mode="touch", connections=4, requests=5000, warm=40)),
}
PER_MIB = {"e": 100, "f": 100}  # operations are of so many MiB
IDLE = {"postern-256": (1000, 10000), "postern-1": (1000, 2000), "before-256": (1000,), "before-1": (1000,), "nginx-map": (1000, 10000), "haproxy": (1000, 9000),
        "floor-relay": (1000, 9000), "floor-relay-256": (1000, 10000), "floor-forks": (1000,), "apache-event": (1000,), "apache-prefork": (100,)}


def start_peer(name, number):
    files, commands = peers.PEERS[name]
    folder = f"{LAB}/{name}"
    os.mkdir(folder)
    os.chmod(folder, 0o777)
    words = {"dir": folder, "log": LAB + "/run/log", "cookie": COOKIE, "upstream": UPSTREAM, "sink": UPSTREAM.split(":")[0] + ":81", "certs": CERTS,
             "at": f"{BASTION}:{8440 + number}", "plain": f"{BASTION}:{8540 + number}"}
    for kind in ("ec", "rsa"):
        with open(f"{CERTS}/{kind}.both") as file:
            words["both-" + kind] = file.read()

    def fill(text):
        for word, value in words.items():
            text = text.replace(f"@{word}@", value)
        return text

    for file, text in files.items():
        with open(f"{folder}/{file}", "w") as out:
            out.write(fill(text))
    target = Target(name, words["at"], words["plain"], cases=peers.CASES.get(name))
    for command in commands:
        with open(f"{folder}/output", "a") as output:
            in_namespace("bastion", [fill(word) for word in command], ENV["FIRST"], preexec_fn=target.groups[0].enter,
                         stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    return target


def start_floor(name, number, words, cases, plain=False):
    at = f"{BASTION}:{8640 + number}"
    target = Target(name, at, at if plain else None, cases=cases)
    if not plain:
        kind = "rsa" if name.endswith("-rsa") else "ec"
        words = words + [f"certificate={CERTS}/{kind}.pem", f"key={CERTS}/{kind}.key"]
    in_namespace("bastion", [TOOL, words[0], f"at={at}"] + words[1:], ENV["FIRST"], preexec_fn=target.groups[0].enter,
                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return target


def start_all():
    wanted = ENV.get("AGAINST", "").split()
    targets = [Target("postern-256", f"{BASTION}:443", f"{BASTION}:8090", ["postern-256", "authd", "redird-now"]),
               Target("postern-1", f"{BASTION}:444", None, ["postern-1", "authd"])]
    if ENV.get("BEFORE"):
        targets += [Target("before-256", f"{BASTION}:445", f"{BASTION}:8091", ["before-256", "authd", "redird-before"]),
                    Target("before-1", f"{BASTION}:446", None, ["before-1", "authd"])]
    targets += [start_peer(name, n) for n, name in enumerate(peers.PEERS) if not wanted or name in wanted]
    floors = [("floor-relay", ["relay", f"upstream={UPSTREAM}"], "a b c d e".split(), False),
              ("floor-relay-up", ["relay", f"upstream={UPSTREAM.split(':')[0]}:81"], ["f"], False),
              ("floor-server", ["server"], "a b c d".split(), False),
              ("floor-relay-rsa", ["relay", f"upstream={UPSTREAM}"], ["c-rsa"], False),
              ("floor-forks-rsa", ["relay", f"upstream={UPSTREAM}", "together=1"], ["c-rsa"], False),
              ("floor-302", ["server", "status=302", "answer=200"], ["i"], False),
              ("floor-302-log", ["server", "status=302", "answer=200", f"log={LAB}/run/log"], ["i"], False),
              ("floor-relay-256", ["relay", f"upstream={UPSTREAM}", "together=256"], [], False),
              ("floor-forks", ["relay", f"upstream={UPSTREAM}", "together=1"], "a b c d".split(), False),
              ("floor-302-forks", ["server", "status=302", "answer=200", "together=1"], ["i"], False),
              ("floor-302-log-1", ["server", "status=302", "answer=200", "together=1", f"log={LAB}/run/log"], ["i"], False),
              ("floor-touch", ["server", "defer=1"], ["i-touch"], True),
              ("floor-touch-log", ["server", "defer=1", f"log={LAB}/run/log", "lines=connections"], ["i-touch"], True),
              ("floor-301", ["server", "status=301", "answer=200", "close=1"], ["h"], True)]
    targets += [start_floor(name, n, words, cases, plain) for n, (name, words, cases, plain) in enumerate(floors)]
    return targets


def measure(target, case):
    n = CASES[case][1]["requests"]
    n = max(1, n // 10) if QUICK else n
    load = Load(target, dict(CASES[case][1], requests=n))
    before, lines = settled(target), lines_written()
    result = load.go()
    load.end()
    cpu, lines = settled(target) - before, lines_written() - lines
    if result["failed"]:
        raise RuntimeError(f"{target.name}: {case}: {result['failed']} of {n} failed")
    if case == "d" and result["resumed"] < n * 0.9:
        raise RuntimeError(f"{target.name}: only {result['resumed']} of {n} handshakes were resumed")
    per = n * PER_MIB.get(case, 1)
    return {"cpu": cpu / per, "p50": result["p50"], "p99": result["p99"], "rate": n / result["seconds"], "lines": lines / n}


empty = {}  # name: memory before there was any connection


def measure_idle(target, count):
    # What is kept of the connections of an earlier measurement serves those of this one.
    before = empty.setdefault(target.name, sum(group.pss() for group in target.groups))
    load = Load(target, dict(GET, mode="idle", connections=count))
    result = load.go()
    time.sleep(2)  # idle is who has said nothing for a while
    after = sum(group.pss() for group in target.groups)
    load.end()
    settled(target)
    if result["failed"]:
        raise RuntimeError(f"{target.name}: {result['failed']} of {count} idle connections failed")
    return (after - before) / count


troubles = []


def trouble_with(target, trouble):
    troubles.append(str(trouble))
    print("bench:", trouble, file=sys.stderr)
    try:
        with open(f"{LAB}/{target.name}/output") as file:
            print("".join(file.readlines()[-5:]), file=sys.stderr)
    except OSError:
        pass


def run_rounds(targets):
    wanted = ENV.get("ONLY", "").split() or list(CASES)
    results = {case: {} for case in CASES if case in wanted or case[0] in wanted}
    started = time.monotonic()
    for number in range(ROUNDS):
        if number > 0 and (time.monotonic() - started) * (number + 1) / number > SECONDS:
            print(f"bench: no time for more than {number} rounds", file=sys.stderr, flush=True)
            break
        for case in results:
            for target in targets:
                if not target.does(case) or (case == "h" and target.plain is None):
                    continue
                try:
                    figures = measure(target, case)
                    results[case].setdefault(target.name, []).append(figures)
                except (RuntimeError, ValueError) as trouble:
                    trouble_with(target, trouble)
        print(f"bench: round {number + 1} of {ROUNDS} done", file=sys.stderr, flush=True)
    return results


def run_idle(targets):
    if ENV.get("ONLY") and "g" not in ENV["ONLY"].split():
        return {}
    idle = {}
    for target in targets:
        for count in IDLE.get(target.name, ()):
            if QUICK and count > 1000:
                continue
            try:
                idle.setdefault(target.name, {})[count] = measure_idle(target, count)
            except (RuntimeError, ValueError) as trouble:
                trouble_with(target, trouble)
    return idle


def ratio(ours, theirs, what):
    """Median of the ratios round by round: what is noisy for one was so for the other."""
    return statistics.median(a[what] / b[what] for a, b in zip(ours, theirs))


def table(results, idle):
    lines = []
    for case, by_name in results.items():
        lines += [f"\n({case}) {CASES[case][0]}",
                  f"  {'':16}{'CPU us':>9}{'range':>19}{'p50 us':>9}{'p99 us':>9}{'a second':>11}{'lines':>7}{'256:this':>10}{'1:this':>9}"]
        for name, rounds in by_name.items():
            cpu = sorted(r["cpu"] for r in rounds)
            middle = {w: statistics.median(r[w] for r in rounds) for w in ("cpu", "p50", "p99", "rate", "lines")}
            ratios = "".join(f"{ratio(by_name[us], rounds, 'cpu'):>{width}.2f}" if us in by_name else " " * width
                             for us, width in (("postern-256", 10), ("postern-1", 9)))
            lines.append(f"  {name:16}{middle['cpu']:9.1f}{cpu[0]:10.1f}..{cpu[-1]:<7.1f}{middle['p50']:9.0f}"
                         f"{middle['p99']:9.0f}{middle['rate']:11.0f}{middle['lines']:7.2f}{ratios}")
    if idle:
        lines += ["\n(g) memory of an idle connection, KiB (PSS)", f"  {'':16}" + f"{'connections':>12}{'each':>9}"]
        lines += [f"  {name:16}{count:12}{kib:9.1f}" for name, counts in idle.items() for count, kib in counts.items()]
    return "\n".join(lines)


def main():
    targets = start_all()
    time.sleep(2)  # servers that fork their children
    started = time.monotonic()
    idle = run_idle(targets)
    results = run_rounds(targets)
    text = table(results, idle)
    print(text)
    rounds = max((len(r) for by_name in results.values() for r in by_name.values()), default=0)
    print(f"\n{rounds} rounds in {time.monotonic() - started:.0f} s; ratios are of CPU time, Postern : this; below 1 is better")
    with open(OUT + "/results.txt", "w") as file:
        file.write(text + "\n")
    with open(OUT + "/results.json", "w") as file:
        json.dump({"rounds": rounds, "cases": {c: CASES[c][0] for c in results}, "results": results, "idle": idle}, file, indent=1)
    chart.write(OUT + "/results.svg", {c: CASES[c][0] for c in results}, results)
    sys.exit(1 if troubles else 0)


main()
