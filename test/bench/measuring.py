"""What `make bench` and `make scale` measure with: control groups, the things that are
measured, the load generator.  Their scripts have set up the lab."""
import json
import os
import struct
import subprocess
import time

ENV = os.environ
LAB, TOOL, OUT, AT = ENV["LAB"], ENV["TOOL"], ENV["OUT"], ENV["GROUPS_AT"]
QUICK = ENV.get("QUICK", "") not in ("", "0")
BASTION, COOKIE, UPSTREAM = ENV["BASTION_4"], ENV["COOKIE"], ENV["UPSTREAM"]
CERTS = LAB + "/certs"
MIB = 1 << 20
GET = {"path": "/page", "sni": "ec.corp.example", "cookie": COOKIE}


class Group:
    """A control group: the CPU time of all that ever ran in it."""

    def __init__(self, name):
        self.path = f"{AT}/{name}"
        os.makedirs(self.path, exist_ok=True)

    def microseconds(self):
        if os.path.exists(self.path + "/cpu.stat"):
            with open(self.path + "/cpu.stat") as file:
                return int(dict(line.split() for line in file)["usage_usec"])
        with open(self.path + "/cpuacct.usage") as file:
            return int(file.read()) / 1000

    def pids(self):
        with open(self.path + "/cgroup.procs") as file:
            return file.read().split()

    def pss(self):
        """KiB of memory of its processes, what they share divided among those that share it."""
        total = 0
        for pid in self.pids():
            try:
                with open(f"/proc/{pid}/smaps_rollup") as rollup:
                    total += next(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
            except (OSError, StopIteration):
                pass  # it has ended meanwhile
        return total

    def enter(self):
        with open(self.path + "/cgroup.procs", "w") as file:
            file.write(str(os.getpid()))


def in_namespace(role, command, processor, **more):
    words = ["ip", "netns", "exec", f"postern-{ENV['LAB_ID']}-{role}", "taskset", "-c", processor] + command
    return subprocess.Popen(words, **more)


class Target:
    """Something that is measured: where it listens, and whose CPU time counts."""

    def __init__(self, name, at, plain=None, groups=None, cases=None):
        self.name, self.at, self.plain, self.cases = name, at, plain, cases
        self.groups = [Group(g) for g in groups or [name]]

    def does(self, case):
        return self.cases is None or case in self.cases

    def microseconds(self):
        return sum(group.microseconds() for group in self.groups)


class Load:
    """The load generator, warmed up and waiting; `go` measures."""

    def __init__(self, target, options):
        options = dict(options)
        options["to"] = target.at if options["sni"] else target.plain
        words = [f"{k}={v}" for k, v in options.items()]
        self.process = in_namespace("client", [TOOL, "load"] + words, ENV["LAST"], stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError(f"{target.name}: the load does not get ready: {words}")

    def go(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def lines_written():
    """How many lines the system log ever got, of whom ever."""
    with open(LAB + "/lines", "rb") as file:
        return struct.unpack("=Q", file.read())[0]


def settled(target):
    """What is left to do after the last answer (workers that end) belongs to it, too."""
    before = target.microseconds()
    for _ in range(40):
        time.sleep(0.05)  # between two looks
        now = target.microseconds()
        if now - before < 250:  # the heartbeats
            return now
        before = now
    return before
