#!/usr/bin/env python3
"""The keys of the tables, of etc/NAME.conf and of man/NAME.conf.5 are the same, in the
same sections and order, with the same defaults, and the help line of each row stands
above its key in the file.  Run from the top of the source tree; builds build/test/common
if need be, prints each difference, and exits 1 when there is one."""
import re
import subprocess
import sys

TESTS = "build/test/common"
# Shown with an example although the default is empty.
EXAMPLES = {("wfd", "intranet", "networks"): "10.0.0.0/8"}
problems = []


def tables():
    """{daemon: [(section, key, default, help)]} from the program itself."""
    run = subprocess.run([TESTS, "[.keys]"], stdout=subprocess.PIPE, text=True, check=True)
    rows = {}
    for line in run.stdout.splitlines():
        if line.startswith("KEY\t"):
            _, daemon, section, key, text, _, help_line = line.split("\t")
            text = EXAMPLES.get((daemon, section, key), text)
            rows.setdefault(daemon, []).append((section, key, text, help_line))
    return rows


def of_file(daemon):
    """The same list from etc/DAEMON.conf; [hosts] gives one row NAME, for its examples."""
    rows, section, comment = [], "", []
    for line in open(f"etc/{daemon}.conf", encoding="ascii"):
        line = line.rstrip("\n")
        opened = re.fullmatch(r"#?\[([a-z_]+)(?: [a-z.]+)?\]", line)
        key = re.fullmatch(r"#([a-z0-9_.]+)=(.*)", line)
        if opened:
            section = "host NAME" if line.startswith("#[host ") else opened.group(1)
        elif key and section == "hosts":
            if rows[-1][0] != "hosts":
                rows.append((section, "NAME", "", comment[0]))
        elif key:
            rows.append((section, key.group(1), key.group(2), comment[0] if comment else ""))
        elif line == "#" or line.startswith("# "):
            comment.append(line[2:])
        elif line == "":
            comment = []
        else:
            problems.append(f"etc/{daemon}.conf: not a comment, section or key: {line}")
    return rows


def of_manual(daemon):
    rows, section = [], ""
    for line in open(f"man/{daemon}.conf.5", encoding="ascii"):
        line = line.rstrip("\n")
        opened = re.fullmatch(r"\.Ss \[(.+)\]", line)
        key = re.fullmatch(r"\.It Ic (\S+) =(?: (.*))?", line)
        if opened:
            section = opened.group(1)
        elif key:
            rows.append((section, key.group(1), "" if key.group(1) == "NAME" else key.group(2) or ""))
    return rows


def compare(where, documented, wanted):
    for row in wanted:
        if row not in documented:
            problems.append(f"{where}: not as in the table: {row}")
    for row in documented:
        if row not in wanted:
            problems.append(f"{where}: not in the table: {row}")
    if not problems and documented != wanted:
        problems.append(f"{where}: another order than the table's")


subprocess.run(["make", "-s", TESTS], stdout=sys.stderr, check=True)
known = tables()
if sorted(known) != ["authd", "redird", "wfd"]:
    problems.append(f"{TESTS} lists the keys of {sorted(known)} only")
for daemon, rows in known.items():
    compare(f"etc/{daemon}.conf", of_file(daemon), rows)
    compare(f"man/{daemon}.conf.5", of_manual(daemon), [row[:3] for row in rows])
if subprocess.run([TESTS, "[.shipped]"], stdout=sys.stderr).returncode != 0:
    problems.append("a shipped file is not read as it should be: see above")
print("\n".join(problems) if problems else "keys_documented: tables, files and manuals agree")
sys.exit(1 if problems else 0)
