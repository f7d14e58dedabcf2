"""The tester's end of a worker that is in the hands of an attacker (hostile_worker.cc),
and an honest visitor who goes on reading pages meanwhile."""
import os
import re
import threading
import time

import wire

LAB = os.environ["LAB"]
HOST = "www.corp.example"


class Thief:
    """One connection to a hostile worker: say() gives a command and returns its answer."""

    def __init__(self, host=HOST, **options):
        self.connection = wire.Connection(wire.tcp(host, 443, timeout=30, **options))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.raw.close()

    def say(self, *words):
        self.connection.send(("!" + " ".join(str(word) for word in words) + "\n").encode())
        return self.hear()

    def hear(self):
        return self.connection.until(b"\n").decode()

    def ticket(self):
        """Its own, as bytes."""
        return bytes.fromhex(self.say("ticket"))

    def ask(self, role, message, milliseconds=2000):
        """Sends these bytes; the next packet as "DESCRIPTORS HEX", "closed" (its worker may be
        killed for it, too) or "silence"."""
        if self.dies("raw", role, message.hex()) is True:
            return "closed"
        heard = self.dies("hear", role, milliseconds)
        return "closed" if heard is True else heard

    def dies(self, *words):
        """True when the process ends instead of answering; else its answer."""
        try:
            return self.say(*words)
        except (wire.Closed, BrokenPipeError, ConnectionResetError):
            return True


def once(*words, **options):
    """The answer to one command of a fresh worker."""
    with Thief(**options) as thief:
        return thief.say(*words)


class Visitor(threading.Thread):
    """Reads the page with a good cookie, each time on a new connection, until it is
    stopped; remembers what went wrong and how long the slowest page took."""

    def __init__(self, cookie, pause=0.05):
        super().__init__(daemon=True)
        self.cookie, self.pause = cookie, pause
        self.served, self.slowest, self.wrong = 0, 0.0, []
        self.ending = threading.Event()

    def run(self):
        while not self.ending.is_set():
            begun = time.monotonic()
            try:
                with wire.https(HOST) as connection:
                    status, _, body = connection.ask(wire.get(HOST, cookie=self.cookie))
                if status != 200 or b"This is the page" not in body:
                    self.wrong.append(status)
            except Exception as error:  # whatever it is, the visitor was not served
                self.wrong.append(repr(error))
            self.served += 1
            self.slowest = max(self.slowest, time.monotonic() - begun)
            self.ending.wait(self.pause)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.join()


def log():
    with open(LAB + "/syslog", errors="replace") as file:
        return file.read()


def logged(pattern, seconds=5):
    """The first match of a line in the system log, waited for."""
    until = time.monotonic() + seconds
    while True:
        found = re.search(pattern, log(), re.M)
        if found or time.monotonic() > until:
            return found
        time.sleep(0.02)


def count(pattern):
    return len(re.findall(pattern, log(), re.M))


class Verdict:
    """Collects what is not as it should be; the test fails once, with all of it."""

    def __init__(self):
        self.bad = []

    def want(self, what, got, *allowed):
        if got not in allowed:
            self.bad.append(f"{what}: {got!r}, not {' or '.join(map(repr, allowed))}")

    def that(self, what, holds):
        if not holds:
            self.bad.append(what)

    def finish(self):
        if self.bad:
            raise SystemExit("\n".join(self.bad))
