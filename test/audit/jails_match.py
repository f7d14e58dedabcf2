#!/usr/bin/env python3
"""chroot-skel/manifest and etc/make-users.sh name the roles, users, numbers and contents
that common/roles.h has.  Run from the top of the source tree."""
import re
import sys

problems = []
row = re.compile(r'\{Daemon::(\w+),\s*Role::\w+,\s*Role::(\w+),\s*(\d+),.*"(\w*)"\}')
wanted, users = set(), set()
for daemon, user, number, content in row.findall(open("common/roles.h").read()):
    wanted.add(("root", daemon))
    wanted.add(("root", f"{daemon}/{user}"))
    users.add(f"_{daemon}-{user}")
    if content == "db":
        wanted.add((f"_{daemon}-{user}+{number}", f"{daemon}/{user}/db"))
    elif content:
        wanted.add(("root", f"{daemon}/{user}/{content}"))
if len(users) < 5:
    problems.append("common/roles.h is not read as it should be")

listed = set()
for line in open("chroot-skel/manifest"):
    if line.strip() and not line.startswith("#"):
        _, _, owner, path = line.split()
        listed.add((owner, path))
for owner, path in sorted(wanted ^ listed):
    side = "is missing in" if (owner, path) in wanted else "is too much in"
    problems.append(f"chroot-skel/manifest: {path} of {owner} {side} the manifest")

made = set(re.findall(r"_(?:redird|wfd|authd)-\w+", open("etc/make-users.sh").read()))
for user in sorted(users ^ made):
    problems.append(f"etc/make-users.sh: {user} is {'missing' if user in users else 'no role'}")

print("\n".join(problems) if problems else "jails_match: roles, manifest and users agree")
sys.exit(1 if problems else 0)
