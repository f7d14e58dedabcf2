#!/usr/bin/env bash
# Each role that runs is in its jail: own user, own root, no capabilities, no new
# privileges, a filter, one thread, no environment, no core; and it has the name that
# the documents give it.
. "$(dirname "$0")/lab.sh"
lab_up
gate_start
enroll alice
login alice
expect_page www -b "$(jar_of alice)"
opened=$LAB/opened

python3 - "$LAB" $UID_BASE <<'END' > "$opened" || fail "the jails: $(cat "$opened")"
import os, re, subprocess, sys
lab, base = sys.argv[1], int(sys.argv[2])
ROLES = {"redird": {"logger", "porter", "nursery", "worker"},
         "wfd": {"logger", "porter", "nursery", "worker", "signer", "broker"},
         "authd": {"logger", "sessions", "vault"}}
FIRST = {"redird": 0, "wfd": 10, "authd": 20}
bad, users = [], {}
# Ten steps before the others, where root may: not in every container.
before_others = int(subprocess.run(["nice", "-n", "-10", "nice"], capture_output=True, text=True).stdout)


def read(pid, name):
    with open(f"/proc/{pid}/{name}", "rb") as file:
        return file.read().decode("latin-1")


def children(pid):
    for task in os.listdir("/proc"):
        if task.isdigit() and read_parent(task) == pid:
            yield task
            yield from children(task)


def read_parent(pid):
    try:
        return read(pid, "stat").rpartition(")")[2].split()[1]
    except OSError:
        return ""


def complain(pid, title, what):
    bad.append(f"{title} ({pid}): {what}")


def judge(daemon, pid):
    title = read(pid, "cmdline").replace("\0", " ").strip()
    match = re.match(rf"postern-{daemon}: ([a-z]+)\b", title)
    if not match or match[1] not in ROLES[daemon]:
        return complain(pid, title, "the title of no role")
    role = match[1]
    status = dict(line.split(":\t", 1) for line in read(pid, "status").splitlines() if ":\t" in line)
    ids = set((status["Uid"] + " " + status["Gid"]).split())
    offset = int(next(iter(ids))) - base - FIRST[daemon]
    if len(ids) != 1 or not 0 <= offset < 10:
        complain(pid, title, f"user {status['Uid']} group {status['Gid']}")
    if set(status["Groups"].split()) - ids:
        complain(pid, title, f"groups {status['Groups']}")
    nice = int(read(pid, "stat").rpartition(")")[2].split()[16])
    if nice != (before_others if role == "logger" else os.nice(0)):
        complain(pid, title, f"nice {nice}")
    jail = "worker" if role == "nursery" else role
    users.setdefault(offset + FIRST[daemon], set()).add((daemon, jail))
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        if int(status[name], 16):
            complain(pid, title, f"{name} {status[name]}")
    for name, want in (("NoNewPrivs", "1"), ("Seccomp", "2"), ("Threads", "1"), ("TracerPid", "0")):
        if status[name] != want:
            complain(pid, title, f"{name} {status[name]}")
    if os.readlink(f"/proc/{pid}/root") != f"{lab}/jail/{daemon}/{jail}":
        complain(pid, title, "its root is " + os.readlink(f"/proc/{pid}/root"))
    if os.readlink(f"/proc/{pid}/cwd") != os.readlink(f"/proc/{pid}/root"):
        complain(pid, title, "works in " + os.readlink(f"/proc/{pid}/cwd"))
    if os.stat(f"/proc/{pid}/environ").st_uid != 0:
        complain(pid, title, "can be looked into (dumpable)")
    if read(pid, "environ").strip("\0"):
        complain(pid, title, "has an environment")
    core = next(line for line in read(pid, "limits").splitlines() if line.startswith("Max core"))
    if core.split()[4:6] != ["0", "0"]:
        complain(pid, title, core)
    for fd in os.listdir(f"/proc/{pid}/fd"):
        target = os.readlink(f"/proc/{pid}/fd/{fd}")
        inside = target.startswith(f"{lab}/jail/authd/vault/db/") and role == "vault"
        if target.startswith("/") and not inside and target != "/dev/null" and not target.startswith("/memfd:"):
            complain(pid, title, f"holds {target}")
    return role


for daemon, expected in ROLES.items():
    with open(f"{lab}/run/{daemon}.pid") as file:
        master = file.read().strip()
    seen = {judge(daemon, pid) for pid in children(master)}
    if expected - seen:
        bad.append(f"{daemon} has no {sorted(expected - seen)}")
for user, owners in users.items():
    if len(owners) > 1:
        bad.append(f"user {user} belongs to {sorted(owners)}")
print("\n".join(bad))
sys.exit(1 if bad else 0)
END

# The jails hold nothing that a role could change but the vault's database.
writable=$(find "$LAB/jail" \( ! -user root -o -perm /022 \) ! -type l)
[ -z "$(grep -v "^$LAB/jail/authd/vault/db" <<< "$writable" || :)" ] || fail "writable in a jail: $writable"
found=$(find "$LAB/jail" \( -perm /6000 -o -type b -o -type c -o -type p \))
[ -z "$found" ] || fail "special files in a jail: $found"

# A jail with something unexpected in it stops the start.
daemon_stop wfd
echo surprise > "$LAB/jail/wfd/worker/surprise"
status=0
in_bastion "$BIN/wfd" -c "$LAB/wfd.conf" > "$LAB/out" 2>&1 || status=$?
[ $status = 100 ] || fail "a file too many in a jail: exit $status $(cat "$LAB/out")"
rm "$LAB/jail/wfd/worker/surprise"
chmod 777 "$LAB/jail/wfd/worker"
status=0
in_bastion "$BIN/wfd" -c "$LAB/wfd.conf" > "$LAB/out" 2>&1 || status=$?
[ $status = 100 ] || fail "a jail that anybody may write: exit $status $(cat "$LAB/out")"
chmod 755 "$LAB/jail/wfd/worker"
daemon_start wfd

# A call that a filter forbids ends the role, and the master says which.
gate_note=$(role_pids wfd signer)
kill -SYS "$gate_note"
expect_log "event=fault role=signer pid=$gate_note what="
