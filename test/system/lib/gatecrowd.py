"""Many people at authd's gate at once, without a browser between: build/test-tools/gate-client
asks what a worker of wfd would, for any client address.

    crowd = Crowd()
    answer = crowd.login("alice", pin, passcode, "192.0.2.1")     # waits; many threads may
    answer.word        # granted, refused, or lost: sessions went away meanwhile
"""
import base64
import collections
import hashlib
import hmac
import os
import shlex
import struct
import subprocess
import threading

LAB = os.environ["LAB"]
TOOL = os.environ["ROOT"] + "/build/test-tools/gate-client"

Answer = collections.namedtuple("Answer", "word ms cookie")


class Crowd:
    def __init__(self, socket=LAB + "/run/gate.sock"):
        self.tool = subprocess.Popen([TOOL, socket], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     text=True, bufsize=1)
        self.lock, self.last, self.waiting = threading.Lock(), 0, {}
        threading.Thread(target=self._hear, daemon=True).start()

    def _hear(self):
        for line in self.tool.stdout:
            tag, word, us, *cookie = line.split()
            with self.lock:
                slot = self.waiting.pop(int(tag))
            slot[1] = Answer(word, int(us) / 1000, cookie[0] if cookie else None)
            slot[0].set()

    def begin(self, kind, *words):
        """Asks, and returns what end() waits for."""
        slot = [threading.Event(), None]
        with self.lock:
            self.last += 1
            self.waiting[self.last] = slot
            self.tool.stdin.write(" ".join([kind, str(self.last), *words]) + "\n")
        return slot

    def end(self, slot, timeout=60):
        assert slot[0].wait(timeout), "authd gives no answer"
        return slot[1]

    def login(self, user, pin, passcode, source):
        return self.end(self.begin("login", source, user, pin, passcode))

    def judge(self, cookie, source):
        return self.end(self.begin("judge", source, cookie))

    def close(self):
        self.tool.stdin.close()
        self.tool.wait(10)


def log_lines(event):
    """The lines of that event in the system log, each as {key: value}."""
    with open(LAB + "/syslog") as log:
        lines = [line for line in log if f" event={event} " in line and line.endswith("\n")]
    return [dict(pair.split("=", 1) for pair in shlex.split(line) if "=" in pair) for line in lines]


def pin_of(user):
    """As lab.sh's pin_of."""
    digest = hashlib.sha256(f"pin {user}".encode()).hexdigest()
    return f"{int(digest[:8], 16) % 90000000 + 10000000:08d}"


def key_of(user):
    """The token secret that lab.sh's enroll gives."""
    return hashlib.sha1(f"secret {user}".encode()).digest()


def secret_of(user):
    return base64.b32encode(key_of(user)).decode()


def hotp(key, counter, digits=6):
    """RFC 4226, apart from the code under test."""
    mac = hmac.new(key, struct.pack(">Q", counter), hashlib.sha1).digest()
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7FFFFFFF) % 10 ** digits:0{digits}d}"


def code_of(user, counter):
    return hotp(key_of(user), counter)
