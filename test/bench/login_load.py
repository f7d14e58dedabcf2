"""login_load.py COOKIE [SECONDS]: how long a request on a kept-alive connection takes, and the
first one on a new connection, for which a verdict is asked: while nobody logs in, and while
the vault hashes PINs as fast as it can, for strangers from 48 addresses."""
import statistics
import sys
import threading
import time

import wire
from gatecrowd import Crowd

COOKIE, SECONDS, STRANGERS = sys.argv[1], float((sys.argv + ["10"])[2]), 48
HOST = "www.corp.example"
PAGE = wire.get(HOST, cookie=COOKIE)
stop, answers = threading.Event(), []


def stranger(crowd, number):
    turn = 0
    while not stop.is_set():
        turn += 1
        slots = [crowd.begin("login", f"198.51.100.{number}", f"x{number}.{turn % 1000}.{n}", "12345678", "000000")
                 for n in range(3)]
        answers.extend(crowd.end(slot).ms for slot in slots)
        time.sleep(0.01)  # it is the vault that is to be busy, not this machine


def ask(connection):
    begun = time.monotonic()
    assert connection.ask(PAGE)[0] == 200
    return (time.monotonic() - begun) * 1000


def kept_alive():
    times, until = [], time.monotonic() + SECONDS
    with wire.https(HOST) as connection:
        while time.monotonic() < until:
            times.append(ask(connection))
            time.sleep(0.005)  # two hundred a second
    return times


def first():
    times, until = [], time.monotonic() + SECONDS
    while time.monotonic() < until:
        with wire.https(HOST) as connection:
            times.append(ask(connection))
    return times


def told(name, times):
    cut = statistics.quantiles(times, n=100)
    print(f"  {name:44} {len(times):6} {cut[49]:9.2f} {cut[98]:9.2f}")


print(f"  {'milliseconds':44} {'times':>6} {'p50':>9} {'p99':>9}")
for load in "nobody logs in", f"strangers from {STRANGERS} addresses":
    people = []
    stop.clear()
    if load.startswith("strangers"):
        crowd = Crowd()
        people = [threading.Thread(target=stranger, args=(crowd, n), daemon=True) for n in range(STRANGERS)]
        for one in people:
            one.start()
        time.sleep(0.5)  # until the queue is full
    told("kept alive, " + load, kept_alive())
    told("first of a connection, " + load, first())
    stop.set()
    for one in people:
        one.join()
print(f"  ({len(answers)} logins were answered meanwhile, most of them for want of room)")
