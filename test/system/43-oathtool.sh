#!/usr/bin/env bash
# Passcodes are the same as oathtool's: random secrets of every length, every algorithm and
# number of digits, many periods, at random counters.  And what it does not show is refused.
# timeout: 300
. "$(dirname "$0")/lab.sh"
lab_up
authd_start
cat > "$LAB/compare.py" <<'END'
"""Every comparison is made by authd itself: a code that proves a new token, and pairs of
codes that follow each other, each pair further ahead."""
import base64
import os
import random
import subprocess
import time

SEED = int(os.environ.get("SEED", random.randrange(1 << 30)))
CTL = [os.environ["BIN"] + "/authctl", "-s", os.environ["LAB"] + "/run/admin.sock"]
chance = random.Random(SEED)
compared = refused = 0


def ctl(*words, pin=None):
    done = subprocess.run(CTL + list(words), input=pin, capture_output=True, text=True, timeout=30)
    return done.returncode == 0, done.stderr.strip()


def oathtool(*words):
    done = subprocess.run(["oathtool", *words], capture_output=True, text=True, check=True, timeout=30)
    return done.stdout.split()


def wrong(code):
    """One digit is another one."""
    at = chance.randrange(len(code))
    return code[:at] + str((int(code[at]) + chance.randrange(1, 10)) % 10) + code[at + 1:]


class Token:
    def __init__(self, name, digits):
        self.name, self.digits = name, digits
        self.secret = base64.b32encode(chance.randbytes(chance.randrange(16, 65))).decode().rstrip("=")

    def expect(self, good, *words, pin=None):
        global compared, refused
        done, why = ctl("user", *words, pin=pin)
        assert done == good, f"seed {SEED}, {vars(self)}, {words}: {why or 'taken'}"
        if good:
            compared += sum(word.isdigit() and len(word) == self.digits for word in words)
        else:
            refused += 1

    def add(self, *shape):
        code = self.codes(0, 1)[0]
        words = ["add", self.name, "--digits", str(self.digits), "--secret", self.secret, "--pin-stdin", "--code"]
        self.expect(False, *words, wrong(code), *shape, pin="2468\n")
        self.expect(True, *words, code, *shape, pin="2468\n")

    def resync(self, ahead):
        first, second = self.codes(ahead, 2)
        self.expect(False, "resync", self.name, first, wrong(second))
        self.expect(True, "resync", self.name, first, second)
        self.expect(False, "resync", self.name, first, second)  # they are spent


class Totp(Token):
    def __init__(self, name, algorithm, digits, period):
        super().__init__(name, digits)
        self.algorithm, self.period = algorithm, period
        self.base = 0  # the step at which this token began

    def codes(self, ahead, count):
        step = self.base + ahead
        return oathtool(f"--totp={self.algorithm}", "-b", "-d", str(self.digits), "-s", f"{self.period}s",
                        "-N", f"@{step * self.period}", "-w", str(count - 1), self.secret)

    def run(self):
        self.base = int(time.time()) // self.period
        self.add("--totp", "--algorithm", self.algorithm.upper(), "--period", str(self.period))
        for ahead in (4, 8, 12):  # within the twenty steps of a resync
            self.resync(ahead)


class Hotp(Token):
    def codes(self, ahead, count):
        return oathtool("--hotp", "-b", "-d", str(self.digits), "-c", str(ahead), "-w", str(count - 1), self.secret)

    def run(self):
        self.add("--hotp")
        counter = 1
        for _ in range(4):
            counter += chance.randrange(0, 990)  # a resync looks a thousand ahead
            self.resync(counter)
            counter += 2


number = 0
for digits in (6, 7, 8):
    for algorithm in ("sha1", "sha256", "sha512"):
        for period in (30, chance.choice([5, 15, 59]), chance.choice([60, 300, 3600])):
            number += 1
            Totp(f"totp{number}", algorithm, digits, period).run()
    for _ in range(3):
        number += 1
        Hotp(f"hotp{number}", digits).run()
print(f"  seed {SEED}: {compared} codes of {number} tokens as oathtool has them, {refused} others refused")
assert compared >= 200
END
python3 "$LAB/compare.py"

# The last step is the same: a login with oathtool's code of each algorithm, in a browser's way.
daemon_stop authd
gate_start
for shape in "sha1 6 30" "sha256 7 60" "sha512 8 20"; do
  read -r algorithm digits period <<< "$shape"
  enroll "user-$algorithm" --totp --algorithm "${algorithm^^}" --digits "$digits" --period "$period"
  code=$(oathtool --totp="$algorithm" -b -d "$digits" -s "${period}s" "$(secret_of "user-$algorithm")")
  answer=$(login_form "user-$algorithm" "$(pin_of "user-$algorithm")" "$code" -d host=www.$DOMAIN -d path=/)
  [ "${answer%% *}" = 303 ] || fail "a login with $algorithm, $digits digits, every $period s: $answer"
done
